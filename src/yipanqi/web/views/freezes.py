"""The freezes (冻结): their list under tabs with the days left, the masked CSV export, and one freeze with all there is.

The acts on a freeze are `freeze_acts`' matter, whose money it holds `screening`'s.
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.measures.exporting import export_freezes
from yipanqi.ops.measures.freezing.queries import (
    TABS,
    FreezeFilter,
    access_freeze,
    attributed_of_freezes,
    changes_of,
    list_freezes,
    matching_freezes,
    pending_of_freezes,
)
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.queries import list_orders, signatures_of
from yipanqi.ops.partners.queries import list_connected
from yipanqi.ops.screening.queries import finding_of
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import freezes as shown
from yipanqi.web import lists, money_book, papers, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence

FILTERS = ("bank", "district", "case")
TAB_CAP = 1000
COLUMNS = (
    "proposed_at",
    "bank",
    "account",
    "kind",
    "term",
    "asked",
    "frozen",
    "interest",
    "status",
    "case",
    "fraud_type",
    "ground",
    "place",
    "document",
    "frozen_at",
    "from",
    "until",
    "ended_at",
    "end_reason",
)


@desk("freeze.read")
@require_GET
def freezes(request: HttpRequest) -> HttpResponse:
    """The list under one tab, with its filters."""
    return render(request, "freezes/list.html", _board(request, lists.chosen(request.GET, FILTERS)))


@desk("freeze.read")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV, masked as on screen; the taking is journaled."""
    wanted = FreezeFilter(tab=_tab(request), **lists.chosen(request.GET, FILTERS))
    found = export_freezes(acting_officer=request.user, wanted=wanted, now=now())
    lines = lists.csv_lines(COLUMNS, (_cells(freeze) for freeze in found))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="freezes.csv"'
    return response


@desk("freeze.read")
@require_GET
def freeze(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """One freeze: what, why, until when, who signed, what the bank said, and where its money stands."""
    found, at = access_freeze(request.user, freeze_id), now()
    pending = pending_of_freezes([found])[found.id]
    attributed = attributed_of_freezes([found])[found.id]
    context = {
        "freeze": _facts(found, attributed)
        | {"can": shown.acts(found, pending, allowed_acts(request), attributed, at)},
        "clocks": [stops.clock(each, at) for each in shown.clocks(found, pending, pack_of(found))],
        "marks": shown.marks(found, pending, at),
        "queue": _queue(found, at),
        "finding": shown.finding_of(finding_of([found.id]).get(found.id)),
        "signatures": [stops.signature(each) for each in signatures_of(found)],
        "changes": [shown.change(each) for each in changes_of(found)],
        "orders": [stops.order(each) for each in list_orders(found)],
        "papers": papers.listed(found.id),
        "book": money_book.of_case(found.case, account_id=found.account_id),
        "story": _story(found),
        "may_unmask": may(request.user, "person.unmask"),
        "may_screen": found.confirmed_at is not None and may(request.user, "screening.read"),
        "may_trace": may(request.user, "trace.read"),
    }
    return render(request, "freezes/detail.html", context)


def allowed_acts(request: HttpRequest) -> Collection[str]:
    """Which acts on freezes the officer's roles allow."""
    return ["freeze.propose"] if may(request.user, "freeze.propose") else []


def _tab_names() -> dict[str, str]:
    return {
        "waiting": _("Under way"),
        "expiring": _("About to end"),
        "unanswered": _("Unanswered by the bank"),
        "queued": _("Waiting their turn"),
        "frozen": _("Frozen"),
        "ended": _("Ended"),
    }


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "waiting")
    return tab if tab in TABS else "waiting"


def _tabs(request: HttpRequest, here: str, at: datetime) -> list[dict[str, object]]:
    names = _tab_names()
    return [
        {
            "code": tab,
            "name": names[tab],
            "count": lists.count_text(matching_freezes(request.user, FreezeFilter(tab=tab), now=at), TAB_CAP),
            "here": tab == here,
        }
        for tab in TABS
    ]


