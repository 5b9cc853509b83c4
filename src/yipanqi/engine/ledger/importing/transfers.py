"""Reads rows that name payer and payee: the canonical form, or a bank's table of both sides, taken at their word.

Account numbers are literal here: only what no account can be is refused. Leaves one-sided rows to `flows`, and
rows that share an id to `merging`.
"""

from typing import Final

import polars as pl

from yipanqi.engine.ledger.columns import KIND_NAMES, SCHEMA
from yipanqi.engine.ledger.importing.amounts import read_amounts, read_exact
from yipanqi.engine.ledger.importing.cells import Check, is_mangled, is_masked, said, sift
from yipanqi.engine.ledger.importing.heads import Found, Words
from yipanqi.engine.ledger.importing.instants import instant_cells, read_instants
from yipanqi.engine.ledger.importing.tables import ROW

AMOUNT_CODES: Final = ("amount_unreadable", "amount_too_precise", "amount_too_large")


def read_transfers(
    cells: pl.DataFrame, found: Found, words: Words, zone: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(canonical rows with `row`, rejects) of a chunk. A table without ids gives null ids, to be derived at its
    end.
    """
    have = set(cells.columns)
    instants = instant_cells(cells)
    currency = read_currency(cells, words)
    money = _amounts(cells, currency)
    frame = cells.select(
        pl.col("id") if "id" in have else pl.lit(None, pl.String).alias("id"),
        read_instants(instants, zone, excel=found.table.excel).alias("booked_at"),
        _integer("serial", have),
        "payer",
        "payee",
        currency.alias("currency"),
        money["minor"].alias("amount_minor"),
        _kind(have),
        *(pl.col(name) if name in have else pl.lit(None, pl.String).alias(name)
          for name in ("payer_bank", "payee_bank", "channel", "reverses")),
        ROW,
        money["code"].alias("_code"),
        instants.alias("_instant"),
        (pl.col("serial") if "serial" in have else pl.lit(None, pl.String)).alias("_serial"),
    )  # fmt: skip
    cells = cells.with_columns(instants.alias("booked_at"))
    good, rejects = sift(frame, _checks(have, found), found, cells)
    return good.select(*SCHEMA, ROW), rejects


def read_currency(cells: pl.DataFrame, words: Words) -> pl.Series:
    """ISO codes; blank is CNY, a word that is no currency null."""
    if "currency" not in cells.columns:
        return pl.Series("currency", ["CNY"]).new_from_index(0, len(cells))
    column = cells["currency"]
    named = said(column, words.group("currency"))
    code = pl.DataFrame({"cell": column, "named": named}).select(
        pl.when(pl.col("cell").is_null())
        .then(pl.lit("CNY"))
        .otherwise(pl.coalesce("named", pl.when(pl.col("cell").str.contains("^[A-Z]{3}$")).then("cell")))
        .alias("currency")
    )
    return code["currency"]


def amount_checks(meaning: str) -> list[Check]:
    """What makes an amount's cell bad; its code stands in `_code`, its value in `amount_minor`."""
    return [Check(meaning, code, pl.col("_code") == code) for code in AMOUNT_CODES] + [
        Check(meaning, "amount_missing", pl.col("amount_minor").is_null()),
    ]


def _amounts(cells: pl.DataFrame, currency: pl.Series) -> pl.DataFrame:
    if "amount_minor" not in cells.columns:
        return read_amounts(cells["amount"], currency)
    return read_exact(cells["amount_minor"], 0)


def _integer(name: str, have: set[str]) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False) if name in have else pl.lit(None, pl.Int64).alias(name)


def _kind(have: set[str]) -> pl.Expr:
    kind = pl.col("kind").str.to_lowercase().fill_null("transfer") if "kind" in have else pl.lit("transfer")
    return kind.alias("kind")


def _checks(have: set[str], found: Found) -> list[Check]:
    amount = "amount_minor" if "amount_minor" in have else "amount"
    checks = [
        Check(
            "_first",
            "not_a_transfer",
            pl.all_horizontal(pl.col("id", "payer", "payee", "amount_minor", "_instant").is_null()),
        ),
        *([Check("id", "id_missing", pl.col("id").is_null())] if "id" in have else []),
        Check("booked_at", "time_missing", pl.col("_instant").is_null()),
        Check("booked_at", "time_unreadable", pl.col("booked_at").is_null()),
    ]
    for side in ("payer", "payee"):
        account = pl.col(side)
        checks += [
            Check(side, "account_missing", account.is_null()),
            Check(side, "account_mangled", is_mangled(account)),
            Check(side, "account_masked", is_masked(account)),
        ]
    checks += amount_checks(amount)
    checks.append(Check(amount, "amount_not_positive", pl.col("amount_minor") <= 0))
    checks.append(Check("currency", "currency_unknown", pl.col("currency").is_null()))
    if "kind" in have:
        checks.append(Check("kind", "kind_unknown", ~pl.col("kind").is_in(KIND_NAMES)))
    if "serial" in have:
        checks.append(
            Check("serial", "serial_unreadable", pl.col("serial").is_null() & pl.col("_serial").is_not_null())
        )
    return checks
