"""The timestamp test: where the order of transfers alone says whose money lies in an account, and how much of it.

A debit says whose money left only if all money in the account was one source's, or if it emptied the account. For
then, and only then, do the most that can be left of each source (the lowest balance since it came) add up to the
balance; `docs/restitution.md` has the proof. So nothing is reckoned for each source at each debit: a pot keeps the
list of what came, a debit that leaves the source open breaks the pot until it is empty, and what goes on from there
is one source of its own. Sources are claims, then pots (their opening, or an outside payer), then mixed transfers.
Leaves amounts where the test fails to `inflows`.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import bare, compiled, inlined
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.ledger.columns import STILL
from yipanqi.engine.restitution.books import PAYEE, PAYER, Books

_BALANCE, _HEAD, _TAIL, _STATE, _ONLY, _CLAIMED, _TIED_AT, _BREAK, _SECOND = range(9)
_EMPTY, _ONE, _MANY, _BROKEN = range(4)
_WIDTH: Final = 9


@dataclass(frozen=True)
class Stamps:
    """By frozen pot: whether the test holds, the row that broke it (-1: none did) and whether that is a tie; and what
    lies there by source, as three arrays of frozen pot, source and money. `murky` by row: mixed, and claims' money may
    be in it; `sides` by frozen pot: two sources that lay there at the break.
    """

    holds: NDArray[np.bool_]
    broken_at: NDArray[np.int64]
    by_tie: NDArray[np.bool_]
    sides: NDArray[np.int64]
    fund: NDArray[np.int64]
    source: NDArray[np.int64]
    money: NDArray[np.int64]
    murky: NDArray[np.uint8]


class _Scene(NamedTuple):
    booked_at: Any
    payer: Any
    payee: Any
    amount: Any
    flags: Any
    tag: Any
    matters: Any
    tied: Any
    reached: Any
    claims: int


class _Pool(NamedTuple):
    """Lists of (source, money); node 0 ends a list. `used` int64[1]."""

    source: Any
    money: Any
    after: Any
    used: Any


def read_stamps(
    ledger: Ledger,
    books: Books,
    opening: NDArray[np.int64],
    tag: NDArray[np.int32],
    claims: int,
    funds: NDArray[np.int32],
) -> Stamps:
    """Go through the ledger and test every frozen pot."""
    rows, pots = len(ledger), len(ledger.pots)
    size = 2 * rows + pots + 2
    pool = _Pool(
        np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int32), np.ones(1, np.int64)
    )
    pot, murky = np.zeros((pots, _WIDTH), np.int64), np.zeros(rows, np.uint8)
    scene = _Scene(
        *(ledger.booked_at, ledger.payer, ledger.payee, ledger.amount, ledger.flags),
        *(tag, books.matters, books.tied, books.reached, claims),
    )
    _open(pot, pool, opening, claims)
    _sweep(scene, pot, pool, murky)
    own = pot[funds]
    _settle_all(pot, funds)
    state = pot[funds, _STATE]
    fund, source, money = _list(pot, pool, funds)
    mixed = source - claims - pots
    unclear = np.zeros(len(funds), np.bool_)
    upstream = np.full(len(funds), -1, np.int64)
    for place in np.flatnonzero(mixed >= 0):
        if murky[mixed[place]]:
            unclear[fund[place]] = True
            upstream[fund[place]] = mixed[place]
    broken = state == _BROKEN
    return Stamps(
        holds=~broken & ~unclear,
        broken_at=np.where(broken, own[:, _BREAK], upstream),
        by_tie=broken & (own[:, _SECOND] < 0),
        sides=own[:, [_ONLY, _SECOND]],
        fund=fund,
        source=source,
        money=money,
        murky=murky,
    )


@bare
def _open(pot: Any, pool: Any, opening: Any, claims: int) -> None:
    for at in range(len(opening)):
        pot[at, _TIED_AT] = -1
        if opening[at]:
            _receive(pot, pool, at, claims + at, opening[at], False)


@inlined
def _receive(pot: Any, pool: Any, at: int, source: int, money: int, claimed: bool) -> None:
    """Let money of one source arrive."""
    node = pool.used[0]
    pool.used[0] += 1
    pool.source[node], pool.money[node], pool.after[node] = source, money, 0
    _join(pot, pool, at, node, node, _ONE, source, -1, money, claimed)


@inlined
def _join(
    pot: Any,
    pool: Any,
    at: int,
    head: int,
    tail: int,
    state: int,
    only: int,
    second: int,
    money: int,
    claimed: bool,
) -> None:
    """Hang a list on a pot's; `state`, `only` and `second` tell of the list."""
    if pot[at, _HEAD]:
        pool.after[pot[at, _TAIL]] = head
    else:
        pot[at, _HEAD] = head
    pot[at, _TAIL] = tail
    pot[at, _BALANCE] += money
    pot[at, _CLAIMED] |= claimed
    if pot[at, _STATE] == _EMPTY:
        pot[at, _STATE], pot[at, _ONLY], pot[at, _SECOND] = state, only, second
    elif pot[at, _STATE] == _ONE and (state == _MANY or only != pot[at, _ONLY]):
        pot[at, _STATE] = _MANY
        pot[at, _SECOND] = only if only != pot[at, _ONLY] else second


