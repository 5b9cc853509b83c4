"""Orders rows: a stable radix sort for whole numbers, and tied rows put right by serial and id.

Kernels on NumPy arrays, linear in the rows unless very many share an instant. Leaves what is sorted to its users.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.columns import SERIAL

_BITS: Final = 11
_DIGITS: Final = 6  # of 11 bits: 64 and two to spare
_SHORT: Final = 12  # rows sorted by insertion


@compiled
def order_by_key(keys: Any) -> Any:
    """int32[n]: positions in the order of their uint64 keys; equal keys keep theirs."""
    rows = len(keys)
    order, spare_order = np.arange(rows).astype(np.int32), np.empty(rows, np.int32)
    own, spare = keys.copy(), np.empty(rows, np.uint64)
    varying = np.uint64(0)
    for row in range(rows):
        varying |= keys[row] ^ keys[0]
    free = np.empty((1 << _BITS) + 1, np.int64)
    for digit in range(_DIGITS):
        shift, mask = np.uint64(digit * _BITS), np.uint64((1 << _BITS) - 1)
        if not (varying >> shift) & mask:
            continue
        free[:] = 0
        for row in range(rows):
            free[np.int64((own[row] >> shift) & mask) + 1] += 1
        for value in range(1 << _BITS):
            free[value + 1] += free[value]
        for row in range(rows):
            place = np.int64((own[row] >> shift) & mask)
            at = free[place]
            free[place] += 1
            spare[at] = own[row]
            spare_order[at] = order[row]
        own, spare = spare, own
        order, spare_order = spare_order, order
    return order


@compiled
def compare_texts(blob: Any, start: int, end: int, other: Any, other_start: int, other_end: int) -> int:
    """Below zero, zero or above: how the bytes of one text stand to those of another."""
    for at in range(min(end - start, other_end - other_start)):
        left, right = blob[start + at], other[other_start + at]
        if left != right:
            return -1 if left < right else 1
    return (end - start) - (other_end - other_start)


@compiled
def _after(serial: Any, flags: Any, offsets: Any, blob: Any, left: int, right: int) -> bool:
    """Whether one of two rows of an instant comes after the other: by serial, none first, then by id."""
    left_has, right_has = flags[left] & SERIAL, flags[right] & SERIAL
    if left_has != right_has:
        return bool(left_has > right_has)
    if left_has and serial[left] != serial[right]:
        return bool(serial[left] > serial[right])
    ends = offsets[left], offsets[left + 1], offsets[right], offsets[right + 1]
    return compare_texts(blob, ends[0], ends[1], blob, ends[2], ends[3]) > 0


@compiled
def _sort_tied(
    order: Any, start: int, end: int, spare: Any, serial: Any, flags: Any, offsets: Any, blob: Any
) -> None:
    """Sort order[start:end] in place: short runs by insertion, then merged."""
    for first in range(start, end, _SHORT):
        for at in range(first + 1, min(first + _SHORT, end)):
            row, place = order[at], at
            while place > first and _after(serial, flags, offsets, blob, order[place - 1], row):
                order[place] = order[place - 1]
                place -= 1
            order[place] = row
    width = _SHORT
    while width < end - start:
        for first in range(start, end - width, 2 * width):
            middle, last = first + width, min(first + 2 * width, end)
            spare[first:middle] = order[first:middle]
            left, right, at = first, middle, first
            while left < middle and right < last:
                if _after(serial, flags, offsets, blob, spare[left], order[right]):
                    order[at] = order[right]
                    right += 1
                else:
                    order[at] = spare[left]
                    left += 1
                at += 1
            order[at : at + middle - left] = spare[left:middle]
        width *= 2


@compiled
def _settle_ties(order: Any, booked_at: Any, serial: Any, flags: Any, offsets: Any, blob: Any) -> None:
    rows = len(order)
    spare = np.empty(rows, np.int32)
    first = 0
    for at in range(1, rows + 1):
        if at < rows and booked_at[order[at]] == booked_at[order[first]]:
            continue
        if at - first > 1:
            _sort_tied(order, first, at, spare, serial, flags, offsets, blob)
        first = at


def order_rows(
    booked_at: NDArray[np.int64],
    serial: NDArray[np.int64],
    flags: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    blob: NDArray[np.uint8],
) -> NDArray[np.int32]:
    """Positions in the ledger's order: `booked_at`, `serial` (none first), id bytewise. All arrays read-only."""
    rising = not len(booked_at) or bool((booked_at[1:] >= booked_at[:-1]).all())
    order: NDArray[np.int32]
    if rising:
        order = np.arange(len(booked_at), dtype=np.int32)
    else:
        keys = (booked_at - booked_at.min()).view(np.uint64)
        keys.setflags(write=False)
        order = order_by_key(keys)
    _settle_ties(order, booked_at, serial, flags, offsets, blob)
    return order
