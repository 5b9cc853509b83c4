"""What is entered into cases: opening one from an alert or a report, payments, suspects, and what stops tell of it.

A stop is `measures`' matter; it tells the case when it was proposed and when its first order has left. A case's
life is in `moving`.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from procrastinate.contrib.django import app as queue

from yipanqi.casework.lifecycles.case import CASE
from yipanqi.kernel.days import day_of
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.queries import list_signals
from yipanqi.ops.cases.enums import CaseSource, SubjectRole
from yipanqi.ops.cases.losses import post_payment
from yipanqi.ops.cases.models import Case, CaseSubject, Payment
from yipanqi.ops.cases.moving import (
    CaseRefused,
    case_draft,
    lock_open_case,
    move_locked_case,
    save_changed,
)
from yipanqi.ops.cases.queries import CaseNotFound
from yipanqi.ops.cases.reading import PaymentFacts, ReportFacts, read_report
from yipanqi.ops.journal.services import Actor, write_entry
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import as_actor as partner_actor
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account, Link, Person, Phone
from yipanqi.ops.subjects.services import (
    lock_identities,
    resolve_accounts,
    resolve_links,
    resolve_people,
    resolve_phones,
)
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

FOLLOW_TASK = "analytics.follow_money"


def open_case_of_alert(alert: Alert, *, acting: Actor, now: datetime) -> Case:
    """Open the case of a locked alert whose person has paid, unless one goes on; journaled with the caller's act."""
    known = Case.objects.for_system("one case per alert").filter(alert=alert)
    existing: Case | None = known.exclude(status__in=CASE.resting).first()
    if existing:
        return existing
    case = _new_case(alert.person, alert.place_code, CaseSource.ALERT, now)
    case.alert, case.fraud_type = alert, alert.fraud_type
    case.occurred_at = alert.last_occurred_at
    case.save(force_insert=True)
    _add_subject(case, SubjectRole.VICTIM, now, person=alert.person)
    if alert.suspect_account:
        _add_subject(case, SubjectRole.SUSPECT_ACCOUNT, now, account=alert.suspect_account, level=1)
    for account in filter(None, (signal.suspect_account for signal in list_signals(alert))):
        _add_subject(case, SubjectRole.SUSPECT_ACCOUNT, now, account=account)
    write_entry(case_draft(case, "case.reported", acting, now))
    return case


@transaction.atomic
def report_case(
    *,
    facts: ReportFacts,
    source: CaseSource,
    acting: Actor,
    now: datetime,
    sender: str = "",
) -> tuple[Case, bool]:
    """Open a case from a checked report; (case, whether it is new). A repeat under the same id returns the first.

    Raises CaseRefused `external_id_conflict` when the id came before with another report.
    """
    lock_identities([facts.person])
    if facts.external_id:
        known = Case.objects.for_system("one case per report").filter(
            sender=sender, external_id=facts.external_id
        )
        existing: Case | None = known.first()
        if existing:
            if existing.digest != facts.digest:
                raise CaseRefused("the id was used for another report", code="external_id_conflict")
            return existing, False
    (victim,), _ = resolve_people([facts.person], now=now)
    case = _new_case(victim, facts.person.place_code, source, now)
    case.fraud_type = facts.fraud_type or "T99"
    case.text = Sealed.of("text", facts.text)
    case.occurred_at = facts.occurred_at
    case.sender, case.external_id, case.digest = sender, facts.external_id, facts.digest
    case.save(force_insert=True)
    _add_subject(case, SubjectRole.VICTIM, now, person=victim)
    write_entry(case_draft(case, "case.reported", acting, now, occurred_at=facts.occurred_at))
    for payment in facts.payments:
        _enter_payment(case, payment, acting, now)
    _add_suspects(case, facts.suspect_phones, facts.suspect_links, now)
    case.save()
    return case, True


def receive_report(*, row: object, partner: Partner, now: datetime) -> tuple[Case, bool]:
    """Open a case from a partner's report about a place within its scope; (case, whether it is new).

    Raises RowRefused with every flaw, CaseRefused `external_id_conflict`.
    """
    facts = read_report(row, scope_code=partner.scope_id, now=now, needs_id=True)
    acting = partner_actor(partner)
    return report_case(facts=facts, source=CaseSource.PARTNER, acting=acting, now=now, sender=partner.code)


