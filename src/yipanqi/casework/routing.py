"""Which call comes first: money still savable per minute of an operator's time, with the reasons beside the score.

What a call can still save halves at a steady rate, and how fast depends on where the money is. Three paces are told
apart: *draining* (money has been paid and mules are moving it on), *pressing* (paid once or of high level: the next
payment may come any minute) and *steady* (every call). For one pace

    savable(t) = at_risk * share * chance * 2 ** (-(t - start) / half_life)

so `key = log2(at_risk * share * chance / handling_minutes) + start / half_life` does not depend on t: within a pace
the order never changes and the database can index it; only the heads of the paces are compared by the clock. A call
competes in every pace that applies and counts by the best one at the moment, therefore a payment, a further signal or
a larger amount never lowers its score at any later instant. What a call is worth once the paid money is gone is then
its slower pace: keeping the resident from paying again.

Measured: mules drain 80 to 90 % of an account within 3 to 10 minutes (shared research, peers.md); a half-life of 4
minutes leaves 18 % after 10. Assumed until outcomes are measured: the other two half-lives, the shares, the chance of
a signal by level, the minutes a call takes, and how often fairness interrupts. Reading rows, locking and texts in two
languages are left to ops and the catalog.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from yipanqi.kernel.clock import as_utc
from yipanqi.kernel.errors import YipanqiError

RULE_VERSION = "routing-1"  # stored with each rank, raised with every change of a number below
FAIR_EVERY = 5
HANDLING_MINUTES = 5.0
REPEAT_FROM = 2  # signals from which the repetition is given as a reason


class Pace(StrEnum):
    """How fast the money of a call slips away, fastest first."""

    DRAINING = "draining"
    PRESSING = "pressing"
    STEADY = "steady"


HALF_LIFE: Mapping[Pace, timedelta] = {
    Pace.DRAINING: timedelta(minutes=4),
    Pace.PRESSING: timedelta(minutes=30),
    Pace.STEADY: timedelta(hours=6),
}
DRAINED_WITHIN = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)
# After its first half-life a call is worth what the next slower pace starts with.
_SHARE: Mapping[Pace, float] = {Pace.DRAINING: 1.0, Pace.PRESSING: 0.5, Pace.STEADY: 0.25}
_CHANCE_BY_LEVEL: Mapping[str, float] = {"high": 0.5, "mid": 0.25, "low": 0.1}


class RoutingError(YipanqiError):
    """Facts of a call that cannot be ranked, such as an unknown level or no signal. Facts: field, value."""

    code = "call_facts_invalid"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call when it is ranked.

    `level` is high, mid or low; `amount_minor` the money said to be at risk or paid, None when nobody said;
    `typical_loss_minor` that of the fraud type; `signal_at` the latest signal; `paid_at` the latest payment, None when
    the instant is unknown (then `signal_at` stands for it).
    """

    level: str
    paid: bool
    payment_count: int
    amount_minor: int | None
    typical_loss_minor: int
    signal_count: int
    signal_at: datetime
    paid_at: datetime | None = None
    suspect_known: bool = False
    handling_minutes: float = HANDLING_MINUTES

    def __post_init__(self) -> None:
        checks = (
            ("level", self.level in _CHANCE_BY_LEVEL),
            ("payment_count", self.payment_count >= 0),
            ("amount_minor", self.amount_minor is None or self.amount_minor >= 0),
            ("typical_loss_minor", self.typical_loss_minor >= 0),
            ("signal_count", self.signal_count >= 1),
            ("handling_minutes", 0 < self.handling_minutes < math.inf),
        )
        for name, holds in checks:
            if not holds:
                value = getattr(self, name)
                raise RoutingError(f"A call cannot be ranked with {name} {value!r}.", field=name, value=value)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call ranks where it does: a code whose text the catalog holds, and the facts the text speaks of."""

    code: str
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a call in the queue, never without reasons.

    `keys` holds the time-invariant key of every pace the call competes in; `pace` and `key` are the best of them at
    the latest signal, `reasons` are those of that instant (`reasons_at` gives them for another).
    """

    pace: Pace
    key: float
    reasons: tuple[Reason, ...]
    keys: Mapping[Pace, float]
    facts: CallFacts
    rule_version: str = RULE_VERSION


