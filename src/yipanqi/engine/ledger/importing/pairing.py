"""Two halves of a transfer, seen from the payer's bank and from the payee's, become one.

The rule: opposite sides of the same two accounts, same currency and amount, at most WINDOW apart; one half
joins one other, those with the same transaction number first, then the closest in time, then the lower ids. A
half whose bank names no counterparty joins only with the same number. Leaves what the one transfer says to
`assembling`.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

WINDOW: Final = timedelta(seconds=120)
_WINDOW_US: Final = int(WINDOW.total_seconds() * 1_000_000)

HALF: Final = {
    "id": pl.String,
    "transfer": pl.String,  # what it became in the ledger; null: it is new
    "out": pl.Boolean,
    "own": pl.String,
    "other": pl.String,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "booked_at": pl.Int64,
    "number": pl.String,
    "reverses": pl.String,  # of a reversal in the ledger: its original, "" without one
}


def pair_halves(halves: pl.DataFrame) -> pl.DataFrame:
    """Pairs (`out_id`, `in_id`) of a HALF frame in any order; two halves that are both in the ledger stay apart."""
    outs = halves.filter("out").select(pl.all().name.prefix("out_"))
    ins = halves.filter(~pl.col("out")).select(pl.all().name.prefix("in_"))
    near = (pl.col("out_booked_at") - pl.col("in_booked_at")).abs()
    candidates = (
        pl.concat([_of_one_pair(outs, ins), _of_one_number(outs, ins)])
        .with_columns(near=near, other_number=~pl.col("out_number").eq(pl.col("in_number")).fill_null(False))
        .filter(pl.col("near") <= _WINDOW_US)
        .sort("other_number", "near", "out_id", "in_id")
    )
    chosen = list(_one_to_one(candidates.select("out_id", "in_id").iter_rows()))
    return pl.DataFrame(chosen, schema={"out_id": pl.String, "in_id": pl.String}, orient="row")


def _one_to_one(candidates: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    outs: set[str] = set()
    ins: set[str] = set()
    for out_id, in_id in candidates:
        if out_id not in outs and in_id not in ins:
            outs.add(out_id)
            ins.add(in_id)
            yield out_id, in_id


def _of_one_pair(outs: pl.DataFrame, ins: pl.DataFrame) -> pl.DataFrame:
    """Halves that name each other, found by windows of time so that many equal transfers stay few candidates."""
    spread = pl.concat_list([pl.col("in_booked_at") // _WINDOW_US + step for step in (-1, 0, 1)]).alias(
        "window"
    )
    joined = outs.with_columns(window=pl.col("out_booked_at") // _WINDOW_US).join(
        ins.with_columns(spread).explode("window", empty_as_null=True),
        left_on=["out_own", "out_other", "out_currency", "out_amount_minor", "window"],
        right_on=["in_other", "in_own", "in_currency", "in_amount_minor", "window"],
        coalesce=False,
    )
    return joined.filter(pl.col("out_transfer").is_null() | pl.col("in_transfer").is_null()).select(_COLUMNS)


def _of_one_number(outs: pl.DataFrame, ins: pl.DataFrame) -> pl.DataFrame:
    """New halves with the same number of which one does not name its counterparty, and nothing speaks against."""
    new_outs, new_ins = (
        side.filter(pl.col(f"{name}_transfer").is_null()) for name, side in (("out", outs), ("in", ins))
    )
    joined = new_outs.join(
        new_ins,
        left_on=["out_number", "out_currency", "out_amount_minor"],
        right_on=["in_number", "in_currency", "in_amount_minor"],
        coalesce=False,
    )
    blank_out, blank_in = pl.col("out_other").is_null(), pl.col("in_other").is_null()
    fits_out = blank_out | (pl.col("out_other") == pl.col("in_own"))
    fits_in = blank_in | (pl.col("in_other") == pl.col("out_own"))
    return joined.filter((blank_out != blank_in) & fits_out & fits_in).select(_COLUMNS)


_COLUMNS: Final = [f"{side}_{name}" for side in ("out", "in") for name in ("id", "booked_at", "number")]
