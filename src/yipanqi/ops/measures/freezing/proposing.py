"""Proposing a freeze: what the case's policy pack allows, how much, for how long, and who has to sign.

Nothing leaves before the signature. Leaves alone: how much of the victims' money the account holds (the analytics say
it), signing (`deciding`).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import lock_open_case
from yipanqi.ops.cases.queries import list_payments, list_subjects
from yipanqi.ops.cases.queries import pack_of as pack_of_case
from yipanqi.ops.cases.services import note_stop_proposed
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.measures.enums import FreezeKind, Purpose, Target, TermKind
from yipanqi.ops.measures.freezing.moving import FreezeRefused, freeze_draft, least_tier
from yipanqi.ops.measures.freezing.queries import find_live_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange, PaymentStop, Signature
from yipanqi.ops.measures.moving import lock_account
from yipanqi.ops.measures.queries import find_live_stop
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import find_bank_partner
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

NOTE_MAX = 500


@dataclass(frozen=True)
class FreezeProposal:
    """What is to be frozen and why. `bank`, `ground` catalog codes; money in minor units.

    `traced_minor` is what the trace `trace_id` says the account holds of the victims' money; None where none says it.
    `stop_id` names the stop that the freeze takes the place of; without it the case's own on the account, if any.
    """

    case_id: uuid.UUID
    account_id: uuid.UUID
    bank: str
    holder_name: str
    asked_minor: int
    ground: str
    kind: str = FreezeKind.AMOUNT
    term_kind: str = TermKind.ORDINARY
    covers_interest: bool = True
    traced_minor: int | None = None
    trace_id: uuid.UUID | None = None
    stop_id: uuid.UUID | None = None
    amount_note: str = ""
    note: str = ""


@transaction.atomic
def propose_freeze(*, proposal: FreezeProposal, acting_officer: "Officer", now: datetime) -> Freeze:
    """Propose to freeze an account of a filed case and ask for the signature; nothing leaves before that.

    Raises FreezeRefused; NotAllowed without the role; CaseNotFound, CaseRefused `case_ended`.
    """
    require(acting_officer, "freeze.propose")
    case = lock_open_case(proposal.case_id, acting_officer, act="case.read")
    pack = pack_of_case(case)
    if not pack.has("freeze.first"):
        raise FreezeRefused("the pack knows no freeze", code="freeze_not_in_pack")
    if pack.flag("freeze.requires_filed") and case.filed_at is None:
        raise FreezeRefused("the pack freezes only in filed cases", code="case_not_filed")
    partner = _checked(proposal)
    account = Account.objects.filter(id=proposal.account_id).first()
    if account is None:
        raise FreezeRefused("no such account", code="not_found")
    lock_account(account.id)
    stop = _stop_of(proposal, case, account)
    if find_live_freeze(case, account):
        raise FreezeRefused("the case freezes the account already", code="freeze_already_live")
    _check_amount(proposal, case, account, stop, pack)
    freeze = _new_freeze(proposal, case, account, stop, partner, pack, acting_officer, now)
    freeze.save(force_insert=True)
    note_stop_proposed(case, account, role=SubjectRole.SUSPECT_ACCOUNT, now=now)
    due_at = now + pack.duration("stop.order_valid")
    tier = least_tier(pack, freeze.term_kind)
    ask_signature(freeze, Purpose.FREEZE, tier, proposal.ground, proposal.note, acting_officer, due_at, now)
    told = {
        "stop_id": str(stop.id) if stop else None,
        "trace_id": str(freeze.trace_id) if freeze.trace_id else None,
        "ground": freeze.ground,
        "kind": freeze.kind,
    }
    write_entries([freeze_draft(freeze, "freeze.proposed", as_actor(acting_officer), now, **told)])
    return freeze


def ask_signature(
    freeze: Freeze,
    purpose: Purpose,
    tier: str,
    ground: str,
    note: str,
    officer: "Officer",
    due_at: datetime,
    now: datetime,
    change: FreezeChange | None = None,
) -> Signature:
    """Ask for a signature on a locked freeze or on a change of it."""
    signature = Signature(
        id=new_id(now),
        freeze=freeze,
        change=change,
        purpose=purpose,
        tier=tier,
        ground=ground,
        note=Sealed.of("text", note),
        reason=Sealed.of("text", ""),
        asked_by=officer,
        asked_at=now,
        due_at=due_at,
    )
    signature.put_at(freeze.place_code)
    signature.save(force_insert=True)
    return signature


def check_ground(ground: str, act: str, note: str) -> None:
    """Pass silently when the catalog has the ground for `act` (freeze, renew) and the note says what it must."""
    item = catalog.freeze_grounds().get(ground)
    if item is None or act not in item.acts:
        raise FreezeRefused("no such ground", code="ground_unknown", ground=ground[:24])
    if ground == "other" and not note.strip():
        raise FreezeRefused("another ground is written in the note", code="reason_missing")
    check_text(note)


def check_text(text: str) -> None:
    """Pass silently when a note fits. Raises FreezeRefused `field_too_long`."""
    if len(text) > NOTE_MAX:
        raise FreezeRefused("the note is too long", code="field_too_long", limit=NOTE_MAX)


def _checked(proposal: FreezeProposal) -> Partner:
    check_ground(proposal.ground, "freeze", proposal.note)
    check_text(proposal.amount_note)
    given = {
        "name": bool(proposal.holder_name.strip()),
        "amount": proposal.asked_minor > 0,
        "kind": proposal.kind in set(FreezeKind),
        "term_kind": proposal.term_kind in set(TermKind),
    }
    for element, is_there in given.items():
        if not is_there:
            raise FreezeRefused("an element is missing", code="element_missing", field=element)
    partner = find_bank_partner(proposal.bank)
    if partner is None:
        raise FreezeRefused("the bank is not connected", code="bank_not_connected", bank=proposal.bank[:24])
    return partner


def _stop_of(proposal: FreezeProposal, case: Case, account: Account) -> PaymentStop | None:
    """The stop the freeze takes the place of. Raises FreezeRefused for the card of a victim or a protected person."""
    own = {
        subject.account_id for subject in list_subjects(case) if subject.role == SubjectRole.VICTIM_ACCOUNT
    }
    live = find_live_stop(account)
    if account.id in own or (live and live.target == Target.PROTECTIVE):
        raise FreezeRefused("a resident's own card is not frozen", code="freeze_of_own_card")
    if live is not None and live.case_id != case.id:
        live = None
    if proposal.stop_id is not None and (live is None or live.id != proposal.stop_id):
        raise FreezeRefused("the case has no such stop of the account", code="not_found")
    return live


def _check_amount(
    proposal: FreezeProposal, case: Case, account: Account, stop: PaymentStop | None, pack: PolicyPack
) -> None:
    """More than what is traced, or all of an account, needs a reason in writing where the pack says `traced`."""
    if pack.choice("freeze.amount") != "traced" or proposal.amount_note.strip():
        return
    traced = proposal.traced_minor
    if traced is None:
        paid = sum(payment.amount_minor for payment in list_payments(case) if payment.payee_id == account.id)
        known = stop is not None and stop.stopped_minor is not None
        traced = min(stop.stopped_minor, paid) if known else paid
    if proposal.kind == FreezeKind.FULL or proposal.asked_minor > traced:
        raise FreezeRefused("more than the traced amount needs a reason", code="amount_note_missing")


def _new_freeze(
    proposal: FreezeProposal,
    case: Case,
    account: Account,
    stop: PaymentStop | None,
    partner: Partner,
    pack: PolicyPack,
    officer: "Officer",
    now: datetime,
) -> Freeze:
    freeze = Freeze(
        id=new_id(now),
        status=FREEZE.initial,
        case=case,
        account=account,
        partner=partner,
        stop=stop,
        holder_name=Sealed.of("name", proposal.holder_name),
        fraud_type=case.fraud_type,
        kind=proposal.kind,
        term_kind=proposal.term_kind,
        asked_minor=proposal.asked_minor,
        traced_minor=proposal.traced_minor,
        trace_id=proposal.trace_id,
        amount_note=Sealed.of("text", proposal.amount_note),
        covers_interest=proposal.covers_interest,
        ground=proposal.ground,
        note=Sealed.of("text", proposal.note),
        pack_id=pack.id,
        pack_version=pack.version,
        proposed_by=officer,
        proposed_at=now,
        former_department=Sealed.of("text", ""),
        let_lapse_reason=Sealed.of("text", ""),
    )
    freeze.put_at(case.place_code)
    return freeze
