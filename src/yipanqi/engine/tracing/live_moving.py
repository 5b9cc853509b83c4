"""Kernel of the live chase: a batch of transfers against the few pots that are known.

Accounts of a batch are numbered; `local` gives a known account's pot, -1 for any other, -2 for a sink. The kernel
stops where Python has to decide: a seed, or traced money on its way to an account not known yet. Leaves names and
times to `live`.
"""

from typing import Any, NamedTuple

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.tracing.lots import (
    CLEAN,
    add_lot,
    append,
    give_back,
    nodes_left,
    take_newest,
    take_oldest,
)
from yipanqi.engine.tracing.moving import FIFO, HAIRCUT, clean_of, set_clean
from yipanqi.engine.tracing.shares import add_source, put_shares, take_shares

DONE, NO_ROOM, NEW_ACCOUNT, SEED = 0, 1, 2, 3


class Batch(NamedTuple):
    """Transfers in order. `flags` as in the ledger; `seed` marks seeds; `local` by account number."""

    payer: Any  # int32
    payee: Any  # int32
    amount: Any  # int64
    flags: Any  # uint8
    seed: Any  # uint8
    local: Any  # int32


class Found(NamedTuple):
    """Rows that moved traced money, and how much; `state` is (next row, how many were found)."""

    row: Any  # int32
    tainted: Any  # int64
    state: Any  # int64[2]


@compiled
def run(batch: Any, pool: Any, purses: Any, scratch: Any, found: Any, method: int) -> int:
    """Go on from `found.state[0]`; return DONE, or why it stopped before that row."""
    room = len(scratch.node) + 8
    for row in range(found.state[0], len(batch.payer)):
        found.state[0] = row
        payer, payee = batch.local[batch.payer[row]], batch.local[batch.payee[row]]
        if batch.seed[row] and not batch.flags[row] & STILL:
            return SEED
        if (payer < 0 and payee < 0) or batch.flags[row] & STILL:
            continue
        if nodes_left(pool) < room or found.state[1] == len(found.row):
            return NO_ROOM
        amount, leaves = batch.amount[row], batch.flags[row] & LEAVES or payee == -2
        if payer < 0 or not purses.tainted[payer]:
            if payer >= 0:
                _spend_clean(pool, purses, method, payer, amount)
            if payee >= 0 and not leaves:
                set_clean(pool, purses, method, payee, amount, True)
            continue
        if payee == -1 and not leaves:
            return NEW_ACCOUNT
        moved = _move(pool, purses, scratch, method, payer, -1 if leaves else payee, amount)
        if moved:
            found.row[found.state[1]], found.tainted[found.state[1]] = row, moved
            found.state[1] += 1
    found.state[0] = len(batch.payer)
    return DONE


@compiled
def _spend_clean(pool: Any, purses: Any, method: int, pot: int, amount: int) -> None:
    clean = clean_of(pool, purses, method, pot)
    set_clean(pool, purses, method, pot, -min(clean, amount), amount > clean)


@compiled
def _move(pool: Any, purses: Any, scratch: Any, method: int, payer: int, payee: int, amount: int) -> Any:
    """Move money of a pot that holds traced money to a known pot, or out (payee -1); return how much of it is
    traced.
    """
    if method == HAIRCUT:
        count, moved = take_shares(pool, purses, scratch, payer, amount)
        if payee >= 0 and not count:
            add_source(pool, purses, payee, CLEAN, amount)
        elif payee >= 0:
            put_shares(pool, purses, scratch, count, payee)
    else:
        if method == FIFO:
            head, tail, moved, count = take_oldest(pool, purses, payer, amount)
        else:
            head, tail, moved, count = take_newest(pool, purses, payer, amount)
        if payee >= 0:
            append(pool, purses, payee, head, tail)
        else:
            give_back(pool, head, tail, count)
    purses.tainted[payer] -= moved
    if payee >= 0:
        purses.tainted[payee] += moved
    return moved


@compiled
def seed(
    pool: Any, purses: Any, scratch: Any, method: int, payer: int, payee: int, tag: int, amount: int
) -> int:
    """Let a seed happen: it takes from the payer (-1: unknown) and arrives whole (payee -1: leaves); return what it
    displaced.
    """
    displaced = 0
    if payer >= 0:
        if purses.tainted[payer]:
            displaced = _move(pool, purses, scratch, method, payer, -1, amount)
        else:
            _spend_clean(pool, purses, method, payer, amount)
    if payee >= 0:
        if method == HAIRCUT:
            add_source(pool, purses, payee, tag, amount)
        else:
            add_lot(pool, purses, payee, tag, amount)
        purses.tainted[payee] += amount
    return displaced
