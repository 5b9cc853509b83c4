"""What came of a call or a visit moves its alert: the one place where outcomes of both are concluded.

`effect` is the catalog's. A good end waits for whoever is still speaking with the person: while another order of the
alert is in hand, the alert stays open and the last one to report concludes it; work that nobody has in hand ends with
the alert. Found paid ends everything at once and opens the case: what comes in later is kept beside it.
"""

from datetime import datetime

from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.services import move_alert, save_alerts
from yipanqi.ops.cases.services import open_case_of_alert
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.workorders.enums import Purpose
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.moving import move_orders
from yipanqi.ops.workorders.opening import open_call_later, open_calls, open_orders, open_visit

LATER = frozenset({"call_later", "visit_later"})
TO_STATION = frozenset({"to_station", "refused_to_station"})
TO_SEAT = frozenset({"to_seat", "seat_next_day"})


def conclude(
    order: WorkOrder, alert: Alert, *, effect: str, outcome: str, acting: Actor, now: datetime
) -> WorkOrder | None:
    """Move the locked alert of an order that has just been moved itself; the work opened by it, if any."""
    if effect in LATER:
        save_alerts([alert], [move_alert(alert, "call_later", acting=acting, now=now)])
        return None
    if effect in TO_STATION | TO_SEAT:
        return _hand_over(alert, effect, acting, now)
    if effect == "paid":
        _end_others(open_orders([alert]), acting, now)
        save_alerts([alert], [move_alert(alert, "confirm_paid", acting=acting, now=now, outcome=outcome)])
        open_case_of_alert(alert, acting=acting, now=now)
        return None
    return _close(order, alert, effect, outcome, acting, now)


def _hand_over(alert: Alert, effect: str, acting: Actor, now: datetime) -> WorkOrder | None:
    """Give the alert to the other side, unless that has it in its line or in hand already."""
    if effect in TO_STATION:
        act, (onward, is_new) = "hand_to_station", open_visit(alert, acting=acting, now=now)
    else:
        known = open_orders([alert])
        act, is_new = "hand_to_seat", not known
        onward = known[0] if known else _open_call(alert, effect, acting, now)
    draft = move_alert(alert, act, acting=acting, now=now, work_order_id=str(onward.id))
    save_alerts([alert], [draft])
    return onward if is_new else None


def _open_call(alert: Alert, effect: str, acting: Actor, now: datetime) -> WorkOrder:
    if effect == "seat_next_day":
        return open_call_later(alert, acting=acting, now=now)
    return open_calls([alert], acting=acting, now=now)[0]


def _close(
    order: WorkOrder, alert: Alert, effect: str, outcome: str, acting: Actor, now: datetime
) -> WorkOrder | None:
    others = open_orders([alert])
    _end_others([other for other in others if other.status == "waiting"], acting, now)
    if any(other.status == "taken" for other in others):
        return None
    save_alerts([alert], [move_alert(alert, "close", acting=acting, now=now, outcome=outcome)])
    if effect == "close" and alert.level == "high" and order.purpose == Purpose.DISSUADE:
        return open_call_later(alert, purpose=Purpose.CALLBACK, acting=acting, now=now)
    return None


def _end_others(orders: list[WorkOrder], acting: Actor, now: datetime) -> None:
    move_orders(orders, "cancel", acting, now, reason="settled")
