"""Looking cases up: through a gate, within the officer's scope, newest first, paged by key."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from yipanqi import catalog
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.models import Case, CaseSubject, Payment
from yipanqi.ops.jurisdictions.paging import Page, page_by_key
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.queries import phone_index
from yipanqi.ops.subjects.rules import normal_account, normal_phone
from yipanqi.ops.vault.fields import blind_index

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

OPEN = ("reported", "accepted", "filed")
PAGE = 20


class CaseNotFound(YipanqiError):
    """No such case within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


@dataclass(frozen=True)
class CaseFilter:
    """What a case list is narrowed by; empty means all. `phone` (the victim's) and `account` are matched whole."""

    status: str = ""
    fraud_type: str = ""
    source: str = ""
    district: str = ""
    phone: str = ""
    account: str = ""
    reported_from: datetime | None = None
    reported_to: datetime | None = None


def access_case(officer: "Officer", case_id: uuid.UUID, *, act: str = "case.read") -> Case:
    """The case, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Case.objects.in_scope(officer.scope_code).select_related(
        "victim", "handler", "alert", "accepted_by"
    )
    case: Case | None = rows.filter(id=case_id).first()
    if case is None:
        raise CaseNotFound(f"case {case_id} is not in your scope")
    return case


def pack_of(case: Case) -> PolicyPack:
    """The policy pack pinned on the case."""
    return catalog.policy(case.pack_id, case.pack_version)


def list_cases(officer: "Officer", wanted: CaseFilter, *, after: str = "", limit: int = PAGE) -> Page:
    """Cases of the officer's scope, newest first."""
    return page_by_key(matching_cases(officer, wanted), "reported_at", after, limit)


def matching_cases(officer: "Officer", wanted: CaseFilter) -> Any:
    """The filtered cases as a lazy set."""
    require(officer, "case.read")
    rows = Case.objects.in_scope(officer.scope_code).select_related("victim", "handler")
    exact = {name: value for name in ("status", "fraud_type", "source") if (value := getattr(wanted, name))}
    rows = rows.filter(**exact)
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    if wanted.phone:
        rows = rows.filter(victim__phone_index=phone_index(normal_phone(wanted.phone)))
    if wanted.account:
        index = blind_index("account", normal_account(wanted.account))
        rows = rows.filter(id__in=CaseSubject.objects.filter(account__number_index=index).values("case_id"))
    if wanted.reported_from:
        rows = rows.filter(reported_at__gte=wanted.reported_from)
    if wanted.reported_to:
        rows = rows.filter(reported_at__lt=wanted.reported_to)
    return rows


def late_cases(officer: "Officer", *, now: datetime) -> Any:
    """Open cases whose first stop or level-1 entry is overdue, as a lazy set, the newest first."""
    require(officer, "case.read")
    stop = Q(stop_due_at__lt=now, stop_sent_at__isnull=True)
    entry = Q(entry_due_at__lt=now, entered_at__isnull=True)
    rows = Case.objects.in_scope(officer.scope_code).select_related("victim", "handler")
    return rows.filter(stop | entry, status__in=OPEN).order_by("-reported_at", "-id")


def find_case_of_alert(officer: "Officer", alert_id: uuid.UUID) -> Case | None:
    """The case an alert became, if the officer may see it."""
    require(officer, "case.read")
    rows = Case.objects.in_scope(officer.scope_code).exclude(status="withdrawn")
    case: Case | None = rows.filter(alert_id=alert_id).first()
    return case


def list_payments(case: Case) -> list[Payment]:
    """The payments of a case that passed its gate, earliest first; none that was replaced."""
    rows = case.payments.filter(replaced_at__isnull=True).select_related("payee", "payer", "victim")
    return list(rows.order_by("paid_at", "id"))


def list_subjects(case: Case) -> list[CaseSubject]:
    """The subjects of a case that passed its gate, in the order they were added."""
    rows = case.subjects.select_related("person", "account", "phone", "link")
    return list(rows.order_by("added_at", "id"))


def count_other_cases(accounts: Iterable[uuid.UUID], *, case: Case) -> dict[uuid.UUID, int]:
    """In how many other cases of any place each account is a suspect's: a count, no more. None counts nothing."""
    rows = CaseSubject.objects.filter(account__in=list(accounts), role=SubjectRole.SUSPECT_ACCOUNT)
    rows = rows.exclude(case=case).exclude(case__status="withdrawn").values("account_id")
    return {row["account_id"]: row["n"] for row in rows.annotate(n=Count("case_id", distinct=True))}
