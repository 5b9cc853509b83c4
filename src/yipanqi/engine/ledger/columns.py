"""What a transfer is in the ledger: the canonical frame and its check, kinds, and the bits of a row's flag byte.

A canonical frame is a Polars frame with the columns of `SCHEMA`, in any order of rows. Leaves how files become such a
frame to `importing`, and how frames lie on disk to `store`.
"""

from enum import IntEnum
from typing import Final

import polars as pl

from yipanqi.kernel.errors import YipanqiError

SCHEMA: Final = {
    "id": pl.String,
    "booked_at": pl.Int64,  # microseconds since 1970, UTC
    "serial": pl.Int64,  # null: none
    "payer": pl.String,
    "payee": pl.String,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "kind": pl.String,
    "payer_bank": pl.String,  # null: unknown
    "payee_bank": pl.String,
    "channel": pl.String,
    "reverses": pl.String,
}


class Kind(IntEnum):
    """What a transfer is. The names in lower case are those of the canonical file's `kind`."""

    TRANSFER = 0
    CASH_OUT = 1
    CARD_PAYMENT = 2
    CLEARING = 3
    EXCHANGE = 4
    FEE = 5
    REVERSAL = 6


STAYING: Final = frozenset({Kind.TRANSFER, Kind.FEE, Kind.REVERSAL})
KIND_NAMES: Final = tuple(kind.name.lower() for kind in Kind)

KIND_BITS: Final = 0x07
LEAVES: Final = 0x08  # the money leaves the system with this transfer
STILL: Final = 0x10  # moves nothing: to oneself, or void
VOID: Final = 0x20  # one of a transfer and its reversal that cancel each other
SERIAL: Final = 0x80  # the bank gave a serial
MAX_AMOUNT_MINOR: Final = 2**53 - 1
MAX_TOTAL_MINOR: Final = 2**61  # all money of one ledger, so that sums of balances stay exact
MAX_ROWS: Final = 2**31 - 1
OPTIONAL: Final = ("serial", "payer_bank", "payee_bank", "channel", "reverses")


class LedgerError(YipanqiError):
    """There is no such ledger, or these rows do not make one; the message says where and why."""

    code = "ledger_invalid"


def checked_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA` of a canonical frame; LedgerError names the first column or row that does not fit."""
    for name, kind in SCHEMA.items():
        if name not in frame.columns:
            raise LedgerError(f"the transfers lack the column {name}", column=name)
        if frame[name].dtype != kind and not (name in OPTIONAL and frame[name].dtype == pl.Null):
            raise LedgerError(f"column {name}: {kind} is needed, not {frame[name].dtype}", column=name)
    frame = frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    bad = {name: pl.col(name).is_null() for name in SCHEMA if name not in OPTIONAL}
    bad["amount_minor"] |= ~pl.col("amount_minor").is_between(1, MAX_AMOUNT_MINOR)
    bad["kind"] |= ~pl.col("kind").is_in(KIND_NAMES)
    for name, wrong in bad.items():
        rows = frame.select("id", name, wrong=wrong) if name != "id" else frame.select("id", wrong=wrong)
        if rows["wrong"].any():
            at = int(rows["wrong"].arg_true()[0])
            value = rows[name][at]
            raise LedgerError(f"transfer {rows['id'][at]}: {name} cannot be {value}", column=name, row=at)
    return frame
