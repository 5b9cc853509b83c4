"""The words of bank files: what a column's name means, what a cell says, and why a row is rejected.

For: `bank_columns.yaml`, `bank_words.yaml` and `reject_reasons.yaml`, with the two plain forms in which names
and cells are compared. Leaves alone: finding the columns of a file and reading its rows
(engine/ledger/importing).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from yipanqi.catalog.items import CatalogError, FieldName, WordList
from yipanqi.catalog.reading import read_items

JUNK = " \t\r\n|\v\f\u00a0\u3000\ufeff\u200b"  # what surrounds a cell without belonging to it
_BLANKS = re.compile(r"\s+")
_TAIL = re.compile(r"(?<=.)\([^()]*\)$")


def plain_word(cell: str) -> str:
    """A cell as words are compared: without junk around it, in normal width and lower case."""
    return unicodedata.normalize("NFKC", cell.strip(JUNK)).strip(JUNK).casefold()


def plain_column(name: str) -> str:
    """A column's name as names are compared: a plain word without blanks and a bracket at its end, 帐 as 账."""
    return _TAIL.sub("", _BLANKS.sub("", plain_word(name))).replace("帐", "账")


@cache
def bank_columns() -> Mapping[str, WordList]:
    """Names of columns by meaning. Raises CatalogError when a name has two meanings."""
    return _lists("bank_columns.yaml", plain_column)


@cache
def bank_words() -> Mapping[str, WordList]:
    """Words of cells by what they say; the part before a dot groups them. CatalogError as in `bank_columns`."""
    return _lists("bank_words.yaml", plain_word)


@cache
def reject_reasons() -> Mapping[str, FieldName]:
    """Why a row of a bank file was not taken, by code."""
    return read_items("reject_reasons.yaml", FieldName)


def _lists(name: str, plain: Callable[[str], str]) -> Mapping[str, WordList]:
    """The lists of a file with their words in plain form; within one group a word stands once."""
    found: dict[str, WordList] = {}
    seen: dict[tuple[str, str], str] = {}
    for code, item in read_items(name, WordList).items():
        words = tuple(plain(word) for word in item.words)
        group = code.partition(".")[0] if "." in code else ""
        for word in words:
            first = seen.setdefault((group, word), code)
            if first != code:
                raise CatalogError(f"{name}: {code}.words: {word!r} stands under {first} already")
        found[code] = WordList(code, item.name, words)
    return MappingProxyType(found)
