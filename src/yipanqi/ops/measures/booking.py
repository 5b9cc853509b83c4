"""What stops and freezes post in the book of holdings, in the act's own transaction and under its locks.

A suspect's stop holds money from the bank's answer to its end; a freeze takes it over. Protective stops post nothing:
that money was never lost. Leaves alone: what is attributed, returned and taken back (the apps above, `moneybook`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from yipanqi.ops.journal.services import Actor
from yipanqi.ops.measures.enums import Target
from yipanqi.ops.measures.models import Freeze, PaymentStop
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import Leg, post, shift

HOLDING = ("stopped", "lifting")
_ENDED_AS = {
    "expired": Kind.LAPSED,
    "lifted": Kind.RELEASED,
    "superseded": Kind.RELEASED,
    "lapsed": Kind.LAPSED,
    "released": Kind.RELEASED,
}


def book_stop(stop: PaymentStop, act: str, *, before: str, acting: Actor, now: datetime) -> None:
    """Post what a locked stop holds more or less than the book says, after `act` led it from `before` (not saved)."""
    if stop.target != Target.SUSPECT or stop.case_id is None:
        return
    if before not in HOLDING and stop.status not in HOLDING:
        return
    wanted = (stop.stopped_minor or 0) if stop.status in HOLDING else 0
    booked = _standing(stop, Kind.STOPPED)
    if wanted >= booked:
        sources = [_ENDED_AS[before]] if before in _ENDED_AS else []
        legs = _brought(stop, wanted - booked, sources, Kind.STOPPED)
    else:
        legs = _moved(stop, Kind.STOPPED, _ENDED_AS.get(stop.status, Kind.BANK), booked - wanted)
    _post(f"stop_{act}", legs, stop, acting, now)


def frozen_from_stop(freeze: Freeze, minor: int) -> int:
    """How much of a further sum a freeze takes out of what its own case's stop holds on the account."""
    return min(minor, _standing(freeze, Kind.STOPPED))


def book_held(
    freeze: Freeze, act: str, minor: int, *, before: str = "", acting: Actor, now: datetime
) -> None:
    """Post, after `act`, that a locked freeze holds `minor` now instead of its `frozen_minor`; sets that (not saved).

    What is more comes from the case's own stop as far as it goes, for one corrected from what had ended, else from the
    bank; what is less was never there.
    """
    legs = held_legs(freeze, minor, [_ENDED_AS[before]] if before in _ENDED_AS else [Kind.STOPPED])
    freeze.frozen_minor = minor
    _post(f"freeze_{act}", legs, freeze, acting, now)


def book_let_go(
    freeze: Freeze,
    act: str,
    target: Kind,
    *,
    minor: int | None = None,
    left_minor: int | None = None,
    acting: Actor,
    now: datetime,
) -> int:
    """Post that a locked freeze let go of `minor` (None: all of it, with the interest) and has `left_minor` left.

    What the bank held more or less than we knew is put right in the same entry. Sets what is held (not saved); returns
    the principal that was let go.
    """
    gone = freeze.frozen_minor if minor is None else minor
    left = freeze.frozen_minor - gone if left_minor is None else left_minor
    legs = held_legs(freeze, gone + left, [])
    legs += _moved(freeze, Kind.FROZEN, target, gone)
    freeze.frozen_minor = left
    if minor is None or left == 0:
        legs += _moved(freeze, Kind.FROZEN, target, freeze.interest_minor, Part.INTEREST)
        freeze.interest_minor = 0
    _post(f"freeze_{act}", legs, freeze, acting, now)
    return gone


def book_interest(freeze: Freeze, minor: int, *, acting: Actor, now: datetime) -> None:
    """Post that a locked freeze has so much interest; sets it (not saved)."""
    more = minor - freeze.interest_minor
    source, target = (Kind.BANK, Kind.FROZEN) if more > 0 else (Kind.FROZEN, Kind.BANK)
    legs = _moved(freeze, source, target, abs(more), Part.INTEREST)
    freeze.interest_minor = minor
    _post("freeze_interest", legs, freeze, acting, now)


def held_legs(freeze: Freeze, minor: int, sources: Sequence[Kind]) -> tuple[Leg, ...]:
    """The legs from what a freeze is known to hold to `minor`; what is more comes from `sources`, then the bank."""
    more = minor - freeze.frozen_minor
    if more < 0:
        return _moved(freeze, Kind.FROZEN, Kind.BANK, -more)
    return _brought(freeze, more, sources, Kind.FROZEN)


def _brought(
    measure: PaymentStop | Freeze, minor: int, sources: Iterable[Kind], target: Kind
) -> tuple[Leg, ...]:
    legs: tuple[Leg, ...] = ()
    for source in sources:
        taken = min(minor, _standing(measure, source)) if minor else 0
        legs += _moved(measure, source, target, taken)
        minor -= taken
    return legs + _moved(measure, Kind.BANK, target, minor)


def _moved(
    measure: PaymentStop | Freeze, source: Kind, target: Kind, minor: int, part: Part = Part.PRINCIPAL
) -> tuple[Leg, ...]:
    return shift(
        Book.HOLDINGS,
        source,
        target,
        minor,
        case_id=measure.case_id,
        place_code=measure.place_code,
        account_id=measure.account_id,
        part=part,
    )


def _standing(measure: PaymentStop | Freeze, kind: Kind) -> int:
    return balance(Book.HOLDINGS, kind, case_id=measure.case_id, account_id=measure.account_id)


def _post(
    act: str, legs: tuple[Leg, ...], measure: PaymentStop | Freeze, acting: Actor, now: datetime
) -> None:
    kind = "payment_stop" if isinstance(measure, PaymentStop) else "freeze"
    post(
        act,
        legs,
        once=f"{act}:{measure.id}:{measure.version}",
        case_id=measure.case_id,
        place_code=measure.place_code,
        ref=(kind, measure.id),
        acting=acting,
        now=now,
    )
