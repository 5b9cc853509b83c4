"""The property of a case: both books, what the accused paid back, and what goes along with the file."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.days import ZONE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount, parse_amount_minor
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.freezing.queries import attributed_of_freezes, freezes_of_case
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.returns.handing import TO, HandOverFacts, enter_hand_over_receipt, propose_hand_over
from yipanqi.ops.returns.looking import hand_overs_of, repayments_of
from yipanqi.ops.returns.queries import returns_of_case, sums_of
from yipanqi.ops.returns.repaying import KINDS, STAGES, SURRENDERED, RepaymentFacts, enter_repayment
from yipanqi.ops.returns.standing import standing_of
from yipanqi.ops.staff.gates import may
from yipanqi.web import money_book, papers, property, stops
from yipanqi.web import returns as shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid

REPAID = ("kind", "amount", "received", "payer", "receipt", "stage")
HANDED = ("to", "receiver", "stage")


@desk("money.read")
@require_GET
def case_property(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Where the case's money stands, and what can be entered."""
    return _page(request, access_case(request.user, case_id))


@desk("repayment.enter")
@require_POST
def repay(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Enter what the accused paid back."""
    found = access_case(request.user, case_id, act="repayment.enter")
    values = {name: request.POST.get(name, "").strip() for name in REPAID}
    file = request.FILES.get("file")
    try:
        facts = RepaymentFacts(
            case_id=found.id,
            kind=values["kind"],
            stage=values["stage"],
            payer_name=values["payer"],
            amount_minor=parse_amount_minor(values["amount"]),
            received_at=_day(values["received"]),
            receipt_number=values["receipt"],
            victim_id=None if values["kind"] == SURRENDERED else found.victim_id,
            evidence=file.read() if file else None,
        )
        enter_repayment(facts=facts, acting_officer=request.user, now=now())
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, repaid=values, error=error)
    return _back(case_id)


@desk("hand_over.propose")
@require_POST
def hand_over(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Propose to hand held money over with the file."""
    found = access_case(request.user, case_id, act="hand_over.propose")
    values = {name: request.POST.get(name, "").strip() for name in HANDED}
    escrow = balance(Book.HOLDINGS, Kind.ESCROW, case_id=found.id) if request.POST.get("escrow") else 0
    facts = HandOverFacts(
        case_id=found.id,
        freeze_ids=[read_uuid(each) for each in request.POST.getlist("freeze")],
        escrow_minor=escrow,
        **values,
    )
    try:
        propose_hand_over(facts=facts, acting_officer=request.user, now=now())
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, handed=values, error=error)
    return _back(case_id)


@desk("hand_over.propose")
@require_POST
def receipt(request: HttpRequest, case_id: uuid.UUID, hand_over_id: uuid.UUID) -> HttpResponse:
    """Enter the receiver's receipt of a hand-over."""
    found = access_case(request.user, case_id, act="hand_over.propose")
    try:
        enter_hand_over_receipt(
            hand_over_id=hand_over_id,
            version=read_int(request.POST.get("version")),
            number=request.POST.get("receipt", ""),
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, error=error)
    return _back(case_id)


def _page(
    request: HttpRequest,
    found: Any,
    *,
    repaid: Mapping[str, str] | None = None,
    handed: Mapping[str, str] | None = None,
    error: YipanqiError | None = None,
) -> HttpResponse:
    said = error_sentence(error) if error else ""
    repayments, handed_over, returns = repayments_of(found), hand_overs_of(found), _returns(request, found)
    subjects = [each.id for each in (*repayments, *handed_over)]
    context = {
        "case": {"id": found.id, "number": found.number, "status": stops.status_of("case", found.status)},
        "refused": said if error and repaid is None and handed is None else "",
        "book": money_book.of_case(found),
        "repayments": [property.repayment(each) for each in repayments],
        "hand_overs": [
            property.hand_over(each, may_receive=may(request.user, "hand_over.propose"))
            for each in handed_over
        ],
        "can": {
            "repay": may(request.user, "repayment.enter"),
            "hand_over": may(request.user, "hand_over.propose"),
        },
        "repay": property.repay_form(KINDS, STAGES, repaid or {})
        | {"error": said if repaid is not None else ""},
        "hand": _hand_form(request, found, handed or {}) | {"error": said if handed is not None else ""},
        "returns": returns,
        "papers": papers.listed(*subjects),
    }
    status = STATUS.get(error.code, 422) if error else 200
    return render(request, "returns/property.html", context, status=status)


def _hand_form(request: HttpRequest, found: Any, values: Mapping[str, str]) -> dict[str, object]:
    """What could go along, and why the rest could not."""
    freezes = []
    if may(request.user, "freeze.read"):
        freezes = [each for each in freezes_of_case(request.user, found) if each.status == "frozen"]
    taken = attributed_of_freezes(freezes)
    escrow = balance(Book.HOLDINGS, Kind.ESCROW, case_id=found.id)
    return property.hand_form(TO, STAGES, values) | {
        "freezes": [
            {
                "id": each.id,
                "account": stops.account(each),
                "sum": format_amount(each.frozen_minor + each.interest_minor),
                "why_not": _("A decision has given money of it to victims.") if taken[each.id] else "",
            }
            for each in freezes
        ],
        "escrow": format_amount(escrow) if escrow else "",
    }


def _returns(request: HttpRequest, found: Any) -> list[dict[str, object]]:
    if not may(request.user, "return.read"):
        return []
    rows = returns_of_case(request.user, found)
    return shown.of_case(rows, standing_of(rows), sums_of(rows), now())


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE)
    except ValueError:
        raise YipanqiError("not a day", code="datetime_invalid") from None


def _back(case_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("case_property", args=[case_id]), status=303)
