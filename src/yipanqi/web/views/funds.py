"""The funds desk: what must be stopped, what lapses, what banks leave unanswered; its list and the masked CSV export.

One stop's page and the acts on it are `stops`' matter, comparing with the banks' books `reconciliation`'s.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.measures.exporting import export_stops
from yipanqi.ops.measures.freezing.queries import freezes_under_way_of
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.queries import (
    LAPSING_WITHIN,
    TABS,
    StopFilter,
    list_stops,
    matching_stops,
    open_differences,
    open_problems,
    unstopped_cases,
)
from yipanqi.ops.measures.waiting import pending_of
from yipanqi.ops.partners.queries import list_connected
from yipanqi.ops.staff.gates import may
from yipanqi.web import cases, lists, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence
from yipanqi.web.views import chase

FILTERS = ("target", "bank", "district", "case")
TAB_CAP = 1000
UNSTOPPED = 5
ACTS = ("stop.lift", "stop.propose")
COLUMNS = (
    "proposed_at",
    "target",
    "bank",
    "account",
    "asked",
    "held",
    "status",
    "case",
    "fraud_type",
    "ground",
    "place",
    "stopped_at",
    "expires_at",
    "ended_at",
    "end_reason",
)


@desk("stop.read")
@require_GET
def funds(request: HttpRequest) -> HttpResponse:
    """The list under one tab, with its filters."""
    filters = lists.chosen(request.GET, FILTERS)
    context = _board(request, filters) | {"options": _options(request), "lapsing": _lapsing_hours()}
    if context["tab"] == "now":
        context |= chase.board(request)
    return render(request, "funds/list.html", context)


@desk("stop.read")
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The list and the tabs' counts alone, asked for every ten seconds."""
    context = _board(request, lists.chosen(request.GET, FILTERS))
    return render(request, "funds/_rows.html", context | {"lapsing": _lapsing_hours(), "with_tabs": True})


@desk("stop.read")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV, masked as on screen; the taking is journaled."""
    wanted = _wanted(lists.chosen(request.GET, FILTERS), _tab(request))
    found = export_stops(acting_officer=request.user, wanted=wanted, now=now())
    lines = lists.csv_lines(COLUMNS, (_cells(stop) for stop in found))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stops.csv"'
    return response


def tabs(request: HttpRequest, here: str) -> list[dict[str, object]]:
    """The desk's tabs with how much stands under each, counted no further than a thousand."""
    at = now()
    counts = {
        tab: lists.count_text(matching_stops(request.user, StopFilter(tab=tab), now=at), TAB_CAP)
        for tab in TABS
    }
    open_work = open_differences(request.user).count() + open_problems(request.user).count()
    counts["reconciliation"] = f"{open_work:,}"
    names = _tab_names()
    return [
        {"code": code, "name": names[code], "count": count, "here": code == here}
        for code, count in counts.items()
    ]


def allowed_acts(request: HttpRequest) -> Collection[str]:
    """Which acts on stops the officer's roles allow."""
    return [act for act in ACTS if may(request.user, act)]


def _tab_names() -> dict[str, str]:
    return {
        "now": _("Stop now"),
        "lapsing": _("Lapsing"),
        "unanswered": _("Unanswered by the bank"),
        "stopped": _("Stopped accounts"),
        "ended": _("Ended"),
        "reconciliation": _("Reconciliation"),
    }


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "now")
    return tab if tab in TABS else "now"


def _wanted(filters: dict[str, str], tab: str) -> StopFilter:
    return StopFilter(tab=tab, **filters)


def _board(request: HttpRequest, filters: dict[str, str]) -> dict[str, object]:
    tab, after, at = _tab(request), request.GET.get("after", ""), now()
    found: list[Any] = []
    errors: dict[str, str] = {}
    next_after = ""
    try:
        page = list_stops(request.user, _wanted(filters, tab), now=at, after=after)
        found, next_after = page.rows, page.after
    except YipanqiError as error:
        if error.code != "place_code_invalid":
            raise
        errors["district"] = error_sentence(error)
    return {
        "tab": tab,
        "tabs": tabs(request, tab),
        "filters": filters,
        "errors": errors,
        "filtered": any(filters.values()),
        "rows": _rows(found, allowed_acts(request), at),
        "query": lists.query_string({"tab": tab} | filters),
        "after": after,
        "next_after": next_after,
        "unstopped": _unstopped(request, at) if tab == "now" and not any(filters.values()) else None,
    }


def _unstopped(request: HttpRequest, at: datetime) -> dict[str, object]:
    """The cases whose first stop is due soonest and has not left, with how many there are."""
    waiting = unstopped_cases(request.user)
    can_enter = may(request.user, "case.enter")
    rows = [
        {
            "id": case.id,
            "number": case.number,
            "person": show.person(case.victim),
            "loss": show.amount(case.loss_minor) if case.loss_minor else "",
            "clock": cases.running(case, at),
            "can_enter": can_enter,
        }
        for case in waiting[:UNSTOPPED]
    ]
    return {"rows": rows, "count": lists.count_text(waiting, TAB_CAP)}


def _rows(found: list[Any], allowed: Collection[str], at: datetime) -> list[dict[str, object]]:
    pending, freezing = pending_of(found), freezes_under_way_of(found)
    rows = [stops.row(stop, pending[stop.id], pack_of(stop), allowed=allowed, at=at) for stop in found]
    return [row | {"freeze_id": freezing[row["id"]].id if row["id"] in freezing else None} for row in rows]


def _cells(stop: Any) -> dict[str, Any]:
    cells = stops.plain(stop)
    return {name: "" if cells[name] is None else cells[name] for name in COLUMNS}


def _lapsing_hours() -> int:
    return int(LAPSING_WITHIN.total_seconds() // 3600)


def _options(request: HttpRequest) -> dict[str, object]:
    language = show.language()
    return {
        "targets": [stops.status_of("stop_target", code) for code in ("protective", "suspect")],
        "banks": [
            {"code": each.code, "name": stops.bank_name(each)} for each in list_connected() if each.bank
        ],
        "districts": [
            {"code": p.code, "name": p.name(language)} for p in list_children(request.user.unit_id)
        ],
    }
