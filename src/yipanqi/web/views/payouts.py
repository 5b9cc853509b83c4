"""Paying a decided return: two officers order, the bank's receipt comes by message or is entered from paper."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.returns.paying import due_of, order_payouts, payable
from yipanqi.ops.returns.queries import access_return, payouts_of
from yipanqi.ops.returns.receiving import enter_receipt
from yipanqi.ops.returns.standing import PAYABLE
from yipanqi.ops.staff.queries import list_officers
from yipanqi.web import cases, claims, papers, stops
from yipanqi.web import presenting as show
from yipanqi.web import returns as shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.views.returns import head

OFFICERS = 200


@desk("return.pay")
@require_GET
def payouts(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """What could be ordered now, and every payout with its lines."""
    return _page(request, access_return(request.user, return_id, act="return.pay"))


@desk("return.pay")
@require_POST
def order(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Order everything that can be paid now, with a second officer."""
    found = access_return(request.user, return_id, act="return.pay")
    try:
        order_payouts(
            return_id=return_id,
            version=read_int(request.POST.get("version")),
            officer_b=read_uuid(request.POST.get("officer_b")),
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_payouts", args=[return_id]), status=303)


@desk("return.pay")
@require_POST
def receipt(request: HttpRequest, return_id: uuid.UUID, payout_id: uuid.UUID) -> HttpResponse:
    """Enter the bank's receipt from its paper, line by line."""
    found = access_return(request.user, return_id, act="return.pay")
    file = request.FILES.get("file")
    lines = {
        read_uuid(name.removeprefix("line-")): said
        for name, said in request.POST.items()
        if name.startswith("line-") and said
    }
    try:
        enter_receipt(
            payout_id=payout_id,
            version=read_int(request.POST.get("version")),
            number=request.POST.get("number", ""),
            lines=lines,  # type: ignore[arg-type]
            file=file.read() if file else None,
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_payouts", args=[return_id]), status=303)


def _page(request: HttpRequest, found: Any, *, refused: str = "", status: int = 200) -> HttpResponse:
    made = payouts_of(found)
    context = {
        **head(request, found, "payouts"),
        "refused": refused,
        **_orderable(request, found, bool(made)),
        "payouts": [_payout(each) for each in made],
        "failures": [
            {"code": code, "name": item.name.get(show.language())}
            for code, item in catalog.bank_failures().items()
        ],
        "papers": papers.listed(found.id, *(each.id for each in made)),
    }
    return render(request, "returns/payouts.html", context, status=status)


def _orderable(request: HttpRequest, found: Any, ordered: bool) -> dict[str, object]:
    """What an order now would carry; or why there is nothing to order."""
    if found.status not in PAYABLE:
        return {"order": None, "why_not": ""}
    wanted = payable(found)
    shares = [(fund, each) for fund, some in wanted.items() for each in some]
    if not shares:
        waiting = _("Everything that can be paid was ordered; the receipts stand below.")
        return {
            "order": None,
            "why_not": waiting if ordered else _("No victim has applied and been verified yet."),
        }
    due, banks = due_of(found, now=now()), len(wanted)
    follows = [
        _(
            "To each bank one notice with its lines, taken there by both officers; it goes by message as well."
        ),
        _("Due by the end of %(day)s.") % {"day": show.minute(due)[:5]}
        if due
        else _("Without a date: the file of working days does not know that year yet."),
    ]
    you: Any = request.user
    order = {
        "version": found.version,
        "lines": [_share(fund, each) for fund, each in shares],
        "banks": banks,
        "total": format_amount(sum(each.principal_minor + each.interest_minor for _fund, each in shares)),
        "follows": follows,
        "you": you.name,
        "officers": [
            {"id": each.id, "name": each.name, "unit": full_name(each.unit_id, show.language())}
            for each in list_officers(you)[:OFFICERS]
            if each.id != you.id and each.is_active
        ],
    }
    return {"order": order, "why_not": ""}


def _share(fund: Any, each: Any) -> dict[str, str]:
    return {
        "account": shown.fund_name(fund),
        "victim": each.claim.victim.name.masked,
        "to": claims.destination(each.claim),
        "sum": format_amount(each.principal_minor),
        "interest": format_amount(each.interest_minor) if each.interest_minor else "",
    }


def _payout(payout: Any) -> dict[str, object]:
    at, lines = now(), list(payout.lines.all())
    clock = None
    if payout.status == "given" and payout.due_at:
        clock = stops.clock(stops.Clock(_("bank's receipt due"), payout.due_at, payout.given_at), at)
    return {
        "id": payout.id,
        "version": payout.version,
        "account": shown.fund_name(payout.fund),
        "status": stops.status_of("payout", payout.status),
        "clock": clock,
        "no_due": payout.due_at is None,
        "officers": f"{payout.officer_a.name} · {payout.officer_b.name}",
        "given_at": payout.given_at,
        "way": _("on paper and by message") if payout.order_id else _("on paper"),
        "receipt": payout.receipt_number,
        "receipt_hash": payout.receipt_file,
        "digest": f"SHA-256 {payout.receipt_file}",
        "received_at": payout.received_at,
        "lines": [_line(line) for line in lines],
        "can_enter": any(line.status == "given" for line in lines),
    }


def _line(line: Any) -> dict[str, object]:
    return {
        "id": line.id,
        "victim": line.allocation.claim.victim.name.masked,
        "to": f"{cases.bank_name(line.bank)} {line.account.number.masked}".strip(),
        "sum": format_amount(line.principal_minor),
        "interest": format_amount(line.interest_minor) if line.interest_minor else "",
        "status": stops.status_of("payout_line", line.status),
        "failure": stops.reason_name(line.failure),
        "is_open": line.status == "given",
    }
