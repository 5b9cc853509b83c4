"""One batch of transfers against a live trace: the kernel's stops are answered, and what it found becomes news.

Leaves what a live trace keeps, and following anew, to `live`.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.ledger.columns import LEAVES, STAYING, STILL, Kind
from yipanqi.engine.ledger.table import instant
from yipanqi.engine.tracing import live_moving as kernels
from yipanqi.engine.tracing.live_moving import DONE, NEW_ACCOUNT, NO_ROOM, SEED, Batch, Found

if TYPE_CHECKING:
    from yipanqi.engine.tracing.live import Key, LiveTrace, Moved

_LEAVING: Final = tuple(kind.name.lower() for kind in Kind if kind not in STAYING)
SINK, UNKNOWN = -2, -1


class Push:
    """One batch of transfers in order, against a live trace."""

    def __init__(self, live: "LiveTrace", frame: pl.DataFrame) -> None:
        self._live, self._frame = live, frame
        keys = pl.concat([frame.select(a=side, c="currency") for side in ("payer", "payee")])
        own = keys.unique().with_row_index("n")
        codes = keys.join(own, on=["a", "c"], maintain_order="left")["n"].to_numpy().astype(np.int32)
        self._keys: list[Key] = list(zip(own["a"].to_list(), own["c"].to_list(), strict=True))
        local = [SINK if key[0] in live.sinks else live.local.get(key, UNKNOWN) for key in self._keys]
        self._batch = Batch(
            codes[: len(frame)],
            codes[len(frame) :],
            frame["amount_minor"].to_numpy(),
            _flags(frame),
            frame["id"].is_in(live.seeds).to_numpy().astype(np.uint8),
            np.array(local, np.int32),
        )
        self._found = Found(
            np.empty(256, np.int32),
            np.empty(256, np.int64),
            np.zeros(2, np.int64),
            np.zeros(len(live.seeds), np.int64),
        )
        self._events: list[tuple[int, int, int, bool]] = []  # row, traced, displaced, whether a seed

    def run(self) -> "list[Moved]":
        """Let the batch happen; say where traced money came to, in order."""
        live, found = self._live, self._found
        while True:
            why = kernels.run(self._batch, live.money, found, live.code)
            count, row = int(found.state[1]), int(found.state[0])
            self._events += zip(
                found.row[:count].tolist(),
                found.tainted[:count].tolist(),
                [0] * count,
                [False] * count,
                strict=True,
            )
            found.state[1] = 0
            if why == DONE:
                return self._told()
            if why == NO_ROOM:
                live.make_room()
            elif why == NEW_ACCOUNT:
                self._meet(int(self._batch.payee[row]), row)
            elif why == SEED:
                self._seed(row)
                found.state[0] = row + 1

    def _meet(self, code: int, row: int) -> int:
        """Give an account a pot, with the money that lay in it before a row."""
        pot = self._live.add_pot(self._keys[code], self._frame["id"][row])
        self._batch.local[code] = pot
        return pot

    def _seed(self, row: int) -> None:
        live, batch = self._live, self._batch
        payer, payee = int(batch.local[batch.payer[row]]), int(batch.local[batch.payee[row]])
        if batch.flags[row] & LEAVES or payee == SINK:
            payee = UNKNOWN
        elif payee == UNKNOWN:
            payee = self._meet(int(batch.payee[row]), row)
        amount = int(batch.amount[row])
        tag = live.tag_of(self._frame["id"][row])
        live.make_room()
        displaced = kernels.seed(live.money, live.code, max(payer, -1), payee, tag, amount, self._found.left)
        self._events.append((row, amount, displaced, True))

    def _told(self) -> "list[Moved]":
        """Note what happened on the accounts, and say where money came to."""
        live, frame = self._live, self._frame
        told = []
        for row, minor, displaced, is_seed in self._events:
            payer, payee = (self._keys[side[row]] for side in (self._batch.payer, self._batch.payee))
            at = instant(frame["booked_at"][row])
            giver = live.known.get(payer)
            if giver and (displaced or not is_seed):
                giver.went_minor += displaced if is_seed else minor
                giver.last_at = at
            hops = 1 if is_seed or giver is None else giver.level + 1
            kind = live.sinks.get(payee[0])
            if kind is None and self._batch.flags[row] & LEAVES:
                kind = frame["kind"][row]
            live.note_arrival(payee, frame["payee_bank"][row] or "", hops, at, minor, kind)
            told.append((frame["id"][row], at, payee, minor))
        return [live.moved(*each) for each in told]


def _flags(frame: pl.DataFrame) -> NDArray[np.uint8]:
    leaves = frame["kind"].is_in(_LEAVING).to_numpy()
    still = (frame["payer"] == frame["payee"]).to_numpy()
    flags: NDArray[np.uint8] = np.where(leaves, LEAVES, 0).astype(np.uint8)
    return flags | np.where(still, STILL, 0).astype(np.uint8)
