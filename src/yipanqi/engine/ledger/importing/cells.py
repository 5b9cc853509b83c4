"""Cleans cells and sorts out bad rows: text without junk, whole account numbers, a reason for each bad row.

All on columns at once. Account numbers are never guessed: one that a spreadsheet turned into a float is
refused. Leaves amounts and instants to their own modules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from yipanqi.catalog.bank_files import JUNK, plain_word
from yipanqi.engine.ledger.importing.heads import Found
from yipanqi.engine.ledger.importing.tables import BROKEN, ROW, TOO_MANY, Chunk

_FLOAT: Final = r"^[0-9]+(?:\.[0-9]*[eE][+-]?[0-9]+|[eE][+-][0-9]+|\.[0-9]*)$"
_SUFFIXED: Final = r"^([0-9]{6,})_.*$"
_SPACED: Final = r"^[0-9][0-9 ]*$"

REJECTS: Final = {
    "file": pl.String,
    "row": pl.UInt32,
    "column": pl.String,
    "value": pl.String,
    "reason_code": pl.String,
}


@dataclass(frozen=True, slots=True)
class Check:
    """A reason to reject a row: where `wrong` is true the cell of `meaning` is refused as `code`."""

    meaning: str
    code: str
    wrong: pl.Expr


def take_cells(chunk: Chunk, found: Found) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(cells by meaning with `row`, rejects) of a chunk: blank rows dropped, broken and overlong ones rejected."""
    width = [str(place) for place in range(found.head.width)]
    filled = chunk.frame.select(pl.any_horizontal(pl.col(width).is_not_null())).to_series()
    frame = chunk.frame if filled.all() else chunk.frame.filter(filled)
    clean = pl.col if chunk.tidy else _stripped
    cells = frame.select(
        ROW,
        *(clean(str(place)).alias(meaning) for meaning, place in found.columns.items()),
        *(pl.lit(value).alias(meaning) for meaning, value in found.fixed.items()),
        _first=pl.coalesce(width),
    )
    if chunk.tidy:
        return cells, pl.DataFrame(schema=REJECTS)
    used = [pl.col(meaning).str.contains(BROKEN, literal=True) for meaning in found.columns]
    checks = [
        Check("_first", "cells_too_many", pl.col("_first").str.starts_with(TOO_MANY)),
        Check("_first", "text_broken", pl.any_horizontal(used)),
    ]
    return sift(cells, checks, found, cells)


def _stripped(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars(JUNK)
    return pl.when(text != "").then(text)


def sift(
    frame: pl.DataFrame, checks: Sequence[Check], found: Found, cells: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows without a flaw, rejects with their first reason). `cells` are the rows of `frame` as they came."""
    why = pl.coalesce(
        [pl.when(check.wrong).then(pl.lit(place, pl.UInt8)) for place, check in enumerate(checks)]
    )
    found_why = frame.select(why.alias("why"))["why"]
    if found_why.null_count() == len(frame):
        return frame, pl.DataFrame(schema=REJECTS)
    bad = found_why.is_not_null()
    wrong = cells.filter(bad).with_columns(found_why.filter(bad))
    per_check = [pl.col("why") == place for place in range(len(checks))]
    values = [
        pl.when(hit).then(pl.col(check.meaning))
        if check.meaning in cells.columns
        else pl.lit(None, pl.String)
        for hit, check in zip(per_check, checks, strict=True)
    ]
    names = [
        pl.when(hit).then(
            pl.lit(found.names.get(check.meaning, "" if check.meaning[0] == "_" else check.meaning))
        )
        for hit, check in zip(per_check, checks, strict=True)
    ]
    rejects = wrong.select(
        file=pl.lit(found.table.file),
        row=ROW,
        column=pl.coalesce(names),
        value=pl.coalesce(values).str.strip_prefix(TOO_MANY).str.slice(0, 100),
        reason_code=pl.col("why").replace_strict(
            dict(enumerate(check.code for check in checks)), return_dtype=pl.String
        ),
    )
    return frame.filter(~bad), rejects


def bank_account(name: str) -> pl.Expr:
    """An account number as banks write it: normal width, without blanks inside digits and without a `_suffix`."""
    text = pl.col(name).str.normalize("NFKC").str.replace(_SUFFIXED, "$1")
    return (
        pl.when(text.str.contains(_SPACED)).then(text.str.replace_all(" ", "", literal=True)).otherwise(text)
    )


def is_mangled(text: pl.Expr) -> pl.Expr:
    """Whether an account number is in scientific notation or has a decimal point."""
    return text.str.contains(_FLOAT)


def is_masked(text: pl.Expr) -> pl.Expr:
    """Whether digits of an account number are hidden."""
    return text.str.contains("*", literal=True)


def without_blanks(cells: pl.DataFrame, blanks: Sequence[str]) -> pl.DataFrame:
    """Cells whose word means "nothing here" as null."""
    words = [*blanks, *(word.upper() for word in blanks)]
    texts = [name for name, kind in cells.schema.items() if kind == pl.String]
    return cells.with_columns(pl.when(~pl.col(name).is_in(words)).then(pl.col(name)) for name in texts)


def said(cells: pl.Series, words: Mapping[str, Sequence[str]]) -> pl.Series:
    """The code whose words hold each cell, null where none does; looked up once per distinct cell."""
    codes = {word: code for code, group in words.items() for word in group}
    distinct = cells.drop_nulls().unique()
    table = {cell: code for cell in distinct if (code := codes.get(plain_word(cell)))}
    if not table:
        return pl.Series(cells.name, [None], dtype=pl.String).new_from_index(0, len(cells))
    return cells.replace_strict(table, default=None, return_dtype=pl.String)
