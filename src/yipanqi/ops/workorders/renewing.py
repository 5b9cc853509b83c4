"""What a further warning does to the work under way: calls are ranked anew, visits hurry, and the seat calls again.

A person of whom the station has been told may be led on once more while nobody is on the way. So the visit becomes
due within the time of a high level, counted from that warning, and the seat gets a call beside it. Reaching somebody
by phone takes minutes, a door an hour; and the phone that was silent yesterday may be answered today. A warning does
this once, told by its time of receipt, however often its triage is repeated.
"""

from collections.abc import Sequence
from datetime import datetime

from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.workorders.enums import Purpose, WorkKind
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.moving import move_orders
from yipanqi.ops.workorders.opening import open_calls, open_orders
from yipanqi.ops.workorders.ranking import call_facts, put_rank

_RANKED = [
    "key_draining",
    "key_pressing",
    "key_steady",
    "facts",
    "level",
    "fraud_type",
    "due_at",
    "not_before_at",
]


def renew_work(alerts: Sequence[Alert], *, now: datetime) -> int:
    """See to the open work of locked alerts that live; returns how many calls were opened anew."""
    by_alert = {alert.id: alert for alert in alerts}
    orders = open_orders(alerts)
    calls = [order for order in orders if order.kind == WorkKind.CALL]
    passed = [order for order in calls if _is_passed_over(order, by_alert[order.alert_id])]
    move_orders(passed, "cancel", SYSTEM, now, reason="superseded")
    _rerank([order for order in calls if order.purpose == Purpose.DISSUADE], by_alert, now)
    _hurry([order for order in orders if order.kind == WorkKind.VISIT], by_alert)
    again = {order.alert_id for order in passed}
    busy = {order.alert_id for order in calls} - again
    wanted = [
        alert
        for alert in alerts
        if alert.id in again or (alert.id not in busy and _is_warned_since_call(alert))
    ]
    open_calls(wanted, acting=SYSTEM, now=now)
    return len(wanted)


def cancel_callbacks(alerts: Sequence[Alert], *, now: datetime) -> None:
    """Take back the call-backs that wait for these locked alerts: a new warning has a call of its own follow."""
    waiting = [order for order in open_orders(alerts) if order.purpose == Purpose.CALLBACK]
    move_orders(waiting, "cancel", SYSTEM, now, reason="superseded")


def _is_passed_over(order: WorkOrder, alert: Alert) -> bool:
    """A waiting call-back whose person has been warned of again. One in hand goes on: somebody is speaking."""
    waits = order.purpose == Purpose.CALLBACK and order.status == "waiting"
    return waits and alert.last_signal_at > order.opened_at


def _is_warned_since_call(alert: Alert) -> bool:
    calls = WorkOrder.objects.for_system("calls of a locked alert").filter(alert=alert, kind=WorkKind.CALL)
    last = calls.order_by("-opened_at", "-id").first()
    return last is None or alert.last_signal_at > last.done_at


def _rerank(orders: Sequence[WorkOrder], by_alert: dict[object, Alert], now: datetime) -> None:
    """Rank calls anew (more signals, a better type). One put off until later may be made at once."""
    pack = policy_in_force(now)
    for order in orders:
        alert = by_alert[order.alert_id]
        put_rank(order, call_facts(alert))
        order.level, order.fraud_type = alert.level, alert.fraud_type
        order.due_at = min(order.due_at, now + pack.call_within(alert.level))
        order.not_before_at = min(order.not_before_at, now)
    WorkOrder.objects.write_back(orders, _RANKED)


def _hurry(visits: Sequence[WorkOrder], by_alert: dict[object, Alert]) -> None:
    hurried = [order for order in visits if by_alert[order.alert_id].last_signal_at > order.opened_at]
    for order in hurried:
        alert = by_alert[order.alert_id]
        put_rank(order, call_facts(alert))
        order.level, order.fraud_type = alert.level, alert.fraud_type
        within = policy_in_force(alert.last_signal_at).duration("dissuade.visit.high")
        order.due_at = min(order.due_at, alert.last_signal_at + within)
        order.not_before_at = min(order.not_before_at, alert.last_signal_at)
    WorkOrder.objects.write_back(hurried, _RANKED)
