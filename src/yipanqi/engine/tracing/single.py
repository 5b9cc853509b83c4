"""`haircut` of one seed where events lie dense: one sweep over all rows that keeps two sums a pot, clean and traced.

The same answer as `walking` gives with `shares`, which know many seeds. Leaves when to use it to `following`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import bare
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.tracing.shares import portion

_CLEAN, _TRACED = 1, 2  # what entered a pot first; 0: nothing yet
_PIECE = 2_000_000  # rows a call


class Sums:
    """All pots of a ledger before its first row, and what a sweep finds; `row` is the next one."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._pots = np.zeros((len(scene.opening), 2), np.int64)
        self._pots[:, 0] = scene.opening
        self._first = (scene.opening > 0).astype(np.uint8)  # _CLEAN
        self._rows: list[NDArray[np.int32]] = []
        self._moved: list[NDArray[np.int64]] = []
        self.row, self.left = 0, 0

    def sweep(self, rows: int) -> None:
        """Go on by a piece, up to `rows` at most."""
        end = min(rows, self.row + _PIECE)
        found, moved = np.empty(end - self.row, np.int32), np.empty(end - self.row, np.int64)
        count, left = _sweep(self._scene, self._pots, self._first, self.row, end, found, moved)
        self._rows.append(found[:count].copy())
        self._moved.append(moved[:count].copy())
        self.row, self.left = end, self.left + left

    def found(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(rows with traced money in order, how much)."""
        return np.concatenate(self._rows), np.concatenate(self._moved)

    def held(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(pot, held) of all pots with traced money."""
        pots = np.flatnonzero(self._pots[:, 1]).astype(np.int32)
        return pots, self._pots[pots, 1]


@bare
def _sweep(scene: Any, pots: Any, first: Any, start: int, end: int, found: Any, found_moved: Any) -> Any:
    """Let the rows happen; (how many carry traced money, how much of it left the system)."""
    count, left, seed = 0, 0, scene.seeds[0]
    for row in range(start, end):
        if scene.flags[row] & STILL:
            continue
        payer, payee, amount = scene.payer[row], scene.payee[row], scene.amount[row]
        clean, traced, moved = pots[payer, 0], pots[payer, 1], 0
        total = clean + traced
        if amount >= total:
            if amount > total and not first[payer]:
                first[payer] = _CLEAN
            moved = traced
            pots[payer, 0], pots[payer, 1] = 0, 0
        else:
            if traced:
                moved = _share(traced, amount, total, first[payer])
                pots[payer, 1] = traced - moved
            pots[payer, 0] = clean - (amount - moved)
        if row == seed:
            moved = amount
        if moved:
            found[count], found_moved[count] = row, moved
            count += 1
        if scene.ends[payee] or scene.flags[row] & LEAVES:
            left += moved
            continue
        pots[payee, 0] += amount - moved
        pots[payee, 1] += moved
        if not first[payee]:
            if not moved:
                first[payee] = _CLEAN
            elif moved == amount:
                first[payee] = _TRACED
            else:
                first[payee] = first[payer]
    return count, left


@bare
def _share(traced: int, amount: int, total: int, first: int) -> Any:
    """Of an amount below the total: what traced money pays, to the nearest unit; a half goes to what entered first."""
    share, rest = portion(traced, amount, total)
    return share + (rest > total - rest or (rest == total - rest and first == _TRACED))
