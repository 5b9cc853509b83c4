"""One batch of transfers against a live trace: accounts are numbered, the kernel runs, what it found becomes news.

The ledger is asked at most once a batch, and only when traced money comes to an account for the first time. Leaves
what a live trace keeps to `reached`, and following anew to `live`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from itertools import count, repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.ledger.columns import LEAVES, STAYING, STILL, Kind
from yipanqi.engine.ledger.table import Ledger
from yipanqi.engine.ledger.texts import frozen
from yipanqi.engine.tracing import live_moving as kernels
from yipanqi.engine.tracing.arriving import Arrivals
from yipanqi.engine.tracing.following import scene_of
from yipanqi.engine.tracing.live_moving import ASK, DONE, MISSING, NO_ROOM, Batch, Found
from yipanqi.engine.tracing.reached import Key, Moved, Reached
from yipanqi.engine.tracing.tracing import TraceError, openings_of
from yipanqi.engine.tracing.walking import Scene

_LEAVING: Final = frozenset(kind.name.lower() for kind in Kind if kind not in STAYING)
_NO_PLACES: Final[NDArray[np.int32]] = np.zeros(0, np.int32)


def _no_scene() -> Scene:
    """A ledger without transfers: what the kernel is given before it asks."""
    starts, places = frozen(np.zeros(1, np.int64)), frozen(np.zeros(0, np.int32))
    minor, bits = frozen(np.zeros(0, np.int64)), frozen(np.zeros(0, np.uint8))
    return Scene(
        places, places, minor, bits, starts, places, starts, places, minor, bits, np.zeros(0, np.int64)
    )


_NOWHERE: Final = _no_scene()


class Push:
    """One batch of transfers in order, against what a live trace keeps."""

    def __init__(
        self, reached: Reached, arrivals: Arrivals, seeds: Set[str], sinks: Mapping[str, str]
    ) -> None:
        self._reached, self._arrivals, self._sinks = reached, arrivals, sinks
        rows = len(arrivals)
        numbers: defaultdict[Key, int] = defaultdict(count().__next__)
        payer, payee = (
            np.fromiter(map(numbers.__getitem__, zip(side, arrivals.currencies, strict=True)), np.int32, rows)
            for side in (arrivals.payers, arrivals.payees)
        )
        self._keys = list(numbers)
        self._leaves = np.fromiter(map(_LEAVING.__contains__, arrivals.kinds), np.bool_, rows)
        flags = np.where(self._leaves, LEAVES, 0) | np.where(payer == payee, STILL, 0)
        self._batch = Batch(
            payer,
            payee,
            arrivals.amount,
            arrivals.booked_at,
            flags.astype(np.uint8),
            self._tags(seeds, payer != payee),
            np.fromiter(map(reached.slots.get, self._keys, repeat(-1)), np.int32, len(self._keys)),
            self._ends(),
        )
        self._found = Found(
            np.empty(rows, np.int32),
            np.empty(rows, np.int64),
            np.empty(rows, np.int32),
            np.empty(rows, np.int32),
            np.array([0, 0, len(reached.keys), len(reached.keys)]),
            np.zeros(reached.tags, np.int64),
        )

    def _tags(self, seeds: Set[str], moves: NDArray[np.bool_]) -> NDArray[np.int32]:
        ids = self._arrivals.ids
        tags = np.full(len(ids), -1, np.int32)
        if not seeds.isdisjoint(ids):
            rows = [row for row in np.flatnonzero(moves).tolist() if ids[row] in seeds]
            first = self._reached.add_tags(len(rows))
            tags[rows] = np.arange(first, first + len(rows))
        return tags

    def _ends(self) -> NDArray[np.uint8]:
        ends = np.zeros(len(self._keys), np.uint8)
        if self._sinks:
            ends[[account in self._sinks for account, _ in self._keys]] = 1
        return ends

    def run(self, ask: Callable[[], Ledger], opening: Mapping[str, int]) -> list[Moved]:
        """Let the batch happen; say where traced money came to, in order. `ask` gives the ledger."""
        reached, found = self._reached, self._found
        ledger, scene, places = None, _NOWHERE, _NO_PLACES
        while True:
            own = (self._batch, reached.money, reached.notes, found)
            why = kernels.run(*own, scene, places, reached.code)
            if why == DONE:
                self._take_in(ledger)
                return self._told()
            if why == NO_ROOM:
                reached.make_room(int(found.state[2]))
            elif why == ASK:
                ledger = ask()
                scene, places = scene_of(ledger, openings_of(ledger, opening)), self._places(ledger)
            elif why == MISSING:
                seed = self._arrivals.ids[int(found.state[0])]
                raise TraceError(f"transfer {seed!r} was pushed before it was in the ledger", seed=seed)

    def _places(self, ledger: Ledger) -> NDArray[np.int32]:
        """Where the batch's transfers stand in the ledger."""
        raw = [each.encode() for each in self._arrivals.ids]
        ends = np.zeros(len(raw) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)), out=ends[1:])
        own = (self._arrivals.booked_at, frozen(ends), np.frombuffer(b"".join(raw), np.uint8))
        places = np.empty(len(raw), np.int32)
        kernels.find_places(ledger.booked_at, ledger.ids.offsets, ledger.ids.blob, *own, places)
        return places

    def _take_in(self, ledger: Ledger | None) -> None:
        """Name the accounts that the kernel gave slots."""
        new = int(self._found.state[2] - self._found.state[3])
        accounts = self._found.account[:new].tolist()
        banks = [""] * new
        if ledger is not None:
            names = ledger.pots
            banks = [
                names.banks[names.bank[pot]] if pot >= 0 else "" for pot in self._found.pot[:new].tolist()
            ]
        self._reached.take_in([self._keys[account] for account in accounts], banks)

    def _told(self) -> list[Moved]:
        reached, arrivals, batch = self._reached, self._arrivals, self._batch
        rows = self._found.row[: self._found.state[1]]
        own, payees = rows.tolist(), batch.payee[rows]
        slots = batch.slot[payees]
        for row, slot in zip(own, slots.tolist(), strict=True):
            if bank := arrivals.payee_banks[row]:
                reached.banks[slot] = bank
        for at in np.flatnonzero(self._leaves[rows] | (batch.sink[payees] > 0)).tolist():
            kind = self._sinks.get(self._keys[payees[at]][0], arrivals.kinds[own[at]])
            reached.sinks[slots[at]] = kind
        ids = map(arrivals.ids.__getitem__, own)
        minor: Any = self._found.tainted[: len(own)].tolist()
        return reached.tell(ids, arrivals.booked_at[rows], slots, minor)
