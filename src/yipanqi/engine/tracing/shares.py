"""`haircut`: an outgoing transfer takes from all sources of the pot in proportion, in whole minor units.

Sources are a pot's nodes in the order of their rank, that is of their first entry; an emptied source keeps its
node. Largest remainder, ties to the lower rank. Amounts are exact up to 2**53 a transfer and 2**61 a pot.
"""

from typing import Any, NamedTuple

import numpy as np

from yipanqi.engine.compiled import compiled
from yipanqi.engine.tracing.lots import CLEAN, append, new_node

_FEW = 12  # up to here the largest remainders are picked one by one
_SAFE = 9.0e18  # products below this fit a signed 64-bit integer


class Scratch(NamedTuple):
    """Room for one transfer's shares: by source, and by tag (last place: clean)."""

    node: Any  # int32, by source
    share: Any  # int64, by source
    rest: Any  # int64, by source
    where: Any  # int32, by tag: the payee's node


@compiled
def part_of(amount: int, money: int, total: int) -> Any:
    """(floor of amount x money / total, remainder), exact, for amount and money up to total."""
    if float(amount) * float(money) < _SAFE:
        product = amount * money
        return product // total, product % total
    whole = np.int64(float(amount) * float(money) / float(total))
    rest = amount * money - whole * total  # wraps; the true value is small and comes out right
    while rest < 0:
        whole -= 1
        rest += total
    while rest >= total:
        whole += 1
        rest -= total
    return whole, rest


@compiled
def find_source(pool: Any, purses: Any, pot: int, tag: int) -> Any:
    """The pot's node of a tag, 0 when the tag never entered."""
    node = purses.first[pot]
    while node and pool.tag[node] != tag:
        node = pool.after[node]
    return node


@compiled
def add_source(pool: Any, purses: Any, pot: int, tag: int, money: int) -> None:
    """Let money of one tag arrive; a tag that is new to the pot gets the lowest rank."""
    node = find_source(pool, purses, pot, tag)
    if node:
        pool.money[node] += money
    else:
        node = new_node(pool, tag, money)
        append(pool, purses, pot, node, node)


@compiled
def take_shares(pool: Any, purses: Any, scratch: Any, pot: int, amount: int) -> Any:
    """Take `amount` out of a pot in proportion: (sources written to `scratch`, tainted); clean money fills what is
    missing.
    """
    if _clean_takes_all(pool, purses, pot, amount):
        return 0, 0
    count, total = _list_sources(pool, purses, scratch, pot)
    if amount > total:
        add_source(pool, purses, pot, CLEAN, amount - total)
        count, total = _list_sources(pool, purses, scratch, pot)
    _split(pool, scratch, count, amount, total)
    tainted = 0
    for source in range(count):
        node = scratch.node[source]
        pool.money[node] -= scratch.share[source]
        if pool.tag[node] != CLEAN:
            tainted += scratch.share[source]
    return count, tainted


@compiled
def _clean_takes_all(pool: Any, purses: Any, pot: int, amount: int) -> bool:
    """Whether all traced money together has less than half a unit to pay; then clean money, of first rank here,
    pays it all.
    """
    clean, tainted = purses.first[pot], purses.tainted[pot]
    if pool.tag[clean] != CLEAN or float(amount) * float(tainted) * 2.000001 >= float(
        pool.money[clean] + tainted
    ):
        return False
    if pool.money[clean] < amount:
        return False
    pool.money[clean] -= amount
    return True


@compiled
def _list_sources(pool: Any, purses: Any, scratch: Any, pot: int) -> Any:
    count, total = 0, 0
    node = purses.first[pot]
    while node:
        if pool.money[node]:
            scratch.node[count] = node
            count += 1
            total += pool.money[node]
        node = pool.after[node]
    return count, total


@compiled
def _split(pool: Any, scratch: Any, count: int, amount: int, total: int) -> None:
    if amount == total:
        for source in range(count):
            scratch.share[source] = pool.money[scratch.node[source]]
        return
    left = amount
    for source in range(count):
        whole, rest = part_of(amount, pool.money[scratch.node[source]], total)
        scratch.share[source], scratch.rest[source] = whole, rest
        left -= whole
    if not left:
        return
    if count <= _FEW:
        for _ in range(left):
            best = 0
            for source in range(1, count):
                if scratch.rest[source] > scratch.rest[best]:
                    best = source
            scratch.share[best] += 1
            scratch.rest[best] = -1
    else:
        order = np.argsort(-scratch.rest[:count], kind="mergesort")
        for place in range(left):
            scratch.share[order[place]] += 1


@compiled
def put_shares(pool: Any, purses: Any, scratch: Any, count: int, pot: int) -> None:
    """Let the shares in `scratch` arrive in a pot, in the payer's order of rank."""
    if count > 2:
        node = purses.first[pot]
        while node:
            scratch.where[pool.tag[node]] = node
            node = pool.after[node]
    for source in range(count):
        share = scratch.share[source]
        if not share:
            continue
        tag = pool.tag[scratch.node[source]]
        if count <= 2:
            add_source(pool, purses, pot, tag, share)
        elif scratch.where[tag]:
            pool.money[scratch.where[tag]] += share
        else:
            node = new_node(pool, tag, share)
            append(pool, purses, pot, node, node)
    if count > 2:
        node = purses.first[pot]
        while node:
            scratch.where[pool.tag[node]] = 0
            node = pool.after[node]
