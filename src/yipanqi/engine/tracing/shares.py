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
_CLASSES = 256  # of remainders
_SIZES = 32  # slices have 2, 4, 8 … places
_SMALL = 2.0**49  # of amounts: below, a share in floating point is off by one at most


class Sources(NamedTuple):
    """The slices of all pots. `used` is how many places were given out; `spare`, by size, 1 + the start of a slice
    given back, which holds the next one as money.
    """

    tag: Any  # int32
    money: Any  # int64
    used: Any  # int64[1]
    spare: Any  # int64[32]


class Scratch(NamedTuple):
    """Room for one transfer: shares and remainders by place, clean money behind all tagged sources; places in order
    of rank; and by tag where the payee has it, good if it bears the transfer's mark.
    """

    share: Any  # int64
    rest: Any  # int64
    order: Any  # int32
    kinds: Any  # int64: class of the remainder
    where: Any  # int64
    mark: Any  # int64[1]
    counts: Any  # int32, by class of remainders


def new_sources(places: int) -> Sources:
    """Room for so many places."""
    counts = (np.zeros(1, np.int64), np.zeros(_SIZES, np.int64))
    return Sources(np.zeros(places, np.int32), np.zeros(places, np.int64), *counts)


def new_scratch(tags: int) -> Scratch:
    """Room for the shares of a pot in which every tag and clean money are."""
    share, rest, kinds, where = (np.zeros(tags + 1, np.int64) for _ in range(4))
    counts = np.zeros(_CLASSES + 1, np.int32)
    return Scratch(share, rest, np.zeros(tags + 1, np.int32), kinds, where, np.zeros(1, np.int64), counts)


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
        start = _move(pots, sources, pot)
    sources.tag[start + count], sources.money[start + count] = tag, money
    pots[pot, LAST] = count + 1


@inlined
def _move(pots: Any, sources: Any, pot: int) -> Any:
    """Give a pot a slice twice as large, or its first one, and return where it starts."""
    old, room = pots[pot, FIRST], pots[pot, ROOM]
    size = 0
    while 2 << size <= room:
        size += 1
    new = sources.spare[size] - 1
    if new < 0:
        new = sources.used[0]
        sources.used[0] += 2 << size
    else:
        sources.spare[size] = sources.money[new]
    for place in range(room):
        sources.tag[new + place] = sources.tag[old + place]
        sources.money[new + place] = sources.money[old + place]
    if room:
        sources.money[old] = sources.spare[size - 1]
        sources.spare[size - 1] = old + 1
    pots[pot, FIRST], pots[pot, ROOM] = new, 2 << size
    return new


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
    mine = sources.money[start : start + count]
    left = amount - _split(mine, scratch, clean, amount, total)
    if left:
        _round_up(scratch, count, rank, left, total)
    moved = 0
    for place in range(count):
        mine[place] -= scratch.share[place]
        moved += scratch.share[place]
    pots[pot, CLEAN_MONEY] -= amount - moved
    pots[pot, TAINTED] -= moved
    return moved, amount - moved


@inlined
def _split(money: Any, scratch: Any, clean: int, amount: int, total: int) -> Any:
    """Write the shares in whole units, rounded down, and the remainders; return the sum of the shares."""
    count, factor = len(money), float(amount) / float(total)
    share, rest = scratch.share, scratch.rest
    share[count], rest[count] = portion(clean, amount, total)
    given = share[count]
    if amount > _SMALL:
        for place in range(count):
            share[place], rest[place] = portion(money[place], amount, total)
            given += share[place]
        return given
    for place in range(count):  # as `portion`, with nothing to repeat: several at once
        whole: Any = np.int64(float(money[place]) * factor)
        over = amount * money[place] - whole * total
        off = np.int64(over >= total) - np.int64(over < 0)
        share[place], rest[place] = whole + off, over - off * total
        given += whole + off
    return given


@inlined
def portion(money: int, amount: int, total: int) -> Any:
    """(money · amount / total rounded down, what is left of it in parts of `total`)."""
    whole: Any = np.int64(float(money) * (float(amount) / float(total)))
    rest = amount * money - whole * total  # wraps; the true value is small and comes out right
    while rest < 0:
        whole -= 1
        rest += total
    while rest >= total:
        whole += 1
        rest -= total
    return whole, rest


