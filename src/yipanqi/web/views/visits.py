"""The visits desk, made for a phone: the officer's door visits, one visit with what to say and its report.

It works without signal: `static/js/visits_worker.js` keeps the pages of this desk, which hold masked data only, and
`outbox.js` keeps reports on the phone until they can be sent. What is in plain is never part of a page.
"""

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.queries import list_signals
from yipanqi.ops.cases.queries import find_case_of_alert
from yipanqi.ops.journal.queries import now as centre_now
from yipanqi.ops.staff.gates import may
from yipanqi.ops.subjects.services import unmask_person
from yipanqi.ops.workorders.enums import WorkKind
from yipanqi.ops.workorders.photos import view_photo
from yipanqi.ops.workorders.queries import (
    access_work_order,
    list_attempts_of_alert,
    list_reports_of_alert,
    list_told_of_alert,
    list_visits,
    open_visits,
)
from yipanqi.ops.workorders.ranking import order_reasons
from yipanqi.ops.workorders.visits import Told, cancel_visit, give_back_visit, record_visit, take_visit
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk, open_to_all
from yipanqi.web.lists import count_text
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_instant, read_int, read_uuid

CARDS = 60
SIGNALS_SHOWN = 10
SCOPE = "/visits"


@desk("visit.read")
@require_GET
def visits(request: HttpRequest) -> HttpResponse:
    """The open visits, the most pressing first: the officer's own, those that wait, for the duty officer all others."""
    at = centre_now()
    cards = [_card(order, request.user, at) for order in list_visits(request.user, limit=CARDS)]
    total = open_visits(request.user).count()
    context = {
        "groups": [
            {"code": code, "cards": own}
            for code in ("mine", "waiting", "others")
            if (own := [card for card in cards if card["group"] == code])
        ],
        "total": count_text(open_visits(request.user)),
        "more": max(0, total - len(cards)),
        "can_record": may(request.user, "visit.record"),
    }
    return _keepable(request, render(request, "visits/list.html", context))


