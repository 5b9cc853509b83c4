"""Walks a sorted ledger from event to event, touching only pots that hold traced money.

Other pots are not kept up to date: `catch_up` walks a pot's debits and credits when it matters. The next event is
found by a heap of the pots' next debits; where events lie dense, a sweep over the rows goes on from there and keeps
every pot that was met up to date as it goes. Leaves the arrays to `following`.
"""

from typing import Any, NamedTuple

from yipanqi.engine.compiled import bare, inlined
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.tracing.moving import (
    FIFO,
    arrive,
    change_clean,
    clean_of,
    drop,
    has_room,
    leave,
    pays_clean,
    put,
    spend_clean,
    take,
)
from yipanqi.engine.tracing.pots import FIRST, IN_NEXT, OUT_NEXT, TAINTED

DONE, NO_ROOM, DENSE = 0, 1, 2
_DENSE_ROWS = 16  # rows an event: below, sweeping all rows is cheaper than the heap


class Scene(NamedTuple):
    """The ledger's columns and index, and what is fixed for a trace."""

    payer: Any
    payee: Any
    amount: Any
    flags: Any
    out_start: Any
    out_at: Any
    in_start: Any
    in_at: Any
    opening: Any  # int64, by pot
    ends: Any  # uint8, by pot: money that arrives leaves the system
    seeds: Any  # int64, rows of the seeds, rising


class Walk(NamedTuple):
    """How far each pot was followed; which rows were done; the heap of (row, pot) in one number."""

    met: Any  # uint8, by pot: 1 when its money is kept
    done: Any  # uint8, a bit a row
    heap: Any  # int64
    state: Any  # int64[7]: row, next seed, heap size, flows, window's first row, its events, its size


class Flows(NamedTuple):
    """What was found: rows with traced money in order, how much; what each seed displaced; what left the system, by
    tag.
    """

    row: Any  # int32
    tainted: Any  # int64
    displaced: Any  # int64, by seed
    left: Any  # int64, by seed
    replaced: Any  # int64, by seed: how much of its money others displaced


@inlined
def catch_up(scene: Any, money: Any, walk: Any, method: int, pot: int, row: int) -> None:
    """Bring a pot to just before a row: credits that brought no traced money and, while it holds none, its debits."""
    pots = money.pots
    credit, credits = scene.in_start[pot] + pots[pot, IN_NEXT], scene.in_start[pot + 1]
    debit, debits = scene.out_start[pot] + pots[pot, OUT_NEXT], scene.out_start[pot + 1]
    clean, held, entered = 0, 0, False
    if not walk.met[pot]:
        walk.met[pot] = 1
        clean, entered = scene.opening[pot], scene.opening[pot] > 0
    if pots[pot, TAINTED]:
        debits = debit
    else:
        held = clean_of(money, method, pot)
        clean += held
    while True:
        next_in = scene.in_at[credit] if credit < credits else row
        next_out = scene.out_at[debit] if debit < debits else row
        if next_in >= row and next_out >= row:
            break
        if next_in < next_out:
            if not walk.done[next_in >> 3] >> (next_in & 7) & 1:
                clean += scene.amount[next_in]
                entered = True
            credit += 1
        else:
            entered |= scene.amount[next_out] > clean
            clean = max(clean - scene.amount[next_out], 0)
            debit += 1
    pots[pot, IN_NEXT] = credit - scene.in_start[pot]
    pots[pot, OUT_NEXT] = debit - scene.out_start[pot]
    change_clean(money, method, pot, clean - held, entered)


