"""Looking returns, claims, divisions, objections and payouts up: through a gate, within the officer's scope."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.queries import Page, page_by_key
from yipanqi.ops.cases.queries import list_payments
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.measures.approving import tiers_up_to
from yipanqi.ops.measures.models import Order
from yipanqi.ops.returns.models import (
    Allocation,
    Claim,
    Division,
    FundReturn,
    Objection,
    Payout,
    PayoutLine,
    ReturnFund,
    ReturnSignature,
)
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.models import Account

if TYPE_CHECKING:
    from yipanqi.ops.cases.models import Case
    from yipanqi.ops.staff.models import Officer

PAGE = 20
TABS = {
    "prepare": ("open", "divided"),
    "notice": ("noticed",),
    "decide": ("submitted", "deciding"),
    "pay": ("decided", "ordered", "paid"),
    "objections": ("noticed",),
    "closed": ("closed", "withdrawn"),
}
_BESIDE = (
    "case",
    "division",
    "previous",
    "opened_by",
    "chosen_by",
    "submitted_by",
    "approved_by",
    "decided_by",
)


class ReturnNotFound(YipanqiError):
    """No such return, claim, objection or payout within the officer's scope."""

    code = "not_found"


@dataclass(frozen=True)
class ReturnFilter:
    """What a list of returns is narrowed by; empty means all."""

    tab: str = ""
    district: str = ""
    case: str = ""


@dataclass(frozen=True)
class PayLine:
    """One payee of an order to pay: `ref` is our name for the line, once per order."""

    ref: str
    account: str
    name: str
    bank: str
    principal_minor: int
    interest_minor: int


def access_return(officer: "Officer", return_id: uuid.UUID, *, act: str = "return.read") -> FundReturn:
    """The return, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    found: FundReturn | None = _returns(officer).filter(id=return_id).first()
    if found is None:
        raise ReturnNotFound(f"return {return_id} is not in your scope")
    return found


def access_claim(officer: "Officer", claim_id: uuid.UUID, *, act: str = "return.read") -> Claim:
    """A claim of a return that lies in the officer's scope; its own case may lie elsewhere."""
    require(officer, act)
    rows = Claim.objects.for_system("seen through its return").filter(id=claim_id)
    found: Claim | None = rows.filter(fund_return__in=_returns(officer)).select_related(*_CLAIM).first()
    if found is None:
        raise ReturnNotFound(f"claim {claim_id} is not in your scope")
    return found


def access_objection(
    officer: "Officer", objection_id: uuid.UUID, *, act: str = "objection.decide"
) -> Objection:
    """The objection, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Objection.objects.in_scope(officer.scope_code).select_related("fund_return", "decided_by")
    found: Objection | None = rows.filter(id=objection_id).first()
    if found is None:
        raise ReturnNotFound(f"objection {objection_id} is not in your scope")
    return found


def matching_returns(officer: "Officer", wanted: ReturnFilter, *, now: datetime) -> Any:
    """The filtered returns as a lazy set."""
    require(officer, "return.read")
    rows = _returns(officer)
    if wanted.tab:
        rows = rows.filter(status__in=TABS[wanted.tab])
    if wanted.tab == "objections":
        open_ones = Objection.objects.for_system("of these returns").filter(status="open")
        rows = rows.filter(Exists(open_ones.filter(fund_return=OuterRef("id"))))
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    if wanted.case:
        rows = rows.filter(case__number=wanted.case)
    return rows


def list_returns(
    officer: "Officer", wanted: ReturnFilter, *, now: datetime, after: str = "", limit: int = PAGE
) -> Page:
    """Returns of the officer's scope, paged by key: the oldest first while they go on, else the newest."""
    rows = matching_returns(officer, wanted, now=now)
    return page_by_key(rows, "opened_at", after, limit, newest_first=wanted.tab in {"", "closed"})


def returns_of_case(officer: "Officer", case: "Case") -> list[FundReturn]:
    """All returns of a case that passed its gate, oldest first."""
    return list(_returns(officer).filter(case=case).order_by("round"))


def funds_of(found: FundReturn) -> list[ReturnFund]:
    """The funds of a return that passed its gate, upstream first."""
    rows = ReturnFund.objects.filter(fund_return=found)
    return list(rows.select_related("freeze__partner", "account").order_by("level", "id"))


def claims_of(found: FundReturn) -> list[Claim]:
    """The claims of a return that passed its gate, by first loss."""
    rows = Claim.objects.for_system("the return has passed its gate").filter(fund_return=found)
    return list(rows.select_related(*_CLAIM).order_by("first_loss_at", "id"))


def allocations_of(found: FundReturn) -> list[Allocation]:
    """What was chosen: the allocations of the return's division and method; none before."""
    if found.division_id is None:
        return []
    rows = Allocation.objects.filter(division_id=found.division_id, method=found.method)
    return list(
        rows.select_related("fund__account", "claim__victim", "claim__destination").order_by("fund", "claim")
    )


