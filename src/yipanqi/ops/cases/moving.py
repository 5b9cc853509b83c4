"""A case along its life: one act of the table at a time, each by who may do it, and what every act on a case shares.

Lock order: people, alerts, cases, accounts, stops. A case's version counts what officers do with it; the clocks' own
notes leave it. What is entered into a case is in `services`.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.casework.lifecycles.case import CASE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.alerts.services import lock_alerts, move_alert, save_alerts
from yipanqi.ops.cases.losses import WITHOUT_LOSS, post_end
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASON_MAX = 500
ROLE_ACT = {
    "accept": "case.accept",
    "withdraw": "case.report",
    "file": "case.file",
    "refuse": "case.file",
    "solve": "case.advance",
    "prosecute": "case.advance",
    "try": "case.advance",
    "close": "case.advance",
}
REASONED = frozenset({"refuse", "withdraw", "close"})
SETTLES_ALERT = frozenset({"accept", "refuse", "withdraw"})


class CaseRefused(YipanqiError):
    """The act cannot be done on the case.

    Codes: version_conflict, reason_missing, field_too_long, second_person_needed, tier_too_low,
    external_id_conflict, payment_known (payment_id), case_ended.
    """

    code = "case_refused"


@transaction.atomic
def move_case(
    *,
    case_id: uuid.UUID,
    version: int,
    act: str,
    reason: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> Case:
    """Move a case along its life by one act of the table, at the version the officer saw.

    Filing and refusing are for a county's approver or higher who did not accept the case (rules.md §2.2: CPP 178).
    The alert it came from is settled once somebody has taken the case up or put it away.
    Raises TransitionRefused, NotAllowed and CaseRefused.
    """
    seen = access_case(acting_officer, case_id, act=ROLE_ACT.get(act, "case.read"))
    alerts = lock_alerts([seen.alert_id]) if seen.alert_id else []
    case = lock_case(case_id, acting_officer, act="case.read")
    if case.version != version:
        raise CaseRefused("the case was changed meanwhile", code="version_conflict", version=case.version)
    if act in REASONED and not reason.strip():
        raise CaseRefused("a reason is needed", code="reason_missing")
    if len(reason) > REASON_MAX:
        raise CaseRefused("the reason is too long", code="field_too_long", limit=REASON_MAX)
    if act in {"file", "refuse"}:
        if tier_of(acting_officer.scope_code) is Tier.STATION:
            raise CaseRefused("a county or higher decides on filing", code="tier_too_low", act=act)
        if case.accepted_by_id == acting_officer.id:
            raise CaseRefused("another officer has to decide", code="second_person_needed")
    move_locked_case(case, act, acting=as_actor(acting_officer), now=now)
    if act == "accept":
        case.accepted_by_id = case.handler_id = acting_officer.id
    if reason:
        case.reason = Sealed.of("text", reason)
    case.save()
    for alert in alerts:
        if act in SETTLES_ALERT and alert.status == "paid":
            settled = move_alert(
                alert, "settle_paid", acting=as_actor(acting_officer), now=now, outcome=alert.outcome
            )
            save_alerts([alert], [settled])
    return case


def move_locked_case(case: Case, act: str, *, acting: Actor, now: datetime, **payload: object) -> None:
    """Apply one act of the lifecycle to a locked case (not saved) and journal it.

    A case that is withdrawn or refused loses its loss; raises MoneyAttributed when some of it is settled.
    """
    transition = CASE.next(case.status, act)
    before, case.status = case.status, transition.target
    case.version += 1
    if transition.target == "filed":
        case.filed_at = now
    case.ended_at = now if transition.target in CASE.resting else None
    if transition.target in WITHOUT_LOSS:
        post_end(case, transition.target, acting=acting, now=now)
    write_entry(case_draft(case, transition.event, acting, now, before=before, **payload))


def lock_case(case_id: uuid.UUID, officer: "Officer", *, act: str) -> Case:
    """The case, locked, if the officer may do `act` and it lies in the officer's scope."""
    access_case(officer, case_id, act=act)
    rows = Case.objects.in_scope(officer.scope_code).select_for_update(no_key=True, of=("self",))
    locked: Case = rows.select_related("victim", "alert").get(id=case_id)
    return locked


def lock_open_case(case_id: uuid.UUID, officer: "Officer", *, act: str) -> Case:
    """The same, of a case that still goes on. Raises CaseRefused `case_ended`."""
    case = lock_case(case_id, officer, act=act)
    if case.status in CASE.resting:
        raise CaseRefused("the case has ended", code="case_ended", status=case.status)
    return case


def case_draft(
    case: Case,
    event: str,
    acting: Actor,
    now: datetime,
    *,
    before: str = "",
    occurred_at: datetime | None = None,
    **payload: object,
) -> Draft:
    """The journal draft of one case event."""
    body = {
        "case_id": str(case.id),
        "fraud_type": case.fraud_type,
        "source": case.source,
        "amount_minor": case.loss_minor,
        "reported_at": case.reported_at.isoformat(),
        "late_stop": case.late_stop_at is not None and case.stop_sent_at is None,
        "late_entry": case.late_entry_at is not None and case.entered_at is None,
        **payload,
    }
    return Draft(
        event,
        acting,
        "case",
        str(case.id),
        now,
        case.place_code,
        body,
        occurred_at=occurred_at,
        before=before,
        after=case.status,
    )


def save_changed(case: Case) -> None:
    """Save a locked case that an officer changed."""
    case.version += 1
    case.save()
