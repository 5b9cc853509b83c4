"""`haircut`: an outgoing transfer takes from all sources of the pot in proportion, in whole minor units.

Tagged sources of a pot lie side by side in the order of their rank, that is of their first entry; an emptied one
keeps its place. Clean money is one source more, with a rank of its own. Largest remainder, ties to the lower rank.
Exact for amounts up to 2**53 and pots up to 2**61 minor units.
"""

from typing import Any, NamedTuple

import numpy as np

from yipanqi.engine.compiled import compiled, inlined
from yipanqi.engine.tracing.pots import CLEAN_MONEY, FIRST, LAST, RANK, ROOM, TAINTED

_FEW = 12  # up to here the largest remainders are picked one by one


class Sources(NamedTuple):
    """The slices of all pots; `used` is how many places were given out."""

    tag: Any  # int32
    money: Any  # int64
    used: Any  # int64[1]


class Scratch(NamedTuple):
    """Room for one transfer: shares and remainders by rank, clean money among them; and by tag 1 + the payee's
    place.
    """

    share: Any  # int64
    rest: Any  # int64
    where: Any  # int32


@inlined
def places_left(sources: Any) -> Any:
    """How many places can still be given out."""
    return len(sources.tag) - sources.used[0]


@inlined
def add_clean(pots: Any, pot: int, money: int, entered: bool) -> None:
    """Let clean money arrive (or, below zero, leave); `entered` gives it a rank even when it is nothing."""
    pots[pot, CLEAN_MONEY] += money
    if not pots[pot, RANK] and (money or entered):
        pots[pot, RANK] = pots[pot, LAST] + 1


@inlined
def add_source(pots: Any, sources: Any, pot: int, tag: int, money: int) -> None:
    """Let money of one tag arrive; a tag that is new to the pot gets the lowest rank."""
    start = pots[pot, FIRST]
    for place in range(start, start + pots[pot, LAST]):
        if sources.tag[place] == tag:
            sources.money[place] += money
            return
    _append(pots, sources, pot, tag, money)


@inlined
def _append(pots: Any, sources: Any, pot: int, tag: int, money: int) -> None:
    start, count = pots[pot, FIRST], pots[pot, LAST]
    if count == pots[pot, ROOM]:
        room = max(2, 2 * count)
        new = sources.used[0]
        sources.used[0] += room
        for place in range(count):
            sources.tag[new + place] = sources.tag[start + place]
            sources.money[new + place] = sources.money[start + place]
        pots[pot, FIRST], pots[pot, ROOM] = new, room
        start = new
    sources.tag[start + count], sources.money[start + count] = tag, money
    pots[pot, LAST] = count + 1


@inlined
def take_shares(pots: Any, sources: Any, scratch: Any, pot: int, amount: int) -> Any:
    """Take `amount` out of a pot that holds traced money: (traced, clean); clean money fills what is missing.

    `scratch.share` gets the share of each tagged source, in their order, unless nothing traced moves.
    """
    clean, tainted = pots[pot, CLEAN_MONEY], pots[pot, TAINTED]
    total = clean + tainted
    start, count = pots[pot, FIRST], pots[pot, LAST]
    if amount >= total:
        add_clean(pots, pot, amount - total, False)
        pots[pot, CLEAN_MONEY], pots[pot, TAINTED] = 0, 0
        for place in range(count):
            scratch.share[place] = sources.money[start + place]
            sources.money[start + place] = 0
        return tainted, clean + amount - total
    if float(amount) * float(tainted) * 2.000001 < float(total) and clean >= amount:
        pots[pot, CLEAN_MONEY] -= amount  # all traced money together has less than half a unit to pay
        return 0, amount
    rank = pots[pot, RANK] - 1 if pots[pot, RANK] else count
    _split(sources, scratch, start, count, rank, clean, amount, total)
    clean_share, moved = scratch.share[rank], 0
    for place in range(count):
        share = scratch.share[place + (place >= rank)]
        scratch.share[place] = share
        sources.money[start + place] -= share
        moved += share
    pots[pot, CLEAN_MONEY] -= clean_share
    pots[pot, TAINTED] -= moved
    return moved, clean_share


@inlined
def _split(
    sources: Any, scratch: Any, start: int, count: int, rank: int, clean: int, amount: int, total: int
) -> None:
    """Write the shares by rank to `scratch.share`, clean money at its rank."""
    left, factor = amount, float(amount) / float(total)
    for place in range(count + 1):
        money = clean if place == rank else sources.money[start + place - (place > rank)]
        whole: Any = np.int64(float(money) * factor)
        rest = amount * money - whole * total  # wraps; the true value is small and comes out right
        while rest < 0:
            whole -= 1
            rest += total
        while rest >= total:
            whole += 1
            rest -= total
        scratch.share[place], scratch.rest[place] = whole, rest
        left -= whole
    if not left:
        return
    if count < _FEW:
        for _ in range(left):
            best = 0
            for place in range(1, count + 1):
                if scratch.rest[place] > scratch.rest[best]:
                    best = place
            scratch.share[best] += 1
            scratch.rest[best] = -1
        return
    least = -np.partition(-scratch.rest[: count + 1], left - 1)[left - 1]
    for place in range(count + 1):
        if scratch.rest[place] > least:
            scratch.share[place] += 1
            left -= 1
    for place in range(count + 1):
        if left and scratch.rest[place] == least:
            scratch.share[place] += 1
            left -= 1


@inlined
def put_shares(pots: Any, sources: Any, scratch: Any, payer: int, payee: int, clean: int) -> None:
    """Let the traced shares in `scratch` and clean money arrive in a pot, in the payer's order of rank."""
    giver, given = pots[payer, FIRST], pots[payer, LAST]
    rank = pots[payer, RANK] - 1 if pots[payer, RANK] else given
    taker, taken = pots[payee, FIRST], pots[payee, LAST]
    for place in range(taken):
        scratch.where[sources.tag[taker + place]] = place + 1
    for place in range(given):
        if place == rank:
            add_clean(pots, payee, clean, False)
        share, tag = scratch.share[place], sources.tag[giver + place]
        if share and scratch.where[tag]:
            sources.money[taker + scratch.where[tag] - 1] += share
        elif share:
            _append(pots, sources, payee, tag, share)
            taker = pots[payee, FIRST]
    if rank >= given:
        add_clean(pots, payee, clean, False)
    for place in range(taken):
        scratch.where[sources.tag[taker + place]] = 0


@compiled
def list_sources(pots: Any, sources: Any, wanted: Any) -> Any:
    """(pot, tag, money) of all traced money in some pots, as three arrays."""
    size = 0
    for pot in wanted:
        size += pots[pot, LAST]
    pot_of, tag_of, money_of = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
    count = 0
    for pot in wanted:
        for place in range(pots[pot, FIRST], pots[pot, FIRST] + pots[pot, LAST]):
            if sources.money[place]:
                pot_of[count], tag_of[count], money_of[count] = pot, sources.tag[place], sources.money[place]
                count += 1
    return pot_of[:count], tag_of[:count], money_of[:count]