def divisions_of(found: FundReturn) -> list[Division]:
    """The divisions of a return that passed its gate, newest first, without their results."""
    rows = Division.objects.filter(fund_return=found).select_related("asked_by").defer("results")
    return list(rows.order_by("-asked_at", "-id"))


def objections_of(found: FundReturn) -> list[Objection]:
    """The objections to a return that passed its gate, open ones first."""
    rows = Objection.objects.for_system("the return has passed its gate").filter(fund_return=found)
    ordered = rows.select_related("entered_by", "decided_by").order_by("lodged_at", "id")
    return sorted(ordered, key=lambda each: each.status != "open")


def payouts_of(found: FundReturn) -> list[Payout]:
    """The payouts of a return that passed its gate with their lines, oldest first."""
    rows = Payout.objects.for_system("the return has passed its gate").filter(fund_return=found)
    beside = rows.select_related("fund__account", "fund__freeze__partner", "order", "officer_a", "officer_b")
    lines = "lines__allocation__claim__victim"
    return list(beside.prefetch_related(lines, "lines__account").order_by("given_at", "id"))


def origins_of(claim: Claim) -> list[Account]:
    """The accounts that a claim's victim paid from, by the case's payments."""
    payers = [payment.payer for payment in list_payments(claim.case) if payment.payer is not None]
    return list({payer.id: payer for payer in payers}.values())


def sums_of(found: Sequence[FundReturn]) -> dict[uuid.UUID, tuple[int, int]]:
    """How much each of these returns gives back or, before a method is chosen, could; and from how many accounts."""
    ids = [each.id for each in found]
    funds = ReturnFund.objects.filter(fund_return_id__in=ids).values_list("fund_return_id").order_by()
    held = {
        key: (minor or 0, n)
        for key, minor, n in funds.annotate(m=Sum("principal_minor") + Sum("interest_minor"), n=Count("id"))
    }
    chosen = {each.id: (each.division_id, each.method) for each in found if each.division_id}
    rows = Allocation.objects.filter(division_id__in={division for division, _ in chosen.values()})
    sums = rows.values_list("fund_return_id", "division_id", "method").order_by()
    given = {
        key: minor
        for key, division, method, minor in sums.annotate(m=Sum("principal_minor") + Sum("interest_minor"))
        if chosen.get(key) == (division, method)
    }
    return {key: (given.get(key, held.get(key, (0, 0))[0]), held.get(key, (0, 0))[1]) for key in ids}


def waiting_signatures(officer: "Officer") -> Any:
    """Signatures of returns that wait in the officer's scope and that the officer may give, as a lazy set."""
    require(officer, "return.sign")
    rows = _signatures(officer).filter(status="waiting", tier__in=tiers_up_to(officer.scope_code))
    own = Q(asked_by=officer) | Q(fund_return__opened_by=officer) | Q(fund_return__submitted_by=officer)
    return rows.exclude(own)


def list_signatures(officer: "Officer", *, limit: int = 100) -> list[ReturnSignature]:
    """The same, soonest due first."""
    return list(waiting_signatures(officer).order_by("due_at", "id")[:limit])


def access_signature(officer: "Officer", signature_id: uuid.UUID) -> ReturnSignature:
    """The signature, if the officer may sign and it lies in the officer's scope."""
    require(officer, "return.sign")
    found: ReturnSignature | None = _signatures(officer).filter(id=signature_id).first()
    if found is None:
        raise ReturnNotFound(f"signature {signature_id} is not in your scope")
    return found


def signatures_of(found: FundReturn) -> list[ReturnSignature]:
    """All signatures asked for of a return that passed its gate, oldest first."""
    rows = ReturnSignature.objects.for_system("the return has passed its gate").filter(fund_return=found)
    return list(rows.select_related("asked_by", "decided_by").order_by("asked_at"))


def open_returns_of(freeze_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """The returns that hold any of these freezes and still go on; for the clocks."""
    rows = ReturnFund.objects.filter(freeze_id__in=list(freeze_ids), is_open=True)
    return list(rows.values_list("fund_return_id", flat=True).distinct())


def lines_of_order(order: Order) -> list[PayLine]:
    """What an order to pay says of each payee, for the message to the bank."""
    rows = PayoutLine.objects.filter(payout__order=order).select_related("account")
    return [
        PayLine(
            ref=str(line.id),
            account=line.account.number.reveal(),
            name=line.name.reveal(),
            bank=line.bank,
            principal_minor=line.principal_minor,
            interest_minor=line.interest_minor,
        )
        for line in rows.order_by("id")
    ]


_CLAIM = ("fund_return", "case", "victim", "destination", "notified_by", "verified_by")


def _signatures(officer: "Officer") -> Any:
    beside = ("fund_return__case", "hand_over__case", "repayment__case", "asked_by__unit", "decided_by")
    return ReturnSignature.objects.in_scope(officer.scope_code).select_related(*beside)


def _returns(officer: "Officer") -> Any:
    return FundReturn.objects.in_scope(officer.scope_code).select_related(*_BESIDE)
