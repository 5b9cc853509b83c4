"""A victim's claim along its life: told with a follow code, applied, verified by another, left out with a reason.

Leaves alone: what the claim gets (`choosing`), a further code (`issuing`), and who looks it up (`following`).
"""

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.returns.codes import code_index, new_code
from yipanqi.ops.returns.models import Claim, ReturnFund
from yipanqi.ops.returns.moving import (
    ReturnRefused,
    check_text,
    claim_draft,
    lock_claim_of,
    lock_return,
    move_claim,
    touch,
)
from yipanqi.ops.returns.opening import PREPARED
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

APPLICANTS = ("victim", "agent")


@dataclass(frozen=True)
class ApplicationFacts:
    """What an application says: who applies, and where to pay. `destination_id` is an account the victim paid from;
    otherwise `account` (normal form) and `bank` name another of the victim's own, with `other_reason`.
    """

    applicant: str = "victim"
    agent_name: str = ""
    agent_ground: str = ""
    destination_id: uuid.UUID | None = None
    account: str = ""
    bank: str = ""
    holder_name: str = ""
    other_reason: str = ""


@transaction.atomic
def notify_claim(
    *, claim_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime
) -> tuple[Claim, str]:
    """Tell a candidate of the return: the notice is made, and the follow code is given, which is shown this once."""
    claim = lock_claim_of(acting_officer, claim_id, version=version)
    acting = as_actor(acting_officer)
    draft = move_claim(claim, "notify", acting=acting, now=now)
    claim.notified_by, claim.notified_at = acting_officer, now
    code = _give_code(claim, acting_officer, now)
    claim.save()
    write_entries([draft, claim_draft(claim, "claim.code_issued", acting, now, first=True)])
    return claim, code


@transaction.atomic
def enter_application(
    *,
    claim_id: uuid.UUID,
    version: int,
    facts: ApplicationFacts,
    acting_officer: "Officer",
    now: datetime,
) -> Claim:
    """Enter what the victim, or an agent, applied for; after a failed payment also another account to pay to.

    Raises ReturnRefused: element_missing (field), destination_missing, destination_of_another, ground_unknown.
    """
    claim = lock_claim_of(acting_officer, claim_id, version=version)
    _check_applicant(facts)
    destination = _destination(claim, facts, now)
    acting = as_actor(acting_officer)
    act = "redirect" if claim.status == "verified" else "apply"
    told = {"kind": facts.applicant, "bank": facts.bank or destination.bank_code or None}
    draft = move_claim(claim, act, acting=acting, now=now, ground=facts.agent_ground or None, **told)
    claim.applied_at, claim.applied_by = claim.applied_at or now, acting_officer
    claim.verified_by = claim.verified_at = None
    claim.applicant, claim.agent_ground = facts.applicant, facts.agent_ground
    claim.agent_name = Sealed.of("name", facts.agent_name.strip())
    claim.destination, claim.destination_bank = destination, facts.bank or destination.bank_code
    claim.is_origin = facts.destination_id is not None
    claim.destination_name = Sealed.of("name", facts.holder_name.strip() or claim.victim.name.reveal())
    claim.other_reason = Sealed.of("text", check_text(facts.other_reason, needed=not claim.is_origin))
    claim.save()
    write_entries([draft])
    return claim


@transaction.atomic
def verify_claim(*, claim_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime) -> Claim:
    """Verify an application that another officer entered; it is put on paper. Raises ReturnRefused."""
    claim = lock_claim_of(acting_officer, claim_id, version=version)
    if claim.applied_by_id == acting_officer.id:
        raise ReturnRefused("another officer has to verify", code="second_person_needed")
    acting = as_actor(acting_officer)
    draft = move_claim(claim, "verify", acting=acting, now=now)
    claim.verified_by, claim.verified_at = acting_officer, now
    claim.save()
    _application(claim, acting_officer, now)
    write_entries([draft])
    return claim


