"""A paper's content: the catalog's blocks with the fields filled in, as plain data with one canonical form.

Both renderings read this and nothing else, so they say the same, whatever the catalog says later.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from yipanqi.catalog import PaperKind

Content = dict[str, Any]
_DIGITS = "〇一二三四五六七八九"


def fill(
    kind: PaperKind,
    *,
    fields: Mapping[str, Any],
    tables: Mapping[str, Sequence[Sequence[str]]],
    number: str,
    unit: str,
    day: date,
    drill: bool,
) -> Content:
    """The content of a paper. Raises ValueError when fields, tables or a row are not exactly what the kind asks for."""
    _same(kind.code, "fields", kind.fields(), fields.keys())
    _same(kind.code, "tables", kind.tables().keys(), tables.keys())
    known = {name: plain(value) for name, value in fields.items()}
    known |= {"number": number, "unit": unit, "date": chinese_date(day)}
    blocks: list[dict[str, Any]] = []
    for block in kind.blocks:
        made: dict[str, Any] = {"heading": block.heading} if block.heading else {}
        if block.text:
            made["text"] = block.text.format(**known)
        elif block.table:
            rows = [[plain(cell) for cell in row] for row in tables[block.table]]
            if any(len(row) != len(block.columns) for row in rows):
                raise ValueError(f"{kind.code}: a row of {block.table} has not {len(block.columns)} cells")
            made |= {"columns": list(block.columns), "rows": rows}
        else:
            made["facts"] = [[label, words.format(**known)] for label, words in block.facts.items()]
        blocks.append(made)
    return {
        "kind": kind.code,
        "title": kind.name.zh,
        "number": number,
        "unit": unit,
        "date": chinese_date(day),
        "to": kind.to.format(**known) if kind.to else "",
        "blocks": blocks,
        "signed": [words.format(**known) for words in kind.signed],
        "stamped": kind.stamped,
        "drill": drill,
    }


def canonical(content: Content) -> str:
    """The one text of a content: keys in order, no spaces, characters as they are."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """The SHA-256 of a canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: object) -> str:
    """A value as text that both renderings can write: without control characters but line ends."""
    return "".join(sign for sign in str(value) if sign == "\n" or not _unwritable(sign))


def chinese_date(day: date) -> str:
    """A day as it stands under a paper: 二〇二六年三月二日."""
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_count(day.month)}月{_count(day.day)}日"


def _count(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def _unwritable(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cs") or sign in "\ufffe\uffff"


def _same(kind: str, what: str, wanted: Any, given: Any) -> None:
    if odd := sorted(set(wanted) ^ set(given)):
        raise ValueError(f"{kind}: {what} missing or unknown: {', '.join(odd)}")
