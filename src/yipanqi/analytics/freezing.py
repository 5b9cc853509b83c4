"""What a freeze (冻结) may start from: which account, held by whom, and how much of the victims' money lies there.

Leaves alone: proposing and signing a freeze, and what a bank then does (`ops.measures.freezing`).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.analytics.deciding import holder_of
from yipanqi.analytics.graphs import CURRENCY, holds_account
from yipanqi.analytics.models import LedgerRow, TraceRun
from yipanqi.analytics.results import unpack_trace
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import access_case, list_payments, list_subjects
from yipanqi.ops.measures.freezing.queries import find_live_freeze
from yipanqi.ops.measures.models import Freeze, PaymentStop
from yipanqi.ops.measures.queries import find_live_stop
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

METHOD = "haircut"


@dataclass(frozen=True)
class Amount:
    """What a freeze may take without a further reason: by the trace `trace_id`, or without one by payments and stop."""

    minor: int
    trace_id: uuid.UUID | None
    as_of: datetime | None


@dataclass(frozen=True)
class Freezable:
    """An account of a case as a freeze would take it: `stop` and `freeze` are the case's live ones.

    `bank` is a catalog code and `holder` the holder's name; both are empty where nobody named them.
    """

    account: Account
    bank: str
    holder: Sealed
    stop: PaymentStop | None
    freeze: Freeze | None
    amount: Amount
    is_payee: bool


def amount_for(case_id: uuid.UUID, account_id: uuid.UUID) -> Amount:
    """The case's money that an account holds: by the newest finished trace up to its day, else what the victims paid
    there, and no more than the case's stop holds."""
    account = Account.objects.get(id=account_id)
    return _traced(case_id, account) or _paid(_case(case_id), account)


def find_freezable(officer: "Officer", case_id: uuid.UUID, account_id: uuid.UUID) -> Freezable:
    """An account that the case names as a suspect's, or that its latest trace holds. Raises `not_found`."""
    require(officer, "freeze.propose")
    case = access_case(officer, case_id)
    account = Account.objects.filter(id=account_id).first()
    paid = [payment for payment in list_payments(case) if payment.payee_id == account_id]
    if account is None or not (paid or _is_suspects(case, account_id) or _is_traced(case, account_id)):
        raise YipanqiError("the case does not hold this account", code="not_found")
    stop = find_live_stop(account)
    stop = stop if stop is not None and stop.case_id == case.id else None
    banks = [account.bank_code, *(payment.payee_bank for payment in paid), stop.partner.bank if stop else ""]
    return Freezable(
        account=account,
        bank=next((bank for bank in banks if bank), "") or _told_bank(account),
        holder=Sealed.of("name", holder_of(account)),
        stop=stop,
        freeze=find_live_freeze(case, account),
        amount=amount_for(case.id, account.id),
        is_payee=bool(paid),
    )


def _traced(case_id: uuid.UUID, account: Account) -> Amount | None:
    """What the newest trace that went as far as it could says; None before one that holds the account is finished."""
    rows = TraceRun.objects.for_system("of a case that passed its gate").filter(
        case_id=case_id, status="done"
    )
    run = rows.filter(method=METHOD, until__isnull=True).order_by("-asked_at", "-id").first()
    if run is None or run.result is None:
        return None
    held = [
        each.held_minor or 0
        for each in unpack_trace(bytes(run.result)).accounts
        if (each.account, each.currency) == (account.number_index, CURRENCY)
    ]
    return Amount(sum(held), run.id, run.ended_at or run.asked_at) if held else None


def _case(case_id: uuid.UUID) -> Case:
    found: Case = Case.objects.for_system("whose gate the caller has passed").get(id=case_id)
    return found


def _paid(case: Case, account: Account) -> Amount:
    paid = [payment for payment in list_payments(case) if payment.payee_id == account.id]
    minor = sum(payment.amount_minor for payment in paid)
    as_of = max((payment.paid_at for payment in paid), default=None)
    stop = find_live_stop(account)
    if stop is None or stop.case_id != case.id:
        return Amount(minor, None, as_of)
    return Amount(min(minor, stop.stopped_minor or 0), None, stop.stopped_at or as_of)


def _is_suspects(case: Case, account_id: uuid.UUID) -> bool:
    return any(
        subject.account_id == account_id and subject.role == SubjectRole.SUSPECT_ACCOUNT
        for subject in list_subjects(case)
    )


def _is_traced(case: Case, account_id: uuid.UUID) -> bool:
    rows = TraceRun.objects.for_system("of a case that passed its gate").filter(case=case)
    run = rows.order_by("-asked_at", "-id").first()
    return run is not None and holds_account(run, account_id)


def _told_bank(account: Account) -> str:
    rows = LedgerRow.objects.filter(payee=account).exclude(payee_bank="").order_by("-booked_at")
    return next((row.payee_bank for row in rows[:1]), "")
