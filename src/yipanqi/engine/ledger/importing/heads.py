"""Finds which column means what, by the catalog's names and the reader's own map; refuses what is unclear.

A map (`--map`) names columns by meaning, sets fixed values, and adds words to the catalog's. Leaves the rows to
others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from yipanqi.catalog import CatalogError, bank_columns, bank_words, plain_column, plain_word
from yipanqi.catalog.reading import Reader, compose
from yipanqi.engine.ledger.importing.tables import FileRefused, Head, Table
from yipanqi.kernel.errors import YipanqiError

Role = Literal["transfers", "flows", "companion"]
_OWN: Final = ("own_account", "own_card")
_MONEY: Final = frozenset({"amount", "amount_minor", "amount_out", "amount_in"})
_FIXABLE: Final = frozenset({"own_account", "own_card", "own_name", "own_bank", "currency", "channel"})


class MappingError(YipanqiError):
    """A map does not say what it must; the message names file, line and field."""

    code = "import_map_refused"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The reader's own word: meaning → column, meaning → fixed value, word code → further words."""

    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


NO_MAP: Final = ColumnMap()


@dataclass(frozen=True)
class Found:
    """A table understood: its role, its head, and the column of each meaning; `names` are the columns as written."""

    table: Table
    head: Head
    role: Role
    columns: Mapping[str, int]
    names: Mapping[str, str]
    fixed: Mapping[str, str]
    above: tuple[tuple[int, str], ...]  # rows above the head: number and content


def read_map(path: Path) -> ColumnMap:
    """The map in a YAML file. Raises MappingError."""
    try:
        found = Reader(str(path)).item(compose(str(path), path.read_text("utf-8")), ColumnMap, "the map")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read ({error})") from error
    except CatalogError as error:
        raise MappingError(str(error)) from error
    for part, known in (("columns", bank_columns()), ("fixed", _FIXABLE), ("words", bank_words())):
        for code in getattr(found, part):
            if code not in known:
                raise MappingError(
                    f"{path}: {part}.{code}: is not known; known are {', '.join(sorted(known))}"
                )
    return found


@dataclass(frozen=True)
class Words:
    """Code → words of cells in plain form: the catalog's and the map's."""

    lists: Mapping[str, tuple[str, ...]]

    def group(self, name: str) -> dict[str, tuple[str, ...]]:
        """The lists of one group, by the part of their code after the dot."""
        head = name + "."
        return {code.removeprefix(head): words for code, words in self.lists.items() if code.startswith(head)}


def read_words(mapping: ColumnMap) -> Words:
    """The catalog's words with the map's added. A word of the map leaves any list of its group it stood in."""
    lists = {code: item.words for code, item in bank_words().items()}
    for code, words in mapping.words.items():
        added = tuple(plain_word(word) for word in words)
        group = code.partition(".")[0]
        for other in lists:
            if other.partition(".")[0] == group:
                lists[other] = tuple(word for word in lists[other] if word not in added)
        lists[code] += added
    return Words(lists)


@cache
def _meanings() -> dict[str, str]:
    return {word: code for code, item in bank_columns().items() for word in item.words}


def find_columns(table: Table, mapping: ColumnMap) -> Found:
    """The first row that is a whole head, in the reading that knows most columns. Raises FileRefused.

    A column that the map names is the one for its meaning, whatever other columns claim it.
    """
    best: tuple[int, int, int] | None = None  # known names, -reading, -row
    for reading, rows in enumerate(table.heads):
        for at, cells in enumerate(rows):
            known = len(_claims(cells, mapping))
            if best is None or (known, -reading, -at) > best:
                best = (known, -reading, -at)
    if best is None or best[0] < 2:
        raise FileRefused(table.file, "no head was found: no row names two known columns")
    reading, at = -best[1], -best[2]
    rows = table.heads[reading]
    return _understand(table, Head(reading, at, len(rows[at])), rows, mapping)


def _claims(cells: list[str], mapping: ColumnMap) -> dict[str, list[int]]:
    """Meaning → columns that claim it."""
    own = {plain_column(name): code for code, name in mapping.columns.items()}
    claims: dict[str, list[int]] = {}
    named: set[str] = set()
    for place, cell in enumerate(cells):
        plain = plain_column(cell)
        meaning = own.get(plain) or _meanings().get(plain)
        if meaning is None:
            continue
        if plain in own and meaning not in named:
            named.add(meaning)
            claims[meaning] = [place]
        elif meaning not in named or plain in own:
            claims.setdefault(meaning, []).append(place)
    return claims


def _understand(table: Table, head: Head, rows: list[list[str]], mapping: ColumnMap) -> Found:
    cells = rows[head.at]
    claims = _claims(cells, mapping)
    role = _role(claims)
    for meaning, places in claims.items():
        if len(places) > 1 and (role != "companion" or meaning in _OWN):
            claiming = ", ".join(cells[place].strip() for place in places)
            raise FileRefused(
                table.file,
                f"row {head.at + 1}: columns {claiming} all mean {_said(meaning)}; choose with --map",
            )
    columns = {meaning: places[0] for meaning, places in claims.items()}
    above = tuple(
        (number, text) for number, row in enumerate(rows[: head.at], 1)
        if (text := " ".join(cell for cell in row if cell.strip()))
    )  # fmt: skip
    fixed = {code: value for code, value in mapping.fixed.items() if code not in columns}
    if role == "flows" and not any(own in columns or own in fixed for own in _OWN):
        fixed |= _owner_above(above, read_words(mapping).lists["owner"])
    _refuse_missing(table, head, cells, role, {*columns, *fixed})
    names = {meaning: cells[place].strip() for meaning, place in columns.items()}
    return Found(table, head, role, columns, names, fixed, above)


def _role(claims: Mapping[str, object]) -> Role:
    if "payer" in claims or "payee" in claims:
        return "transfers"
    about = {"own_account", "own_card", "asked_account"} & claims.keys()
    moves = {"booked_at", "direction", "other_account", "other_card", *_MONEY} & claims.keys()
    return "companion" if about and not moves else "flows"


def _owner_above(above: Iterable[tuple[int, str]], words: tuple[str, ...]) -> dict[str, str]:
    """The own account that an export names above its head, as in 账号:[name]; nothing when it is said twice."""
    said = set()
    for _, text in above:
        name, colon, value = text.replace("：", ":").partition(":")
        value = value.split(",")[0].strip().strip("[]").strip()
        if colon and plain_word(name) in words and value:
            said.add(value)
    return {"own_account": said.pop()} if len(said) == 1 else {}


def _refuse_missing(table: Table, head: Head, cells: list[str], role: Role, have: set[str]) -> None:
    needs: list[tuple[str, ...]] = []
    if role != "companion":
        needs = [("booked_at", "date", "posted_date"), ("amount", "amount_minor", "amount_out", "amount_in")]
    if role == "transfers":
        needs += [("payer",), ("payee",)]
    if role == "flows":
        needs += [_OWN]
    missing = [_said(need[0]) for need in needs if not have & set(need)]
    if missing:
        shown = ", ".join(cell.strip() for cell in cells if cell.strip())[:300]
        reason = f"row {head.at + 1}: no column means {', '.join(missing)}; choose with --map from: {shown}"
        raise FileRefused(table.file, reason)


def _said(meaning: str) -> str:
    name = bank_columns()[meaning].name
    return f"{meaning} ({name.zh})"