@transaction.atomic
def exclude_claim(
    *, claim_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> Claim:
    """Leave a claim out of a return that is being prepared, for a catalogued reason; a choice made with it falls."""
    if reason not in catalog.exclude_reasons():
        raise ReturnRefused("no such reason", code="reason_unknown", reason=reason[:24])
    claim = _changed(claim_id, version, acting_officer)
    acting = as_actor(acting_officer)
    drafts = [move_claim(claim, "exclude", acting=acting, now=now, reason=reason)]
    claim.excluded_reason = reason
    claim.save()
    drafts += touch(lock_return(claim.fund_return_id), acting=acting, now=now, claim_id=str(claim.id))
    write_entries(drafts)
    return claim


@transaction.atomic
def restore_claim(*, claim_id: uuid.UUID, version: int, acting_officer: "Officer", now: datetime) -> Claim:
    """Take a claim in again that was left out."""
    claim = _changed(claim_id, version, acting_officer)
    acting = as_actor(acting_officer)
    drafts = [move_claim(claim, "restore", acting=acting, now=now)]
    claim.excluded_reason = ""
    claim.save()
    drafts += touch(lock_return(claim.fund_return_id), acting=acting, now=now, claim_id=str(claim.id))
    write_entries(drafts)
    return claim


def _changed(claim_id: uuid.UUID, version: int, officer: "Officer") -> Claim:
    claim = lock_claim_of(officer, claim_id, version=version)
    status = claim.fund_return.status
    if status not in PREPARED:
        raise ReturnRefused("the return is not being prepared", code="claim_not_ready", status=status)
    return claim


def _check_applicant(facts: ApplicationFacts) -> None:
    if facts.applicant not in APPLICANTS:
        raise ReturnRefused("no such applicant", code="element_missing", field="applicant")
    if facts.applicant == "agent":
        if facts.agent_ground not in catalog.agent_grounds():
            raise ReturnRefused("no such ground", code="ground_unknown", ground=facts.agent_ground[:24])
        if not facts.agent_name.strip():
            raise ReturnRefused("the agent has a name", code="element_missing", field="agent_name")


def _destination(claim: Claim, facts: ApplicationFacts, now: datetime) -> Account:
    if facts.destination_id is not None:
        paid = claim.case.payments.filter(payer_id=facts.destination_id, replaced_at__isnull=True)
        payment = paid.select_related("payer").first()
        if payment is None or payment.payer is None:
            raise ReturnRefused("the victim paid from no such account", code="destination_missing")
        origin: Account = payment.payer
        return origin
    if not facts.account or not facts.bank:
        raise ReturnRefused("an account and its bank are needed", code="destination_missing")
    if _plain(facts.holder_name) not in {"", _plain(claim.victim.name.reveal())}:
        raise ReturnRefused("the account is somebody else's", code="destination_of_another")
    return resolve_accounts([(facts.account, facts.bank)], now=now)[facts.account]


def _plain(name: str) -> str:
    """A name without blanks and width, to be compared."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _give_code(claim: Claim, officer: "Officer", now: datetime) -> str:
    """A new code with the notice that carries it. The paper is sealed; of the code only the index is kept beside."""
    code = new_code()
    claim.code_index = code_index(code)
    funds = ReturnFund.objects.filter(fund_return_id=claim.fund_return_id)
    held = sum(fund.principal_minor + fund.interest_minor for fund in funds)
    make_paper(
        "victim_notice",
        fields={
            "victim": claim.victim.name.reveal(),
            "case": claim.case.number,
            "loss": format_amount(claim.loss_minor),
            "held": format_amount(held),
            "code": code,
            "officers": officer.name,
        },
        subject=("claim", claim.id),
        case_id=claim.case_id,
        place_code=claim.fund_return.place_code,
        acting=as_actor(officer),
        now=now,
    )
    return code


def _application(claim: Claim, officer: "Officer", now: datetime) -> None:
    ground = catalog.agent_grounds().get(claim.agent_ground)
    agent = f"{claim.agent_name.reveal()}（{ground.name.zh}）" if ground else "无"
    bank = catalog.banks().get(claim.destination_bank)
    make_paper(
        "application",
        fields={
            "case": claim.case.number,
            "victim": claim.victim.name.reveal(),
            "loss": format_amount(claim.loss_minor),
            "recovered": format_amount(claim.recovered_minor),
            "payee": claim.destination_name.reveal(),
            "account": claim.destination.number.reveal() if claim.destination else "",
            "bank": bank.name.zh if bank else claim.destination_bank,
            "origin": "是" if claim.is_origin else "否",
            "agent": agent,
            "officers": officer.name,
        },
        subject=("claim", claim.id),
        case_id=claim.case_id,
        place_code=claim.fund_return.place_code,
        acting=as_actor(officer),
        now=now,
    )
