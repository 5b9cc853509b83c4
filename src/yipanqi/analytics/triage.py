"""Triage: the type and level of an alert from what its signals say, and the call that follows.

Safe to repeat: an alert triaged already is only ranked anew. The type is the engine's verdict on the texts or the
sender's hint, whichever is surer; the level is the highest of the sender's, and of what paid and amount call for.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yipanqi.engine.narrative import classify, from_hint, rules_version
from yipanqi.ops.alerts.models import Alert, Signal
from yipanqi.ops.alerts.services import Assessment, assess, lock_alerts, move_alert, save_alerts
from yipanqi.ops.journal.services import SYSTEM, Draft
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.workorders.opening import open_calls
from yipanqi.ops.workorders.renewing import cancel_callbacks, renew_work

HINT_SCORE = 0.6  # a sender's own class counts like a fairly clear text
HIGH_FROM_MINOR = 5_000_000  # 50,000 yuan said to be at risk: treated as high, a house value, unverified
OTHER = "T99"
SENDERS_CLASS = "sender"
_LEVELS = ("low", "mid", "high")


@dataclass(frozen=True)
class TriageResult:
    """How many alerts got their first call, were ranked anew, came back from closed, or got a call anew
    (`renewed`).
    """

    opened: int
    reranked: int
    reopened: int
    renewed: int = 0


@transaction.atomic
def triage_alerts(alert_ids: Sequence[uuid.UUID], *, now: datetime) -> TriageResult:
    """Assess these alerts and see to their calls, in one transaction; journaled."""
    alerts = lock_alerts(alert_ids)
    signals: dict[uuid.UUID, list[Signal]] = {}
    for signal in Signal.objects.filter(alert__in=alerts).order_by("received_at"):
        signals.setdefault(signal.alert_id, []).append(signal)
    fresh, live, again = [], [], []
    drafts: list[Draft] = []
    for alert in alerts:
        own = signals.get(alert.id, [])
        before = _kept(alert)
        assess(alert, assessment_of(alert, own))
        facts = {"rule_version": alert.rules_version, "score_permille": alert.fraud_score_permille}
        if alert.status == "received":
            drafts.append(move_alert(alert, "triage", acting=SYSTEM, now=now, **facts))
            fresh.append(alert)
        elif alert.status == "closed" and any(
            s.occurred_at > alert.closed_at for s in own if alert.closed_at
        ):
            drafts.append(move_alert(alert, "signal_again", acting=SYSTEM, now=now, reason="new_signal"))
            again.append(alert)
        elif alert.status in {"triaged", "contacting"}:
            live.append(alert)
        else:  # closed before this signal's time, or paid: what was decided stays
            assess(alert, before)
            alert.level = before.level
    pack = policy_in_force(now)
    for alert in fresh + again:
        alert.due_at = now + pack.call_within(alert.level)
    save_alerts(alerts, drafts)
    cancel_callbacks(again, now=now)
    open_calls(fresh + again, acting=SYSTEM, now=now)
    renewed = renew_work(live, now=now)
    return TriageResult(len(fresh), len(live), len(again), renewed)


def _kept(alert: Alert) -> Assessment:
    score, version = alert.fraud_score_permille, alert.rules_version
    return Assessment(alert.fraud_type, score, version, alert.level, alert.fraud_reasons)


def assessment_of(alert: Alert, signals: Sequence[Signal]) -> Assessment:
    """Type, score with its reasons, and level from the alert's facts and its signals' texts and hints."""
    found: dict[str, tuple[float, list[dict[str, str]]]] = {OTHER: (0.0, [])}
    for signal in signals:
        verdict = classify(signal.text.reveal())
        spoken = [{"rule": reason.rule_id, "phrase": reason.phrase} for reason in verdict.reasons]
        candidates = [(verdict.fraud_type, verdict.score, spoken)]
        hinted = from_hint(signal.fraud_type_hint) if signal.fraud_type_hint else None
        if hinted:
            candidates.append((hinted, HINT_SCORE, [{"rule": SENDERS_CLASS, "phrase": signal.source}]))
        for fraud_type, score, reasons in candidates:
            if score > found.get(fraud_type, (-1.0, []))[0]:
                found[fraud_type] = (score, reasons)
    fraud_type = max(found, key=lambda code: (found[code][0], code != OTHER))
    score, reasons = found[fraud_type]
    levels = [signal.level_hint for signal in signals if signal.level_hint] or ["mid"]
    level = max(levels, key=_LEVELS.index)
    if alert.paid or (alert.amount_minor or 0) >= HIGH_FROM_MINOR:
        level = "high"
    return Assessment(fraud_type, round(score * 1000), rules_version(), level, reasons)