def _board(request: HttpRequest, filters: dict[str, str]) -> dict[str, object]:
    tab, after, at = _tab(request), request.GET.get("after", ""), now()
    found: list[Any] = []
    errors: dict[str, str] = {}
    next_after = ""
    try:
        page = list_freezes(request.user, FreezeFilter(tab=tab, **filters), now=at, after=after)
        found, next_after = page.rows, page.after
    except YipanqiError as error:
        if error.code != "place_code_invalid":
            raise
        errors["district"] = error_sentence(error)
    return {
        "tab": tab,
        "tabs": _tabs(request, tab, at),
        "filters": filters,
        "filtered": any(filters.values()),
        "errors": errors,
        "options": _options(request),
        "rows": _rows(found, allowed_acts(request), tab, at),
        "query": lists.query_string({"tab": tab} | filters),
        "after": after,
        "next_after": next_after,
    }


def _rows(found: list[Any], allowed: Collection[str], tab: str, at: datetime) -> list[dict[str, object]]:
    pending, attributed = pending_of_freezes(found), attributed_of_freezes(found)
    findings = finding_of([each.id for each in found])
    return [
        shown.row(
            each,
            pending[each.id],
            attributed=attributed[each.id],
            finding=findings.get(each.id),
            allowed=allowed,
            tab=tab,
            at=at,
        )
        for each in found
    ]


def _cells(found: Any) -> dict[str, Any]:
    days = {name: found_day.isoformat() for name, found_day in _term(found).items() if found_day}
    cells = shown.plain(found) | dict.fromkeys(("from", "until"), "") | days
    return {name: "" if cells[name] is None else cells[name] for name in COLUMNS}


def _term(found: Any) -> dict[str, Any]:
    return {"from": found.from_date, "until": found.until_date}


def _options(request: HttpRequest) -> dict[str, object]:
    language = show.language()
    return {
        "banks": [
            {"code": each.code, "name": stops.bank_name(each)} for each in list_connected() if each.bank
        ],
        "districts": [
            {"code": place.code, "name": place.name(language)}
            for place in list_children(request.user.unit_id)
        ],
    }


def _facts(found: Any, attributed: int) -> dict[str, object]:
    return {
        **shown.plain(found),
        "holder": found.holder_name.masked,
        "attributed": show.amount(attributed) if attributed else "",
        "free": show.amount(max(0, found.frozen_minor - attributed)) if attributed else "",
        "balance": show.amount(found.balance_minor),
        "traced": show.amount(found.traced_minor),
        "amount_note": found.amount_note.reveal(),
        "covers_interest": found.covers_interest,
        "note": found.note.reveal(),
        "pack": f"{found.pack_id} {found.pack_version}",
        "periods": found.periods,
        "stop_id": found.stop_id,
        "proposed_by": found.proposed_by.name,
        "ordered_at": found.ordered_at,
        "sent_at": found.sent_at,
        "confirmed_at": found.confirmed_at,
        "ends_by_bank_at": found.ends_by_bank_at,
        "warned_days": found.warned_days,
        "let_lapse": {
            "by": found.let_lapse_by.name,
            "at": found.let_lapse_at,
            "reason": found.let_lapse_reason.reveal(),
        }
        if found.let_lapse_at
        else None,
    }


def _queue(found: Any, at: datetime) -> dict[str, object] | None:
    """Behind whom a freeze waits or waited: the authority before us, and whether its time is over."""
    if found.queued_at is None:
        return None
    return {
        "department": found.former_department.reveal(),
        "frozen": show.amount(found.former_minor),
        "ends_at": found.former_ends_at,
        "over": found.status == "queued" and bool(found.former_ends_at and found.former_ends_at <= at),
        "since": found.queued_at,
        "moved_up_at": found.moved_up_at,
    }


def _story(found: Any) -> list[dict[str, object]]:
    """Everything done about the freeze and its screening, newest first, as the journal has it."""
    entries = list_latest(subject_id=str(found.id), limit=100)
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    bank = stops.bank_name(found.partner)
    return [
        {
            "at": entry.recorded_at,
            "title": catalog.events()[entry.event].name.get(show.language()),
            "by": officers.get(entry.actor_id) or (bank if entry.actor_kind == "partner" else ""),
            "reason": shown.reason_name(str(entry.payload.get("reason") or ""))
            if entry.subject_kind == "freeze"
            else "",
        }
        for entry in entries
    ]
