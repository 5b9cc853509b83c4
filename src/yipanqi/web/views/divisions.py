"""The methods of a return side by side: computed by a job, explained cell by cell, one chosen with its ground."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.returns.choosing import ask_division, choose, default_method, is_current
from yipanqi.ops.returns.keeping import methods_of
from yipanqi.ops.returns.queries import access_return, claims_of, divisions_of, funds_of
from yipanqi.web import divisions as shown
from yipanqi.web import returns
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.views.returns import head


@desk("return.manage")
@require_GET
def methods(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """The newest division, all methods side by side."""
    return _page(request, access_return(request.user, return_id, act="return.manage"))


@desk("return.manage")
@require_GET
def state(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """The part alone, asked for every second while the job runs; 204 while nothing has changed since `seen`."""
    found = access_return(request.user, return_id, act="return.manage")
    newest = next(iter(divisions_of(found)), None)
    if newest and request.GET.get("seen", "") == shown.mark_of(newest):
        return HttpResponse(status=204)
    return render(request, "returns/_methods.html", _context(request, found))


@desk("return.manage")
@require_POST
def ask(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Have the methods computed."""
    found = access_return(request.user, return_id, act="return.manage")
    try:
        ask_division(return_id=return_id, acting_officer=request.user, now=now())
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_methods", args=[return_id]), status=303)


@desk("return.manage")
@require_POST
def take(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Choose a method, on a ground."""
    found = access_return(request.user, return_id, act="return.manage")
    values = {name: request.POST.get(name, "").strip() for name in ("method", "ground", "note")}
    try:
        choose(
            return_id=return_id,
            version=read_int(request.POST.get("version")),
            division_id=read_uuid(request.POST.get("division")),
            acting_officer=request.user,
            now=now(),
            **values,
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        said = error_sentence(error)
        return _page(request, found, refused=said, values=values, status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_detail", args=[return_id]), status=303)


@desk("return.manage")
@require_GET
def lines(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Why one amount is what it is: rule, numbers, transfers, law."""
    found = access_return(request.user, return_id, act="return.manage")
    fund_id, claim = read_uuid(request.GET.get("fund")), request.GET.get("claim", "")
    claim_id = read_uuid(claim) if claim else None
    newest = next((each for each in divisions_of(found) if each.status == "done"), None)
    results = methods_of(newest) if newest else []
    result = next((each for each in results if each.method == request.GET.get("method")), None)
    fund = next((each for each in funds_of(found) if each.id == fund_id), None)
    victim = next((each for each in claims_of(found) if each.id == claim_id), None)
    if result is None or fund is None or (claim_id and victim is None):
        raise YipanqiError("nothing was computed for it", code="not_found")
    context = {
        "fund_return": returns.plain(found),
        "about": {
            "victim": victim.victim.name.masked if victim else "",
            "account": returns.fund_name(fund),
            "method": returns.method_name(result.method),
            "sum": shown.amount(result, fund, claim_id),
        },
        "lines": shown.lines(result, fund_id, claim_id),
    }
    part = bool(request.headers.get("HX-Request"))
    return render(request, "returns/_lines.html" if part else "returns/lines.html", context)


def _page(
    request: HttpRequest,
    found: Any,
    *,
    refused: str = "",
    values: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, found, values) | {"refused": refused}
    return render(request, "returns/methods.html", context, status=status)


def _context(request: HttpRequest, found: Any, values: dict[str, str] | None = None) -> dict[str, object]:
    newest = next(iter(divisions_of(found)), None)
    prepared = found.status in returns.PREPARED
    taking_part = [each for each in claims_of(found) if each.status != "excluded"]
    default = default_method(found)
    context: dict[str, object] = {
        **head(request, found, "methods"),
        "division": None,
        "values": values or {"method": found.method or default, "ground": found.method_ground, "note": ""},
        "can": {"ask": prepared and bool(taking_part), "choose": False},
        "blockers": [] if taking_part else [_("There is no victim in the return yet.")],
    }
    if newest is None:
        return context
    current = not prepared or is_current(newest, found)
    context["division"] = shown.division(newest, current=current)
    if newest.status == "done":
        results = methods_of(newest)
        context |= shown.comparison(found, results, taking_part, funds_of(found), default=default)
        context |= {"grounds": shown.grounds(), "can": {"ask": prepared, "choose": prepared and current}}
    return context
