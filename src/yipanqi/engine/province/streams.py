"""Named streams of chance: every part of the province draws from its own, so a new part disturbs no other.

A stream is PCG64 seeded by `SeedSequence(seed, spawn_key=names)`; numbers are made from its raw 64-bit
words by whole-number arithmetic only, so that the same seed gives the same province on any machine. Leaves
alone what is drawn.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar
from zlib import crc32

from numpy.random import PCG64, SeedSequence

Item = TypeVar("Item")
_WORD = 1 << 64


class Draws:
    """One stream. Every method takes exactly one 64-bit word from it, except `shuffled` and `distinct`."""

    def __init__(self, source: PCG64, *, ahead: int) -> None:
        self._source = source
        self._ahead = ahead
        self._words: list[int] = []

    def _word(self) -> int:
        if not self._words:
            self._words = self._source.random_raw(self._ahead).tolist()
            self._words.reverse()
        return self._words.pop()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + (self._word() * (high - low + 1) >> 64)

    def chance(self, ratio: float) -> bool:
        """True with probability `ratio`."""
        return self._word() < ratio * _WORD

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`, each as likely as the other."""
        return items[self._word() * len(items) >> 64]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All of `items` in a drawn order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.whole(0, last)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def distinct(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` of `items` without repeats, or all of them when there are fewer."""
        return self.shuffled(items)[:count]

    def weighted(self, choice: "Weighted[Item]") -> Item:
        """One item of a weighted choice."""
        return choice.at(self._word() * choice.total >> 64)


class Weighted(Generic[Item]):
    """Items with whole weights, ready to be drawn from many times."""

    def __init__(self, items: Sequence[Item], weights: Sequence[int]) -> None:
        self._items = tuple(items)
        self._bounds = list(accumulate(weights))
        self.total = self._bounds[-1]

    def at(self, place: int) -> Item:
        """The item that owns `place`, a whole number from 0 to `total - 1`."""
        return self._items[bisect_right(self._bounds, place)]


def stream(seed: int, *names: str | int, ahead: int = 64) -> Draws:
    """Open the stream of `seed` that these names spell; `ahead` words are made at a time (speed only)."""
    key = tuple(crc32(name.encode()) if isinstance(name, str) else name for name in names)
    return Draws(PCG64(SeedSequence(seed, spawn_key=key)), ahead=ahead)
