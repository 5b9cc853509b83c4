"""The desk of returns: the list by whose turn it is, opening one, one return with its next step, and its acts.

Claims, methods, payouts and objections have views of their own; what they share of a return's head is here.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi import catalog
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.queries import CaseFilter, access_case, matching_cases
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.measures.freezing.queries import attributed_of_freezes, freezes_of_case
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.returns.closing import close, withdraw
from yipanqi.ops.returns.deciding import revoke
from yipanqi.ops.returns.opening import open_return
from yipanqi.ops.returns.queries import (
    ReturnFilter,
    access_return,
    allocations_of,
    claims_of,
    list_returns,
    matching_returns,
    sums_of,
)
from yipanqi.ops.returns.standing import shares_of, standing_of
from yipanqi.ops.returns.submitting import submit, submit_decision
from yipanqi.ops.screening.queries import finding_of
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import claims, lists, papers, return_money, return_way, stops
from yipanqi.web import presenting as show
from yipanqi.web import returns as shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid

FILTERS = ("case", "district")
CLAIMS_SHOWN = 200
TAB_CAP = 1000
MOVES: dict[str, Any] = {
    "submit": submit,
    "submit_decision": submit_decision,
    "close": close,
    "withdraw": withdraw,
    "reconsider": revoke,
}
REASONED = {"withdraw", "reconsider"}


@desk("return.read")
@require_GET
def returns(request: HttpRequest) -> HttpResponse:
    """The list under one tab, with its filters."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in shown.TABS else shown.TABS[0]
    filters, at, after = lists.chosen(request.GET, FILTERS), now(), request.GET.get("after", "")
    rows: list[dict[str, object]] = []
    errors: dict[str, str] = {}
    next_after = ""
    try:
        page = list_returns(request.user, ReturnFilter(tab=tab, **filters), now=at, after=after)
        standing, sums = standing_of(page.rows), sums_of(page.rows)
        rows = [shown.row(each, standing[each.id], *sums[each.id], at) for each in page.rows]
        next_after = page.after
    except YipanqiError as error:
        if error.code != "place_code_invalid":
            raise
        errors["district"] = error_sentence(error)
    names = shown.tab_names()
    context = {
        "tab": tab,
        "tabs": [
            {"code": code, "name": names[code], "count": _count(request, code), "here": code == tab}
            for code in shown.TABS
        ],
        "filters": filters,
        "errors": errors,
        "options": {"districts": _districts(request)},
        "rows": rows,
        "filtered": any(filters.values()),
        "query": lists.query_string({"tab": tab, **filters}),
        "after": after,
        "next_after": next_after,
        "can_open": may(request.user, "return.manage"),
    }
    return render(request, "returns/list.html", context)


