"""Claims' money by haircut: how much of each came to each frozen account since it was last empty, and what lies there.

One sweep with every claim a source of its own, to the minor unit, by the tracing rules; only accounts from which
money can still come to a frozen one are kept. On wish it also reckons, by source, the most that can be left: the
lowest balance since it came. Memory: some tables of frozen accounts by claims. Leaves fifo and lifo to `tracing`.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import bare, inlined
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.ledger.columns import STILL
from yipanqi.engine.restitution.books import PAYEE, PAYER, Books
from yipanqi.engine.restitution.case import CaseError
from yipanqi.engine.restitution.lowest import Lowest, finish, lift, new_stack, push, slots_of
from yipanqi.engine.tracing.following import new_money, with_room
from yipanqi.engine.tracing.moving import HAIRCUT, arrive, change_clean, has_room, put, spend_clean, take
from yipanqi.engine.tracing.pots import FIRST, LAST, TAINTED

MAX_CELLS: Final = 100_000_000  # frozen accounts times claims
SHOWN: Final = 5  # transfers kept for each frozen account and claim, to be told in an explanation


@dataclass(frozen=True)
class Inflows:
    """By frozen pot and claim: money that came since the pot was last empty, and what lies there.

    `level` by pot: the fewest hops, 1 for a victim's payee, 0 where claims' money never came. `carried`: (frozen pot,
    claim, row), the first few of each, in order.
    """

    came: NDArray[np.int64]
    held: NDArray[np.int64]
    level: NDArray[np.int32]
    carried: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]


class _Scene(NamedTuple):
    payer: Any
    payee: Any
    amount: Any
    flags: Any
    tag: Any
    matters: Any
    after: Any
    emptied: Any
    reached: Any
    fund: Any  # by pot: number of the frozen pot, -1
    slot: Any  # by row: its place for money of nobody's claim; empty when the lowest are not wanted


class _Notes(NamedTuple):
    """`at` int64[2]: next row, rows carried."""

    came: Any
    count: Any
    level: Any
    fund: Any
    claim: Any
    row: Any
    at: Any


def follow_claims(
    ledger: Ledger,
    books: Books,
    opening: NDArray[np.int64],
    tag: NDArray[np.int32],
    claims: int,
    funds: NDArray[np.int32],
    *,
    lowest: bool = False,
) -> tuple[Inflows, Lowest | None]:
    """Sweep the ledger once. Raises CaseError when frozen accounts times claims are too many to keep."""
    if len(funds) * claims > MAX_CELLS:
        raise CaseError(
            f"{len(funds)} frozen accounts times {claims} claims are more than {MAX_CELLS}; split in parts"
        )
    rows, pots = len(ledger), len(ledger.pots)
    fund = np.full(pots, -1, np.int32)
    fund[funds] = np.arange(len(funds), dtype=np.int32)
    slots = slots_of(ledger, fund, funds) if lowest else None
    scene = _Scene(
        *(ledger.payer, ledger.payee, ledger.amount, ledger.flags, tag),
        *(books.matters, books.after, books.emptied, books.reached, fund),
        slots[0] if slots else np.zeros(0, np.int64),
    )
    notes = _Notes(
        np.zeros((len(funds), claims), np.int64),
        np.zeros((len(funds), claims), np.uint8),
        np.zeros(pots, np.int32),
        np.zeros(1024, np.int32),
        np.zeros(1024, np.int32),
        np.zeros(1024, np.int32),
        np.zeros(2, np.int64),
    )
    stack = new_stack(ledger, funds, claims, slots, opening)
    money = new_money(pots, claims)
    _open(money, opening)
    while _sweep(scene, money, notes, stack) < rows:
        money = with_room(money, HAIRCUT)
        if notes.at[1] + claims >= len(notes.row):
            notes = _with_room(notes, claims)
    held = np.zeros_like(notes.came)
    _gather(money.pots, money.sources, funds, held)
    used = int(notes.at[1])
    carried = (notes.fund[:used], notes.claim[:used], notes.row[:used])
    found = Inflows(notes.came, held, notes.level, carried)
    if slots is None:
        return found, None
    most = finish(stack, len(funds), claims, slots[1])
    cells = len(funds) * claims
    return found, Lowest(most[:cells].reshape(len(funds), claims), most[cells:], slots[1], slots[2])


def _with_room(notes: _Notes, claims: int) -> _Notes:
    more = np.zeros(2 * len(notes.row) + claims, np.int32)
    fund, claim, row = (np.concatenate([old, more]) for old in (notes.fund, notes.claim, notes.row))
    return notes._replace(fund=fund, claim=claim, row=row)


@bare
def _open(money: Any, opening: Any) -> None:
    for pot in range(len(opening)):
        if opening[pot]:
            change_clean(money, HAIRCUT, pot, opening[pot], True)


@bare
def _sweep(scene: Any, money: Any, notes: Any, stack: Any) -> int:
    """Let rows happen from `notes.at[0]` on; return the row where there was no room, or how many there are."""
    claims = notes.came.shape[1]
    for row in range(notes.at[0], len(scene.payer)):
        notes.at[0] = row
        side = scene.matters[row]
        if not side or scene.flags[row] & STILL:
            continue
        if not has_room(money, HAIRCUT) or notes.at[1] + claims >= len(notes.row):
            return row
        giver, taker, amount, tag = scene.payer[row], scene.payee[row], scene.amount[row], scene.tag[row]
        moved, taken = 0, (amount, 0, 0)
        if side & PAYER:
            if money.pots[giver, TAINTED]:
                moved, taken = take(money, HAIRCUT, giver, amount)
            else:
                spend_clean(money, HAIRCUT, giver, amount)
            if len(scene.slot) and scene.fund[giver] >= 0:
                push(stack, scene.fund[giver], scene.after[row])
        if not side & PAYEE:
            continue
        fund = scene.fund[taker]
        if tag >= 0:
            arrive(money, HAIRCUT, taker, tag, amount)
            notes.level[taker] = 1
            if fund >= 0:
                _note(scene, notes, stack, fund, tag, row, taker, amount)
            continue
        if not moved:
            change_clean(money, HAIRCUT, taker, amount, True)
        else:
            put(money, HAIRCUT, giver, taker, moved, taken)
            hops = notes.level[giver] + 1
            notes.level[taker] = hops if not notes.level[taker] else min(notes.level[taker], hops)
            start = money.pots[giver, FIRST]
            for place in range(money.pots[giver, LAST] if fund >= 0 else 0):
                if money.scratch.share[place]:
                    claim = money.sources.tag[start + place]
                    _note(scene, notes, stack, fund, claim, row, taker, money.scratch.share[place])
        if fund >= 0 and len(scene.slot) and amount > moved:
            lift(stack, fund, len(notes.came) * claims + scene.slot[row], amount - moved)
    notes.at[0] = len(scene.payer)
    return len(scene.payer)


@inlined
def _note(scene: Any, notes: Any, stack: Any, fund: int, claim: int, row: int, pot: int, money: int) -> None:
    """Write down claims' money that came to a frozen pot."""
    if row > scene.emptied[pot]:
        notes.came[fund, claim] += money
        if notes.count[fund, claim] <= SHOWN:
            notes.count[fund, claim] += 1
            used = notes.at[1]
            notes.fund[used], notes.claim[used], notes.row[used] = fund, claim, row
            notes.at[1] += 1
    if len(scene.slot):
        lift(stack, fund, fund * notes.came.shape[1] + claim, money)


@bare
def _gather(pots: Any, sources: Any, funds: Any, held: Any) -> None:
    for fund in range(len(funds)):
        start = pots[funds[fund], FIRST]
        for place in range(start, start + pots[funds[fund], LAST]):
            held[fund, sources.tag[place]] += sources.money[place]
