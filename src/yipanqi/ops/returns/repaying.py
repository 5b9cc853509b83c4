"""Repayments by the accused (退赃退赔): into the unit's escrow, or straight to a victim.

They count once a second person has confirmed them.

What a victim was repaid is taken off the claim in every later division. Leaves alone: dividing the escrow, which a
return does as it does a freeze.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.repayment import REPAYMENT
from yipanqi.kernel.days import day_of
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.asking import ask
from yipanqi.ops.returns.models import Repayment
from yipanqi.ops.returns.moving import ReturnRefused
from yipanqi.ops.screening.sniffing import sniff
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.vault.files import keep_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

FILE_KIND = "repayment"
SURRENDERED = "surrendered"  # 退赃: into the escrow of the unit
COMPENSATED = "compensated"  # 退赔: straight to the victim
KINDS = (SURRENDERED, COMPENSATED)
STAGES = ("investigation", "prosecution", "trial")
NAME_MAX, NUMBER_MAX = 64, 64


@dataclass(frozen=True)
class RepaymentFacts:
    """What is entered of a repayment; `victim_id` for one that went straight to a victim of the case."""

    case_id: uuid.UUID
    kind: str
    stage: str
    payer_name: str
    amount_minor: int
    received_at: datetime
    receipt_number: str
    victim_id: uuid.UUID | None = None
    evidence: bytes | None = None


@transaction.atomic
def enter_repayment(*, facts: RepaymentFacts, acting_officer: "Officer", now: datetime) -> Repayment:
    """Enter what the accused, or somebody for them, paid back; another officer has to confirm it.

    Raises ReturnRefused: field_missing (field), repayment_above_loss, amount..; FileUnknown for a file not taken.
    """
    access_case(acting_officer, facts.case_id, act="repayment.enter")
    case = lock_case(facts.case_id)
    _check(facts, now)
    acting = as_actor(acting_officer)
    found = Repayment(
        id=new_id(now),
        case=case,
        status=REPAYMENT.initial,
        kind=facts.kind,
        stage=facts.stage,
        payer_name=Sealed.of("name", facts.payer_name.strip()),
        amount_minor=facts.amount_minor,
        received_at=facts.received_at,
        receipt_number=facts.receipt_number.strip(),
        victim_id=facts.victim_id if facts.kind == COMPENSATED else None,
        entered_by=acting_officer,
        entered_at=now,
    )
    found.put_at(case.place_code)
    if facts.evidence:
        sniff(facts.evidence)
        found.evidence_sha256 = keep_file(FILE_KIND, found.id, facts.evidence)
    found.save(force_insert=True)
    ask(found, officer=acting_officer, now=now)
    _write_slip(found, acting_officer, now)
    seen = {"kind": facts.kind, "stage": facts.stage, "amount_minor": facts.amount_minor}
    write_entries([repayment_draft(found, "repayment.entered", acting, now, **seen)])
    return found


def lock_case(case_id: uuid.UUID) -> Case:
    """The case, locked: what is told of its victims' losses follows one after the other."""
    rows = Case.objects.for_system("acts lock by id; gates stand before")
    locked: Case = rows.select_for_update(no_key=True, of=("self",)).get(id=case_id)
    return locked


def settle(repayment: Repayment, *, signed: bool, officer: "Officer", now: datetime) -> Draft:
    """Count, or turn down, a locked repayment that another officer has looked at (saved here).

    Raises ReturnRefused `repayment_above_loss` when the victim's loss has been made good by other money since.
    """
    transition = REPAYMENT.next(repayment.status, "confirm" if signed else "decline")
    before, repayment.status = repayment.status, transition.target
    repayment.version += 1
    acting = as_actor(officer)
    seen: dict[str, object] = {}
    if signed:
        repayment.confirmed_by, repayment.confirmed_at = officer, now
        _post(repayment, acting, now)
        seen = {"kind": repayment.kind, "amount_minor": repayment.amount_minor}
    repayment.save()
    return repayment_draft(repayment, transition.event, acting, now, before=before, **seen)


def _post(repayment: Repayment, acting: Actor, now: datetime) -> None:
    place = {"case_id": repayment.case_id, "place_code": repayment.case.place_code}
    if repayment.kind == COMPENSATED:
        _check_loss(repayment.case_id, repayment.victim_id, repayment.amount_minor)
        victim = {"victim_id": repayment.victim_id}
        legs = shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.REPAID, repayment.amount_minor, **victim, **place)
    else:
        legs = shift(Book.HOLDINGS, Kind.ACCUSED, Kind.ESCROW, repayment.amount_minor, **place)
    ref = ("repayment", repayment.id)
    post("repayment", legs, once=f"repayment:{repayment.id}", ref=ref, acting=acting, now=now, **place)


def _check(facts: RepaymentFacts, now: datetime) -> None:
    texts = {"payer_name": (facts.payer_name, NAME_MAX), "receipt_number": (facts.receipt_number, NUMBER_MAX)}
    for field, (text, limit) in texts.items():
        if not text.strip():
            raise ReturnRefused("needed", code="field_missing", field=field)
        if len(text) > limit:
            raise ReturnRefused("too long", code="field_too_long", field=field, limit=limit)
    known = {"kind": (facts.kind, KINDS), "stage": (facts.stage, STAGES)}
    for field, (value, allowed) in known.items():
        if value not in allowed:
            raise ReturnRefused("no such choice", code="field_unknown", field=field)
    if facts.amount_minor <= 0:
        raise ReturnRefused("more than nothing", code="amount_empty", field="amount")
    if facts.received_at > now:
        raise ReturnRefused("not yet", code="occurred_in_future", field="received_at")
    if facts.kind == COMPENSATED:
        _check_loss(facts.case_id, facts.victim_id, facts.amount_minor)


def _write_slip(repayment: Repayment, officer: "Officer", now: datetime) -> None:
    make_paper(
        "repayment_slip",
        fields={
            "case": repayment.case.number,
            "payer": repayment.payer_name.reveal(),
            "amount": format_amount(repayment.amount_minor),
            "kind": catalog.statuses()[f"repayment_kind.{repayment.kind}"].name.zh,
            "stage": catalog.statuses()[f"stage.{repayment.stage}"].name.zh,
            "received": day_of(repayment.received_at).isoformat(),
            "receipt": repayment.receipt_number,
            "officers": officer.name,
        },
        subject=("repayment", repayment.id),
        case_id=repayment.case_id,
        place_code=repayment.place_code,
        acting=as_actor(officer),
        now=now,
    )


def repayment_draft(
    repayment: Repayment, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a repayment."""
    key = str(repayment.id)
    body = {"repayment_id": key, "case_id": str(repayment.case_id), **payload}
    place = repayment.place_code
    return Draft(event, acting, "repayment", key, now, place, body, before=before, after=repayment.status)


def _check_loss(case_id: uuid.UUID, victim_id: uuid.UUID | None, minor: int) -> None:
    """Pass silently while a victim has lost at least so much that nothing has made good yet."""
    left = balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=case_id, victim_id=victim_id) if victim_id else 0
    if minor > left:
        raise ReturnRefused("more than this victim has still lost", code="repayment_above_loss", minor=left)
