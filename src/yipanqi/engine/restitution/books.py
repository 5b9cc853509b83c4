"""The accounts' books as a split needs them: balances, mixing windows, ties, and which rows matter to frozen accounts.

Kernels over the columns of a ledger, in one pass forwards and one back. Leaves whose money it is to `stamps` and
`inflows`.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import bare, compiled
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.ledger.columns import LEAVES, SERIAL, STILL

PAYER: Final = 1  # bits of `tied` and `matters`
PAYEE: Final = 2


@dataclass(frozen=True)
class Books:
    """By row: the payer's balance after it, ties and what matters, with the bits PAYER and PAYEE. By pot: balance at
    the end, last row that emptied it (-1: none), money in since then with the opening, and whether claims' money ever
    came.
    """

    after: NDArray[np.int64]
    tied: NDArray[np.uint8]
    matters: NDArray[np.uint8]
    balance: NDArray[np.int64]
    emptied: NDArray[np.int32]
    inflow: NDArray[np.int64]
    reached: NDArray[np.uint8]


def keep_books(
    ledger: Ledger, opening: NDArray[np.int64], tag: NDArray[np.int32], funds: NDArray[np.int32]
) -> Books:
    """The books of a ledger with claims' transfers tagged (-1: none) and some pots frozen."""
    pots = len(ledger.pots)
    columns = (ledger.payer, ledger.payee, ledger.amount, ledger.flags)
    after, balance, emptied, inflow, reached = _walk(*columns, opening, tag)
    tied = np.zeros(len(ledger), np.uint8)
    _mark_ties(ledger.booked_at, *columns[:2], ledger.flags, tied, np.zeros((pots, 2), np.int32))
    matter = np.zeros(pots, np.uint8)
    matter[funds] = 1
    matters = np.zeros(len(ledger), np.uint8)
    _mark_matters(ledger.payer, ledger.payee, ledger.flags, tag, reached, matter, matters)
    return Books(after, tied, matters, balance, emptied, inflow, reached)


@compiled
def _walk(payer: Any, payee: Any, amount: Any, flags: Any, opening: Any, tag: Any) -> Any:
    """A debit larger than the balance empties it: what is missing arrives and leaves at once."""
    pots = len(opening)
    after = np.zeros(len(payer), np.int64)
    balance, inflow = opening.copy(), opening.copy()
    emptied, reached = np.full(pots, -1, np.int32), np.zeros(pots, np.uint8)
    for row in range(len(payer)):
        if flags[row] & STILL:
            continue
        giver, taker = payer[row], payee[row]
        balance[giver] = max(balance[giver] - amount[row], 0)
        after[row] = balance[giver]
        if not balance[giver]:
            emptied[giver], inflow[giver] = row, 0
        if flags[row] & LEAVES:
            continue
        balance[taker] += amount[row]
        inflow[taker] += amount[row]
        if tag[row] >= 0 or reached[giver]:
            reached[taker] = 1
    return after, balance, emptied, inflow, reached


@bare
def _mark_ties(booked_at: Any, payer: Any, payee: Any, flags: Any, tied: Any, seen: Any) -> None:
    """Mark the sides of rows whose pot has, at that instant, a debit and another row and not every serial.

    `seen` by pot: rows of the instant, and 1 for a debit, 2 for a row without serial; nothing at the end.
    """
    first = 0
    while first < len(payer):
        end = first
        while end < len(payer) and booked_at[end] == booked_at[first]:
            if not flags[end] & STILL:
                bare_row = 0 if flags[end] & SERIAL else 2
                seen[payer[end], 0] += 1
                seen[payer[end], 1] |= bare_row | 1
                if not flags[end] & LEAVES:
                    seen[payee[end], 0] += 1
                    seen[payee[end], 1] |= bare_row
            end += 1
        for row in range(first, end):
            if not flags[row] & STILL:
                tied[row] |= PAYER if seen[payer[row], 0] > 1 and seen[payer[row], 1] == 3 else 0
                tied[row] |= PAYEE if seen[payee[row], 0] > 1 and seen[payee[row], 1] == 3 else 0
        for row in range(first, end):
            seen[payer[row]] = 0
            seen[payee[row]] = 0
        first = end


@bare
def _mark_matters(
    payer: Any, payee: Any, flags: Any, tag: Any, reached: Any, matter: Any, matters: Any
) -> None:
    """Going back from the end, mark the sides of each row whose pot's money can still come to a frozen account."""
    for row in range(len(payer) - 1, -1, -1):
        if flags[row] & STILL:
            continue
        giver, taker = payer[row], payee[row]
        matters[row] = matter[giver]
        if matter[taker] and not flags[row] & LEAVES:
            matters[row] |= PAYEE
            if tag[row] < 0 and reached[giver]:
                matter[giver] = 1
                matters[row] |= PAYER
