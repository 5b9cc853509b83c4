"""The desk of cases: the list with its masked CSV export, one case with its money, and the acts of its life.

The money and its stops are `case_money`'s matter, entering payments `register`'s, the report form `reports`'.
"""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.analytics.queries import graph_of, latest_trace
from yipanqi.casework.lifecycles.case import CASE
from yipanqi.casework.lifecycles.freeze import LIVE as LIVE_FREEZES
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.exporting import export_cases
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.cases.queries import (
    CaseFilter,
    access_case,
    late_cases,
    list_cases,
    list_subjects,
    matching_cases,
)
from yipanqi.ops.cases.revealing import unmask_in_case
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.measures.queries import list_stops_of_case
from yipanqi.ops.returns.queries import returns_of_case, sums_of
from yipanqi.ops.returns.standing import standing_of
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import cases as shown
from yipanqi.web import lists, money, returns, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.views.alerts import number
from yipanqi.web.views.case_money import freezes_seen, money_of

FILTERS = ("status", "fraud_type", "source", "district", "phone", "account", "from", "to")
TALLIED = ("reported", "accepted", "filed", "refused", "solved", "closed")
LATE_SHOWN = 5
COLUMNS = (
    "number",
    "reported_at",
    "person_name",
    "phone",
    "fraud_type",
    "loss_full",
    "status",
    "source",
    "place",
    "handler",
)
FIELD_OF_ERROR = {"phone_invalid": "phone", "account_invalid": "account", "place_code_invalid": "district"}


@desk("case.read")
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """The list, newest first, under what is overdue; with filters and what stands where."""
    filters, at = lists.chosen(request.GET, FILTERS), now()
    errors: dict[str, str] = {}
    rows: list[Any] = []
    total, next_after = "0", ""
    after = request.GET.get("after", "")
    try:
        wanted = _wanted(filters)
        page = list_cases(request.user, wanted, after=after)
        rows, next_after = page.rows, page.after
        total = lists.count_text(matching_cases(request.user, wanted))
    except YipanqiError as error:
        if error.code not in FIELD_OF_ERROR:
            raise
        errors[FIELD_OF_ERROR[error.code]] = error_sentence(error)
    filtered = any(filters.values())
    context = {
        "filters": filters,
        "options": _options(request),
        "errors": errors,
        "total": total,
        "tally": _tally(request),
        "late": [] if filtered or after else _late(request, at),
        "rows": [shown.row(case, at) for case in rows],
        "filtered": filtered,
        "query": lists.query_string(filters),
        "after": after,
        "next_after": next_after,
        "can_report": may(request.user, "case.report"),
    }
    return render(request, "cases/list.html", context)


@desk("case.read")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV, masked as on screen; the taking is journaled."""
    at, wanted = now(), _wanted(lists.chosen(request.GET, FILTERS))
    rows = export_cases(acting_officer=request.user, wanted=wanted, now=at)
    lines = lists.csv_lines(COLUMNS, (shown.row(case, at) for case in rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="cases.csv"'
    return response


@desk("case.read")
@require_GET
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One case: who, what, where the money went and where it is held, and what is to be done next."""
    return _page(request, access_case(request.user, case_id))


