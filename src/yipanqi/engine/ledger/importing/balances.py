"""What the balances after each transaction tell: a direction the file left blank, and rows that are missing or wrong.

Per own number and currency, in the order of time. Rows of one instant have no order of their own; they are put
into one that their balances make, if there is one. Nothing is corrected here: breaks are reported.
"""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

BREAKS: Final = {
    "file": pl.String,
    "row": pl.UInt32,
    "account": pl.String,
    "currency": pl.String,
    "expected_minor": pl.Int64,
    "stated_minor": pl.Int64,
}
_POT: Final = ("_number", "currency")


def settle_directions(records: pl.DataFrame) -> pl.DataFrame:
    """Records with `out` where a blank direction follows from the balances beyond doubt; `settled` marks those.

    Beyond doubt: the row and the one before it of the same number are alone at their instants, both state a
    balance, and the amount leads from one to the other in one direction only.
    """
    frame = _with_number(records).with_row_index("_at").sort(*_POT, "booked_at")
    alone = pl.len().over(*_POT, "booked_at") == 1
    before = pl.col("balance_minor").shift(1).over(*_POT)
    change = pl.col("balance_minor") - before
    sure = (
        alone
        & alone.shift(1).over(*_POT)
        & pl.col("out").is_null()
        & (change.abs() == pl.col("amount_minor"))
    )
    frame = frame.with_columns(settled=sure.fill_null(False), _out=change < 0)
    frame = frame.with_columns(out=pl.when("settled").then("_out").otherwise("out"))
    return frame.sort("_at").drop("_at", "_out", "_number")


def find_breaks(records: pl.DataFrame) -> pl.DataFrame:
    """The rows (BREAKS) whose balance is not the one before plus or minus their amount."""
    frame = _with_number(records).with_columns(
        signed=pl.when("out").then(-pl.col("amount_minor")).otherwise("amount_minor")
    )
    columns = (*_POT, "booked_at", "balance_minor", "signed", "file", "row", "own")
    wanted = frame.filter(pl.col("balance_minor").is_not_null().any().over(*_POT))
    rows = wanted.select(columns).sort(columns).iter_rows()
    return pl.DataFrame(list(_breaks(rows)), schema=BREAKS, orient="row")


def _breaks(rows: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    pot: tuple[str, str] | None = None
    balance: int | None = None
    for group in _instants(rows):
        first = group[0]
        if pot != first[:2]:
            pot, balance = first[:2], None
        if len(group) > 1 and any(row[3] is None for row in group):
            balance = None
            continue
        for row in _chained(group, balance):
            stated, signed = row[3], row[4]
            expected = None if balance is None else balance + signed
            if stated is not None and expected is not None and stated != expected:
                yield (row[5], row[6], row[7], row[1], expected, stated)
            balance = expected if stated is None else stated


def _instants(rows: Iterator[Any]) -> Iterator[list[Any]]:
    """Rows in groups of one number, currency and instant."""
    group: list[Any] = []
    for row in rows:
        if group and row[:3] != group[0][:3]:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _chained(group: list[Any], balance: int | None) -> list[Any]:
    """The rows of an instant in an order in which each balance leads to the next, as far as there is one."""
    if len(group) == 1:
        return group
    if balance is None:
        reached = {row[3] for row in group}
        balance = next((row[3] - row[4] for row in group if row[3] - row[4] not in reached), None)
    starts: dict[int, list[Any]] = {}
    for row in reversed(group):
        starts.setdefault(row[3] - row[4], []).append(row)
    ordered: list[Any] = []
    while balance is not None and starts.get(balance):
        ordered.append(starts[balance].pop())
        balance = ordered[-1][3]
    return ordered + [row for left in starts.values() for row in left]


def _with_number(records: pl.DataFrame) -> pl.DataFrame:
    return records.with_columns(_number=pl.coalesce("own_account", "own_card"))
