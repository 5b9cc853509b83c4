"""Makes canonical transfers of records and their pairs: who pays whom, unknown counterparties, kinds, reversals.

An unknown counterparty gets a name of its own account and direction (`?OWN>label` for money out, `?label>OWN`
for money in), so that unknown people never join two accounts, nor money out with money in. Leaves who is paired
to `pairing`.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from yipanqi.engine.ledger.columns import SCHEMA

REVERSAL_WITHIN: Final = timedelta(days=7)
_WITHIN_US: Final = int(REVERSAL_WITHIN.total_seconds() * 1_000_000)


def assemble(records: pl.DataFrame, pairs: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Canonical rows with `file` and `row`, one for each pair and each record without one.

    A pair is told by the payer's record: its id, time and number; the payee's fills what that leaves open. A pair of
    which only one record is here (the other is in the ledger) gives no row. `known`: the halves of earlier batches,
    whose transfers may be what a reversal takes back.
    """
    halves = records.join(pairs.rename({"out_id": "id", "in_id": "half"}), on="id", how="left").filter(
        ~pl.col("id").is_in(pairs["in_id"].implode())
    )
    halves = halves.filter(pl.col("half").is_null() | pl.col("half").is_in(records["id"].implode()))
    other_half = records.select(
        half="id",
        half_own="own",
        half_bank="own_bank",
        half_kind="kind",
        half_reversal="is_reversal",
        half_channel="channel",
    )
    whole = halves.join(other_half, on="half", how="left")
    out = pl.col("out")
    other, other_bank = pl.coalesce("half_own", "other"), pl.coalesce("half_bank", "other_bank")
    rows = whole.with_columns(
        payer=pl.when(out).then("own").otherwise("other"),
        payee=pl.when(out).then(other).otherwise("own"),
        payer_bank=pl.when(out).then("own_bank").otherwise("other_bank"),
        payee_bank=pl.when(out).then(other_bank).otherwise("own_bank"),
        channel=pl.coalesce("channel", "half_channel"),
        kind=pl.when(pl.col("is_reversal") | pl.col("half_reversal").fill_null(False))
        .then(pl.lit("reversal"))
        .when(out)
        .then("kind")
        .otherwise(pl.lit("transfer")),
        serial=pl.lit(None, pl.Int64),
    )
    return _name_unknown(_with_originals(rows, known)).select(*SCHEMA, "file", "row")


def _name_unknown(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        payer=pl.coalesce("payer", pl.format("?{}>{}", "label", "own")),
        payee=pl.coalesce("payee", pl.format("?{}>{}", "own", "label")),
    )


def _with_originals(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`reverses` of each reversal with one original: the same money the other way, at most a week before.

    Where candidates share the reversal's transaction number, only those count. An original is taken back once.
    """
    label = pl.format("?{}", "label")
    keyed = rows.select(
        "id", "currency", "amount_minor", "booked_at", "number", "kind",
        payer_key=pl.coalesce("payer", label), payee_key=pl.coalesce("payee", label),
    )  # fmt: skip
    reversal = pl.col("kind") == "reversal"
    alike = keyed.filter(reversal).select("currency", "amount_minor").unique()
    keyed = pl.concat(
        [keyed, _earlier(known.join(alike, on=alike.columns, how="semi")).select(keyed.columns)]
    )
    candidates = (
        keyed.filter(reversal)
        .join(
            keyed.filter(~reversal),
            left_on=["payer_key", "payee_key", "currency", "amount_minor"],
            right_on=["payee_key", "payer_key", "currency", "amount_minor"],
            suffix="_first",
        )
        .filter((pl.col("booked_at") - pl.col("booked_at_first")).is_between(0, _WITHIN_US))
        .with_columns(same=pl.col("number").eq(pl.col("number_first")).fill_null(False))
        .filter(pl.col("same") | ~pl.col("same").any().over("id"))
        .filter((pl.len().over("id") == 1) & (pl.len().over("id_first") == 1))
    )
    return rows.join(candidates.select("id", reverses="id_first"), on="id", how="left")


def _earlier(known: pl.DataFrame) -> pl.DataFrame:
    """Transfers of earlier batches between known accounts, without reversals that found theirs, and these."""
    payers_first = known.filter(pl.col("other").is_not_null()).sort("out", descending=True)
    once = payers_first.unique("transfer", keep="first", maintain_order=True)
    done = pl.col("reverses").fill_null("") != ""
    settled = once.filter(done)["reverses"]
    return once.filter(~done & ~pl.col("transfer").is_in(settled.implode())).with_columns(
        id="transfer",
        kind=pl.when(pl.col("reverses").is_null()).then(pl.lit("transfer")).otherwise(pl.lit("reversal")),
        payer_key=pl.when("out").then("own").otherwise("other"),
        payee_key=pl.when("out").then("other").otherwise("own"),
    )
