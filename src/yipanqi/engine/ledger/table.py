"""A ledger as tracing reads it: transfers in their order, as columns, with each pot's debits and credits.

Immutable, in memory or mapped from disk. A pot is an (account, currency); its number is its place among the pots
sorted by account and currency. Leaves files to `importing` and `store`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.ledger.columns import (
    KIND_BITS,
    LEAVES,
    MAX_ROWS,
    MAX_TOTAL_MINOR,
    STILL,
    Kind,
    LedgerError,
    checked_frame,
)
from yipanqi.engine.ledger.indexing import (
    latest_banks,
    mark_void,
    places_by_pot,
    smallest_openings,
    tied_pots,
)
from yipanqi.engine.ledger.rows import Rows, rows_from_frame
from yipanqi.engine.ledger.texts import Texts, frozen, make_texts

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pots:
    """Names of the pots. `currency` and `bank` are places in `currencies` and `banks`; bank 0 is "" (unknown)."""

    names: Texts
    currency: NDArray[np.uint8]
    currencies: tuple[str, ...]
    bank: NDArray[np.int32]
    banks: tuple[str, ...]
    opening_minor: NDArray[np.int64]  # smallest that suffices

    def __len__(self) -> int:
        return len(self.currency)

    def of(self, account: str) -> list[int]:
        """The pots of an account, one for each currency it was seen in."""
        first = self.names.find(account)
        if first is None:
            return []
        found, raw = [], self.names.raw(first)
        while first < len(self) and self.names.raw(first) == raw:
            found.append(first)
            first += 1
        return found


@dataclass(frozen=True)
class Ledger:
    """Columns of equal length in the order `booked_at`, `serial`, `id` bytewise, and the index over them."""

    booked_at: NDArray[np.int64]  # microseconds since 1970, UTC
    payer: NDArray[np.int32]  # pots
    payee: NDArray[np.int32]
    amount: NDArray[np.int64]  # minor units
    flags: NDArray[np.uint8]
    ids: Texts
    pots: Pots
    out_start: NDArray[np.int64]  # debits of pot p: out_at[out_start[p] : out_start[p + 1]]
    out_at: NDArray[np.int32]
    in_start: NDArray[np.int64]  # credits that stay in the pot
    in_at: NDArray[np.int32]
    known_digest: str = ""  # of a mapped ledger: the one it was written with

    def __len__(self) -> int:
        return len(self.booked_at)

    def rows_until(self, until: datetime | None) -> int:
        """How many rows are booked at or before an instant."""
        if until is None:
            return len(self)
        return int(np.searchsorted(self.booked_at, micros(until), side="right"))

    def ambiguous(self, rows: int) -> list[str]:
        """Accounts among the first rows where ties leave the order of a debit open, sorted."""
        pots = len(self.pots)
        tied = tied_pots(self.booked_at, self.payer, self.payee, self.flags, rows, pots)
        return sorted({self.pots.names[int(pot)] for pot in np.flatnonzero(tied)})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows, their order and their accounts' banks: the same however the transfers came in."""
        return self.known_digest or digest_of(self)


def digest_of(ledger: Ledger) -> str:
    """The digest, reckoned anew from all columns that a trace depends on."""
    total = hashlib.sha256(b"yipanqi-ledger-1")
    ids, pots = ledger.ids, ledger.pots
    columns = (
        ledger.booked_at,
        ledger.payer,
        ledger.payee,
        ledger.amount,
        ledger.flags,
        ids.offsets,
        ids.blob,
    )
    for column in (*columns, pots.names.offsets, pots.names.blob, pots.currency, pots.bank):
        total.update(np.ascontiguousarray(column).data)
    total.update(json.dumps([pots.currencies, pots.banks]).encode())
    return total.hexdigest()


def instant(booked_at: int) -> datetime:
    """The aware UTC datetime of a column's value."""
    return EPOCH + timedelta(microseconds=booked_at)


def micros(at: datetime) -> int:
    """The column's value of an aware datetime."""
    return (at - EPOCH) // timedelta(microseconds=1)


def ledger_from_frame(frame: pl.DataFrame) -> Ledger:
    """The ledger of a canonical frame, in memory. Ids are unique there; LedgerError says what does not fit."""
    if len(frame) > MAX_ROWS:
        raise LedgerError(f"a ledger holds at most {MAX_ROWS} transfers", rows=len(frame))
    return index_rows(rows_from_frame(checked_frame(frame)))


def index_rows(rows: Rows) -> Ledger:
    """The ledger of numbered rows."""
    count = len(rows.currency)
    bank = latest_banks(rows.payer, rows.payee, rows.payer_bank, rows.payee_bank, count)
    nothing = np.zeros(count, np.int64)
    reversing = rows.flags[rows.reverses_at] & KIND_BITS == Kind.REVERSAL
    named = ((int(rows.reverses_at[turn]), rows.reverses[int(turn)]) for turn in np.flatnonzero(reversing))
    return index_columns(
        booked_at=rows.booked_at,
        payer=rows.payer,
        payee=rows.payee,
        amount=rows.amount,
        flags=rows.flags,
        ids=rows.ids,
        pots=Pots(rows.names, rows.currency, rows.currencies, frozen(bank), rows.banks, nothing),
        reversals=named,
    )


def index_columns(
    *,
    booked_at: NDArray[np.int64],
    payer: NDArray[np.int32],
    payee: NDArray[np.int32],
    amount: NDArray[np.int64],
    flags: NDArray[np.uint8],
    ids: Texts,
    pots: Pots,
    reversals: Iterable[tuple[int, str]],
) -> Ledger:
    """Build the index over sorted columns: cancelled pairs, openings, debits and credits of each pot."""
    if float(amount.sum(dtype=np.float64)) > MAX_TOTAL_MINOR:
        raise LedgerError("the ledger holds more money than sums can hold exactly")
    payer, payee, amount = (frozen(np.ascontiguousarray(each)) for each in (payer, payee, amount))
    flags = frozen(np.ascontiguousarray(flags))
    out_start, out_at = places_by_pot(payer, flags, STILL, len(pots))
    pairs = _find_pairs(ids, reversals)
    if len(pairs):
        marked = flags.copy()
        columns = (payer, payee, amount, marked, out_start, out_at)
        if mark_void(*columns, *(np.ascontiguousarray(side) for side in pairs.T)):
            flags = frozen(marked)
            out_start, out_at = places_by_pot(payer, flags, STILL, len(pots))
    in_start, in_at = places_by_pot(payee, flags, STILL | LEAVES, len(pots))
    opening = smallest_openings(payer, payee, amount, flags, len(pots))
    return Ledger(
        booked_at=frozen(np.ascontiguousarray(booked_at)),
        payer=payer,
        payee=payee,
        amount=amount,
        flags=flags,
        ids=ids,
        pots=replace(pots, opening_minor=frozen(opening)),
        out_start=frozen(out_start),
        out_at=frozen(out_at),
        in_start=frozen(in_start),
        in_at=frozen(in_at),
    )


def _find_pairs(ids: Texts, reversals: Iterable[tuple[int, str]]) -> NDArray[np.int64]:
    """int64[n, 2]: (original, reversal), in the order given, of those whose original is there."""
    listed = list(reversals)
    if not listed:
        return np.zeros((0, 2), np.int64)
    original = ids.find_all(make_texts(pl.Series([named for _, named in listed])))
    pairs = np.stack([original.astype(np.int64), np.array([at for at, _ in listed])], axis=1)
    return pairs[original >= 0]