@bare
def clean_before(scene: Any, pot: int, row: int) -> Any:
    """(clean money of a pot before a row, whether clean money ever entered), for a pot nothing traced ever came to."""
    credit, credits = scene.in_start[pot], scene.in_start[pot + 1]
    debit, debits = scene.out_start[pot], scene.out_start[pot + 1]
    clean, entered = scene.opening[pot], scene.opening[pot] > 0
    while True:
        next_in = scene.in_at[credit] if credit < credits else row
        next_out = scene.out_at[debit] if debit < debits else row
        if next_in >= row and next_out >= row:
            return clean, entered
        if next_in < next_out:
            clean += scene.amount[next_in]
            entered = True
            credit += 1
        else:
            entered |= scene.amount[next_out] > clean
            clean = max(clean - scene.amount[next_out], 0)
            debit += 1


@inlined
def step(
    scene: Any, money: Any, walk: Any, flows: Any, method: int, row: int, seed: int, swept: bool
) -> None:
    """Let one row happen whose payer holds traced money, or a seed (its number, else -1).

    `swept`: pots that were met are up to date.
    """
    payer, payee, amount = scene.payer[row], scene.payee[row], scene.amount[row]
    leaves = scene.ends[payee] or scene.flags[row] & LEAVES
    moved = 0
    if money.pots[payer, TAINTED]:
        if not swept:
            money.pots[payer, OUT_NEXT] += 1
        if seed < 0 and method == FIFO and pays_clean(money, payer, amount):
            if swept and not leaves and walk.met[payee]:
                change_clean(money, method, payee, amount, True)
            return
        if not swept:
            catch_up(scene, money, walk, method, payer, row)
        moved, taken = take(money, method, payer, amount)
        if seed >= 0:
            flows.displaced[seed] = moved
            leave(money, method, payer, taken, flows.replaced)
        elif not moved:
            drop(money, method, taken)
            if swept and not leaves and walk.met[payee]:
                change_clean(money, method, payee, amount, True)
            return
        elif leaves:
            leave(money, method, payer, taken, flows.left)
    elif swept and walk.met[payer]:
        spend_clean(money, method, payer, amount)
    found = walk.state[3]
    walk.state[3] += 1
    flows.row[found], flows.tainted[found] = row, moved if seed < 0 else amount
    if leaves:
        if seed >= 0:
            flows.left[seed] += amount
        return
    if not swept or not walk.met[payee]:
        catch_up(scene, money, walk, method, payee, row)
    if seed >= 0:
        arrive(money, method, payee, seed, amount)
    else:
        put(money, method, payer, payee, moved, taken)
    if not swept:
        walk.done[row >> 3] |= 1 << (row & 7)


@bare
def bring_up(scene: Any, money: Any, walk: Any, method: int, first: int, row: int) -> int:
    """Bring all pots that were met to just before a row, from pot `first` on; return where there was no room, else
    -1.
    """
    for pot in range(first, len(walk.met)):
        if walk.met[pot]:
            if not has_room(money, method):
                return pot
            catch_up(scene, money, walk, method, pot, row)
    return -1


@bare
def follow_sweep(scene: Any, money: Any, walk: Any, flows: Any, method: int, rows: int) -> int:
    """Go over the rows from `walk.state[0]` up to `rows`; return DONE, or NO_ROOM to be called again with more room.

    All pots that were met have to be up to date.
    """
    state, met, pots = walk.state, walk.met, money.pots
    row, seeds = state[0], len(scene.seeds)
    next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
    while row < rows:
        payer, payee = scene.payer[row], scene.payee[row]
        if (not met[payer] and not met[payee] and row != next_seed) or scene.flags[row] & STILL:
            row += 1
            continue
        state[0] = row
        if not has_room(money, method) or state[3] == len(flows.row):
            return NO_ROOM
        if row == next_seed:
            seed = state[1]
            state[1] += 1
            next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
            step(scene, money, walk, flows, method, row, seed, True)
        elif met[payer] and pots[payer, TAINTED]:
            step(scene, money, walk, flows, method, row, -1, True)
        else:
            if met[payer]:
                spend_clean(money, method, payer, scene.amount[row])
            if met[payee] and not scene.ends[payee] and not scene.flags[row] & LEAVES:
                change_clean(money, method, payee, scene.amount[row], True)
        row += 1
    state[0] = row
    return DONE