@desk("return.manage")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a return: of which case, and with which of its held money."""
    asked = (request.POST.get("case") or request.GET.get("case", "")).strip()[:64]
    found, error = _case_of(request, asked), None
    if request.method == "POST" and found:
        try:
            opened = open_return(
                case_id=found.id,
                freeze_ids=[read_uuid(each) for each in request.POST.getlist("freeze")],
                escrow=request.POST.get("escrow") == "1",
                acting_officer=request.user,
                now=now(),
            )
        except YipanqiError as refusal:
            error = refusal
        else:
            return HttpResponseRedirect(reverse("return_detail", args=[opened.id]), status=303)
    said = error_sentence(error) if error else ""
    if asked and not found:
        said = _("No case with this number in your area.")
    context = {"asked": asked, "case": _case(found) if found else None, "error": said}
    if found:
        context |= _enterable(request, found)
    status = STATUS.get(error.code, 422) if error else 200
    return render(request, "returns/new.html", context, status=status)


@desk("return.read")
@require_GET
def detail(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """One return: what the next step is."""
    return page_of(request, access_return(request.user, return_id))


@desk("return.manage")
@require_POST
def move(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """One act of the return's life, at the version the officer saw."""
    found, act = access_return(request.user, return_id, act="return.manage"), request.POST.get("act", "")
    if act not in MOVES:
        raise YipanqiError("no such act", code="not_found")
    given = {"reason": request.POST.get("reason", "").strip()} if act in REASONED else {}
    if act == "submit":
        given = {"reserve": True}
    try:
        MOVES[act](
            return_id=return_id,
            version=read_int(request.POST.get("version")),
            acting_officer=request.user,
            now=now(),
            **given,
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        found = access_return(request.user, return_id)
        return page_of(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("return_detail", args=[return_id]), status=303)


def head(request: HttpRequest, found: Any, part: str) -> dict[str, object]:
    """What the head of every page of a return needs."""
    (total, _accounts) = sums_of([found])[found.id]
    what = shown.method_name(found.basis) if found.basis else _("Return")
    return {
        "fund_return": shown.plain(found)
        | {"title": _("%(what)s of CNY %(sum)s") % {"what": what, "sum": format_amount(total)}},
        "part": part,
        "parts": _parts(request, found),
        "version": found.version,
    }


def page_of(request: HttpRequest, found: Any, *, refused: str = "", status: int = 200) -> HttpResponse:
    """The page of a return that passed its gate; `refused` says why the act just tried was not done."""
    at, standing = now(), standing_of([found])[found.id]
    all_claims, allocations = claims_of(found), allocations_of(found)
    following = shown.next_of(found, standing, at)
    manages = may(request.user, "return.manage")
    context = {
        **head(request, found, "detail"),
        "refused": refused,
        "way": return_way.way(found, standing, at),
        "next": _next(request, found, following, all_claims, at),
        "more": _more(found) if manages else [],
        **return_money.money(found, allocations, opens=may(request.user, "freeze.read")),
        "claims_count": len(all_claims),
        "claims": _claims(found, all_claims, allocations, manages),
        "hidden_claims": max(0, len(all_claims) - CLAIMS_SHOWN),
        "can_add": manages and found.status in shown.PREPARED,
        "facts": shown.facts(found),
        "people": shown.people(found),
        "papers": papers.listed(found.id),
        "story": story([found.id]),
    }
    return render(request, "returns/detail.html", context, status=status)


def story(subjects: list[uuid.UUID]) -> list[dict[str, object]]:
    """Everything done, newest first, as the journal has it."""
    entries = list_latest(subject_ids=[str(each) for each in subjects], limit=100)
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    return [
        {
            "at": entry.recorded_at,
            "title": catalog.events()[entry.event].name.get(show.language()),
            "by": officers.get(entry.actor_id, ""),
        }
        for entry in entries
    ]


def _count(request: HttpRequest, tab: str) -> str:
    return lists.count_text(matching_returns(request.user, ReturnFilter(tab=tab), now=now()), TAB_CAP)


def _districts(request: HttpRequest) -> list[dict[str, str]]:
    places = list_children(request.user.unit_id)  # type: ignore[union-attr]
    return [{"code": place.code, "name": place.name(show.language())} for place in places]


def _case_of(request: HttpRequest, asked: str) -> Any:
    """The case that is meant by an id or a whole number; None where there is none within reach."""
    try:
        return access_case(request.user, uuid.UUID(asked))
    except ValueError:
        return matching_cases(request.user, CaseFilter()).filter(number=asked).first() if asked else None


def _case(found: Any) -> dict[str, object]:
    return {
        "id": found.id,
        "number": found.number,
        "status": stops.status_of("case", found.status),
        "place": show.place_path(found.place_code),
    }


def _enterable(request: HttpRequest, found: Any) -> dict[str, object]:
    """What of a case's held money may go into a return, and why the rest may not."""
    freezes = [each for each in freezes_of_case(request.user, found) if each.status in {"queued", "frozen"}]
    findings, taken = finding_of(each.id for each in freezes), attributed_of_freezes(freezes)
    funds = [_fund(each, findings.get(each.id), taken[each.id]) for each in freezes]
    escrow = balance(Book.HOLDINGS, Kind.ESCROW, case_id=found.id)
    return {
        "funds": funds,
        "escrow": {"sum": format_amount(escrow)} if escrow else None,
        "ready": sum(bool(fund["ready"]) for fund in funds),
    }


def _fund(freeze: Any, finding: Any, attributed_minor: int) -> dict[str, object]:
    kind = catalog.findings()[finding.outcome] if finding else None
    why_not = ""
    if freeze.status != "frozen":
        why_not = _("Another authority froze it first: the bank holds nothing for us.")
    elif kind is None:
        why_not = _("Screen it first: a person says whose the money is.")
    elif not kind.may_return:
        why_not = _("By its finding the money does not go back to victims.")
    elif finding.change is not None and finding.change.status != "done":
        why_not = _("What is not of the case has to leave the freeze first.")
    elif attributed_minor:
        why_not = _("Money of it goes back in another return already.")
    return {
        "id": freeze.id,
        "account": stops.account(freeze),
        "holder": freeze.holder_name.masked,
        "frozen": format_amount(freeze.frozen_minor),
        "interest": format_amount(freeze.interest_minor) if freeze.interest_minor else "",
        "until": freeze.until_date,
        "finding": {"name": kind.name.get(show.language()), "tone": kind.tone} if kind else None,
        "ready": not why_not,
        "why_not": why_not,
    }


def _parts(request: HttpRequest, found: Any) -> list[dict[str, str]]:
    """The pages of a return that are open to the officer."""
    named = {
        "detail": ("return_detail", _("Overview"), "return.read"),
        "methods": ("return_methods", _("Methods"), "return.manage"),
        "payouts": ("return_payouts", _("Payouts"), "return.pay"),
        "objections": ("objections", _("Objections"), "return.read"),
    }
    return [
        {"code": code, "name": name, "url": reverse(route, args=[found.id])}
        for code, (route, name, act) in named.items()
        if may(request.user, act)
    ]


def _next(
    request: HttpRequest, found: Any, following: shown.Next, all_claims: list[Any], at: Any
) -> dict[str, object]:
    """The next step with its button, for who may do it."""
    act, page = following.act, following.page
    url = ""
    if page in {"candidate", "applied"}:
        first = next((each for each in all_claims if each.status == page), None)
        url = reverse("claim", args=[found.id, first.id]) if first else ""
    elif page:
        routes = {"methods": "return_methods", "payouts": "return_payouts", "objections": "objections"}
        url = reverse(routes[page], args=[found.id])
    needed = {"payouts": "return.pay", "objections": "return.read"}.get(page, "return.manage")
    mine = may(request.user, needed)
    return {
        "turn": following.turn,
        "title": following.title,
        "text": following.text,
        "follows": following.follows,
        "clock": stops.clock(following.clock, at) if following.clock else None,
        "acts": [{"act": act, "name": following.button}] if act in MOVES and mine else [],
        "links": [{"name": following.button, "url": url, "primary": True}] if url and mine else [],
    }


def _more(found: Any) -> list[dict[str, str]]:
    words = {
        "withdraw": (
            _("Withdraw the return"),
            _("The money stays frozen in its term; victims who were told hear it from you."),
        ),
        "reconsider": (
            _("Take it up again"),
            _("Claims, money and method are open again; the notice falls."),
        ),
    }
    ways = FUND_RETURN.allowed(found.status)
    return [
        {"act": act, "name": name, "text": text}
        for act, (name, text) in words.items()
        if act in ways and act in MOVES
    ]


def _claims(
    found: Any, all_claims: list[Any], allocations: list[Any], manages: bool
) -> list[dict[str, object]]:
    shares, reserved = shares_of(found), return_money.reserved(allocations)
    rows = [claims.row(each, shares, reserved) for each in all_claims[:CLAIMS_SHOWN]]
    for row in rows:
        row["url"] = reverse("claim", args=[found.id, row["id"]]) if manages else ""
    return rows
