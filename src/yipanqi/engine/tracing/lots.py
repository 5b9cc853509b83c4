"""Money of a pot as a list of lots by age, for `fifo` and `lifo`.

Nodes live in a pool of arrays and are used again; node 0 is none. A node carries a tag (a seed's number, or CLEAN)
and minor units. The caller sees to it that the pool has room. Leaves which transfer moves what to `moving`.
"""

from typing import Any, NamedTuple

import numpy as np

from yipanqi.engine.compiled import compiled, inlined
from yipanqi.engine.tracing.pots import FIRST, LAST

CLEAN = -1


class Pool(NamedTuple):
    """The nodes. `spare` is (first node given back, next node never used, how many were given back)."""

    tag: Any  # int32
    money: Any  # int64
    after: Any  # int32
    before: Any  # int32
    spare: Any  # int64[3]


@inlined
def nodes_left(pool: Any) -> Any:
    """How many nodes can still be made."""
    return len(pool.tag) - pool.spare[1] + pool.spare[2]


@inlined
def new_node(pool: Any, tag: int, money: int) -> Any:
    """A node that stands alone."""
    node = pool.spare[0]
    if node:
        pool.spare[0] = pool.after[node]
        pool.spare[2] -= 1
    else:
        node = pool.spare[1]
        pool.spare[1] += 1
    pool.tag[node], pool.money[node] = tag, money
    pool.after[node], pool.before[node] = 0, 0
    return node


@inlined
def give_back(pool: Any, head: int, tail: int, count: int) -> None:
    """Give a chain of nodes back to the pool."""
    if head:
        pool.after[tail] = pool.spare[0]
        pool.spare[0] = head
        pool.spare[2] += count


@inlined
def append(pool: Any, pots: Any, pot: int, head: int, tail: int) -> None:
    """Put a chain behind a pot's newest node; equal tags that meet become one node."""
    last = pots[pot, LAST]
    if not last:
        pots[pot, FIRST], pots[pot, LAST] = head, tail
        pool.before[head], pool.after[tail] = 0, 0
        return
    if pool.tag[last] == pool.tag[head]:
        pool.money[last] += pool.money[head]
        rest = pool.after[head] if head != tail else 0
        give_back(pool, head, head, 1)
        if not rest:
            return
        head = rest
    pool.after[last], pool.before[head] = head, last
    pool.after[tail] = 0
    pots[pot, LAST] = tail


@inlined
def add_lot(pool: Any, pots: Any, pot: int, tag: int, money: int) -> None:
    """Let money of one tag arrive as a pot's newest lot."""
    last = pots[pot, LAST]
    if last and pool.tag[last] == tag:
        pool.money[last] += money
    else:
        node = new_node(pool, tag, money)
        append(pool, pots, pot, node, node)


@inlined
def take_oldest(pool: Any, pots: Any, pot: int, amount: int) -> Any:
    """Cut the oldest lots worth `amount` out of a pot: (head, tail, tainted, count); clean money fills what is
    missing.
    """
    head = pots[pot, FIRST]
    node, tail, tainted, count = head, 0, 0, 0
    while node and amount and pool.money[node] <= amount:
        amount -= pool.money[node]
        if pool.tag[node] != CLEAN:
            tainted += pool.money[node]
        tail, node = node, pool.after[node]
        count += 1
    if amount and node:
        part = new_node(pool, pool.tag[node], amount)
        pool.money[node] -= amount
        if pool.tag[node] != CLEAN:
            tainted += amount
        amount = 0
        if tail:
            pool.after[tail], pool.before[part] = part, tail
        else:
            head = part
        tail = part
        count += 1
    pots[pot, FIRST] = node
    if node:
        pool.before[node] = 0
    else:
        pots[pot, LAST] = 0
    if not tail:
        head = 0
    return _fill(pool, head, tail, tainted, count, amount)


@inlined
def take_newest(pool: Any, pots: Any, pot: int, amount: int) -> Any:
    """Cut the newest lots worth `amount` out of a pot, oldest of them first: as `take_oldest`."""
    tail = pots[pot, LAST]
    node, head, tainted, count = tail, 0, 0, 0
    while node and amount and pool.money[node] <= amount:
        amount -= pool.money[node]
        if pool.tag[node] != CLEAN:
            tainted += pool.money[node]
        head, node = node, pool.before[node]
        count += 1
    if amount and node:
        part = new_node(pool, pool.tag[node], amount)
        pool.money[node] -= amount
        if pool.tag[node] != CLEAN:
            tainted += amount
        amount = 0
        if head:
            pool.after[part], pool.before[head] = head, part
        else:
            tail = part
        head = part
        count += 1
    pots[pot, LAST] = node
    if node:
        pool.after[node] = 0
    else:
        pots[pot, FIRST] = 0
    if not head:
        tail = 0
    return _fill(pool, head, tail, tainted, count, amount)


@inlined
def _fill(pool: Any, head: int, tail: int, tainted: int, count: int, missing: int) -> Any:
    if missing:
        if tail and pool.tag[tail] == CLEAN:
            pool.money[tail] += missing
        else:
            node = new_node(pool, CLEAN, missing)
            if tail:
                pool.after[tail], pool.before[node] = node, tail
            else:
                head = node
            tail = node
            count += 1
    return head, tail, tainted, count


@compiled
def list_tagged(pool: Any, pots: Any, wanted: Any) -> Any:
    """(pot, tag, money) of all nodes in some pots that carry traced money, as three arrays."""
    count = 0
    for write in range(2):
        if write:
            pot_of, tag_of = np.empty(count, np.int32), np.empty(count, np.int32)
            money_of = np.empty(count, np.int64)
        count = 0
        for pot in wanted:
            node = pots[pot, FIRST]
            while node:
                if pool.tag[node] != CLEAN and pool.money[node]:
                    if write:
                        pot_of[count], tag_of[count] = pot, pool.tag[node]
                        money_of[count] = pool.money[node]
                    count += 1
                node = pool.after[node]
    return pot_of, tag_of, money_of
