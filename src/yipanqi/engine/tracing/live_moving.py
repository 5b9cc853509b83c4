"""Kernel of the live chase: a batch of transfers against the few pots that are known.

Accounts of a batch are numbered; `local` gives a known account's pot, -1 for any other, -2 for a sink. The kernel
stops where Python has to decide: a seed, or traced money on its way to an account not known yet. Leaves names and
times to `live`.
"""

from typing import Any, NamedTuple

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.tracing.moving import arrive, change_clean, drop, has_room, leave, put, spend_clean, take
from yipanqi.engine.tracing.pots import TAINTED

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
    left: Any  # int64, by seed: what left the system, or was displaced


@compiled
def run(batch: Any, money: Any, found: Any, method: int) -> int:
    """Go on from `found.state[0]`; return DONE, or why it stopped before that row."""
    pots = money.pots
    for row in range(found.state[0], len(batch.payer)):
        found.state[0] = row
        payer, payee = batch.local[batch.payer[row]], batch.local[batch.payee[row]]
        if batch.seed[row] and not batch.flags[row] & STILL:
            return SEED
        if (payer < 0 and payee < 0) or batch.flags[row] & STILL:
            continue
        if not has_room(money, method) or found.state[1] == len(found.row):
            return NO_ROOM
        amount, leaves = batch.amount[row], batch.flags[row] & LEAVES or payee == -2
        moved = 0
        if payer >= 0 and pots[payer, TAINTED]:
            if payee == -1 and not leaves:
                return NEW_ACCOUNT
            moved, taken = take(money, method, payer, amount)
            if not moved:
                drop(money, method, taken)
            elif leaves:
                leave(money, method, payer, taken, found.left)
            else:
                put(money, method, payer, payee, moved, taken)
        elif payer >= 0:
            spend_clean(money, method, payer, amount)
        if moved:
            found.row[found.state[1]], found.tainted[found.state[1]] = row, moved
            found.state[1] += 1
        elif payee >= 0 and not leaves:
            change_clean(money, method, payee, amount, True)
    found.state[0] = len(batch.payer)
    return DONE


@compiled
def seed(money: Any, method: int, payer: int, payee: int, tag: int, amount: int, left: Any) -> Any:
    """Let a seed happen; return what it displaced.

    It takes from the payer (-1: unknown) and arrives whole (payee -1: leaves).
    """
    displaced = 0
    if payer >= 0 and money.pots[payer, TAINTED]:
        displaced, taken = take(money, method, payer, amount)
        leave(money, method, payer, taken, left)
    elif payer >= 0:
        spend_clean(money, method, payer, amount)
    if payee >= 0:
        arrive(money, method, payee, tag, amount)
    return displaced
