"""Brings what was found of seeds' money in pots into order: one line for each pot and seed.

Leaves finding it to `lots` and `shares`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import bare

Held = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]
_BLOCK = 64  # tags looked at together


def by_pot_and_tag(found: Held, tags: int) -> Held:
    """(pot, tag, money), rising by pot and tag, from three such arrays in which a pot's lines lie together.

    Lines of one pot and tag become one; pots keep their order. Overwrites the arrays.
    """
    pot, tag, money = found
    blocks = np.zeros(tags // _BLOCK + 1, np.uint8)
    count = _gather(pot, tag, money, np.zeros(len(blocks) * _BLOCK, np.int64), blocks)
    return pot[:count], tag[:count], money[:count]


@bare
def _gather(pot: Any, tag: Any, money: Any, sums: Any, blocks: Any) -> int:
    start, count = 0, 0
    while start < len(pot):
        its, at = pot[start], start
        first, last = len(blocks), 0
        while at < len(pot) and pot[at] == its:
            block = tag[at] // _BLOCK
            first, last = min(first, block), max(last, block)
            blocks[block] = 1
            sums[tag[at]] += money[at]
            at += 1
        start = at
        for block in range(first, last + 1):
            if not blocks[block]:
                continue
            blocks[block] = 0
            for each in range(block * _BLOCK, block * _BLOCK + _BLOCK):
                if sums[each]:
                    pot[count], tag[count], money[count] = its, each, sums[each]
                    sums[each] = 0
                    count += 1
    return count