@inlined
def _round_up(scratch: Any, count: int, rank: int, left: int, total: int) -> None:
    """Add one to the `left` shares with the largest remainders, of equal ones to those of lower rank."""
    share, rest, order = scratch.share, scratch.rest, scratch.order
    if count < _FEW:
        for place in range(count):
            order[place] = place
        tied = count
        is_clean_tied = True
    else:
        tied, left, is_clean_tied = _sift(scratch, count, left, total)
    if is_clean_tied:
        at = tied
        while at and order[at - 1] >= rank:
            order[at] = order[at - 1]
            at -= 1
        order[at] = count
        tied += 1
    if tied > _FEW:
        tied, left = _narrow(scratch, tied, left)
    for _ in range(left):
        best = order[0]
        for at in range(1, tied):
            if rest[order[at]] > rest[best]:
                best = order[at]
        share[best] += 1
        rest[best] = -1


@inlined
def _sift(scratch: Any, count: int, left: int, total: int) -> Any:
    """Round up all that are sure to be among the largest: (how many are left in `order` to compare, how many of them
    and of clean money are to be rounded up, whether clean money is to be compared too).

    The remainders are counted by class; only the class in which the last one lies is left.
    """
    share, rest, order, kinds, counts = (
        scratch.share,
        scratch.rest,
        scratch.order,
        scratch.kinds,
        scratch.counts,
    )
    scale = _CLASSES / float(total)
    for place in range(count + 1):
        kinds[place] = np.int64(float(rest[place]) * scale)
    counts[:] = 0
    for place in range(count + 1):
        counts[kinds[place]] += 1
    least, left = _last_class(counts, left)
    for place in range(count + 1):
        share[place] += kinds[place] > least
    tied = 0
    for place in range(count):
        order[tied] = place
        tied += kinds[place] == least
    return tied, left, kinds[count] == least


@inlined
def _narrow(scratch: Any, tied: int, left: int) -> Any:
    """As `_sift`, of those in `order`, until few are left: (how many, how many of them are to be rounded up)."""
    share, rest, order, counts = scratch.share, scratch.rest, scratch.order, scratch.counts
    while tied > _FEW:
        low, high = rest[order[0]], rest[order[0]]
        for at in range(tied):
            low, high = min(low, rest[order[at]]), max(high, rest[order[at]])
        if low == high:
            for at in range(left):
                share[order[at]] += 1
            return 0, 0
        scale = _CLASSES / float(high - low)
        counts[:] = 0
        for at in range(tied):
            counts[np.int64(float(rest[order[at]] - low) * scale)] += 1
        least, left = _last_class(counts, left)
        kept = 0
        for at in range(tied):
            place = order[at]
            its: Any = np.int64(float(rest[place] - low) * scale)
            share[place] += its > least
            order[kept] = place
            kept += its == least
        tied = kept
    return tied, left


@inlined
def _last_class(counts: Any, left: int) -> Any:
    """(the class in which the last of the `left` largest lies, how many of it are among them)."""
    least = _CLASSES
    while counts[least] < left:
        left -= counts[least]
        least -= 1
    return least, left


@inlined
def put_shares(pots: Any, sources: Any, scratch: Any, payer: int, payee: int, clean: int) -> None:
    """Let the traced shares in `scratch` and clean money arrive in a pot, in the payer's order of rank."""
    giver, given = pots[payer, FIRST], pots[payer, LAST]
    rank = pots[payer, RANK] - 1 if pots[payer, RANK] else given
    taker, taken = pots[payee, FIRST], pots[payee, LAST]
    scratch.mark[0] += 1
    mark, where = scratch.mark[0] << 32, scratch.where
    tags = sources.tag[taker : taker + taken]
    for place in range(taken):
        where[tags[place]] = mark | place
    for place in range(given):
        if place == rank:
            add_clean(pots, payee, clean, False)
        share = scratch.share[place]
        if share:
            known = where[sources.tag[giver + place]] - mark
            if known >= 0:
                sources.money[taker + known] += share
            else:
                _append(pots, sources, payee, sources.tag[giver + place], share)
                taker = pots[payee, FIRST]
    if rank >= given:
        add_clean(pots, payee, clean, False)


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