@dataclass(frozen=True, slots=True)
class Head:
    """The first waiting call of a pace: its key there, when it is due, since when it waits, the caller's reference."""

    key: float
    due_at: datetime
    opened_at: datetime
    ref: object = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The call to make next; `pace` is None and `reasons` says why when it was chosen because it waited longest."""

    head: Head
    pace: Pace | None
    reasons: tuple[Reason, ...] = ()


def rank_call(facts: CallFacts) -> Rank:
    """Return the rank of a call with its reasons, the same at every instant until the facts change."""
    keys = {
        pace: math.log2(_savable_at_start(facts, pace) / facts.handling_minutes) + _half_lives(pace, start_at)
        for pace, start_at in _starts(facts).items()
    }
    signal_at = as_utc(facts.signal_at)
    pace = max(keys, key=lambda each: log_score(each, keys[each], signal_at))
    return Rank(pace, keys[pace], _reasons(facts, signal_at), keys, facts)


def log_score(pace: Pace, key: float, now: datetime) -> float:
    """Return log2 of the minor units that a call of this pace and key saves per minute of work at `now`."""
    return key - _half_lives(pace, as_utc(now))


def savable_minor(subject: CallFacts | Rank, now: datetime) -> int:
    """Return the estimate, in minor units rounded down, of what a call started at `now` still saves.

    An instant before the start counts as the start.
    """
    facts = subject.facts if isinstance(subject, Rank) else subject
    at = as_utc(now)
    left = (
        _savable_at_start(facts, pace) * 2.0 ** -max(0.0, (at - start_at) / HALF_LIFE[pace])
        for pace, start_at in _starts(facts).items()
    )
    return int(max(left))


def reasons_at(subject: CallFacts | Rank, now: datetime) -> tuple[Reason, ...]:
    """Return the reasons as they stand at `now`: minutes and money left are those of that instant."""
    return _reasons(subject.facts if isinstance(subject, Rank) else subject, as_utc(now))


def choose_next(
    heads: Mapping[Pace, Head], now: datetime, *, taken_count: int = 0, most_overdue: Head | None = None
) -> Choice | None:
    """Return the call to make next among the heads of the paces, None when nothing waits.

    `taken_count` is how many calls the operator took before in this shift. Every `FAIR_EVERY`-th goes to
    `most_overdue`, the waiting call with the earliest due instant, if that has passed: nobody starves behind a
    stream of larger sums. Equal scores go to the earlier due instant, then to the faster pace.
    """
    fair_turn = (taken_count + 1) % FAIR_EVERY == 0
    if fair_turn and most_overdue is not None and most_overdue.due_at < now:
        waited = Reason("waited_longest", {"minutes": _whole_minutes(now - most_overdue.opened_at)})
        overdue = Reason("overdue", {"minutes": _whole_minutes(now - most_overdue.due_at)})
        return Choice(most_overdue, None, (waited, overdue))
    present = [pace for pace in Pace if pace in heads]
    if not present:
        return None
    best = min(present, key=lambda pace: (-log_score(pace, heads[pace].key, now), heads[pace].due_at))
    return Choice(heads[best], best)


def _has_paid(facts: CallFacts) -> bool:
    return facts.paid or facts.payment_count > 0


def _payments(facts: CallFacts) -> int:
    return max(facts.payment_count, int(facts.paid))


def _at_risk_minor(facts: CallFacts) -> int:
    """What was named is a floor of the loss, not its end: residents are led on up to the loss usual for the fraud."""
    return max(1, facts.amount_minor or 0, facts.typical_loss_minor)


def _chance(facts: CallFacts) -> float:
    """Chance that the warning is true and the call in time; each further sign leaves less room for doubt."""
    signs = facts.signal_count + _payments(facts) + int(facts.suspect_known)
    return float(1.0 - (1.0 - _CHANCE_BY_LEVEL[facts.level]) ** signs)


def _starts(facts: CallFacts) -> dict[Pace, datetime]:
    """The paces a call competes in, fastest first, each with the instant from which its money slips away."""
    signal_at = as_utc(facts.signal_at)
    starts: dict[Pace, datetime] = {}
    if _has_paid(facts):
        starts[Pace.DRAINING] = signal_at if facts.paid_at is None else as_utc(facts.paid_at)
    if _has_paid(facts) or facts.level == "high":
        starts[Pace.PRESSING] = signal_at
    starts[Pace.STEADY] = signal_at
    return starts


def _savable_at_start(facts: CallFacts, pace: Pace) -> float:
    return _at_risk_minor(facts) * _SHARE[pace] * _chance(facts)


def _half_lives(pace: Pace, at: datetime) -> float:
    return at.timestamp() / HALF_LIFE[pace].total_seconds()


def _whole_minutes(span: timedelta) -> int:
    return span // _MINUTE


def _reasons(facts: CallFacts, now: datetime) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if _has_paid(facts):
        reasons.append(Reason("paid_count", {"count": _payments(facts)}))
        left = min(_starts(facts)[Pace.DRAINING] - now, timedelta(0)) + DRAINED_WITHIN
        minutes = -_whole_minutes(-left)  # rounded up
        drains = Reason("drains_within_minutes", {"minutes": minutes})
        reasons.append(drains if minutes > 0 else Reason("drained_already"))
    if facts.suspect_known:
        reasons.append(Reason("suspect_known"))
    if facts.signal_count >= REPEAT_FROM:
        reasons.append(Reason("repeat_signal", {"count": facts.signal_count}))
    if facts.level == "high":
        reasons.append(Reason("level_high"))
    reasons.append(Reason("amount_at_risk", {"amount_minor": savable_minor(facts, now)}))
    if (facts.amount_minor or 0) < facts.typical_loss_minor:
        reasons.append(Reason("typical_loss", {"amount_minor": facts.typical_loss_minor}))
    return tuple(reasons)
