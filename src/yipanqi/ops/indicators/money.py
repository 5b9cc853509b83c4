"""The wall's figures of stops, first stops and late clocks: counted fresh from the tables, and folded on alike.

All of them are sums over entries, so the order in which entries of one instant were sealed does not matter.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.days import day_start
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import OPEN
from yipanqi.ops.journal.queries import FeedItem
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import OPEN_STATUSES, WorkOrder

LATE = ("first_call", "visit", "first_stop", "level1_entry")


@dataclass
class Money:
    """`stops` by status while live; today's stops with what they hold; first stops in time and late; late clocks."""

    stops: dict[str, int] = field(default_factory=dict)
    stopped: int = 0
    stopped_minor: int = 0
    first_stops: dict[str, int] = field(default_factory=lambda: {"in_time": 0, "late": 0})
    late: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LATE, 0))

    def copy(self) -> "Money":
        """An independent copy."""
        return replace(self, stops=dict(self.stops), first_stops=dict(self.first_stops), late=dict(self.late))

    def turn_day(self) -> None:
        """Begin a new day: what is counted by day starts at nothing, what is open stays."""
        self.stopped, self.stopped_minor, self.first_stops = 0, 0, {"in_time": 0, "late": 0}


def count_money(scope_code: str, *, now: datetime) -> Money:
    """The figures of a scope, fresh from the tables."""
    today = day_start(now), day_start(now) + timedelta(days=1)
    money = Money()
    stops = PaymentStop.objects.in_scope(scope_code)
    rows = stops.filter(status__in=LIVE).values("status").annotate(n=Count("id"))
    money.stops = {row["status"]: row["n"] for row in rows}
    held = stops.filter(confirmed_at__gte=today[0], confirmed_at__lt=today[1])
    sums = held.aggregate(n=Count("id"), held=Sum("stopped_minor"))
    money.stopped, money.stopped_minor = sums["n"], int(sums["held"] or 0)
    cases = Case.objects.in_scope(scope_code)
    first = cases.filter(stop_sent_at__gte=today[0], stop_sent_at__lt=today[1]).aggregate(
        n=Count("id"), late=Count("id", filter=Q(late_stop_at__isnull=False))
    )
    money.first_stops = {"in_time": first["n"] - first["late"], "late": first["late"]}
    late = cases.filter(status__in=OPEN).aggregate(
        stop=Count("id", filter=Q(late_stop_at__isnull=False, stop_sent_at__isnull=True)),
        entry=Count("id", filter=Q(late_entry_at__isnull=False, entered_at__isnull=True)),
    )
    orders = WorkOrder.objects.in_scope(scope_code).filter(late_at__isnull=False, status__in=OPEN_STATUSES)
    calls = orders.filter(kind=WorkKind.CALL, purpose=Purpose.DISSUADE, status="waiting", attempts=0)
    money.late = {
        "first_call": calls.count(),
        "visit": orders.filter(kind=WorkKind.VISIT).count(),
        "first_stop": late["stop"],
        "level1_entry": late["entry"],
    }
    return money


def fold_stop(money: Money, item: FeedItem, *, today: bool) -> None:
    """Apply one entry about a stop."""
    for status, by in ((item.before, -1), (item.after, 1)):
        if status in LIVE and item.before != item.after:
            money.stops[status] = money.stops.get(status, 0) + by
            if not money.stops[status]:
                del money.stops[status]
    if item.event == "stop.stopped" and today:
        money.stopped += 1
        money.stopped_minor += int(item.payload.get("stopped_minor") or 0)  # type: ignore[call-overload]


def fold_case(money: Money, item: FeedItem, *, today: bool) -> None:
    """Apply one entry about a case's clocks."""
    payload = item.payload
    if item.event == "case.late":
        money.late[str(payload["clock"])] += 1
    elif item.event == "case.stop_ordered":
        money.late["first_stop"] -= bool(payload["late"]) and item.after in OPEN
        if today:
            money.first_stops["late" if payload["late"] else "in_time"] += 1
    elif item.event == "case.payment_entered":
        money.late["level1_entry"] -= bool(payload["late"]) and item.after in OPEN
    elif item.before in OPEN and item.after not in OPEN:
        money.late["first_stop"] -= bool(payload.get("late_stop"))
        money.late["level1_entry"] -= bool(payload.get("late_entry"))


def fold_work(money: Money, item: FeedItem) -> None:
    """Apply one entry about a call or a visit that is overdue by now."""
    payload = item.payload
    if not payload.get("late"):
        return
    was_late = item.event != "work_order.late"
    if payload["kind"] == WorkKind.VISIT:
        money.late["visit"] += (item.after in OPEN_STATUSES) - (was_late and item.before in OPEN_STATUSES)
    elif payload.get("purpose") != Purpose.CALLBACK and payload.get("first"):
        was_first = was_late and item.event != "work_order.reopened"
        money.late["first_call"] += (item.after == "waiting") - (was_first and item.before == "waiting")