@desk("case.read")
@require_POST
def move(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One act of the case's life, at the version the officer saw."""
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "").strip()
    try:
        move_case(
            case_id=case_id,
            version=read_int(request.POST.get("version")),
            act=act,
            reason=reason,
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        refused = {"act": act, "reason": reason, "text": error_sentence(error)}
        found = access_case(request.user, case_id)
        return _page(request, found, refused=refused, status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("case_detail", args=[case_id]), status=303)


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One masked value of the case in plain; the look is journaled."""
    field, ref = request.POST.get("field", ""), request.POST.get("ref", "")
    value = unmask_in_case(
        case_id=case_id,
        field=field,
        ref=read_uuid(ref) if ref else None,
        acting_officer=request.user,
        now=now(),
    )
    return render(
        request,
        "cases/_field.html",
        {"field": field, "ref": ref, "at": request.POST.get("at", ""), "value": value, "revealed": True},
    )


def _page(
    request: HttpRequest, found: Any, *, refused: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    laid, frozen = list_stops_of_case(request.user, found), freezes_seen(request, found)
    subjects = list_subjects(found)
    part = money_of(request, found, "detail")
    context = {
        **part,
        "facts": _facts(found),
        "person": show.person(found.victim),
        "phones": [_noted(each.phone, each.phone.number) for each in subjects if each.phone],
        "links": [_noted(each.link, each.link.address) for each in subjects if each.link],
        "steps": shown.steps(found, request.user),
        "live_stops": sum(stop.status in LIVE for stop in laid),
        "live_freezes": sum(freeze.status in LIVE_FREEZES for freeze in frozen),
        "freezable": _freezable(part),
        "refused": refused,
        "story": _story(found, [*laid, *frozen]),
        "may_read_alert": may(request.user, "alert.read"),
        "may_trace": may(request.user, "trace.read"),
        "traced": _traced(request, found),
        "returns": _returns(request, found),
        "may_read_money": may(request.user, "money.read"),
    }
    return render(request, "cases/detail.html", context, status=status)


def _freezable(part: dict[str, Any]) -> int:
    """How many accounts of suspects this officer may propose to freeze; none before the case is filed."""
    money = part["money"]
    rows = {row["account_id"] for row in [*money["payments"], *money["others"]] if row["can_freeze"]}
    return len(rows) if part["can_freeze"] else 0


def _traced(request: HttpRequest, found: Any) -> dict[str, object] | None:
    """Where the money is by the latest trace, for who may see it."""
    run = latest_trace(request.user, found.id) if may(request.user, "trace.read") else None
    return money.answer(graph_of(run, request.user)) if run else None


def _returns(request: HttpRequest, found: Any) -> list[dict[str, object]]:
    """The returns of the case's held money, for who may see them."""
    if not may(request.user, "return.read"):
        return []
    rows = returns_of_case(request.user, found)
    return returns.of_case(rows, standing_of(rows), sums_of(rows), now()) if rows else []


def _facts(found: Any) -> dict[str, object]:
    return {
        **shown.row(found, now()),
        "version": found.version,
        "occurred_at": found.occurred_at,
        "filed_at": found.filed_at,
        "ended_at": found.ended_at,
        "accepted_by": found.accepted_by.name if found.accepted_by else "",
        "text": found.text.reveal(),
        "reason": found.reason.reveal(),
        "alert_id": found.alert_id,
        "alert": number(found.alert_id) if found.alert_id else "",
        "sender": found.sender if found.source == CaseSource.PARTNER else "",
        "external_id": found.external_id if found.source == CaseSource.PARTNER else "",
        "pack": {"id": found.pack_id, "version": found.pack_version},
    }


def _noted(row: Any, value: Any) -> dict[str, object]:
    return {"id": row.id, "value": value.masked}


def _story(found: Any, laid: list[Any]) -> list[dict[str, object]]:
    """Everything done about the case, its stops and its freezes, newest first, as the journal has it."""
    accounts = {str(stop.id): stops.account(stop) for stop in laid}
    banks = {stop.partner.code: stops.bank_name(stop.partner) for stop in laid}
    entries = list_latest(subject_ids=[str(found.id), *accounts], limit=100)
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    return [
        {
            "at": entry.recorded_at,
            "title": catalog.events()[entry.event].name.get(show.language()),
            "by": officers.get(entry.actor_id) or banks.get(entry.actor_id, ""),
            "about": accounts.get(entry.subject_id, ""),
            "amount": show.amount(entry.payload.get("loss_minor")),  # type: ignore[arg-type]
        }
        for entry in entries
    ]


def _late(request: HttpRequest, at: datetime) -> list[dict[str, object]]:
    return [shown.row(case, at) for case in late_cases(request.user, now=at)[:LATE_SHOWN]]


def _wanted(filters: dict[str, str]) -> CaseFilter:
    first, last = lists.day_bounds(filters["from"], filters["to"])
    exact = {name: filters[name] for name in FILTERS if name not in {"from", "to"}}
    return CaseFilter(**exact, reported_from=first, reported_to=last)


def _options(request: HttpRequest) -> dict[str, object]:
    language = show.language()
    return {
        "statuses": [stops.status_of("case", code) for code in CASE.statuses if code != "withdrawn"],
        "fraud_types": lists.options(catalog.fraud_types(), language),
        "sources": [stops.status_of("case_source", code) for code in CaseSource],
        "districts": [
            {"code": place.code, "name": place.name(language)}
            for place in list_children(request.user.unit_id)
        ],
    }


def _tally(request: HttpRequest) -> list[dict[str, str]]:
    """How many stand where, counted no further than ten thousand each."""
    return [
        {
            "name": stops.status_of("case", code)["name"],
            "count": lists.count_text(matching_cases(request.user, CaseFilter(status=code))),
        }
        for code in TALLIED
    ]
