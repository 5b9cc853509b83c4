"""The most that can be left of each source in a frozen account: what came, down to the lowest balance since.

A stack of suffix minima of the balance tells the lowest since any debit, so a source is looked at only when it gets
more, and at the end. Sources are claims, by number, and slots: a slot for each payer of a frozen account, and one for
its opening. Leaves what came to `inflows`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled, inlined
from yipanqi.engine.ledger import Ledger


@dataclass(frozen=True)
class Lowest:
    """The most that can be left: `claims` by frozen pot and claim; `others` by slot, with each slot's frozen pot and
    paying pot (the frozen pot itself for its opening).
    """

    claims: NDArray[np.int64]
    others: NDArray[np.int64]
    fund: NDArray[np.int64]
    pot: NDArray[np.int64]

    def slots_of(self, fund: int) -> slice:
        """A frozen pot's payers; its opening stands apart."""
        funds = len(self.claims)
        first, last = np.searchsorted(self.fund[funds:], [fund, fund + 1])
        return slice(funds + int(first), funds + int(last))


class Stack(NamedTuple):
    """Suffix minima of a frozen pot's balance after debits: position and value, from `start` of the pot on; how many
    lie there, and how many debits there were. `most` and `since` by source: as of so many debits.
    """

    position: Any
    value: Any
    start: Any
    size: Any
    debits: Any
    most: Any
    since: Any


Slots = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def slots_of(ledger: Ledger, fund: NDArray[np.int32], funds: NDArray[np.int32]) -> Slots:
    """(slot by row, frozen pot by slot, paying pot by slot): a slot for each payer of a frozen pot, and for each frozen
    pot's opening, at the pot's number.
    """
    into = fund[ledger.payee].astype(np.int64)
    keys = np.where(into < 0, -1, into * len(fund) + ledger.payer)
    distinct, place = np.unique(keys, return_inverse=True)
    start = int(len(distinct) and distinct[0] < 0)
    distinct = distinct[start:]
    slot = place.reshape(-1) - start + len(funds)
    both = np.concatenate([np.arange(len(funds)), distinct // max(len(fund), 1)])
    payer = np.concatenate([funds.astype(np.int64), distinct % max(len(fund), 1)])
    return slot.astype(np.int64), both.astype(np.int64), payer.astype(np.int64)


def new_stack(
    ledger: Ledger, funds: NDArray[np.int32], claims: int, slots: Slots | None, opening: NDArray[np.int64]
) -> Stack:
    """Empty stacks for the debits of the frozen pots, and the openings; without slots there is room for nothing."""
    debits = np.diff(ledger.out_start)[funds] if slots else np.zeros(len(funds), np.int64)
    start = np.concatenate([[0], np.cumsum(debits)]).astype(np.int64)
    sources = len(funds) * claims + len(slots[1]) if slots else 0
    most = np.zeros(sources, np.int64)
    if slots:
        most[len(funds) * claims :][: len(funds)] = opening[funds]
    room = (np.zeros(int(start[-1]), np.int64), np.zeros(int(start[-1]), np.int64))
    counts = (np.zeros(len(funds), np.int64), np.zeros(len(funds), np.int64))
    return Stack(*room, start, *counts, most, np.zeros(sources, np.int64))


@inlined
def push(stack: Any, fund: int, balance: int) -> None:
    """A debit of a frozen pot: keep its balance, forget earlier ones that are not below it."""
    start, size = stack.start[fund], stack.size[fund]
    while size and stack.value[start + size - 1] >= balance:
        size -= 1
    stack.position[start + size], stack.value[start + size] = stack.debits[fund], balance
    stack.size[fund] = size + 1
    stack.debits[fund] += 1


@inlined
def lower_to(stack: Any, fund: int, source: int) -> None:
    """Bring a source down to the lowest balance since it was last looked at."""
    low, high = stack.start[fund], stack.start[fund] + stack.size[fund]
    end, since = high, stack.since[source]
    while low < high:
        middle = (low + high) // 2
        if stack.position[middle] < since:
            low = middle + 1
        else:
            high = middle
    if low < end:
        stack.most[source] = min(stack.most[source], stack.value[low])
    stack.since[source] = stack.debits[fund]


@inlined
def lift(stack: Any, fund: int, source: int, money: int) -> None:
    """Let a source get more."""
    lower_to(stack, fund, source)
    stack.most[source] += money


@compiled
def finish(stack: Any, funds: int, claims: int, slot_fund: Any) -> Any:
    """The most that can be left of every source at the end: claims by frozen pot, then slots."""
    for source in range(len(stack.most)):
        fund = source // claims if source < funds * claims else slot_fund[source - funds * claims]
        lower_to(stack, fund, source)
    return stack.most