@inlined
def _clear(pot: Any, at: int) -> None:
    pot[at, _HEAD], pot[at, _TAIL], pot[at, _STATE], pot[at, _CLAIMED] = 0, 0, 0, 0


@inlined
def _settle(pot: Any, at: int, instant: int) -> None:
    """End a tie when its instant has passed: a pot that it left empty is clear again."""
    if pot[at, _TIED_AT] >= 0 and pot[at, _TIED_AT] != instant:
        pot[at, _TIED_AT] = -1
        if not pot[at, _BALANCE]:
            _clear(pot, at)


@inlined
def _tie(pot: Any, at: int, instant: int, row: int) -> None:
    """Break a pot at a tie; the first break is the one told."""
    if pot[at, _STATE] != _BROKEN:
        pot[at, _BREAK], pot[at, _SECOND] = row, -1
    pot[at, _TIED_AT], pot[at, _STATE] = instant, _BROKEN


@bare
def _sweep(scene: Any, pot: Any, pool: Any, murky: Any) -> None:
    pots, claims = len(pot), scene.claims
    for row in range(len(scene.payer)):
        side = scene.matters[row]
        if not side or scene.flags[row] & STILL:
            continue
        giver, taker, amount = scene.payer[row], scene.payee[row], scene.amount[row]
        instant, tag = scene.booked_at[row], scene.tag[row]
        taken = (side & PAYEE) > 0
        outside = not scene.reached[giver]
        if taken:
            _settle(pot, taker, instant)
            if scene.tied[row] & PAYEE:
                _tie(pot, taker, instant, row)
        if tag >= 0 and taken:
            _receive(pot, pool, taker, tag, amount, True)
        elif outside and taken:
            _receive(pot, pool, taker, claims + giver, amount, False)
        if not side & PAYER:
            continue
        _settle(pot, giver, instant)
        if scene.tied[row] & PAYER:
            _tie(pot, giver, instant, row)
        goes = taken and tag < 0 and not outside
        if _pay(pot, pool, giver, taker, amount, row, claims, goes):
            maybe = (scene.tied[row] & PAYER) > 0 and scene.reached[giver] > 0
            murky[row] = pot[giver, _CLAIMED] > 0 or maybe
            if goes:
                _receive(pot, pool, taker, claims + pots + row, amount, murky[row] > 0)
        if not pot[giver, _BALANCE] and pot[giver, _TIED_AT] < 0:
            _clear(pot, giver)


@inlined
def _pay(pot: Any, pool: Any, giver: int, taker: int, amount: int, row: int, claims: int, goes: bool) -> bool:
    """Let a pot pay; hand its money on where it is certain whose it is (if it goes anywhere); return if it is not."""
    if amount > pot[giver, _BALANCE]:
        _receive(pot, pool, giver, claims + giver, amount - pot[giver, _BALANCE], False)
    pot[giver, _BALANCE] -= amount
    left, claimed = pot[giver, _BALANCE], pot[giver, _CLAIMED] > 0
    state, only = pot[giver, _STATE], pot[giver, _ONLY]
    if state == _BROKEN:
        return True
    if not left:
        if goes:
            head, tail, second = pot[giver, _HEAD], pot[giver, _TAIL], pot[giver, _SECOND]
            _join(pot, pool, taker, head, tail, state, only, second, amount, claimed)
        return False
    if state == _MANY:
        pot[giver, _STATE], pot[giver, _BREAK] = _BROKEN, row
        return True
    pool.money[pot[giver, _HEAD]] = left
    pool.source[pot[giver, _HEAD]] = only
    pool.after[pot[giver, _HEAD]] = 0
    pot[giver, _TAIL] = pot[giver, _HEAD]
    if goes:
        _receive(pot, pool, taker, only, amount, claimed)
    return False


@bare
def _settle_all(pot: Any, funds: Any) -> None:
    for at in funds:
        _settle(pot, at, -2)


@compiled
def _list(pot: Any, pool: Any, funds: Any) -> Any:
    """(frozen pot by number, source, money) of all that lies in frozen pots."""
    size = 0
    for at in funds:
        node = pot[at, _HEAD]
        while node:
            size += 1
            node = pool.after[node]
    fund_of, source_of, money_of = (
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
    )
    count = 0
    for fund in range(len(funds)):
        node = pot[funds[fund], _HEAD]
        while node:
            fund_of[count], source_of[count], money_of[count] = fund, pool.source[node], pool.money[node]
            count += 1
            node = pool.after[node]
    return fund_of, source_of, money_of
