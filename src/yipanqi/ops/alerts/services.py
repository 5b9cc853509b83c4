"""Moving alerts along their lifecycle, inside the caller's transaction; each move is journaled.

The rows are locked by the caller's act (`lock_alerts`); what an outcome means for the work is decided above.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from yipanqi.casework.lifecycles.alert import ALERT
from yipanqi.ops.alerts.joining import alert_payload
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.services import Actor, Draft, write_entries


@dataclass(frozen=True)
class Assessment:
    """What triage found: type with its score in permille, its reasons and the rules' version, and the level.

    A reason is `{"rule": id, "phrase": the rulebook's own phrase}`, never the narrative's words.
    """

    fraud_type: str
    score_permille: int
    rules_version: str
    level: str
    reasons: list[dict[str, str]]


def lock_alerts(alert_ids: Iterable[uuid.UUID], *, skip_locked: bool = False) -> list[Alert]:
    """The alerts, locked in id order until the transaction ends, with person and account at hand.

    With `skip_locked` those that another transaction holds are left out instead of waited for.
    """
    alerts = Alert.objects.for_system("workers and acts lock by id; gates stand at the doors")
    return list(
        alerts.select_related("person", "suspect_account")
        .select_for_update(of=("self",), skip_locked=skip_locked, no_key=True)
        .filter(id__in=list(alert_ids))
        .order_by("id")
    )


def move_alert(
    alert: Alert, act: str, *, acting: Actor, now: datetime, outcome: str = "", **payload: object
) -> Draft:
    """Apply one act of the lifecycle to a locked alert (not saved) and return its journal draft."""
    transition = ALERT.next(alert.status, act)
    before, alert.status = alert.status, transition.target
    alert.version += 1
    if transition.target == "paid":
        alert.paid_at = now
    if before == "paid" and act == "undo_outcome" and alert.paid_at:
        payload["paid_at"] = alert.paid_at.isoformat()
        alert.paid_at = None
    alert.closed_at = now if transition.target == "closed" else None
    alert.outcome = outcome if transition.target in {"closed", "paid"} else ""
    if act == "triage":
        alert.triaged_at, alert.triaged_type = now, alert.fraud_type
    extra = {"outcome": outcome} if outcome else {}
    return Draft(
        transition.event,
        acting,
        "alert",
        str(alert.id),
        now,
        place_code=alert.place_code,
        payload={**alert_payload(alert), **extra, **payload},
        before=before,
        after=alert.status,
    )


def save_alerts(alerts: Iterable[Alert], drafts: Iterable[Draft]) -> None:
    """Write moved alerts and their journal entries together."""
    Alert.objects.write_back(
        alerts,
        ["status", "outcome", "fraud_type", "fraud_score_permille", "fraud_reasons", "rules_version", "level",
         "triaged_type", "handler", "due_at", "triaged_at", "paid_at", "closed_at", "version"],
    )  # fmt: skip
    write_entries(drafts)


def assess(alert: Alert, assessment: Assessment) -> None:
    """Put triage's finding on a locked alert (not saved). A level only rises while the alert lives."""
    alert.fraud_type = assessment.fraud_type
    alert.fraud_score_permille = assessment.score_permille
    alert.rules_version = assessment.rules_version
    alert.fraud_reasons = assessment.reasons
    ranks = {"high": 3, "mid": 2, "low": 1}
    if alert.status == "received" or ranks[assessment.level] > ranks[alert.level]:
        alert.level = assessment.level
