"""Numbers for texts: each one's place among the distinct ones, sorted. By a hash table, read a block ahead of its
use.

Leaves packing and looking up to `texts`.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.texts import hash_at, pack_texts, same_text

_BLOCK: Final = 512


def number_texts(series: pl.Series) -> tuple[NDArray[np.int32], pl.Series]:
    """(place of each text among the distinct ones, these sorted bytewise) of a series without nulls."""
    codes, firsts, _ = _number(*pack_texts(series))
    distinct = series.gather(firsts)
    order = distinct.arg_sort().to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[codes], distinct.gather(order)


@compiled
def _number(offsets: Any, blob: Any) -> Any:
    """(number of each text by first sight, position of each number's first sight, no meaning).

    Distinct texts are copied close together, and a block's slots are read before they are needed: then the
    processor waits for many of them at once, four times as fast. The sum of what was read keeps the compiler from
    leaving that out.
    """
    texts = len(offsets) - 1
    codes, firsts, hashes = np.empty(texts, np.int32), np.empty(1024, np.int32), np.empty(1024, np.uint64)
    ends, own = np.zeros(1025, np.int64), np.empty(1 << 16, np.uint8)
    table, count = np.full(4096, -1, np.int32), 0
    values, met = np.empty(_BLOCK, np.uint64), 0
    for block in range(0, texts, _BLOCK):
        met += _read_ahead(offsets, blob, block, values, table, ends, own)
        for at in range(block, min(block + _BLOCK, texts)):
            value = values[at - block]
            slot = _slot(value, table)
            while table[slot] >= 0 and not same_text(ends, own, table[slot], offsets, blob, at):
                slot = (slot + 1) & (len(table) - 1)
            if table[slot] < 0:
                table[slot], firsts[count], hashes[count] = count, at, value
                start, size = ends[count], offsets[at + 1] - offsets[at]
                if start + size > len(own):
                    own = np.concatenate((own, np.empty(len(own) + size, np.uint8)))
                own[start : start + size] = blob[offsets[at] : offsets[at + 1]]
                count += 1
                ends[count] = start + size
            codes[at] = table[slot]
            if count == len(firsts):
                firsts = np.concatenate((firsts, np.empty(count, np.int32)))
                hashes = np.concatenate((hashes, np.empty(count, np.uint64)))
                ends = np.concatenate((ends, np.empty(count, np.int64)))
                table = _spread(hashes, count)
    return codes, firsts[:count], met


@compiled
def _read_ahead(offsets: Any, blob: Any, block: int, values: Any, table: Any, ends: Any, own: Any) -> int:
    """Hash a block of texts into `values`, and touch the slots and texts that they will be compared with."""
    met, size = 0, min(len(values), len(offsets) - 1 - block)
    codes = np.empty(len(values), np.int32)
    for turn in range(size):
        values[turn] = hash_at(offsets, blob, block + turn)
    for turn in range(size):
        codes[turn] = table[_slot(values[turn], table)]
    for turn in range(size):
        if codes[turn] >= 0:
            met += own[ends[codes[turn]]]
    return met


@compiled
def _slot(value: Any, table: Any) -> Any:
    return np.int64(value ^ (value >> np.uint64(32))) & (len(table) - 1)


@compiled
def _spread(hashes: Any, count: int) -> Any:
    """A table four times as long as `hashes` with the first of them in their slots."""
    table = np.full(4 * len(hashes), -1, np.int32)
    for code in range(count):
        slot = _slot(hashes[code], table)
        while table[slot] >= 0:
            slot = (slot + 1) & (len(table) - 1)
        table[slot] = code
    return table
