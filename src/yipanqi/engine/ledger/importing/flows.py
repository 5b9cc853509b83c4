"""Reads rows told from one account's view: whose account, in or out, how much, with whom, and the balance after.

What comes out are records: half a transfer each, as checked columns. Leaves undecided directions to
`directions`, one account's several numbers to `holders`, and the other half to `pairing`.
"""

from typing import Final

import polars as pl

from yipanqi.engine.ledger.importing.amounts import read_amounts
from yipanqi.engine.ledger.importing.cells import (
    Check,
    bank_account,
    is_mangled,
    is_masked,
    said,
    sift,
    without_blanks,
)
from yipanqi.engine.ledger.importing.heads import Found, Words
from yipanqi.engine.ledger.importing.instants import instant_cells, read_instants
from yipanqi.engine.ledger.importing.tables import ROW
from yipanqi.engine.ledger.importing.transfers import amount_checks, read_currency

RECORD: Final = {
    "file": pl.String,
    "row": pl.UInt32,
    "own_account": pl.String,
    "own_card": pl.String,
    "own_name": pl.String,
    "own_bank": pl.String,
    "other_account": pl.String,
    "other_card": pl.String,
    "other_name": pl.String,
    "other_bank": pl.String,
    "booked_at": pl.Int64,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "out": pl.Boolean,  # null: the file does not say
    "balance_minor": pl.Int64,
    "number": pl.String,
    "kind": pl.String,  # what it is if the money goes out
    "is_reversal": pl.Boolean,
    "label": pl.String,  # what an unknown counterparty is called
    "channel": pl.String,
}
_ACCOUNTS: Final = ("own_account", "own_card", "other_account", "other_card")
_TEXTS: Final = (
    *_ACCOUNTS,
    "own_name",
    "own_bank",
    "other_name",
    "other_bank",
    "number",
    "channel",
    "status",
    "query_result",
)
_WORDY: Final = ("type", "cash_flag", "summary", "other_name", "other_bank", "direction", "status")
_KINDS: Final = {  # kind → the columns that may say so, the first kind that is said wins
    "fee": ("type", "summary"),
    "cash_out": ("type", "summary", "cash_flag"),
    "card_payment": ("type", "summary"),
    "clearing": ("type", "summary", "other_name", "other_bank"),
}
_MAX_LABEL: Final = 40


