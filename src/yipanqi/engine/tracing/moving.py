"""Moves traced money through a sorted ledger, event by event, touching only pots that hold some.

A pot without traced money is not kept up to date: `catch_up` walks its debits and credits when it matters. So both
ways of finding the next event, a heap of the pots' next debits and a sweep over all rows, share the same step, and
one can go on where the other stopped. Leaves choosing between them, and the arrays, to `following`.
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
from yipanqi.engine.tracing.shares import add_source, find_source, put_shares, take_shares

FIFO, LIFO, HAIRCUT = 0, 1, 2
DONE, NO_ROOM, DENSE = 0, 1, 2
_WINDOW = 1024  # events between two looks at how dense they lie
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

    met: Any  # uint8, by pot
    out_next: Any  # int64, by pot, from out_start
    in_next: Any  # int64, by pot, from in_start
    done: Any  # uint8, a bit a row
    heap: Any  # int64
    state: Any  # int64[6]: row, next seed, heap size, flows, rows of the window, events of the window


class Flows(NamedTuple):
    """What was found: rows with traced money in order, how much; what each seed displaced; what left the system, by
    tag.
    """

    row: Any  # int32
    tainted: Any  # int64
    displaced: Any  # int64, by seed
    left: Any  # int64, by seed


@compiled
def catch_up(scene: Any, pool: Any, purses: Any, walk: Any, method: int, pot: int, row: int) -> None:
    """Bring a pot to just before a row: credits that brought no traced money and, while it holds none, its debits."""
    credit, credits = scene.in_start[pot] + walk.in_next[pot], scene.in_start[pot + 1]
    debit, debits = scene.out_start[pot] + walk.out_next[pot], scene.out_start[pot + 1]
    clean, entered = 0, False
    if not walk.met[pot]:
        walk.met[pot] = 1
        clean, entered = scene.opening[pot], scene.opening[pot] > 0
    if purses.tainted[pot]:
        debits = debit
        held = 0
    else:
        held = clean_of(pool, purses, method, pot)
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
    walk.in_next[pot] = credit - scene.in_start[pot]
    if not purses.tainted[pot]:
        walk.out_next[pot] = debit - scene.out_start[pot]
    set_clean(pool, purses, method, pot, clean - held, entered)


@compiled
def clean_of(pool: Any, purses: Any, method: int, pot: int) -> int:
    """The clean money of a pot that holds no traced money."""
    node = find_source(pool, purses, pot, CLEAN) if method == HAIRCUT else purses.first[pot]
    return pool.money[node] if node else 0


@compiled
def set_clean(pool: Any, purses: Any, method: int, pot: int, more: int, entered: bool) -> None:
    """Add `more` (may be below zero) to the pot's clean money; `entered` gives an empty source its rank."""
    if method == HAIRCUT:
        if more or entered:
            add_source(pool, purses, pot, CLEAN, more)
    elif more > 0:
        add_lot(pool, purses, pot, CLEAN, more)
    elif more < 0:
        node = purses.first[pot]
        pool.money[node] += more
        if not pool.money[node]:
            purses.first[pot], purses.last[pot] = 0, 0
            give_back(pool, node, node, 1)


@compiled
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


@compiled
def step(
    scene: Any, pool: Any, purses: Any, scratch: Any, walk: Any, flows: Any, method: int, row: int, seed: int
) -> int:
    """Let one row happen; `seed` is its number among the seeds or -1. Return how much traced money the payee has
    got.
    """
    pot = scene.payer[row]
    moved, head, tail, count = 0, 0, 0, 0
    if purses.tainted[pot]:
        if method == FIFO and seed < 0 and _pays_clean(pool, purses, pot, scene.amount[row]):
            walk.out_next[pot] += 1
            return 0
        catch_up(scene, pool, purses, walk, method, pot, row)
        walk.out_next[pot] += 1
        if method == HAIRCUT:
            count, moved = take_shares(pool, purses, scratch, pot, scene.amount[row])
        elif method == FIFO:
            head, tail, moved, count = take_oldest(pool, purses, pot, scene.amount[row])
        else:
            head, tail, moved, count = take_newest(pool, purses, pot, scene.amount[row])
        purses.tainted[pot] -= moved
    if seed < 0 and not moved:
        if method != HAIRCUT:
            give_back(pool, head, tail, count)
        return 0
    found = walk.state[3]
    walk.state[3] += 1
    flows.row[found] = row
    flows.tainted[found] = scene.amount[row] if seed >= 0 else moved
    target = scene.payee[row]
    leaves = scene.ends[target] or scene.flags[row] & LEAVES
    if seed >= 0:
        flows.displaced[seed] = moved
        if method != HAIRCUT:
            give_back(pool, head, tail, count)
        moved = scene.amount[row]
        if leaves:
            flows.left[seed] += moved
            return 0
        catch_up(scene, pool, purses, walk, method, target, row)
        if method == HAIRCUT:
            add_source(pool, purses, target, seed, moved)
        else:
            add_lot(pool, purses, target, seed, moved)
    elif leaves:
        _leave(pool, scratch, flows, method, head, tail, count)
        return 0
    else:
        catch_up(scene, pool, purses, walk, method, target, row)
        if method == HAIRCUT:
            put_shares(pool, purses, scratch, count, target)
        else:
            append(pool, purses, target, head, tail)
    walk.done[row >> 3] |= 1 << (row & 7)
    purses.tainted[target] += moved
    return moved


