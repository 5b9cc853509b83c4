"""The papers (文书) of held money: what each is called, in which series it is numbered, and the blocks it is made of.

For: one block list per kind, out of which Word and PDF are made alike. The words are the house's own: the layouts of
the annexes were not found. Leaves alone: filling the {fields} in, numbering and rendering (ops.papers).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from string import Formatter

from yipanqi.catalog.items import CatalogError, Text
from yipanqi.catalog.reading import read_items

HOUSE_FIELDS = frozenset({"number", "date", "unit"})  # filled in when a paper is made, never given


@dataclass(frozen=True, slots=True)
class PaperBlock:
    """One of: a paragraph, a list of labelled facts, or a table whose rows are given under the name `table`."""

    text: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    table: str | None = None
    columns: tuple[str, ...] = ()
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A kind of paper: `series` is the mark in its number, `to` whom it is addressed to, `signed` who signs below.

    A paper that another unit, a bank or a person gets is sealed by the unit (`stamped`); others stay in the file.
    """

    code: str
    name: Text
    series: str
    law: Text
    verified: bool
    source: str
    blocks: tuple[PaperBlock, ...]
    to: str | None = None
    signed: tuple[str, ...] = ()
    stamped: bool = True

    def fields(self) -> frozenset[str]:
        """The fields that have to be given."""
        return frozenset(name for words in self._words() for name in _placeholders(words)) - HOUSE_FIELDS

    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """The tables that have to be given, with their columns."""
        return {block.table: block.columns for block in self.blocks if block.table is not None}

    def _words(self) -> Iterator[str]:
        yield from (self.to or "", *self.signed)
        for block in self.blocks:
            yield block.text or ""
            yield from block.facts.values()


def _placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


@cache
def papers() -> Mapping[str, PaperKind]:
    """The kinds of papers. Raises CatalogError for what `check_paper` refuses."""
    found = read_items("papers.yaml", PaperKind)
    for kind in found.values():
        check_paper(kind)
    return found


def check_paper(kind: PaperKind) -> None:
    """Pass silently when each block is one of text, facts and table, each {field} a plain name. Raises CatalogError."""
    for no, block in enumerate(kind.blocks):
        where = f"papers.yaml: {kind.code}.blocks[{no}]"
        if [bool(block.text), bool(block.facts), bool(block.table)].count(True) != 1:
            raise CatalogError(f"{where}: is to be one of text, facts, table")
        if bool(block.table) != bool(block.columns):
            raise CatalogError(f"{where}.columns: a table has columns, nothing else has")
    try:
        names = kind.fields()
    except ValueError as error:
        raise CatalogError(f"papers.yaml: {kind.code}: has a broken field: {error}") from error
    if odd := sorted(name for name in names if not name.isidentifier()):
        raise CatalogError(f"papers.yaml: {kind.code}: {odd[0]!r} is not a plain name")
