"""Ledgers to trace in: seeded, of any size, heavy-tailed or with hubs, ten days in seconds with serials.

Columns come first, so that a hundred million transfers fit; `ledger` indexes them, `frame` and `write_csv` give the
same transfers as a canonical frame and file. Leaves tracing to `tracing` and the other implementations to `peers`
and `plain`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.ledger import Kind, Ledger
from yipanqi.engine.ledger.columns import LEAVES, SCHEMA, SERIAL
from yipanqi.engine.ledger.table import Pots, index_columns, micros
from yipanqi.engine.ledger.texts import Texts, frozen, with_look_up

START: Final = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in China
DAYS: Final = 10
HORIZONS: Final = (24, 72, 192)  # hours after the first victim's transfer
ROWS_PER_ACCOUNT: Final = 8
TAIL: Final = 1.3  # Pareto exponent of the accounts' activity
HUBS, HUB_SHARE = 20, 0.30
CASH_SHARE: Final = 0.04
MEDIAN_MINOR, SPREAD = 30_000, 1.6  # log-normal amounts
LEAST_MINOR: Final = 300_000
PAID_ON_HOURS: Final = 24
FIRST_HOUR: Final = 24
RULE: Final = (
    f"the first transfers from hour {FIRST_HOUR} on, of at least {LEAST_MINOR // 100:,} yuan, to an account that"
    f" within {PAID_ON_HOURS} hours pays out more than it has of older money"
)


@dataclass(frozen=True)
class Book:
    """Transfers in their order: `serial` is the position, the id is T and nine digits, currency CNY."""

    booked_at: NDArray[np.int64]  # microseconds
    payer: NDArray[np.int32]
    payee: NDArray[np.int32]
    amount: NDArray[np.int64]  # fen
    cash: NDArray[np.bool_]  # cash_out, else transfer
    accounts: int
    kind: str

    def __len__(self) -> int:
        return len(self.booked_at)

    @cached_property
    def opening(self) -> NDArray[np.int64]:
        """The smallest balances with which no account goes below zero."""
        return _openings(self.payer, self.payee, self.amount, self.cash, self.accounts)

    @cached_property
    def flags(self) -> NDArray[np.uint8]:
        """The ledger's byte a row."""
        return np.where(self.cash, int(Kind.CASH_OUT) | LEAVES | SERIAL, SERIAL).astype(np.uint8)

    @cached_property
    def next_debit(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """For each row the next debit of its payer and of its payee; as many as there are rows: none."""
        return _next_debits(self.payer, self.payee, self.accounts)

    def victims(self, count: int) -> NDArray[np.int64]:
        """Rows of the first transfers that the rule (`RULE`) takes; fewer when there are no more."""
        return _victims(
            *(self.booked_at, self.payer, self.payee, self.amount, self.cash, self.opening, count),
            micros(START) + FIRST_HOUR * 3_600_000_000,
        )

    def rows_until(self, first: int, hours: int) -> int:
        """How many rows are booked up to some hours after a row."""
        until = self.booked_at[first] + hours * 3_600_000_000
        return int(np.searchsorted(self.booked_at, until, side="right"))


def make_book(rows: int, *, hubs: bool = False, seed: int = 20260301) -> Book:
    """A book of `rows` transfers; with `hubs`, a few accounts are one side of nearly a third of them."""
    rng = np.random.default_rng(seed)
    accounts = max(rows // ROWS_PER_ACCOUNT, 2 * HUBS)
    activity = (1 - rng.random(accounts)) ** (-1 / TAIL)
    activity /= activity.sum()
    payer, payee = (_drawn(rng, activity, rows) for _ in range(2))
    if hubs:
        turned = rng.random(rows)
        hub = rng.integers(0, HUBS, rows, dtype=np.int32)
        payer = np.where(turned < HUB_SHARE / 2, hub, payer)
        payee = np.where(turned > 1 - HUB_SHARE / 2, hub, payee)
    payee = np.where(payer == payee, (payee + 1) % accounts, payee).astype(np.int32)
    payer, payee, accounts = _without_gaps(payer, payee, accounts)
    amount = np.exp(rng.normal(np.log(MEDIAN_MINOR), SPREAD, rows)).astype(np.int64) + 1
    cash = rng.random(rows) < CASH_SHARE
    kind = "hub-heavy" if hubs else "heavy-tailed"
    return Book(
        _instants(rng, rows), *(frozen(each) for each in (payer, payee, amount, cash)), accounts, kind
    )


def _drawn(rng: np.random.Generator, activity: NDArray[np.float64], rows: int) -> NDArray[np.int32]:
    counts = rng.multinomial(rows, activity)
    drawn = np.repeat(np.arange(len(activity), dtype=np.int32), counts)
    rng.shuffle(drawn)
    return drawn


def _without_gaps(
    payer: NDArray[np.int32], payee: NDArray[np.int32], accounts: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    seen = np.zeros(accounts, np.bool_)
    seen[payer], seen[payee] = True, True
    number = (np.cumsum(seen) - 1).astype(np.int32)
    return number[payer], number[payee], int(seen.sum())


def _instants(rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
    """Rising whole seconds; nights are quieter than days."""
    second = np.arange(DAYS * 86_400)
    weight = 1 - 0.8 * np.cos(2 * np.pi * (second % 86_400) / 86_400)
    counts = rng.multinomial(rows, weight / weight.sum())
    return frozen(np.repeat(micros(START) + second * 1_000_000, counts))


@numba.njit(cache=True)
def _openings(payer: Any, payee: Any, amount: Any, cash: Any, accounts: int) -> Any:
    balance, lowest = np.zeros(accounts, np.int64), np.zeros(accounts, np.int64)
    for row in range(len(payer)):
        balance[payer[row]] -= amount[row]
        lowest[payer[row]] = min(lowest[payer[row]], balance[payer[row]])
        if not cash[row]:
            balance[payee[row]] += amount[row]
    return -lowest


@numba.njit(cache=True)
def _next_debits(payer: Any, payee: Any, accounts: int) -> Any:
    rows = len(payer)
    later = np.full(accounts, rows, np.int32)
    of_payer, of_payee = np.empty(rows, np.int32), np.empty(rows, np.int32)
    for row in range(rows - 1, -1, -1):
        of_payer[row], of_payee[row] = later[payer[row]], later[payee[row]]
        later[payer[row]] = row
    return of_payer, of_payee


@numba.njit(cache=True)
def _victims(
    booked_at: Any, payer: Any, payee: Any, amount: Any, cash: Any, opening: Any, count: int, first: int
) -> Any:
    """Keeps balances; a candidate's payee must in time pay out more than its balance."""
    rows = len(payer)
    balance = opening.copy()
    candidate = np.full(len(opening), -1, np.int64)  # by account: the row that waits for its payee to pay on
    owed = np.zeros(len(opening), np.int64)  # older money that has to leave first
    chosen = np.zeros(rows, np.bool_)
    patience = PAID_ON_HOURS * 3_600_000_000
    left, last = count, rows
    for row in range(rows):
        if row >= last:
            break
        source, target = payer[row], payee[row]
        waiting = candidate[source]
        if waiting >= 0:
            owed[source] -= amount[row]
            if booked_at[row] > booked_at[waiting] + patience:
                candidate[source] = -1
            elif owed[source] < 0:
                chosen[waiting] = True
                candidate[source] = -1
                left -= 1
                if left == 0:  # earlier ones may still come to pass
                    last = np.searchsorted(booked_at, booked_at[row] + patience)
        balance[source] -= amount[row]
        if cash[row]:
            continue
        if booked_at[row] >= first and amount[row] >= LEAST_MINOR and candidate[target] < 0:
            candidate[target], owed[target] = row, balance[target]
        balance[target] += amount[row]
    return np.flatnonzero(chosen)[:count]


def _fixed_texts(prefix: bytes, digits: int, count: int) -> Texts:
    """Numbers with a prefix and leading zeros, packed."""
    width = len(prefix) + digits
    blob = np.empty((count, width), np.uint8)
    blob[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    number = np.arange(count, dtype=np.int64)
    for place in range(width - 1, len(prefix) - 1, -1):
        blob[:, place] = number % 10 + 48
        number //= 10
    offsets = frozen(np.arange(count + 1, dtype=np.int64) * width)
    packed = frozen(blob.reshape(-1))
    return with_look_up(offsets, packed)


def texts_of(book: Book) -> tuple[Texts, Pots]:
    """(ids, pots) of the book's ledger, named but without openings."""
    names = _fixed_texts(b"62", 8, book.accounts)
    nothing = (np.zeros(book.accounts, np.uint8), ("CNY",), np.zeros(book.accounts, np.int32), ("",))
    return _fixed_texts(b"T", 9, len(book)), Pots(names, *nothing, np.zeros(book.accounts, np.int64))


def ledger(book: Book, named: tuple[Texts, Pots] | None = None) -> Ledger:
    """The indexed ledger of a book."""
    ids, pots = named or texts_of(book)
    return index_columns(
        booked_at=book.booked_at,
        payer=book.payer,
        payee=book.payee,
        amount=book.amount,
        flags=book.flags,
        ids=ids,
        pots=pots,
        reversals=(),
    )


def frame(book: Book, start: int = 0, end: int | None = None) -> pl.DataFrame:
    """Rows of a book as a canonical frame."""
    rows = slice(start, len(book) if end is None else end)
    numbers = pl.DataFrame(
        {
            "serial": np.arange(rows.start, rows.stop, dtype=np.int64),
            "booked_at": book.booked_at[rows],
            "payer": book.payer[rows],
            "payee": book.payee[rows],
            "amount_minor": book.amount[rows],
            "cash": book.cash[rows],
        }
    )
    return numbers.select(
        pl.lit("T").add(pl.col("serial").cast(pl.String).str.zfill(9)).alias("id"),
        "booked_at",
        "serial",
        *(
            pl.lit("62").add(pl.col(side).cast(pl.String).str.zfill(8)).alias(side)
            for side in ("payer", "payee")
        ),
        pl.lit("CNY").alias("currency"),
        "amount_minor",
        pl.when("cash").then(pl.lit("cash_out")).otherwise(pl.lit("transfer")).alias("kind"),
        *(
            pl.lit(None, pl.String).alias(name)
            for name in ("payer_bank", "payee_bank", "channel", "reverses")
        ),
    ).select(*SCHEMA)


def write_csv(book: Book, path: Path, rows: int) -> None:
    """The first rows of a book as a canonical CSV file."""
    frame(book, 0, rows).select(
        "id",
        pl.from_epoch("booked_at", time_unit="us")
        .add(timedelta(hours=8))
        .dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")
        .alias("booked_at"),
        "serial",
        "payer",
        "payee",
        (pl.col("amount_minor") // 100)
        .cast(pl.String)
        .add(".")
        .add((pl.col("amount_minor") % 100).cast(pl.String).str.zfill(2))
        .alias("amount"),
        "currency",
        "kind",
    ).write_csv(path)