@compiled
def _pays_clean(pool: Any, purses: Any, pot: int, amount: int) -> bool:
    """Whether a pot's oldest lot is clean and has more than the amount; if so the amount is taken."""
    node = purses.first[pot]
    if pool.tag[node] != CLEAN or pool.money[node] <= amount:
        return False
    pool.money[node] -= amount
    return True


@compiled
def _leave(pool: Any, scratch: Any, flows: Any, method: int, head: int, tail: int, count: int) -> None:
    if method == HAIRCUT:
        for source in range(count):
            tag = pool.tag[scratch.node[source]]
            if tag != CLEAN:
                flows.left[tag] += scratch.share[source]
        return
    node = head
    while node:
        if pool.tag[node] != CLEAN:
            flows.left[pool.tag[node]] += pool.money[node]
        node = pool.after[node] if node != tail else 0
    give_back(pool, head, tail, count)


@compiled
def follow_sweep(
    scene: Any, pool: Any, purses: Any, scratch: Any, walk: Any, flows: Any, method: int, rows: int
) -> int:
    """Go over the rows from `walk.state[0]` up to `rows`; return DONE, or NO_ROOM to be called again with larger
    arrays.
    """
    state = walk.state
    row = state[0]
    seeds = len(scene.seeds)
    next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
    room = len(scratch.node) + 8
    while row < rows:
        if (row != next_seed and not purses.tainted[scene.payer[row]]) or scene.flags[row] & STILL:
            row += 1
            continue
        state[0] = row
        if nodes_left(pool) < room or state[3] == len(flows.row):
            return NO_ROOM
        seed = -1
        if row == next_seed:
            seed = state[1]
            state[1] += 1
            next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
        step(scene, pool, purses, scratch, walk, flows, method, row, seed)
        row += 1
    state[0] = row
    return DONE


@compiled
def follow_heap(
    scene: Any, pool: Any, purses: Any, scratch: Any, walk: Any, flows: Any, method: int, rows: int
) -> int:
    """Go from event to event before `rows`; return DONE, NO_ROOM, or DENSE when sweeping on from here is cheaper."""
    state = walk.state
    seeds = len(scene.seeds)
    room = len(scratch.node) + 8
    while True:
        next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
        row = walk.heap[0] >> 31 if state[2] else rows
        row = min(row, next_seed)
        if row >= rows:
            state[0] = rows
            return DONE
        state[0] = row
        if nodes_left(pool) < room or state[3] == len(flows.row) or state[2] + 1 >= len(walk.heap):
            return NO_ROOM
        state[5] += 1
        if state[5] == _WINDOW:
            if row - state[4] < _WINDOW * _DENSE_ROWS:
                return DENSE
            state[4], state[5] = row, 0
        pot, target = scene.payer[row], scene.payee[row]
        if state[2] and walk.heap[0] >> 31 == row:
            _pop(walk)
        seed = -1
        if row == next_seed:
            seed = state[1]
            state[1] += 1
        had = purses.tainted[target]
        step(scene, pool, purses, scratch, walk, flows, method, row, seed)
        next_seed = scene.seeds[state[1]] if state[1] < seeds else rows
        if purses.tainted[pot]:
            _skip_clean(scene, pool, purses, walk, method, pot, next_seed)
            _push(scene, walk, pot)
        if not had and purses.tainted[target]:
            _skip_clean(scene, pool, purses, walk, method, target, next_seed)
            _push(scene, walk, target)


@compiled
def _skip_clean(scene: Any, pool: Any, purses: Any, walk: Any, method: int, pot: int, end: int) -> None:
    """Under fifo, let the pot's debits before the next seed happen that its oldest, clean money pays: they move no
    traced money.
    """
    if method != FIFO:
        return
    at, debits = scene.out_start[pot] + walk.out_next[pot], scene.out_start[pot + 1]
    while (
        at < debits
        and scene.out_at[at] < end
        and _pays_clean(pool, purses, pot, scene.amount[scene.out_at[at]])
    ):
        at += 1
    walk.out_next[pot] = at - scene.out_start[pot]


@compiled
def _push(scene: Any, walk: Any, pot: int) -> None:
    """Put a pot's next debit on the heap."""
    at = scene.out_start[pot] + walk.out_next[pot]
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


@compiled
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
