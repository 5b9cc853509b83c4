"""Registering what a victim says on the phone without typing twice: what the case holds already is named by reference.

A form names an account by the id under which the case noted it; the plain number is put in here, on the server, for the
act that needs it. A screen shows masks; who wants to read a number out asks for it (`revealing`).
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.models import Case, CaseSubject, Payment
from yipanqi.ops.cases.queries import list_payments, list_subjects
from yipanqi.ops.cases.reading import PaymentFacts
from yipanqi.ops.cases.services import correct_payment, enter_payment
from yipanqi.ops.vault.fields import blind_index

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

SIDES = {"payee": SubjectRole.SUSPECT_ACCOUNT, "payer": SubjectRole.VICTIM_ACCOUNT}


def known_accounts(case: Case, side: str) -> list[CaseSubject]:
    """The accounts of one side, payee or payer, that a case which passed its gate knows, the earliest first."""
    return [subject for subject in list_subjects(case) if subject.role == SIDES[side]]


def fill_known(case: Case, typed: Mapping[str, str]) -> dict[str, str]:
    """The fields as typed, with what was left empty and named by `payee_ref` or `payer_ref` filled in.

    An account brings its bank; a payee that was paid before brings its name; the victim is the holder of the own card.
    """
    filled = {name: value for name, value in typed.items() if not name.endswith("_ref")}
    for side in SIDES:
        if filled.get(f"{side}_account"):
            continue
        wanted = typed.get(f"{side}_ref", "")
        subject = next((s for s in known_accounts(case, side) if str(s.account_id) == wanted), None)
        if subject is None or subject.account is None:
            continue
        filled[f"{side}_account"] = subject.account.number.reveal()
        filled[f"{side}_bank"] = filled.get(f"{side}_bank") or subject.account.bank_code
        if side == "payee":
            filled["payee_name"] = filled.get("payee_name") or _name_paid_before(case, subject)
    filled["holder_name"] = filled.get("holder_name") or case.victim.name.reveal()
    return filled


def enter_once(
    *,
    case: Case,
    facts: PaymentFacts,
    acting_officer: "Officer",
    now: datetime,
    corrects: uuid.UUID | None = None,
) -> Payment:
    """Enter a payment, or put it in the place of the one it `corrects`; a form sent again gives the one that stands.

    The same sum at the same time to the same account with another name, bank or payer is a correction of it.
    Raises CaseRefused, CaseNotFound.
    """
    payments = {payment.id: payment for payment in list_payments(case)}
    known = payments.get(corrects or case.id) or _like(facts, payments.values())
    if known and _says_the_same(known, facts):
        return known
    told = {"facts": facts, "case_id": case.id, "acting_officer": acting_officer, "now": now}
    if known:
        return correct_payment(payment_id=known.id, **told)
    return enter_payment(**told)


def _like(facts: PaymentFacts, payments: Iterable[Payment]) -> Payment | None:
    """The payment of the same sum at the same time to the same account."""
    wanted = (blind_index("account", facts.payee_account), facts.amount_minor, facts.paid_at)
    return next(
        (each for each in payments if (each.payee.number_index, each.amount_minor, each.paid_at) == wanted),
        None,
    )


def _says_the_same(known: Payment, facts: PaymentFacts) -> bool:
    same_sum = (known.amount_minor, known.paid_at) == (facts.amount_minor, facts.paid_at)
    same_payee = (known.payee.number.reveal(), known.payee_name.reveal(), known.payee_bank) == (
        facts.payee_account, facts.payee_name, facts.payee_bank,
    )  # fmt: skip
    payer = known.payer.number.reveal() if known.payer else ""
    return same_sum and same_payee and facts.payer_account in {"", payer}


def _name_paid_before(case: Case, subject: CaseSubject) -> str:
    paid = [payment for payment in list_payments(case) if payment.payee_id == subject.account_id]
    return paid[-1].payee_name.reveal() if paid else ""