@bare
def follow_heap(scene: Any, money: Any, walk: Any, flows: Any, method: int, rows: int) -> int:
    """Go from event to event before `rows`; return DONE, NO_ROOM, or DENSE when sweeping on from here is cheaper."""
    state, pots = walk.state, money.pots
    seeds = len(scene.seeds)
    while True:
        next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
        row = walk.heap[0] >> 31 if state[2] else rows
        row = min(row, next_seed)
        if row >= rows:
            state[0] = rows
            return DONE
        state[0] = row
        if not has_room(money, method) or state[3] == len(flows.row) or state[2] + 1 >= len(walk.heap):
            return NO_ROOM
        state[5] += 1
        if state[5] == state[6]:
            if row - state[4] < state[6] * _DENSE_ROWS:
                state[5] = 0
                _unskip(scene, money, method, row)
                return DENSE
            state[4], state[5] = row, 0
        payer, payee = scene.payer[row], scene.payee[row]
        if state[2] and walk.heap[0] >> 31 == row:
            _pop(walk)
        seed = -1
        if row == next_seed:
            seed = state[1]
            state[1] += 1
        had = pots[payee, TAINTED]
        step(scene, money, walk, flows, method, row, seed, False)
        next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
        if pots[payer, TAINTED]:
            _skip_clean(scene, money, method, payer, next_seed)
            _push(scene, money, walk, payer)
        if not had and pots[payee, TAINTED]:
            _skip_clean(scene, money, method, payee, next_seed)
            _push(scene, money, walk, payee)


@inlined
def _skip_clean(scene: Any, money: Any, method: int, pot: int, end: int) -> None:
    """Under fifo, let debits before the next seed happen that the pot's oldest, clean money pays.

    They move no traced money.
    """
    if method != FIFO:
        return
    at, debits = scene.out_start[pot] + money.pots[pot, OUT_NEXT], scene.out_start[pot + 1]
    while at < debits and scene.out_at[at] < end and pays_clean(money, pot, scene.amount[scene.out_at[at]]):
        at += 1
    money.pots[pot, OUT_NEXT] = at - scene.out_start[pot]


@bare
def _unskip(scene: Any, money: Any, method: int, row: int) -> None:
    """Take back the debits from `row` on that `_skip_clean` let happen: the sweep comes to them by itself."""
    if method != FIFO:
        return
    for pot in range(len(money.pots)):
        if not money.pots[pot, TAINTED]:
            continue
        at = scene.out_start[pot] + money.pots[pot, OUT_NEXT]
        while at > scene.out_start[pot] and scene.out_at[at - 1] >= row:
            at -= 1
            money.pool.money[money.pots[pot, FIRST]] += scene.amount[scene.out_at[at]]
        money.pots[pot, OUT_NEXT] = at - scene.out_start[pot]


@inlined
def _push(scene: Any, money: Any, walk: Any, pot: int) -> None:
    """Put a pot's next debit on the heap."""
    at = scene.out_start[pot] + money.pots[pot, OUT_NEXT]
    if at == scene.out_start[pot + 1]:
        return
    key = (scene.out_at[at] << 31) | pot
    place = walk.state[2]
    walk.state[2] += 1
    while place:
        above = (place - 1) >> 1
        if walk.heap[above] <= key:
            break
        walk.heap[place] = walk.heap[above]
        place = above
    walk.heap[place] = key


@inlined
def _pop(walk: Any) -> None:
    """Take the earliest debit off the heap."""
    walk.state[2] -= 1
    size = walk.state[2]
    key = walk.heap[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and walk.heap[below + 1] < walk.heap[below]:
            below += 1
        if walk.heap[below] >= key:
            break
        walk.heap[place] = walk.heap[below]
        place = below
    walk.heap[place] = key
