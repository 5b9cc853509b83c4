"""Objections (异议) to an announced return: lodged while the notice runs, decided by one who had no hand in it.

An objection that is upheld leads the return back to its beginning. Leaves alone: complaints afterwards (CPP 196).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.objection import OBJECTION
from yipanqi.casework.terms import ends_at, last_day
from yipanqi.kernel.days import day_of
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.deciding import take_up_again
from yipanqi.ops.returns.models import FundReturn, Objection, ReturnFund, ReturnSignature
from yipanqi.ops.returns.moving import (
    ReturnRefused,
    check_text,
    lock_return_of,
    lock_with_freezes,
    pack_of,
)
from yipanqi.ops.returns.queries import access_objection
from yipanqi.ops.screening.queries import finding_of
from yipanqi.ops.screening.sniffing import sniff
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.vault.files import keep_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

KINDS = ("victim", "holder", "other")
FILE_KIND = "objection"
NAME_MAX = 64


@transaction.atomic
def lodge_objection(
    *,
    return_id: uuid.UUID,
    kind: str,
    name: str,
    phone: str,
    text: str,
    file: bytes | None = None,
    acting_officer: "Officer",
    now: datetime,
) -> Objection:
    """Enter an objection with what was handed in, while the notice runs.

    Raises ReturnRefused: objection_too_late, element_missing (field), field_too_long; what `sniff` raises.
    """
    found = lock_return_of(acting_officer, return_id, act="objection.enter")
    if found.status != "noticed" or found.notice_ends_at is None or now >= found.notice_ends_at:
        raise ReturnRefused("the notice does not run", code="objection_too_late")
    if kind not in KINDS or not name.strip() or not text.strip():
        field = "kind" if kind not in KINDS else "name" if not name.strip() else "text"
        raise ReturnRefused("an objection says who and why", code="element_missing", field=field)
    if len(name) > NAME_MAX:
        raise ReturnRefused("the name is too long", code="field_too_long", limit=NAME_MAX)
    made = _new_objection(found, kind, name, phone, check_text(text), acting_officer, now)
    if file:
        sniff(file)
        made.evidence_sha256 = keep_file(FILE_KIND, made.id, file)
    made.save(force_insert=True)
    told = {"kind": kind, "due_at": made.due_at.isoformat()}
    write_entries([_draft(made, "objection.lodged", as_actor(acting_officer), now, **told)])
    return made


@transaction.atomic
def decide_objection(
    *, objection_id: uuid.UUID, uphold: bool, reason: str, acting_officer: "Officer", now: datetime
) -> Objection:
    """Uphold or reject an objection with reasons; upheld, the return is divided and announced anew.

    Raises ReturnRefused: own_decision, reason_missing, field_too_long; TransitionRefused.
    """
    seen = access_objection(acting_officer, objection_id)
    found, _ = lock_with_freezes(seen.fund_return_id)
    rows = Objection.objects.for_system("seen").select_for_update(no_key=True, of=("self",))
    objection: Objection = rows.get(id=seen.id)
    if acting_officer.id in officers_of(found):
        raise ReturnRefused("had a hand in this return", code="own_decision")
    act = "uphold" if uphold else "reject"
    transition = OBJECTION.next(objection.status, act)
    before, objection.status = objection.status, transition.target
    objection.decided_by, objection.decided_at = acting_officer, now
    objection.reason = Sealed.of("text", check_text(reason))
    objection.version += 1
    objection.save()
    acting = as_actor(acting_officer)
    late = objection.late_at is not None
    drafts = [_draft(objection, transition.event, acting, now, before=before, late=late)]
    _paper(found, objection, acting_officer, now)
    if uphold and found.status in {"noticed", "deciding"}:
        told = {"reason": "objection_upheld", "objection_id": str(objection.id)}
        drafts += take_up_again(found, acting=acting, now=now, **told)
    write_entries(drafts)
    return objection


def officers_of(found: FundReturn) -> set[uuid.UUID]:
    """Who had a hand in a return: opened, chose, submitted, signed, or found whose the money is; before it was taken up
    again, too."""
    own = {found.opened_by_id, found.chosen_by_id, found.submitted_by_id, found.approved_by_id}
    signatures = ReturnSignature.objects.for_system("of a locked return").filter(fund_return=found)
    for pair in signatures.values_list("asked_by_id", "decided_by_id"):
        own |= set(pair)
    own |= set(found.divisions.values_list("asked_by_id", flat=True))
    freezes = ReturnFund.objects.filter(fund_return=found, freeze__isnull=False)
    findings = finding_of(freezes.values_list("freeze_id", flat=True))
    own |= {finding.found_by_id for finding in findings.values()}
    return own - {None}


def mark_late(*, now: datetime, limit: int = 200) -> int:
    """Note once that an objection was not decided in its time; returns how many."""
    rows = Objection.objects.for_system("the clock looks at every place")
    due = rows.filter(status="open", due_at__lte=now, late_at__isnull=True).order_by("due_at")
    return sum(_late(key, now) for key in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _late(objection_id: uuid.UUID, now: datetime) -> int:
    rows = Objection.objects.for_system("the clock").select_for_update(no_key=True, of=("self",))
    objection: Objection = rows.get(id=objection_id)
    if objection.status != "open" or objection.late_at is not None:
        return 0
    objection.late_at = now
    objection.save(update_fields=["late_at"])
    told = {"due_at": objection.due_at.isoformat()}
    write_entries([_draft(objection, "objection.late", SYSTEM, now, **told)])
    return 1


def _new_objection(
    found: FundReturn, kind: str, name: str, phone: str, text: str, officer: "Officer", now: datetime
) -> Objection:
    pack = pack_of(found)
    within = last_day(day_of(now), pack.period("return.objection_within"), catalog.calendars()[pack.calendar])
    rows = Objection.objects.for_system("of a locked return").filter(fund_return=found)
    made = Objection(
        id=new_id(now),
        fund_return=found,
        number=f"{found.number}-O{rows.count() + 1}",
        kind=kind,
        name=Sealed.of("name", name.strip()),
        phone=Sealed.of("phone", phone.strip()),
        text=Sealed.of("text", text),
        status=OBJECTION.initial,
        lodged_at=now,
        entered_by=officer,
        due_at=ends_at(within, pack.zone),
        evidence_name=Sealed.of("text", ""),
        reason=Sealed.of("text", ""),
    )
    made.put_at(found.place_code)
    return made


def _paper(found: FundReturn, objection: Objection, officer: "Officer", now: datetime) -> None:
    make_paper(
        "objection_decision",
        fields={
            "objector": objection.name.reveal(),
            "case": found.case.number,
            "notice": found.notice_number,
            "objection": objection.text.reveal(),
            "outcome": "异议成立，原返还方案重新办理" if objection.status == "upheld" else "异议不成立",
            "reasons": objection.reason.reveal(),
            "officers": officer.name,
        },
        subject=("fund_return", found.id),
        case_id=found.case_id,
        place_code=found.place_code,
        acting=as_actor(officer),
        now=now,
    )


def _draft(
    objection: Objection, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    body: dict[str, object] = {
        "objection_id": str(objection.id),
        "return_id": str(objection.fund_return_id),
        **payload,
    }
    key, place = str(objection.id), objection.place_code
    return Draft(event, acting, "objection", key, now, place, body, before=before, after=objection.status)