@transaction.atomic
def enter_payment(
    *, case_id: uuid.UUID, facts: PaymentFacts, acting_officer: "Officer", now: datetime
) -> Payment:
    """Enter one payment of the victim with its four elements; ends the level-1 clock. Raises `payment_known`."""
    case = lock_open_case(case_id, acting_officer, act="case.enter")
    payment = _enter_payment(case, facts, as_actor(acting_officer), now)
    save_changed(case)
    return payment


@transaction.atomic
def correct_payment(
    *,
    case_id: uuid.UUID,
    payment_id: uuid.UUID,
    facts: PaymentFacts,
    acting_officer: "Officer",
    now: datetime,
) -> Payment:
    """Replace a payment that was misheard by what was really paid; the first one is kept beside it.

    Raises CaseNotFound when the case does not hold it (any more), CaseRefused `payment_known`, MoneyAttributed when
    more of the loss is settled than what would be left.
    """
    case = lock_open_case(case_id, acting_officer, act="case.enter")
    old = case.payments.filter(id=payment_id, replaced_at__isnull=True).first()
    if old is None:
        raise CaseNotFound(f"payment {payment_id} does not stand in the case")
    acting = as_actor(acting_officer)
    old.replaced_at = now
    old.save(update_fields=["replaced_at"])
    case.loss_minor -= old.amount_minor
    seen = {"payment_id": str(old.id), "loss_minor": old.amount_minor}
    write_entry(case_draft(case, "case.payment_replaced", acting, now, **seen))
    payment = _enter_payment(case, facts, acting, now, instead_of=old)
    save_changed(case)
    return payment


@transaction.atomic
def add_suspects(
    *,
    case_id: uuid.UUID,
    phones: Iterable[str] = (),
    links: Iterable[str] = (),
    acting_officer: "Officer",
    now: datetime,
) -> None:
    """Add suspects' phones and links, in normal form, to a case; what it has already stays."""
    case = lock_open_case(case_id, acting_officer, act="case.enter")
    added = _add_suspects(case, phones, links, now)
    if added:
        save_changed(case)
        draft = case_draft(case, "case.subjects_added", as_actor(acting_officer), now, rows=added)
        write_entry(draft)


def withdraw_case_of_alert(alert: Alert, *, reported_at: datetime, acting: Actor, now: datetime) -> bool:
    """Take back the case that an undone outcome opened at `reported_at` for a locked alert.

    False when somebody has gone on with it. A case that was open before stays.
    """
    rows = Case.objects.for_system("the case of a locked alert").select_for_update(no_key=True)
    case: Case | None = rows.filter(alert=alert, reported_at=reported_at).exclude(status="withdrawn").first()
    if case is None:
        return True
    if case.version > 1:
        return False
    move_locked_case(case, "withdraw", acting=acting, now=now, reason="undo")
    case.save()
    return True


def ask_to_follow(case_ids: Iterable[uuid.UUID] = ()) -> None:
    """Ask for these cases' payments to be found in the ledger and their money followed, within the caller's
    transaction."""
    task = queue.configure_task(FOLLOW_TASK, queue="ledger")
    task.defer(case_ids=[str(case_id) for case_id in case_ids])


def note_stop_sent(case: Case, *, acting: Actor, now: datetime) -> None:
    """End the first-stop clock of a locked case: an order to stop a suspect's account has reached its bank."""
    if case.stop_sent_at is None:
        case.stop_sent_at = now
        case.save(update_fields=["stop_sent_at"])
        write_entry(case_draft(case, "case.stop_ordered", acting, now, late=case.late_stop_at is not None))


def note_stop_proposed(case: Case, account: Account, *, role: SubjectRole, now: datetime) -> None:
    """Note on a locked case that a stop of this account was proposed, and whose account it is."""
    _add_subject(case, role, now, account=account)
    save_changed(case)


