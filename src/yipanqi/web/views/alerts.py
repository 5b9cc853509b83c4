"""The alert list and one alert's page, and the masked CSV export."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.exporting import export_alerts
from yipanqi.ops.alerts.queries import (
    AlertFilter,
    access_alert,
    list_alerts,
    list_signals,
    matching_alerts,
)
from yipanqi.ops.cases.queries import find_case_of_alert
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import full_name, list_children
from yipanqi.ops.measures.queries import list_stops_of_alert
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names, list_officers
from yipanqi.ops.workorders.enums import Purpose
from yipanqi.ops.workorders.queries import (
    list_attempts_of_alert,
    list_orders_of_alert,
    list_reports_of_alert,
)
from yipanqi.ops.workorders.ranking import alert_savable_minor, order_reasons, order_savable_minor
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.cases import stop_shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence

FILTERS = ("status", "level", "fraud_type", "source", "district", "handler", "q", "from", "to")
OPEN_STATUSES = ("received", "triaged", "contacting", "paid", "closed")
COLUMNS = (
    "number",
    "received_at",
    "person_name",
    "phone",
    "fraud_type",
    "level",
    "source",
    "place",
    "status",
    "handler",
)


@desk("alert.read")
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """The list, newest first, with filters and what waits."""
    filters = lists.chosen(request.GET, FILTERS)
    errors: dict[str, str] = {}
    rows: list[Any] = []
    at = now()
    total, next_after = "0", ""
    try:
        wanted = _wanted(filters)
        page = list_alerts(request.user, wanted, after=request.GET.get("after", ""))
        rows, next_after = page.rows, page.after
        total = lists.count_text(matching_alerts(request.user, wanted))
    except YipanqiError as error:
        if error.code not in {"phone_invalid", "place_code_invalid"}:
            raise
        errors["q" if error.code == "phone_invalid" else "district"] = error_sentence(error)
    context = {
        "filters": filters,
        "options": _options(request),
        "errors": errors,
        "total": total,
        "tally": _tally(request),
        "rows": [_row(alert, at) for alert in rows],
        "filtered": any(filters.values()),
        "query": lists.query_string(filters),
        "after": request.GET.get("after", ""),
        "next_after": next_after,
    }
    return render(request, "alerts/list.html", context)


@desk("alert.read")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV (UTF-8 with BOM, for Excel), masked as on screen; the taking is journaled."""
    at, wanted = now(), _wanted(lists.chosen(request.GET, FILTERS))
    rows = export_alerts(acting_officer=request.user, wanted=wanted, now=at)
    lines = lists.csv_lines(COLUMNS, (_row(found, at) for found in rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="alerts.csv"'
    return response


@desk("alert.read")
@require_GET
def alert(request: HttpRequest, alert_id: uuid.UUID) -> HttpResponse:
    """One alert: the person, its signals, and everything done."""
    found = access_alert(request.user, alert_id)
    orders = list_orders_of_alert(request.user, alert_id)
    current = next((order for order in reversed(orders) if order.status in {"waiting", "taken"}), None)
    context = {
        "alert": _detail(found, current),
        "timeline": _timeline(request, found),
        "work_orders": [_order(order) for order in orders],
        "call": _unmaskable(request, orders),
        "can_order": may(request.user, "directive.issue"),
        **_gone_on(request, found),
    }
    return render(request, "alerts/detail.html", context)


def _gone_on(request: HttpRequest, found: Any) -> dict[str, object]:
    """The case the alert became and the stops that came from it, for who may see them."""
    case = find_case_of_alert(request.user, found.id) if may(request.user, "case.read") else None
    laid = list_stops_of_alert(request.user, found) if may(request.user, "stop.read") else []
    return {
        "case": {"id": case.id, "number": case.number} if case else None,
        "stops": [stop_shown(stop) for stop in laid],
        "can_lift": may(request.user, "stop.lift"),
    }


def _unmaskable(request: HttpRequest, orders: list[Any]) -> dict[str, object] | None:
    """The work order through whose gate personal fields are unmasked; None for who may not pass it."""
    allowed = may(request.user, "person.unmask") and may(request.user, "work_order.read")
    return {"work_order_id": orders[-1].id} if orders and allowed else None


def number(alert_id: uuid.UUID) -> str:
    """A short number to say on the phone: the last eight hex digits of the id."""
    return alert_id.hex[-8:].upper()


def _wanted(filters: dict[str, str]) -> AlertFilter:
    first, last = lists.day_bounds(filters["from"], filters["to"])
    exact = {
        name: filters[name] for name in ("status", "level", "fraud_type", "source", "district", "handler")
    }
    return AlertFilter(**exact, phone=filters["q"], opened_from=first, opened_to=last)


def _options(request: HttpRequest) -> dict[str, object]:
    language = show.language()
    handlers = [officer for officer in list_officers(request.user) if "operator" in officer.roles]
    return {
        "statuses": [
            {"code": code, "name": catalog.statuses()[f"alert.{code}"].name.get(language)}
            for code in OPEN_STATUSES
        ],
        "levels": lists.options(catalog.levels(), language),
        "fraud_types": lists.options(catalog.fraud_types(), language),
        "sources": lists.options(catalog.sources(), language),
        "districts": [
            {"code": p.code, "name": p.name(language)} for p in list_children(request.user.unit_id)
        ],
        "handlers": [{"code": officer.username, "name": officer.name} for officer in handlers],
    }


def _tally(request: HttpRequest) -> list[dict[str, str]]:
    """How many stand where, counted no further than ten thousand each."""
    language = show.language()
    return [
        {
            "name": catalog.statuses()[f"alert.{code}"].name.get(language),
            "count": lists.count_text(matching_alerts(request.user, AlertFilter(status=code))),
        }
        for code in OPEN_STATUSES
    ]


def _status(code: str) -> dict[str, str]:
    item = catalog.statuses()[f"alert.{code}"]
    return {"code": code, "name": item.name.get(show.language()), "tone": item.tone}


def _row(row: Any, at: datetime) -> dict[str, object]:
    waits = row.status in {"triaged", "contacting"} and row.due_at
    return {
        "id": row.id,
        "number": number(row.id),
        "received_at": row.opened_at,
        "person_name": row.person.name.masked or "—",
        "phone": row.person.phone.masked,
        "fraud_type": show.fraud_type(row.fraud_type),
        "level": show.level(row.level),
        "source": catalog.sources()[row.source].name.get(show.language()),
        "signals": row.signal_count,
        "place": full_name(row.place_code, show.language()),
        "handler": row.handler.name if row.handler else "",
        "status": _status(row.status),
        "savable": show.money(alert_savable_minor(row, at)) if waits else None,
        "time_left": show.clock(row.due_at, row.opened_at, at) if waits else None,
        "due_at": row.due_at,
        "total_seconds": _span(row.due_at, row.opened_at),
    }


def _span(due_at: Any, opened_at: Any) -> int:
    return max(1, int((due_at - opened_at) / timedelta(seconds=1))) if due_at else 1


def _detail(row: Any, current: Any) -> dict[str, object]:
    at = now()
    return {
        **_row(row, at),
        "version": row.version,
        "closed_at": row.closed_at,
        "person": show.person(row.person),
        "suspect": show.suspect(row.suspect_account),
        "savable": show.money(order_savable_minor(current, at)) if current else None,
        "reasons": [show.reason(item) for item in order_reasons(current, at)] if current else [],
        "rule_version": row.rules_version,
        "class_reasons": class_reasons(row),
    }


def class_reasons(row: Any) -> str:
    """Why the fraud class is what it is: the rules' phrases that were found, or who named the class."""
    said = []
    for reason in row.fraud_reasons:
        if reason["rule"] == "sender":
            source = catalog.sources()[reason["phrase"]].name.get(show.language())
            said.append(gettext("named by %(source)s") % {"source": source})
        else:
            said.append(reason["phrase"])
    return " · ".join(said)


def _order(order: Any) -> dict[str, object]:
    language = show.language()
    kind = "callback" if order.purpose == Purpose.CALLBACK else order.kind
    return {
        "name": catalog.statuses()[f"work_kind.{kind}"].name.get(language),
        "status": catalog.statuses()[f"work_order.{order.status}"].name.get(language),
        "handler": order.taken_by.name if order.taken_by else "",
        "due_at": order.due_at,
        "outcome": show.outcome_name(order.outcome, at_door=order.kind == "visit") if order.outcome else "",
    }


def _timeline(request: HttpRequest, row: Any) -> list[dict[str, object]]:
    """Signals, acts and calls in one line of time, newest first."""
    language = show.language()
    items = [
        {**show.signal(s, text=s.text.reveal()), "kind": "signal", "at": s.received_at, "by": "",
         "title": catalog.sources()[s.source].name.get(language)}
        for s in list_signals(row)
    ]  # fmt: skip
    entries = list_latest(subject_id=str(row.id), limit=100)
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    items += [
        {"kind": "act", "at": e.recorded_at, "title": catalog.events()[e.event].name.get(language), "text": "",
         "by": officers.get(e.actor_id, ""), "amount": "", "paid": False}
        for e in entries
    ]  # fmt: skip
    items += [
        {"kind": "outcome", "at": a.made_at, "title": show.outcome_name(a.outcome),
         "text": a.note.reveal(), "by": a.officer.name, "amount": "", "paid": a.outcome == "paid"}
        for a in list_attempts_of_alert(request.user, row.id)
    ]  # fmt: skip
    may_look = may(request.user, "visit.read")
    items += [
        {"kind": "outcome", "at": r.made_at, "title": show.outcome_name(r.outcome, at_door=True),
         "text": r.note.reveal(), "by": r.officer.name, "amount": "", "paid": r.outcome == "paid", "door": True,
         "kept": show.named(catalog.statuses(), f"visit_kept.{r.kept_because}")["name"] if r.kept_because else "",
         "photo_of": r.id if r.photo_type and may_look else None}
        for r in list_reports_of_alert(request.user, row.id)
    ]  # fmt: skip
    return sorted(items, key=lambda item: item["at"], reverse=True)  # type: ignore[arg-type, return-value]
