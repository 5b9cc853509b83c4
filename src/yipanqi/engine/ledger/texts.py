"""Many short texts as one block of bytes with offsets, mapped from disk or in memory, with a look-up by hash.

The look-up is a permutation of positions by 64-bit FNV-1a hash, four bytes a text; equal hashes are told apart by the
bytes themselves. Leaves what the texts mean to its users.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.sorting import compare_texts, order_by_key

_FNV_START: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_FEW: Final = 16  # a look-up of fewer than one text in so many hashes only what it meets
_SLICE: Final = 20_000_000  # texts joined at once: a Polars text ends at 4 GiB


@dataclass(frozen=True, slots=True)
class Texts:
    """`offsets` int64[n+1] into `blob` uint8; `by_hash` int32[n] are the positions in the order of their hashes."""

    offsets: NDArray[np.int64]
    blob: NDArray[np.uint8]
    by_hash: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, at: int) -> str:
        return self.raw(at).decode()

    def raw(self, at: int) -> bytes:
        """The bytes of the text at a position."""
        return self.blob[self.offsets[at] : self.offsets[at + 1]].tobytes()

    def find(self, text: str) -> int | None:
        """The position of a text, None when it is not among them; the first when it is there twice."""
        raw = np.frombuffer(text.encode(), np.uint8)
        ends, only = frozen(np.array([0, len(raw)])), frozen(np.zeros(1, np.int32))
        found = int(self.find_all(Texts(ends, raw, only))[0])
        return None if found < 0 else found

    def find_all(self, wanted: "Texts") -> NDArray[np.int32]:
        """The position of each wanted text, the first when it is there twice, -1 when it is not there."""
        many = len(wanted) > len(self) // _FEW
        hashes = _hash_all(self.offsets, self.blob)[self.by_hash] if many else np.zeros(0, np.uint64)
        own = (self.offsets, self.blob, self.by_hash, frozen(hashes))
        found: NDArray[np.int32] = _find_all(*own, wanted.offsets, wanted.blob, wanted.by_hash)
        return found

    def take(self, at: NDArray[np.int32]) -> "Texts":
        """The texts at some positions, each at most once, in that order."""
        offsets, blob = _gather(self.offsets, self.blob, frozen(at))
        place = np.full(len(self), -1, np.int32)
        place[at] = np.arange(len(at), dtype=np.int32)
        by_hash = place[self.by_hash]
        return Texts(frozen(offsets), frozen(blob), frozen(by_hash[by_hash >= 0]))

    def some_twice(self) -> bool:
        """Whether a text is there more than once."""
        return bool(_some_twice(self.offsets, self.blob, self.by_hash))


def make_texts(series: pl.Series) -> Texts:
    """Pack a series of texts without nulls and make its look-up."""
    return with_look_up(*pack_texts(series))


def with_look_up(offsets: NDArray[np.int64], blob: NDArray[np.uint8]) -> Texts:
    """Packed texts with their look-up."""
    offsets, blob = frozen(offsets), frozen(blob)
    return Texts(offsets, blob, frozen(order_by_key(frozen(_hash_all(offsets, blob)))))


def join_texts(parts: Sequence[Texts]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(offsets, blob) of all parts' texts, one part behind the other."""
    ends, total = [np.zeros(1, np.int64)], 0
    for part in parts:
        ends.append(part.offsets[1:] + total)
        total += len(part.blob)
    return frozen(np.concatenate(ends)), frozen(
        np.concatenate([np.zeros(0, np.uint8), *(p.blob for p in parts)])
    )


def pack_texts(series: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(offsets, blob) of a series of texts without nulls."""
    offsets = np.zeros(len(series) + 1, np.int64)
    np.cumsum(series.str.len_bytes().to_numpy(), out=offsets[1:])
    slices = [series.slice(start, _SLICE) for start in range(0, len(series), _SLICE)]
    joined = b"".join(each.str.join("").item().encode() for each in slices)
    return frozen(offsets), np.frombuffer(joined, np.uint8)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to: kernels are compiled once, for the type that mapped files have."""
    view = array.view()
    view.setflags(write=False)
    return view


@compiled
def hash_at(offsets: Any, blob: Any, at: int) -> Any:
    """FNV-1a, uint64, of the text at a position."""
    value = _FNV_START
    for place in range(offsets[at], offsets[at + 1]):
        value = (value ^ np.uint64(blob[place])) * _FNV_PRIME
    return value


@compiled
def _hash_all(offsets: Any, blob: Any) -> Any:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for at in range(len(hashes)):
        hashes[at] = hash_at(offsets, blob, at)
    return hashes


@compiled
def same_text(offsets: Any, blob: Any, at: int, other_offsets: Any, other_blob: Any, other: int) -> bool:
    """Whether the texts at two positions are the same."""
    start, end = offsets[at], offsets[at + 1]
    return compare_texts(blob, start, end, other_blob, other_offsets[other], other_offsets[other + 1]) == 0


@compiled
def _hash_in_order(offsets: Any, blob: Any, by_hash: Any, hashes: Any, at: int) -> Any:
    return hashes[at] if len(hashes) else hash_at(offsets, blob, by_hash[at])


@compiled
def _find_all(
    offsets: Any, blob: Any, by_hash: Any, hashes: Any, wanted: Any, wanted_blob: Any, wanted_by_hash: Any
) -> Any:
    """Walk both look-ups side by side, with strides that double until they overshoot."""
    found = np.full(len(wanted_by_hash), -1, np.int32)
    low, size = 0, len(by_hash)
    for turn in range(len(wanted_by_hash)):
        want = wanted_by_hash[turn]
        value = hash_at(wanted, wanted_blob, want)
        high, stride = low, 1
        while high < size and _hash_in_order(offsets, blob, by_hash, hashes, high) < value:
            low = high + 1
            high += stride
            stride *= 2
        high = min(high, size)
        while low < high:
            middle = (low + high) // 2
            if _hash_in_order(offsets, blob, by_hash, hashes, middle) < value:
                low = middle + 1
            else:
                high = middle
        at = low
        while at < size and _hash_in_order(offsets, blob, by_hash, hashes, at) == value:
            place = by_hash[at]
            if (found[want] < 0 or place < found[want]) and same_text(
                offsets, blob, place, wanted, wanted_blob, want
            ):
                found[want] = place
            at += 1
    return found


@compiled
def _some_twice(offsets: Any, blob: Any, by_hash: Any) -> bool:
    first = 0
    for at in range(1, len(by_hash)):
        if hash_at(offsets, blob, by_hash[at]) != hash_at(offsets, blob, by_hash[first]):
            first = at
        for other in range(first, at):
            if same_text(offsets, blob, by_hash[at], offsets, blob, by_hash[other]):
                return True
    return False


@compiled
def _gather(offsets: Any, blob: Any, at: Any) -> Any:
    starts, ends = np.empty(len(at), np.int64), np.zeros(len(at) + 1, np.int64)
    for turn in range(len(at)):  # apart from the copying, so that the processor fetches many at once
        starts[turn] = offsets[at[turn]]
        ends[turn + 1] = ends[turn] + offsets[at[turn] + 1] - starts[turn]
    own = np.empty(ends[len(at)], np.uint8)
    for turn in range(len(at)):
        start, target = starts[turn], ends[turn]
        for byte in range(ends[turn + 1] - target):
            own[target + byte] = blob[start + byte]
    return ends, own