@desk("visit.read")
@require_GET
def visit(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """One visit: who, where, until when, what to say, and what came of it."""
    order = _access(request, work_order_id)
    at, language = centre_now(), show.language()
    card = _card(order, request.user, at)
    is_open = order.status in {"waiting", "taken"}
    reports = [
        each for each in list_reports_of_alert(request.user, order.alert_id) if each.work_order_id == order.id
    ]
    calls = list_attempts_of_alert(request.user, order.alert_id)
    context = {
        "visit": {
            **card,
            "reasons": [show.reason(item) for item in order_reasons(order, at)],
            "call_found": show.outcome_name(calls[-1].outcome) if calls else "",
            "status": show.named(catalog.statuses(), f"work_order.{order.status}")["name"],
            "place_query": quote(show.place_path(order.person.place_code)),
            "cancelled": bool(order.cancel_reason.reveal()),
        },
        "lines": [line.get(language) for line in catalog.scripts(order.fraud_type).door_lines],
        "outcomes": show.visit_outcome_choices() if is_open and card["group"] != "others" else [],
        "reports": [_report(report) for report in reports],
        "case": find_case_of_alert(request.user, order.alert_id),
        "submission_id": uuid.uuid4(),
        "can": {
            "take": order.status == "waiting" and may(request.user, "visit.take"),
            "give_back": card["group"] == "mine" and may(request.user, "visit.give_back"),
            "record": is_open and card["group"] != "others" and may(request.user, "visit.record"),
            "cancel": order.status == "waiting" and may(request.user, "work_order.cancel"),
            "unmask": may(request.user, "person.unmask"),
        },
        "photo_max_bytes": catalog.windows()["photo_max_bytes"].count,
    }
    return _keepable(request, render(request, "visits/detail.html", context))


@desk("visit.read")
@require_GET
def background(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """What was warned of and what officers noted: free text may name people, so it is no part of the kept page."""
    order = _access(request, work_order_id)
    signals = list_signals(order.alert)[-SIGNALS_SHOWN:]
    context = {
        "signals": [show.signal(row, text=row.text.reveal()) for row in reversed(signals)],
        "notes": [
            {
                "at": each.made_at,
                "author": each.officer.name,
                "text": f"{show.outcome_name(each.outcome, at_door=each.at_door)} {each.note.reveal()}",
            }
            for each in list_told_of_alert(request.user, order.alert_id)
        ],
        "cancel_reason": order.cancel_reason.reveal(),
    }
    return render(request, "visits/_background.html", context)


@desk("visit.take")
@require_POST
def take(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """Take a waiting visit."""
    take_visit(
        work_order_id=work_order_id,
        version=read_int(request.POST.get("version")),
        acting_officer=request.user,
        now=centre_now(),
    )
    return _to(work_order_id)


@desk("visit.give_back")
@require_POST
def back(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """Put a visit back for the colleagues."""
    give_back_visit(
        work_order_id=work_order_id,
        version=read_int(request.POST.get("version")),
        acting_officer=request.user,
        now=centre_now(),
    )
    return HttpResponseRedirect(reverse("visits"), status=303)


@desk("visit.record")
@require_POST
def report(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """Record what came of a visit. The phone's outbox asks for JSON, a form without scripts gets the page."""
    wants_json = "application/json" in request.headers.get("Accept", "")
    now = centre_now()
    upload, photo_max = request.FILES.get("photo"), catalog.windows()["photo_max_bytes"].count
    try:
        told = Told(
            outcome=request.POST.get("outcome", ""),
            submission_id=read_uuid(request.POST.get("submission_id")),
            made_at=read_instant(request.POST.get("made_at"), now),
            note=request.POST.get("note", "").strip(),
            photo=upload.read(photo_max + 1) if upload else None,
        )
        recorded = record_visit(
            work_order_id=work_order_id,
            version=read_int(request.POST.get("version")),
            told=told,
            acting_officer=request.user,
            now=now,
        )
    except YipanqiError as error:
        if not wants_json:
            raise
        return JsonResponse({"text": error_sentence(error)}, status=STATUS.get(error.code, 400))
    if not wants_json:
        return _to(work_order_id)
    return JsonResponse({"kept": bool(recorded.kept_because), "text": _kept_text(recorded)})


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """One personal field of the person to visit, in plain; the look is journaled."""
    order = _access(request, work_order_id)
    field = request.POST.get("field", "")
    value = unmask_person(
        officer=request.user, person_id=order.person_id, field=field, ground="visit.door", now=centre_now()
    )
    context = {"field": field, "value": value, "query": quote(value), "revealed": True}
    if field == "name":
        context["about"] = _about(order.person)
    return render(request, "visits/_field.html", context)


@desk("work_order.cancel")
@require_POST
def cancel(request: HttpRequest, work_order_id: uuid.UUID) -> HttpResponse:
    """Cancel a visit that nobody took."""
    cancel_visit(
        work_order_id=work_order_id,
        version=read_int(request.POST.get("version")),
        reason=request.POST.get("reason", "").strip(),
        acting_officer=request.user,
        now=centre_now(),
    )
    return _to(work_order_id)


@desk("visit.read")
@require_GET
def photo(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """The photo of a report; the look is journaled."""
    data, media_type = view_photo(report_id=report_id, acting_officer=request.user, now=centre_now())
    return HttpResponse(data, content_type=media_type)


@desk("visit.read")
@require_GET
def token(request: HttpRequest) -> HttpResponse:
    """A fresh form token, and whose it is: what waited on the phone is sent under it."""
    return JsonResponse({"token": get_token(request), "officer": str(request.user.id)})


@open_to_all
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps this desk's pages. It stands here and not below /static so that its scope is this desk."""
    script = Path(str(finders.find("js/visits_worker.js"))).read_bytes()
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = SCOPE
    response["Cache-Control"] = "no-cache"
    return response


def _access(request: HttpRequest, work_order_id: uuid.UUID) -> Any:
    return access_work_order(request.user, work_order_id, act="visit.read", kind=WorkKind.VISIT)


def _to(work_order_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("visit", args=[work_order_id]), status=303)


def _keepable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the phone for how long it may keep this page: until the session ends."""
    ends_at = request.session.get("ends_at")
    if ends_at:
        seconds = (datetime.fromisoformat(ends_at) - centre_now()) // timedelta(seconds=1)
        response["X-Kept-Seconds"] = str(max(0, seconds))
    return response


def _card(order: Any, officer: Any, at: datetime) -> dict[str, Any]:
    mine = order.status == "taken" and order.taken_by_id == officer.id
    return {
        "id": order.id,
        "version": order.version,
        "group": "mine" if mine else "others" if order.status == "taken" else "waiting",
        "holder": order.taken_by.name if order.taken_by else "",
        "is_open": order.status in {"waiting", "taken"},
        "person": show.person(order.person),
        "about": _about(order.person),
        "fraud_type": show.fraud_type(order.fraud_type),
        "level": show.level(order.level),
        "visit_no": order.attempts + 1,
        "again_at": order.not_before_at if order.not_before_at > at else None,
        "warned_again": order.alert.last_signal_at > order.opened_at,
        "due_at": order.due_at,
        "total_seconds": max(1, int((order.due_at - order.opened_at) / timedelta(seconds=1))),
        "time_left": show.clock(order.due_at, order.opened_at, at),
    }


def _about(person: Any) -> str:
    age = [] if person.age is None else [str(person.age)]
    return " ".join([*([str(show.SEXES[person.sex])] if person.sex else []), *age])


def _report(row: Any) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.made_at,
        "by": row.officer.name,
        "outcome": show.outcome_name(row.outcome, at_door=True),
        "kept": _kept_text(row),
        "has_photo": bool(row.photo_type),
    }


def _kept_text(row: Any) -> str:
    """Why a report did not move the work, and what to do; empty where it did."""
    if not row.kept_because:
        return ""
    reason = show.named(catalog.statuses(), f"visit_kept.{row.kept_because}")["name"]
    if row.outcome == "paid":
        return gettext(
            "%(reason)s. Your report is kept with the alert. Money has left: ring the duty officer now."
        ) % {"reason": reason}
    return gettext("%(reason)s. Your report is kept with the alert; the centre reads it there.") % {
        "reason": reason
    }