def note_level(case: Case, account: Account, *, level: int) -> None:
    """Note how many hops from the victim a suspect's account of a case lies, where nothing is known of it yet."""
    rows = CaseSubject.objects.filter(case=case, account=account, role=SubjectRole.SUSPECT_ACCOUNT)
    rows.filter(level__isnull=True).update(level=level)


def _new_case(victim: Person, place_code: str, source: CaseSource, now: datetime) -> Case:
    pack = policy_in_force(now)
    case = Case(
        id=new_id(now),
        number=_new_number(place_code, now),
        status=CASE.initial,
        source=source,
        victim=victim,
        fraud_type="T99",
        text=Sealed.of("text", ""),
        reason=Sealed.of("text", ""),
        pack_id=pack.id,
        pack_version=pack.version,
        reported_at=now,
        occurred_at=now,
        stop_due_at=now + pack.duration("stop.first_within"),
        entry_due_at=now + pack.duration("stop.level1_within") if pack.has("stop.level1_within") else None,
    )
    case.put_at(place_code)
    return case


def _new_number(place_code: str, now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_number')")
        serial = cursor.fetchone()[0]
    return f"A{place_code[:6]}-{day_of(now):%y%m%d}-{serial:06d}"


def _enter_payment(
    case: Case, facts: PaymentFacts, acting: Actor, now: datetime, *, instead_of: Payment | None = None
) -> Payment:
    pairs = [(facts.payee_account, facts.payee_bank), (facts.payer_account, facts.payer_bank)]
    accounts = resolve_accounts(pairs, now=now)
    payee, payer = accounts[facts.payee_account], accounts.get(facts.payer_account)
    standing = case.payments.filter(replaced_at__isnull=True, payee=payee)
    known = standing.filter(amount_minor=facts.amount_minor, paid_at=facts.paid_at).first()
    if known:
        raise CaseRefused(
            "the payment stands in the case already", code="payment_known", payment_id=str(known.id)
        )
    payment = Payment(
        id=new_id(now),
        case=case,
        victim=case.victim,
        payer=payer,
        payee=payee,
        payee_name=Sealed.of("name", facts.payee_name),
        payee_bank=facts.payee_bank,
        payer_bank=facts.payer_bank,
        amount_minor=facts.amount_minor,
        paid_at=facts.paid_at,
        entered_at=now,
        entered_by=acting.id,
    )
    payment.save(force_insert=True)
    post_payment(case, payment, instead_of=instead_of, acting=acting, now=now)
    _add_subject(case, SubjectRole.SUSPECT_ACCOUNT, now, account=payee, level=1)
    if payer:
        _add_subject(case, SubjectRole.VICTIM_ACCOUNT, now, account=payer)
    case.loss_minor += facts.amount_minor
    entered = case.entered_at is None
    if entered:
        case.entered_at = now
    seen = {"payment_id": str(payment.id), "loss_minor": facts.amount_minor, "entered": entered}
    late = entered and case.late_entry_at is not None
    write_entry(case_draft(case, "case.payment_entered", acting, now, late=late, **seen))
    ask_to_follow([case.id])
    return payment


def _add_suspects(case: Case, phones: Iterable[str], links: Iterable[str], now: datetime) -> int:
    added = 0
    for phone in resolve_phones(phones, now=now).values():
        added += _add_subject(case, SubjectRole.SUSPECT_PHONE, now, phone=phone)
    for link in resolve_links(links, now=now).values():
        added += _add_subject(case, SubjectRole.SUSPECT_LINK, now, link=link)
    return added


def _add_subject(
    case: Case,
    role: SubjectRole,
    now: datetime,
    *,
    person: Person | None = None,
    account: Account | None = None,
    phone: Phone | None = None,
    link: Link | None = None,
    level: int | None = None,
) -> int:
    facts = {"person": person, "account": account, "phone": phone, "link": link}
    if CaseSubject.objects.filter(case=case, role=role, **facts).exists():
        return 0
    CaseSubject.objects.create(id=new_id(now), case=case, role=role, level=level, added_at=now, **facts)
    return 1