def read_flows(
    cells: pl.DataFrame, found: Found, words: Words, zone: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(records, rejects) of a chunk; a record's `out` is null where the direction is blank."""
    raw, cells = cells, without_blanks(cells, words.lists["blank"])
    absent = sorted({*_TEXTS, *_WORDY} - set(cells.columns))
    cells = cells.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    instants = instant_cells(cells)
    currency = read_currency(cells, words)
    money = _money(cells, currency, words)
    frame = cells.select(
        pl.lit(found.table.file).alias("file"),
        ROW,
        *(bank_account(name).alias(name) for name in _ACCOUNTS),
        *(name for name in ("own_name", "own_bank", "other_name", "other_bank", "number", "channel")),
        read_instants(instants, zone, excel=found.table.excel).alias("booked_at"),
        currency.alias("currency"),
        money["minor"].alias("amount_minor"),
        money["out"].alias("out"),
        _balance(cells, currency).alias("balance_minor"),
        _kinds(cells, words).alias("kind"),
        money["is_reversal"].alias("is_reversal"),
        pl.lit("").alias("label"),
        money["code"].alias("_code"),
        money["side"].alias("_side"),
        instants.alias("_instant"),
        said(cells["status"], words.group("status")).alias("_done"),
        _status=pl.col("status"),
        _result=pl.col("query_result"),
        _words=pl.coalesce("summary", "type"),
    )
    good, rejects = sift(frame, _checks(found), found, raw.with_columns(instants.alias("booked_at")))
    return _named(good).select(*RECORD), rejects


def _named(good: pl.DataFrame) -> pl.DataFrame:
    """Records whose masked counterparty is unknown, with the label an unknown one gets."""
    masked = pl.col("other_account").is_not_null() & is_masked(pl.col("other_account"))
    number = pl.col("number")
    good = good.with_columns(
        label=pl.coalesce(
            pl.when(masked).then("other_account"), "other_name", "other_bank", "_words", pl.lit("")
        ).str.slice(0, _MAX_LABEL),
        other_card=pl.when(~is_masked(pl.col("other_card"))).then("other_card"),
        number=pl.when(~is_mangled(number)).then(number),
    )
    return good.with_columns(other_account=pl.when(~masked).then("other_account"))


def _money(cells: pl.DataFrame, currency: pl.Series, words: Words) -> pl.DataFrame:
    """`minor` (signed only where it is wrong), `out`, `is_reversal`, `code` of a flaw, `side`: the sign's own flaw.

    A reversal in red ink carries a minus sign: the money goes the other way.
    """
    stated = said(cells["direction"], words.group("direction"))
    reversal = _says(cells, {"reversal": words.lists["reversal"]}, ("type", "summary")).is_not_null()
    if "amount" in cells.columns:
        money = read_amounts(cells["amount"], currency).with_columns(out=stated == "out", twice=pl.lit(False))
        side = pl.DataFrame({"cell": cells["direction"], "said": stated}).select(
            pl.when(pl.col("said") == "neutral")
            .then(pl.lit("direction_neutral"))
            .when(pl.col("said").is_null() & pl.col("cell").is_not_null())
            .then(pl.lit("direction_unknown"))
        )
    else:
        money = _two_columns(cells, currency)
        side = money.select(pl.when("twice").then(pl.lit("amount_twice")))
    red = (money["minor"] < 0) & reversal
    return money.select(
        pl.when(red).then(-pl.col("minor")).otherwise("minor").alias("minor"),
        pl.when(red).then(~pl.col("out")).otherwise("out").alias("out"),
        "code",
        side.to_series().alias("side"),
        reversal.alias("is_reversal"),
    )


def _two_columns(cells: pl.DataFrame, currency: pl.Series) -> pl.DataFrame:
    """Amounts in a debit and a credit column, of which a row uses one."""
    both = {
        side: read_amounts(cells[side], currency)
        if side in cells.columns
        else pl.DataFrame({"minor": [None], "code": [None]}, schema={"minor": pl.Int64, "code": pl.String})
        for side in ("amount_out", "amount_in")
    }
    parts = {
        f"{side[7:]}_{name}": frame[name]
        if len(frame) == len(cells)
        else frame[name].new_from_index(0, len(cells))
        for side, frame in both.items()
        for name in ("minor", "code")
    }
    used_out, used_in = (pl.col(f"{side}_minor").fill_null(0) != 0 for side in ("out", "in"))
    return pl.DataFrame(parts).select(
        minor=pl.when(used_out)
        .then("out_minor")
        .when(used_in)
        .then("in_minor")
        .otherwise(pl.coalesce("out_minor", "in_minor")),
        out=used_out,
        code=pl.coalesce("out_code", "in_code"),
        twice=used_out & used_in,
    )


def _says(cells: pl.DataFrame, lists: dict[str, tuple[str, ...]], columns: tuple[str, ...]) -> pl.Series:
    found = [said(cells[name], lists) for name in columns]
    return pl.select(pl.coalesce(found).alias("said"))["said"]


def _kinds(cells: pl.DataFrame, words: Words) -> pl.Series:
    lists = words.group("kind")
    told = [_says(cells, {kind: lists[kind]}, columns) for kind, columns in _KINDS.items()]
    return pl.select(pl.coalesce([*told, pl.lit("transfer")]).alias("kind"))["kind"]


def _balance(cells: pl.DataFrame, currency: pl.Series) -> pl.Series:
    if "balance" not in cells.columns:
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, len(cells))
    return read_amounts(cells["balance"], currency)["minor"]


def _checks(found: Found) -> list[Check]:
    amount = next((name for name in ("amount", "amount_out", "amount_in") if name in found.columns), "amount")
    nothing = pl.col("_instant").is_null() & pl.col("amount_minor").is_null() & pl.col("_code").is_null()
    own = "own_card" if "own_card" in found.columns else "own_account"
    mangled = [Check(name, "account_mangled", is_mangled(pl.col(name))) for name in _ACCOUNTS]
    masked = [Check(name, "account_masked", is_masked(pl.col(name))) for name in ("own_account", "own_card")]
    sides = [
        Check("direction", code, pl.col("_side") == code)
        for code in ("direction_neutral", "direction_unknown")
    ]
    return [
        Check("query_result", "query_result_only", nothing & pl.col("_result").is_not_null()),
        Check("_first", "not_a_transfer", nothing),
        Check("status", "failed_at_bank", pl.col("_done") == "failed"),
        Check("status", "status_unknown", pl.col("_status").is_not_null() & pl.col("_done").is_null()),
        Check("booked_at", "time_missing", pl.col("_instant").is_null()),
        Check("booked_at", "time_unreadable", pl.col("booked_at").is_null()),
        Check(own, "account_missing", pl.col("own_account").is_null() & pl.col("own_card").is_null()),
        *mangled,
        *masked,
        *amount_checks(amount),
        Check(amount, "amount_twice", pl.col("_side") == "amount_twice"),
        Check(amount, "amount_not_positive", pl.col("amount_minor") <= 0),
        Check("currency", "currency_unknown", pl.col("currency").is_null()),
        *sides,
    ]
