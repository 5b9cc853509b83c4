"""From an alert to the rank of its call: gathers the facts and keeps keys and facts on the work order."""

from datetime import datetime

from yipanqi import catalog
from yipanqi.casework.routing import CallFacts, Pace, Rank, Reason, rank_call, reasons_at, savable_minor
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.workorders.models import WorkOrder


def call_facts(alert: Alert) -> CallFacts:
    """What routing needs to know of an alert; when the money left is taken as the latest occurrence."""
    return CallFacts(
        level=alert.level,
        paid=alert.paid,
        payment_count=alert.payment_count,
        amount_minor=alert.amount_minor,
        typical_loss_minor=catalog.fraud_types()[alert.fraud_type].typical_loss_minor,
        signal_count=alert.signal_count,
        signal_at=alert.last_signal_at,
        paid_at=alert.last_occurred_at if alert.paid else None,
        suspect_known=alert.suspect_account_id is not None,
    )


def put_rank(order: WorkOrder, facts: CallFacts) -> Rank:
    """Set the order's keys and facts (not saved)."""
    rank = rank_call(facts)
    order.key_draining = rank.keys.get(Pace.DRAINING)
    order.key_pressing = rank.keys.get(Pace.PRESSING)
    order.key_steady = rank.keys.get(Pace.STEADY)
    order.facts = {
        "rule_version": rank.rule_version,
        "level": facts.level,
        "paid": facts.paid,
        "payment_count": facts.payment_count,
        "amount_minor": facts.amount_minor,
        "typical_loss_minor": facts.typical_loss_minor,
        "signal_count": facts.signal_count,
        "signal_at": facts.signal_at.isoformat(),
        "paid_at": facts.paid_at.isoformat() if facts.paid_at else None,
        "suspect_known": facts.suspect_known,
    }
    return rank


def kept_facts(order: WorkOrder) -> CallFacts:
    """The facts the order was ranked by."""
    kept = {name: value for name, value in order.facts.items() if name != "rule_version"}
    kept["signal_at"] = datetime.fromisoformat(kept["signal_at"])
    kept["paid_at"] = datetime.fromisoformat(kept["paid_at"]) if kept["paid_at"] else None
    return CallFacts(**kept)


def order_savable_minor(order: WorkOrder, now: datetime) -> int:
    """Money, in minor units, that a call made now is estimated to still save."""
    return savable_minor(kept_facts(order), now)


def alert_savable_minor(alert: Alert, now: datetime) -> int:
    """The same estimate from an alert's present facts."""
    return savable_minor(call_facts(alert), now)


def alert_reasons(alert: Alert, now: datetime) -> tuple[Reason, ...]:
    """Why a call about this alert would rank where it does, from the alert's present facts."""
    return reasons_at(call_facts(alert), now)


def order_reasons(order: WorkOrder, now: datetime) -> tuple[Reason, ...]:
    """Why this order ranks where it does, as it stands now."""
    return reasons_at(kept_facts(order), now)
