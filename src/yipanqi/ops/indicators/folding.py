"""The wall as `fold(state, entries)`: pure, so that a snapshot plus what followed equals a fresh count.

The state covers one scope and one day of the centre. It knows which entries its snapshot has counted before the
sealer numbered them (`seen`), so that none counts twice. Reading tables is in `queries`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from yipanqi import catalog
from yipanqi.kernel.days import ZONE, day_of
from yipanqi.kernel.places import ancestor_codes
from yipanqi.ops.indicators.directives import OpenDirective, fold_directive
from yipanqi.ops.indicators.freezes import Freezes, fold_freeze, fold_posting
from yipanqi.ops.indicators.money import Money, fold_case, fold_stop, fold_work
from yipanqi.ops.journal.queries import FeedItem

TICKER_LENGTH = 20
_CURVE = {"case.reported": 1, "case.withdrawn": -1}
_WAITING = {"waiting": 1}


@dataclass
class WallState:
    """The wall's figures for one scope on one day; money in minor units, curves by hour of the centre's day."""

    scope_code: str
    day: date
    as_of: datetime
    feed_no: int = 0
    seen: set[int] = field(default_factory=set)
    waiting: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    cases_today: list[int] = field(default_factory=lambda: [0] * 24)
    cases_yesterday: list[int] = field(default_factory=lambda: [0] * 24)
    outcomes: dict[str, int] = field(default_factory=dict)
    saved_minor: int = 0
    directives: dict[str, OpenDirective] = field(default_factory=dict)
    money: Money = field(default_factory=Money)
    freezes: Freezes = field(default_factory=Freezes)
    ticker: list[dict[str, object]] = field(default_factory=list)

    def copy(self) -> "WallState":
        """An independent copy, to fold on while the original is being sent."""
        return replace(
            self,
            seen=set(self.seen),
            classes=dict(self.classes),
            cases_today=list(self.cases_today),
            cases_yesterday=list(self.cases_yesterday),
            outcomes=dict(self.outcomes),
            directives=dict(self.directives),
            money=self.money.copy(),
            freezes=self.freezes.copy(),
            ticker=list(self.ticker),
        )


def fold(state: WallState, items: Iterable[FeedItem]) -> WallState:
    """Apply sealed entries in feed order; entries of other scopes only move `feed_no`. Changes and returns `state`."""
    for item in items:
        if item.feed_no <= state.feed_no:
            continue
        state.feed_no = item.feed_no
        state.as_of = max(state.as_of, item.recorded_at)
        counted = item.entry_id in state.seen
        state.seen.discard(item.entry_id)
        if not in_scope(item.place_code, state.scope_code) or not catalog.events()[item.event].wall:
            continue
        if day_of(item.recorded_at) > state.day:
            _turn_day(state, day_of(item.recorded_at))
        if not counted:
            _count(state, item)
        _tick(state, item)
    return state


def in_scope(place_code: str, scope_code: str) -> bool:
    """Whether a place lies in a scope."""
    return bool(place_code) and scope_code in ancestor_codes(place_code)


def _turn_day(state: WallState, day: date) -> None:
    next_to = (day - state.day).days == 1
    state.cases_yesterday = state.cases_today if next_to else [0] * 24
    state.cases_today, state.classes, state.outcomes, state.saved_minor = [0] * 24, {}, {}, 0
    state.money.turn_day()
    state.freezes.turn_day()
    state.day = day


def _count(state: WallState, item: FeedItem) -> None:
    payload = item.payload
    if item.subject_kind == "work_order":
        fold_work(state.money, item)
    today = day_of(item.recorded_at) == state.day
    if item.event == "alert.triaged" and today:
        code = str(payload["fraud_type"])
        state.classes[code] = state.classes.get(code, 0) + 1
    elif item.subject_kind == "payment_stop":
        fold_stop(state.money, item, today=today)
    elif item.subject_kind == "case":
        fold_case(state.money, item, today=today)
        if item.event in _CURVE:
            _move_case(state, datetime.fromisoformat(str(payload["reported_at"])), _CURVE[item.event])
    elif item.subject_kind == "directive":
        fold_directive(state.directives, item)
    elif item.subject_kind == "money":
        fold_posting(state.freezes, item, today=today)
    elif item.subject_kind == "freeze":
        fold_freeze(state.freezes, item)
    elif _is_call(item):
        state.waiting += _WAITING.get(item.after, 0) - _WAITING.get(item.before, 0)
        if today and item.event in {"work_order.deferred", "work_order.completed"}:
            _attempt(state, item, 1)
        elif item.event == "work_order.reopened" and _made_on(item) == state.day:
            _attempt(state, item, -1)


def _is_call(item: FeedItem) -> bool:
    """A call to dissuade somebody; call-backs ask again those whom the figures have already."""
    payload = item.payload
    return (
        item.event.startswith("work_order.")
        and payload.get("kind") == "call"
        and payload.get("purpose") != "callback"
    )


def _attempt(state: WallState, item: FeedItem, sign: int) -> None:
    outcome = catalog.call_outcomes()[str(item.payload["outcome"])]
    state.outcomes[outcome.code] = state.outcomes.get(outcome.code, 0) + sign
    if not state.outcomes[outcome.code]:
        del state.outcomes[outcome.code]
    if outcome.counts_as == "dissuaded":
        amount = item.payload.get("amount_minor") or 0
        state.saved_minor += sign * int(amount)  # type: ignore[call-overload]


def _made_on(item: FeedItem) -> date:
    return day_of(datetime.fromisoformat(str(item.payload["made_at"])))


def _move_case(state: WallState, reported_at: datetime, by: int) -> None:
    """Count a case in or out at its own hour, which may be yesterday's: entries are sealed after they were recorded."""
    days_ago = (state.day - day_of(reported_at)).days
    if days_ago in {0, 1}:
        curve = state.cases_yesterday if days_ago else state.cases_today
        curve[reported_at.astimezone(ZONE).hour] += by


def _tick(state: WallState, item: FeedItem) -> None:
    if item.subject_kind not in _TOLD or item.event in _QUIET:
        return
    state.ticker.insert(
        0,
        {
            "feed_no": item.feed_no,
            "at": item.recorded_at.isoformat(),
            "event": item.event,
            "fraud_type": item.payload.get("fraud_type", ""),
            "level": item.payload.get("level", ""),
            "place": item.place_code,
            "outcome": item.payload.get("outcome", ""),
            "amount_minor": item.payload.get("amount_minor") or 0,
            "directive_kind": item.payload.get("directive_kind", ""),
        },
    )
    del state.ticker[TICKER_LENGTH:]


_TOLD = frozenset({"alert", "work_order", "directive", "case", "payment_stop", "freeze"})
# Each act of a call writes one entry for the order and one for the alert; the ticker tells it once.
_QUIET = frozenset(
    {
        "work_order.opened",
        "alert.opened",
        "alert.contact_begun",
        "alert.deferred",
        "alert.closed",
        "alert.paid",
        "alert.settled",
        "case.subjects_added",
        "case.stop_ordered",
        "stop.signed",
        "alert.handed_to_station",
        "alert.handed_to_seat",
    }
)
