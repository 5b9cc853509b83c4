"""Reach: which accounts money could have got to at all, whatever the amounts (`poison`).

A pot that a seed or a reached pot paid is reached from that row on. Found from pot to pot by a heap of first
arrivals while few rows are touched, else by one sweep over the rows; both give the same rows. The interface `Reach`
is what a backend for ledgers beyond one machine fills (architecture, decision 5). Source of the term: Moser et al.
2014, "poison".
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled, inlined
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.ledger.table import Ledger

_SWEEP_SHARE = (
    24  # a sweep of all rows from the first seed costs about as much as touching one in so many by heap
)


class Reached(NamedTuple):
    """`rows`: the seeds and all transfers paid by a reached pot after it was reached, in order; `pots`: who was
    reached.
    """

    rows: NDArray[np.int32]
    pots: NDArray[np.int32]


class Reach(Protocol):
    """Finds what could have been reached from seeds, among the ledger's first rows."""

    def __call__(
        self, ledger: Ledger, seeds: NDArray[np.int64], rows: int, ends: NDArray[np.uint8]
    ) -> Reached:
        """`seeds`: rows that move money, rising; `ends`: by pot, where money ends."""


def reach(ledger: Ledger, seeds: NDArray[np.int64], rows: int, ends: NDArray[np.uint8]) -> Reached:
    """The way of `Reach` on one machine."""
    if not len(seeds):
        return Reached(np.zeros(0, np.int32), np.zeros(0, np.int32))
    budget = max(1024, (rows - int(seeds[0])) // _SWEEP_SHARE)
    arrived = np.zeros(len(ledger.pots), np.int32)
    heap = np.empty(budget + 2 * len(seeds) + 8, np.int64)
    found = np.empty(budget + len(seeds) + 8, np.int32)
    columns = (ledger.payer, ledger.payee, ledger.flags, ledger.out_start, ledger.out_at)
    count = _from_pot_to_pot(*columns, ends, seeds, rows, arrived, heap, found, budget)
    if count >= 0:
        own = np.sort(found[:count])
    else:
        hot = np.zeros(len(ledger.pots), np.uint8)
        found = np.empty(rows - int(seeds[0]), np.int32)
        count = _sweep(ledger.payer, ledger.payee, ledger.flags, ends, seeds, rows, hot, found)
        own = found[:count]
    return Reached(own, payees_of(ledger.payee, own, len(ledger.pots)))


def payees_of(payee: NDArray[np.int32], rows: NDArray[np.int32], pots: int) -> NDArray[np.int32]:
    """The pots that some rows paid, rising."""
    if len(rows) < pots >> 3:
        few: NDArray[np.int32] = np.unique(payee[rows])
        return few
    seen = np.zeros(pots, np.bool_)
    seen[payee[rows]] = True
    return np.flatnonzero(seen).astype(np.int32)


@compiled
def _from_pot_to_pot(
    payer: Any,
    payee: Any,
    flags: Any,
    out_start: Any,
    out_at: Any,
    ends: Any,
    seeds: Any,
    rows: int,
    arrived: Any,
    heap: Any,
    found: Any,
    budget: int,
) -> int:
    """Fill `found` with the rows, unsorted; return how many, or -1 when more than `budget` were touched."""
    size, count = 0, 0
    for row in seeds:
        if row >= rows:
            break
        found[count] = row
        count += 1
        size = _reach_pot(payee[row], row, flags[row] & LEAVES or ends[payee[row]], arrived, heap, size)
    seeded = count
    while size:
        key = heap[0]
        size = _pop(heap, size)
        row, pot = key >> 31, key & 0x7FFFFFFF
        if arrived[pot] != row + 1:
            continue
        low, high = out_start[pot], out_start[pot + 1]
        while low < high:
            middle = (low + high) >> 1
            if out_at[middle] > row:
                high = middle
            else:
                low = middle + 1
        for place in range(low, out_start[pot + 1]):
            row = out_at[place]
            if row >= rows:
                break
            if count - seeded >= budget:
                return -1
            target = payee[row]
            if not _is_seed(seeds, row):
                found[count] = row
                count += 1
                ended = flags[row] & LEAVES or ends[target]
                size = _reach_pot(target, row, ended, arrived, heap, size)
    return count


@inlined
def _is_seed(seeds: Any, row: int) -> Any:
    place = np.searchsorted(seeds, row)
    return place < len(seeds) and seeds[place] == row


@inlined
def _reach_pot(pot: int, row: int, ended: int, arrived: Any, heap: Any, size: int) -> int:
    """Note an earlier arrival of a pot and put it on the heap; return the heap's size."""
    if ended or (arrived[pot] and arrived[pot] <= row + 1):
        return size
    arrived[pot] = row + 1
    key = (np.int64(row) << 31) | pot
    place = size
    while place:
        above = (place - 1) >> 1
        if heap[above] <= key:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = key
    return size + 1


@inlined
def _pop(heap: Any, size: int) -> int:
    size -= 1
    key = heap[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = key
    return size


@compiled
def _sweep(payer: Any, payee: Any, flags: Any, ends: Any, seeds: Any, rows: int, hot: Any, found: Any) -> int:
    """Fill `found` with the rows in order; return how many."""
    count, at = 0, 0
    next_seed = seeds[0]
    for row in range(seeds[0], rows):
        if not hot[payer[row]] and row != next_seed:
            continue
        if flags[row] & STILL:
            continue
        if row == next_seed:
            at += 1
            next_seed = seeds[at] if at < len(seeds) else rows
        found[count] = row
        count += 1
        target = payee[row]
        if not (flags[row] & LEAVES or ends[target]):
            hot[target] = 1
    return count
