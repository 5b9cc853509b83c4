"""One signature as the approver reads it: what leaves to whom, on which ground, what backs it, what if nobody signs.

The caller has passed the signature's gate; with it come the facts of the case and the warnings the stop stems from.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.ops.cases.queries import count_other_cases
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.measures.enums import OrderKind, Purpose
from yipanqi.ops.measures.queries import list_orders
from yipanqi.ops.measures.waiting import pending_of
from yipanqi.ops.workorders.ranking import alert_reasons
from yipanqi.web import presenting as show
from yipanqi.web import stops
from yipanqi.web.views.alerts import class_reasons, number

TEMPLATE = "approvals/_sheet_stop.html"


def short(signature: Any, at: datetime) -> dict[str, object]:
    """A signature as the queue shows it."""
    stop = signature.stop
    return {
        "id": signature.id,
        "account": stops.account(stop),
        "kind": _kind(signature),
        "fraud_type": show.fraud_type(stop.fraud_type),
        "asked": show.money(stop.asked_minor),
        "clock": stops.clock(stops.Clock("", signature.due_at, signature.asked_at), at),
    }


def _kind(signature: Any) -> str:
    target = stops.status_of("stop_target", signature.stop.target)["name"]
    return target if signature.purpose == Purpose.STOP else f"{_('Extension')} · {target}"


def sheet(signature: Any, at: datetime) -> dict[str, object]:
    """Everything the second person has to know of one signature."""
    stop = signature.stop
    used = pending_of([stop])[stop.id]
    order = _order_of(signature)
    return {
        **short(signature, at),
        "template": TEMPLATE,
        "status": stops.status_of("payment_stop", stop.status),
        "sum": show.amount(stop.asked_minor),
        "decided": decided(signature, at),
        "does": does(signature),
        "stop": stops.plain(stop) | {"holder": stop.holder_name.masked, "transfer_at": stop.transfer_at},
        "person": show.person(stop.person) if stop.person else None,
        "ground": stops.ground(signature.ground),
        "note": signature.note.reveal(),
        "asked_by": signature.asked_by.name,
        "asked_unit": full_name(signature.asked_by.unit_id, show.language()),
        "asked_at": signature.asked_at,
        "so_far": _so_far(order, at),
        "unsigned": _unsigned(signature, order, at),
        "signing": _signing(order),
        "declining": _declining(signature, order),
        "used": {"count": used.used, "limit": used.limit},
        "evidence": _evidence(stop, at),
    }


def _order_of(signature: Any) -> Any | None:
    """The order that left before this signature, or None when it waits for it."""
    kind = OrderKind.STOP if signature.purpose == Purpose.STOP else OrderKind.EXTEND
    orders = [each for each in list_orders(signature.stop) if each.kind == kind]
    return next((each for each in reversed(orders) if each.created_at >= signature.asked_at), None)


def does(signature: Any) -> str:
    """What is signed and to whom: 向建行发出止付 6222 **** 8123."""
    sentence = (
        _("Stop %(account)s") if signature.purpose == Purpose.STOP else _("Extend the stop of %(account)s")
    )
    return sentence % {"account": stops.account(signature.stop)}


def _so_far(order: Any | None, at: datetime) -> list[str]:
    """When it left and what the bank said, or that it waits."""
    if order is None:
        return [_("Waits for your signature: nothing has left yet.")]
    said = [
        _("The order was given at %(at)s, before the signature.") % {"at": show.moment(order.created_at, at)}
    ]
    if order.sent_at:
        said.append(_("The bank acknowledged it at %(at)s.") % {"at": show.moment(order.sent_at, at)})
    else:
        said.append(_("The bank has not acknowledged it yet."))
    if order.status == "fulfilled":
        said.append(_("The bank has carried it out."))
    elif order.status == "refused":
        said.append(_("The bank refused: %(why)s.") % {"why": stops.reason_name(order.failure)})
    elif order.status == "unanswered":
        said.append(_("The bank has not answered in time."))
    return said


def _unsigned(signature: Any, order: Any | None, at: datetime) -> str:
    """What happens if nobody signs."""
    until = {"at": show.moment(signature.due_at, at)}
    if signature.purpose == Purpose.STOP:
        if order is None:
            return _("If nobody signs by %(at)s, the proposal lapses and nothing ever leaves.") % until
        return _("If nobody signs by %(at)s, the order to lift leaves by itself.") % until
    if order is None:
        return _("If nobody signs by %(at)s, the stop ends then by itself.") % until
    return _("If nobody signs by %(at)s, the whole stop is lifted by itself.") % until


def _signing(order: Any | None) -> str:
    """What signing does."""
    return _("what has left stays in effect") if order else _("the order leaves at once")


def _declining(signature: Any, order: Any | None) -> str:
    """What sending back does."""
    if order:
        return _("the order to lift leaves at once")
    return _("nothing leaves") if signature.purpose == Purpose.STOP else _("the stop ends at its term")


def decided(signature: Any, at: datetime) -> str:
    """Who decided meanwhile and how; "" while it waits."""
    facts = {
        "name": signature.decided_by.name if signature.decided_by else "",
        "at": show.moment(signature.decided_at, at) if signature.decided_at else "",
    }
    match signature.status:
        case "signed":
            return _("%(name)s signed this at %(at)s.") % facts
        case "declined":
            return _("%(name)s sent this back at %(at)s.") % facts
        case "lapsed":
            return _("Nobody signed this in time; it lapsed at %(at)s.") % facts
        case "dropped":
            return _("The stop ended at %(at)s; no signature is needed any more.") % facts
    return ""


def _evidence(stop: Any, at: datetime) -> dict[str, object]:
    """What the proposal rests on: the case, the payment, the warnings."""
    case, payment, alert = stop.case, stop.payment, stop.alert
    return {
        "case": {
            "id": case.id,
            "number": case.number,
            "status": stops.status_of("case", case.status),
            "source": stops.status_of("case_source", case.source)["name"],
            "loss": show.amount(case.loss_minor),
            "reported_at": case.reported_at,
            "others": count_other_cases([stop.account_id], case=case).get(stop.account_id, 0),
        }
        if case
        else None,
        "payment": {
            "amount": show.amount(payment.amount_minor),
            "paid_at": payment.paid_at,
            "payee_name": payment.payee_name.masked,
        }
        if payment
        else None,
        "alert": {
            "id": alert.id,
            "number": number(alert.id),
            "signals": alert.signal_count,
            "level": show.level(alert.level),
            "reasons": [show.reason(item) for item in alert_reasons(alert, at)],
            "class_reasons": class_reasons(alert),
        }
        if alert
        else None,
    }
