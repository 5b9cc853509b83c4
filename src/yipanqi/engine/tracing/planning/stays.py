"""How long traced money stays in an account: arrivals, what left of each and when, and what lies there since when.

Within an account the traced money that came first is taken to leave first, whatever the method that traced it; a bank
shows balances, not lots. Leaves curves made of stays to `dwell`.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yipanqi.engine.ledger.columns import STAYING
from yipanqi.engine.tracing.result import Trace

Pot = tuple[str, str]  # account, currency
_STAYING: Final = frozenset(kind.name.lower() for kind in STAYING)


@dataclass(frozen=True, slots=True)
class Lot:
    """Traced money that came at an instant and lies there still."""

    at: datetime
    minor: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A part of an arrival: how long it stayed. `left` is False where it lay there still when last looked at."""

    seconds: int
    minor: int
    of_minor: int  # the whole arrival
    left: bool


@dataclass(slots=True)
class _Arrival:
    at: datetime
    minor: int
    rest_minor: int


class Rests:
    """Where traced money rests, filled by `move` in the order of the transfers; batch and live alike."""

    def __init__(self) -> None:
        self._lying: dict[Pot, deque[_Arrival]] = {}
        self._left: dict[Pot, list[Stay]] = {}

    def move(self, payer: Pot | None, payee: Pot | None, at: datetime, minor: int) -> None:
        """Move traced money. `payer` is None for a seed, `payee` None where it leaves the system."""
        if payer == payee or minor <= 0:
            return
        if payer is not None:
            self._take(payer, at, minor)
        if payee is not None:
            self._lying.setdefault(payee, deque()).append(_Arrival(at, minor, minor))

    def settle(self, held_minor: Mapping[Pot, int]) -> None:
        """Forget, oldest first and without a stay, what lies above the amounts held (another seed displaced it)."""
        for pot in list(self._lying):
            surplus = sum(each.rest_minor for each in self._lying[pot]) - held_minor.get(pot, 0)
            if surplus > 0:
                self._taken(pot, surplus)

    def lots(self) -> dict[Pot, tuple[Lot, ...]]:
        """What lies where, oldest first."""
        return {
            pot: tuple(Lot(each.at, each.rest_minor) for each in lying)
            for pot, lying in self._lying.items()
            if lying
        }

    def stays(self, until: datetime) -> dict[Pot, list[Stay]]:
        """All stays by account: those that ended, and those that lasted at `until`."""
        found = {pot: list(stays) for pot, stays in self._left.items()}
        for pot, lying in self._lying.items():
            found.setdefault(pot, []).extend(
                Stay(max(0, _seconds(until, each.at)), each.rest_minor, each.minor, False) for each in lying
            )
        return found

    def _take(self, pot: Pot, at: datetime, minor: int) -> None:
        stays = self._left.setdefault(pot, [])
        for arrival, part_minor in self._taken(pot, minor):
            stays.append(Stay(_seconds(at, arrival.at), part_minor, arrival.minor, True))

    def _taken(self, pot: Pot, minor: int) -> list[tuple[_Arrival, int]]:
        lying, taken = self._lying.get(pot, deque()), []
        while minor > 0 and lying:
            part_minor = min(minor, lying[0].rest_minor)
            taken.append((lying[0], part_minor))
            lying[0].rest_minor -= part_minor
            minor -= part_minor
            if not lying[0].rest_minor:
                lying.popleft()
        return taken


def rests_of(trace: Trace) -> Rests:
    """Where a trace's money rested and rests. Empty under `poison`, which knows no amounts."""
    rests = Rests()
    for transfer in trace.transfers:
        payer, payee = (transfer.payer, transfer.currency), (transfer.payee, transfer.currency)
        stays = transfer.kind in _STAYING
        rests.move(
            None if transfer.is_seed else payer,
            payee if stays else None,
            transfer.booked_at,
            transfer.tainted_minor or 0,
        )
    rests.settle({(each.account, each.currency): each.held_minor or 0 for each in trace.accounts})
    return rests


def _seconds(later: datetime, earlier: datetime) -> int:
    return int((later - earlier).total_seconds())
