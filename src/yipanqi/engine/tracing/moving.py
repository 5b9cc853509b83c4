"""Moves money between pots by a method: what a payment takes with it, and how it arrives.

The same steps serve batch and live. Leaves which row comes next, and what is known of a pot before, to `walking`.
"""

from typing import Any, NamedTuple

from yipanqi.engine.compiled import inlined
from yipanqi.engine.tracing.lots import (
    CLEAN,
    add_lot,
    append,
    give_back,
    nodes_left,
    take_newest,
    take_oldest,
)
from yipanqi.engine.tracing.pots import CLEAN_MONEY, FIRST, LAST, TAINTED
from yipanqi.engine.tracing.shares import add_clean, add_source, places_left, put_shares, take_shares

FIFO, LIFO, HAIRCUT = 0, 1, 2


class Money(NamedTuple):
    """All that lies in pots: the pots, the lots of fifo and lifo, the sources of haircut and room for shares."""

    pots: Any  # int64[pots, WIDTH]
    pool: Any
    sources: Any
    scratch: Any


@inlined
def has_room(money: Any, method: int) -> Any:
    """Whether one more row can happen."""
    if method == HAIRCUT:
        return places_left(money.sources) > 4 * len(money.scratch.share) + 8
    return nodes_left(money.pool) > 8


@inlined
def clean_of(money: Any, method: int, pot: int) -> Any:
    """The clean money of a pot that holds no traced money."""
    if method == HAIRCUT:
        return money.pots[pot, CLEAN_MONEY]
    node = money.pots[pot, FIRST]
    return money.pool.money[node] if node else 0


@inlined
def change_clean(money: Any, method: int, pot: int, more: int, entered: bool) -> None:
    """Let clean money arrive, or below zero leave a pot without traced money; `entered` gives an empty source its
    rank.
    """
    if method == HAIRCUT:
        add_clean(money.pots, pot, more, entered)
    elif more > 0:
        add_lot(money.pool, money.pots, pot, CLEAN, more)
    elif more < 0:
        node = money.pots[pot, FIRST]
        money.pool.money[node] += more
        if not money.pool.money[node]:
            money.pots[pot, FIRST], money.pots[pot, LAST] = 0, 0
            give_back(money.pool, node, node, 1)


@inlined
def spend_clean(money: Any, method: int, pot: int, amount: int) -> None:
    """Let a pot without traced money pay; what is missing arrives and leaves at once."""
    clean = clean_of(money, method, pot)
    change_clean(money, method, pot, -min(clean, amount), amount > clean)


@inlined
def take(money: Any, method: int, pot: int, amount: int) -> Any:
    """Let a pot that holds traced money pay: (traced, what `put`, `leave` or `drop` need to know of the rest)."""
    if method == HAIRCUT:
        moved, clean = take_shares(money.pots, money.sources, money.scratch, pot, amount)
        return moved, (clean, 0, 0)
    if method == FIFO:
        head, tail, moved, count = take_oldest(money.pool, money.pots, pot, amount)
    else:
        head, tail, moved, count = take_newest(money.pool, money.pots, pot, amount)
    money.pots[pot, TAINTED] -= moved
    return moved, (head, tail, count)


@inlined
def put(money: Any, method: int, payer: int, payee: int, moved: int, taken: Any) -> None:
    """Let what was taken arrive in a pot."""
    if method == HAIRCUT:
        put_shares(money.pots, money.sources, money.scratch, payer, payee, taken[0])
    else:
        append(money.pool, money.pots, payee, taken[0], taken[1])
    money.pots[payee, TAINTED] += moved


@inlined
def leave(money: Any, method: int, payer: int, taken: Any, left: Any) -> None:
    """Let traced money that was taken leave; `left` gets how much, by tag."""
    if method == HAIRCUT:
        start = money.pots[payer, FIRST]
        for place in range(money.pots[payer, LAST]):
            left[money.sources.tag[start + place]] += money.scratch.share[place]
    else:
        _note_left(money.pool, taken[0], taken[1], left)
        drop(money, method, taken)


@inlined
def drop(money: Any, method: int, taken: Any) -> None:
    """Give back the lots of what was taken."""
    if method != HAIRCUT:
        give_back(money.pool, taken[0], taken[1], taken[2])


@inlined
def _note_left(pool: Any, head: int, tail: int, left: Any) -> None:
    node = head
    while node:
        if pool.tag[node] != CLEAN:
            left[pool.tag[node]] += pool.money[node]
        node = pool.after[node] if node != tail else 0


@inlined
def arrive(money: Any, method: int, pot: int, tag: int, amount: int) -> None:
    """Let a seed's money come to a pot, all of it traced."""
    if method == HAIRCUT:
        add_source(money.pots, money.sources, pot, tag, amount)
    else:
        add_lot(money.pool, money.pots, pot, tag, amount)
    money.pots[pot, TAINTED] += amount


@inlined
def pays_clean(money: Any, pot: int, amount: int) -> bool:
    """Under fifo: whether a pot's oldest lot is clean and has more than the amount; if so the amount is taken."""
    node = money.pots[pot, FIRST]
    if money.pool.tag[node] != CLEAN or money.pool.money[node] <= amount:
        return False
    money.pool.money[node] -= amount
    return True
