"""Transfers as they are pushed into a live chase: columns in the order in which they happened.

Made of objects or of a canonical frame; columns of texts are lists, because each text is looked up once and no more.
Leaves what they move to `pushing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yipanqi.engine.ledger.table import EPOCH
from yipanqi.engine.ledger.texts import frozen

Moment = tuple[int, int, str]  # booked_at, serial, id: the order of transfers
NO_SERIAL: Final = -(2**63)  # comes before all serials


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as it arrives; amounts in minor units."""

    id: str
    booked_at: datetime
    payer: str
    payee: str
    amount_minor: int
    serial: int | None = None
    kind: str = "transfer"
    currency: str = "CNY"
    payer_bank: str | None = None
    payee_bank: str | None = None
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Transfers in order."""

    ids: list[str]
    booked_at: NDArray[np.int64]
    serial: NDArray[np.int64]
    payers: list[str]
    payees: list[str]
    currencies: list[str]
    amount: NDArray[np.int64]
    kinds: list[str]
    payee_banks: list[str | None]

    def __len__(self) -> int:
        return len(self.ids)

    def moment(self, row: int) -> Moment:
        """A transfer's place in the order."""
        return int(self.booked_at[row]), int(self.serial[row]), self.ids[row]


def arrivals_of(movements: Sequence[Movement]) -> Arrivals:
    """Columns of objects."""
    found = _of_objects(movements)
    return found if _are_ordered(found) else _of_objects(sorted(movements, key=_moment_of))


def arrivals_in(frame: pl.DataFrame) -> Arrivals:
    """Columns of a canonical frame."""
    found = _of_frame(frame)
    if _are_ordered(found):
        return found
    return _of_frame(frame.sort(["booked_at", "serial", "id"], nulls_last=False))


def _of_objects(movements: Sequence[Movement]) -> Arrivals:
    return Arrivals(
        [each.id for each in movements],
        _micros([each.booked_at - EPOCH for each in movements]),
        _serials([each.serial for each in movements]),
        [each.payer for each in movements],
        [each.payee for each in movements],
        [each.currency for each in movements],
        _numbers([each.amount_minor for each in movements]),
        [each.kind for each in movements],
        [each.payee_bank for each in movements],
    )


def _of_frame(frame: pl.DataFrame) -> Arrivals:
    serial = frame["serial"]
    return Arrivals(
        frame["id"].to_list(),
        _numbers(frame["booked_at"].to_numpy()),
        _serials(serial.to_list()) if serial.null_count() else _numbers(serial.to_numpy()),
        frame["payer"].to_list(),
        frame["payee"].to_list(),
        frame["currency"].to_list(),
        _numbers(frame["amount_minor"].to_numpy()),
        frame["kind"].to_list(),
        frame["payee_bank"].to_list(),
    )


def _micros(since: list[timedelta]) -> NDArray[np.int64]:
    """Microseconds, by the parts of which they are made: much faster than by division."""
    seconds = np.array([each.days for each in since], np.int64) * 86_400 + [each.seconds for each in since]
    return frozen(seconds * 1_000_000 + [each.microseconds for each in since])


def _numbers(column: Any) -> NDArray[np.int64]:
    return frozen(np.ascontiguousarray(column, np.int64))


def _serials(serials: list[int | None]) -> NDArray[np.int64]:
    return _numbers([NO_SERIAL if serial is None else serial for serial in serials])


def _moment_of(movement: Movement) -> tuple[datetime, int, str]:
    serial = movement.serial
    return movement.booked_at, NO_SERIAL if serial is None else serial, movement.id


def _are_ordered(arrivals: Arrivals) -> bool:
    at, serial = arrivals.booked_at, arrivals.serial
    if np.any(at[1:] < at[:-1]):
        return False
    tied = at[1:] == at[:-1]
    if np.any(tied & (serial[1:] < serial[:-1])):
        return False
    same = np.flatnonzero(tied & (serial[1:] == serial[:-1])).tolist()
    return all(arrivals.ids[row] <= arrivals.ids[row + 1] for row in same)
