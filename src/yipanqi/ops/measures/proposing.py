"""Proposing a stop, or one more period of it: what the policy pack allows, and whether the order leaves at once.

Where the pack says `before`, nothing leaves until a second officer has signed. Where it names a time within which the
signature may follow, the order leaves with the proposal and comes back when nobody signs.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import LIVE, PAYMENT_STOP
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.queries import access_alert
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import lock_open_case
from yipanqi.ops.cases.queries import list_payments
from yipanqi.ops.cases.queries import pack_of as pack_of_case
from yipanqi.ops.cases.services import note_stop_proposed, note_stop_sent
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.measures.enums import OrderKind, Purpose, Target
from yipanqi.ops.measures.freezing.queries import find_live_freeze
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.moving import StopRefused, lock_account, lock_stop_of, pack_of, stop_draft
from yipanqi.ops.measures.ordering import give_order, leave
from yipanqi.ops.measures.queries import find_live_stop, signatures_of, used_count
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import find_bank_partner
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

NOTE_MAX = 500
# Whose account a stop says that it is, noted on the case.
ROLES: dict[str, SubjectRole] = {
    Target.PROTECTIVE: SubjectRole.VICTIM_ACCOUNT,
    Target.SUSPECT: SubjectRole.SUSPECT_ACCOUNT,
}


@dataclass(frozen=True)
class StopProposal:
    """What is to be stopped and why. `account` in normal form, `bank` and `ground` catalog codes; money in minor units.

    It comes from a case or from an alert; `payment_id` names the case's payment that gives the four elements.
    """

    target: str
    ground: str
    account: str
    bank: str
    holder_name: str
    asked_minor: int | None = None
    transfer_at: datetime | None = None
    case_id: uuid.UUID | None = None
    alert_id: uuid.UUID | None = None
    payment_id: uuid.UUID | None = None
    note: str = ""


@transaction.atomic
def propose_stop(*, proposal: StopProposal, acting_officer: "Officer", now: datetime) -> PaymentStop:
    """Propose a stop and ask for the second signature; where the pack allows it the order leaves at once.

    Raises StopRefused; NotAllowed without the role; NotFound when case or alert is out of scope.
    """
    require(acting_officer, "stop.propose")
    case, alert = _origin(proposal, acting_officer)
    pack = pack_of_case(case) if case else policy_in_force(now)
    if case and not pack.flag("stop.pre_filing") and case.filed_at is None:
        raise StopRefused("the pack stops only in filed cases", code="case_not_filed")
    partner = _checked(proposal, pack)
    account = resolve_accounts([(proposal.account, proposal.bank)], now=now)[proposal.account]
    lock_account(account.id)
    live = find_live_stop(account)
    if live:
        raise StopRefused("the account has a live stop", code="stop_already_live", stop_id=str(live.id))
    frozen = find_live_freeze(case, account) if case else None
    if frozen is not None and frozen.status == "frozen":
        raise StopRefused("the case has frozen the account", code="freeze_already_live")
    limit = pack.count(f"stop.{proposal.target}.max_count")
    if used_count(account) >= limit:
        raise StopRefused(
            "the account was stopped as often as allowed", code="stop_count_exceeded", limit=limit
        )
    stop = _new_stop(proposal, account, partner, case, alert, pack, acting_officer, now)
    stop.save(force_insert=True)
    if case:
        own = proposal.target == Target.PROTECTIVE
        role = SubjectRole.VICTIM_ACCOUNT if own else SubjectRole.SUSPECT_ACCOUNT
        note_stop_proposed(case, account, role=role, now=now)
    acting, ahead = as_actor(acting_officer), stop.sign_due_at is not None
    due_at = stop.sign_due_at or now + pack.duration("stop.order_valid")
    _ask(stop, Purpose.STOP, proposal.ground, proposal.note, acting_officer, due_at, now)
    write_entries([stop_draft(stop, "stop.proposed", acting, now, ground=proposal.ground, ahead=ahead)])
    if ahead:
        leave(stop, acting=acting, now=now)
    return stop


@transaction.atomic
def lean_on_stop(*, case_id: uuid.UUID, stop_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> bool:
    """Note that the account a case's victim paid is stopped for another case already: the first-stop clock ends.

    False when that stop has not reached its bank, or is of an account that the case has no payment to.
    """
    require(acting_officer, "stop.propose")
    case = lock_open_case(case_id, acting_officer, act="case.read")
    stops = PaymentStop.objects.for_system("an account is stopped for whoever asked first").filter(id=stop_id)
    stop: PaymentStop | None = stops.filter(status__in=LIVE, sent_at__isnull=False).first()
    if stop is None or stop.account_id not in {payment.payee_id for payment in list_payments(case)}:
        return False
    note_stop_sent(case, acting=as_actor(acting_officer), now=now)
    return True


@transaction.atomic
def propose_extension(
    *, stop_id: uuid.UUID, version: int, ground: str, note: str = "", acting_officer: "Officer", now: datetime
) -> Signature:
    """Ask for one more period of a stop in effect (止付延期) while the account's allowance lasts; needs a signature.

    Where the pack lets a stop leave before its signature, its extension leaves so too. Raises StopRefused.
    """
    stop = lock_stop_of(acting_officer, stop_id, act="stop.propose", version=version)
    pack = pack_of(stop)
    _check_ground(ground, stop.target)
    _check_note(note)
    PAYMENT_STOP.next(stop.status, "extend")
    if stop.expires_at is None or stop.expires_at <= now:
        raise StopRefused("the stop has ended", code="extension_too_late")
    limit = pack.count(f"stop.{stop.target}.max_count")
    if used_count(stop.account) >= limit:
        raise StopRefused(
            "the account was stopped as often as allowed", code="stop_count_exceeded", limit=limit
        )
    if any(each.status == "waiting" for each in signatures_of(stop) if each.purpose == Purpose.EXTENSION):
        raise StopRefused("an extension is under way", code="stop_already_live", stop_id=str(stop.id))
    if stop.orders.filter(kind=OrderKind.EXTEND, status__in=["waiting", "sent", "unanswered"]).exists():
        raise StopRefused("an extension is under way", code="stop_already_live", stop_id=str(stop.id))
    acting = as_actor(acting_officer)
    within = pack.second_person("stop.second_person")
    due_at = min(now + within if within else stop.expires_at, stop.expires_at)
    signature = _ask(stop, Purpose.EXTENSION, ground, note, acting_officer, due_at, now)
    stop.version += 1
    drafts = [stop_draft(stop, "stop.extension_proposed", acting, now, before=stop.status, ground=ground)]
    if within:
        stop.counts += 1
        drafts.append(give_order(stop, OrderKind.EXTEND, acting=acting, now=now))
    stop.save()
    write_entries(drafts)
    return signature


def _new_stop(
    proposal: StopProposal,
    account: Account,
    partner: Partner,
    case: Case | None,
    alert: Alert | None,
    pack: PolicyPack,
    officer: "Officer",
    now: datetime,
) -> PaymentStop:
    origin = case or alert
    assert origin is not None
    within = pack.second_person("stop.second_person")
    stop = PaymentStop(
        id=new_id(now),
        target=proposal.target,
        status=PAYMENT_STOP.initial,
        account=account,
        partner=partner,
        case=case,
        alert=alert,
        payment_id=_payment_of(proposal, case),
        person=_protected(proposal, case, alert),
        holder_name=Sealed.of("name", proposal.holder_name),
        fraud_type=origin.fraud_type,
        asked_minor=proposal.asked_minor,
        transfer_at=proposal.transfer_at,
        ground=proposal.ground,
        note=Sealed.of("text", proposal.note),
        pack_id=pack.id,
        pack_version=pack.version,
        proposed_by=officer,
        proposed_at=now,
        sign_due_at=now + within if within else None,
    )
    stop.put_at(origin.place_code)
    return stop


def _ask(
    stop: PaymentStop,
    purpose: Purpose,
    ground: str,
    note: str,
    officer: "Officer",
    due_at: datetime,
    now: datetime,
) -> Signature:
    signature = Signature(
        id=new_id(now),
        stop=stop,
        purpose=purpose,
        ground=ground,
        note=Sealed.of("text", note),
        reason=Sealed.of("text", ""),
        asked_by=officer,
        asked_at=now,
        due_at=due_at,
    )
    signature.put_at(stop.place_code)
    signature.save(force_insert=True)
    return signature


def _origin(proposal: StopProposal, officer: "Officer") -> tuple[Case | None, Alert | None]:
    if proposal.case_id:
        case = lock_open_case(proposal.case_id, officer, act="case.read")
        return case, case.alert
    if proposal.alert_id:
        return None, access_alert(officer, proposal.alert_id)
    raise StopRefused("a stop comes from a case or an alert", code="origin_missing")


def _checked(proposal: StopProposal, pack: PolicyPack) -> Partner:
    if proposal.target not in pack.choices("stop.targets"):
        raise StopRefused("the pack has no such stop", code="target_not_allowed", target=proposal.target)
    if proposal.target == Target.SUSPECT and proposal.case_id is None:
        raise StopRefused("a suspect's account is stopped in a case", code="origin_missing")
    _check_ground(proposal.ground, proposal.target)
    _check_note(proposal.note)
    given = {
        "name": proposal.holder_name,
        "account": proposal.account,
        "amount": proposal.asked_minor,
        "time": proposal.transfer_at,
    }
    wanted = pack.choices("stop.match_fields") if proposal.target == Target.SUSPECT else ("name", "account")
    for element in wanted:
        if not given[element]:
            raise StopRefused("an element is missing", code="element_missing", field=element)
    partner = find_bank_partner(proposal.bank)
    if partner is None:
        raise StopRefused("the bank is not connected", code="bank_not_connected", bank=proposal.bank)
    return partner


def _check_ground(ground: str, target: str) -> None:
    item = catalog.stop_grounds().get(ground)
    if item is None:
        raise StopRefused("no such ground", code="ground_unknown", ground=ground[:24])
    if target not in item.targets:
        raise StopRefused("a ground for another stop", code="ground_of_other_target", ground=ground)


def _check_note(note: str) -> None:
    if len(note) > NOTE_MAX:
        raise StopRefused("the note is too long", code="field_too_long", limit=NOTE_MAX)


def _payment_of(proposal: StopProposal, case: Case | None) -> uuid.UUID | None:
    if case is None or proposal.payment_id is None:
        return None
    known = {payment.id for payment in list_payments(case)}
    if proposal.payment_id not in known:
        raise StopRefused("the payment is of another case", code="not_found")
    return proposal.payment_id


def _protected(proposal: StopProposal, case: Case | None, alert: Alert | None) -> "object | None":
    if proposal.target != Target.PROTECTIVE:
        return None
    return case.victim if case else alert.person if alert else None
