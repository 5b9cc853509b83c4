"""The dissuasion seat: the next call, its script, one key per outcome, and undo."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount, format_short
from yipanqi.ops.alerts.queries import access_alert, list_signals
from yipanqi.ops.cases.queries import find_case_of_alert
from yipanqi.ops.journal.queries import now as centre_now
from yipanqi.ops.subjects.services import unmask_account, unmask_person
from yipanqi.ops.workorders.enums import Purpose
from yipanqi.ops.workorders.outcomes import record_outcome, undo_outcome
from yipanqi.ops.workorders.queries import (
    access_work_order,
    find_taken,
    list_told_of_alert,
    tally,
)
from yipanqi.ops.workorders.ranking import order_reasons, order_savable_minor
from yipanqi.ops.workorders.services import give_back, take_next
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.views.protect import part_of, propose, still_held

SIGNALS_SHOWN = 10


@desk("seat.take")
@require_GET
def seat(request: HttpRequest) -> HttpResponse:
    """The seat with the call the officer holds, or what waits."""
    return render(request, "seat.html", _board(request))


@desk("seat.take")
@require_GET
def header(request: HttpRequest) -> HttpResponse:
    """The line of figures alone, asked for every ten seconds."""
    return render(request, "seat/_header.html", {"header": _figures(request)})


@desk("seat.take")
@require_POST
def next_call(request: HttpRequest) -> HttpResponse:
    """Take the next call."""
    taken = take_next(acting_officer=request.user, now=centre_now())
    notice = (
        None
        if taken
        else {"tone": "safe", "text": catalog.error_text("nothing_waiting").get(show.language())}
    )
    return _answer(request, notice=notice, extra_reasons=[show.reason(r) for r in taken[1]] if taken else [])


@desk("seat.record")
@require_POST
def outcome(request: HttpRequest) -> HttpResponse:
    """Record what came of the call and bring the next one."""
    now = centre_now()
    try:
        attempt = record_outcome(
            work_order_id=read_uuid(request.POST.get("work_order_id")),
            version=read_int(request.POST.get("version")),
            outcome=request.POST.get("outcome", ""),
            note=_note(request),
            acting_officer=request.user,
            now=now,
        )
    except YipanqiError as error:
        return _refused(request, error)
    if catalog.call_outcomes()[attempt.outcome].effect == "paid":
        return _to_register(request, attempt.work_order.alert_id)
    undo = catalog.windows()["undo"].duration
    recorded = {
        "outcome": show.outcome_name(attempt.outcome),
        "person": attempt.work_order.person.name.masked,
        "undo_until_at": attempt.made_at + undo,
        "held": _held(request, attempt),
    }
    taken = take_next(acting_officer=request.user, now=now)
    return _answer(
        request, recorded=recorded, extra_reasons=[show.reason(r) for r in taken[1]] if taken else []
    )


def _to_register(request: HttpRequest, alert_id: uuid.UUID) -> HttpResponse:
    """On to where the payment is entered and its stops are proposed; no next call before that."""
    case = find_case_of_alert(request.user, alert_id)
    address = reverse("case_register", args=[case.id]) if case else reverse("seat")
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(address, status=303)
    response = HttpResponse(status=200)
    response["HX-Redirect"] = address
    return response


def _held(request: HttpRequest, attempt: Any) -> dict[str, object] | None:
    """The protective stops that a call which ended well leaves behind."""
    closes = catalog.call_outcomes()[attempt.outcome].effect.startswith("close")
    return still_held(request, attempt.work_order.alert) if closes else None


@desk("stop.propose")
@require_POST
def protect(request: HttpRequest) -> HttpResponse:
    """Protect the resident's card while the call goes on; only that part of the board is answered."""
    alert = access_alert(request.user, read_uuid(request.POST.get("alert_id")))
    errors = propose(request, alert)
    status, part = (422 if errors else 200), {"protect": part_of(request, alert, errors)}
    if request.headers.get("HX-Request"):
        return render(request, "seat/_protect.html", part, status=status)
    if errors:
        return render(request, "seat.html", _board(request) | part, status=status)
    return HttpResponseRedirect(reverse("seat"), status=303)


@desk("work_order.give_back")
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Put the call back into the line."""
    try:
        give_back(
            work_order_id=read_uuid(request.POST.get("work_order_id")),
            version=read_int(request.POST.get("version")),
            acting_officer=request.user,
            now=centre_now(),
        )
    except YipanqiError as error:
        return _refused(request, error)
    return _answer(request, notice={"tone": "act", "text": gettext("The call is back in the line.")})


@desk("seat.undo")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last outcome back within ten seconds."""
    try:
        undo_outcome(acting_officer=request.user, now=centre_now())
    except YipanqiError as error:
        return _refused(request, error)
    return _answer(request, notice={"tone": "act", "text": gettext("Undone: the call is yours again.")})


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest) -> HttpResponse:
    """One personal field of the call in hand, in plain; the look is journaled."""
    order = access_work_order(request.user, read_uuid(request.POST.get("work_order_id")))
    field, now = request.POST.get("field", ""), centre_now()
    if field == "suspect_account":
        value = _unmask_suspect(request, order, now)
    else:
        value = unmask_person(
            officer=request.user, person_id=order.person_id, field=field, ground="seat.call", now=now
        )
    return render(request, "seat/_field.html", {"field": field, "value": value, "revealed": True})


def _unmask_suspect(request: HttpRequest, order: Any, now: datetime) -> str:
    account = order.alert.suspect_account
    if account is None:
        raise YipanqiError("no account is known yet", code="not_found")
    return unmask_account(
        officer=request.user,
        account=account,
        subject_id=order.alert_id,
        place_code=order.place_code,
        ground="seat.call",
        now=now,
    )


def _answer(request: HttpRequest, status: int = 200, **extra: Any) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("seat"), status=303)
    return render(
        request, "seat/_call.html", {**_board(request, **extra), "with_header": True}, status=status
    )


def _refused(request: HttpRequest, error: YipanqiError) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        raise error
    notice = {"tone": "problem", "text": error_sentence(error)}
    return _answer(request, status=STATUS.get(error.code, 400), notice=notice)


def _board(
    request: HttpRequest,
    recorded: dict[str, object] | None = None,
    notice: dict[str, str] | None = None,
    extra_reasons: list[str] | None = None,
) -> dict[str, object]:
    order = find_taken(request.user)
    figures = _figures(request)
    context: dict[str, object] = {
        "header": figures,
        "waiting": figures["waiting"],
        "recorded": recorded,
        "notice": notice,
    }
    if order is None:
        return {**context, "call": None}
    call = _call(request, order, extra_reasons or [])
    return {
        **context,
        "call": call,
        "protect": part_of(request, order.alert),
        "outcomes": show.outcome_choices(),
        "script": show.script(order.fraud_type),
    }


def _figures(request: HttpRequest) -> dict[str, object]:
    mine = tally(request.user, centre_now())
    return {
        "waiting": mine.waiting,
        "waiting_capped": mine.waiting_capped,
        "my_calls": mine.my_calls,
        "my_dissuaded": mine.my_dissuaded,
        "my_saved_short": format_short(mine.my_saved_minor, show.language()),
        "my_saved_full": format_amount(mine.my_saved_minor),
    }


def _call(request: HttpRequest, order: Any, extra_reasons: list[str]) -> dict[str, object]:
    now, alert = centre_now(), order.alert
    signals = list_signals(alert)[-SIGNALS_SHOWN:]
    return {
        "work_order_id": order.id,
        "version": order.version,
        "alert_id": alert.id,
        "attempt": order.attempts + 1,
        "is_callback": order.purpose == Purpose.CALLBACK,
        "person": show.person(order.person),
        "suspect": show.suspect(alert.suspect_account),
        "level": show.level(order.level),
        "fraud_type": show.fraud_type(order.fraud_type),
        "reasons": extra_reasons + [show.reason(item) for item in order_reasons(order, now)],
        "due_at": order.due_at,
        "total_seconds": max(1, int((order.due_at - order.opened_at) / timedelta(seconds=1))),
        "time_left": show.clock(order.due_at, order.opened_at, now),
        "savable": show.money(order_savable_minor(order, now)),
        "signals": [show.signal(row, text=row.text.reveal()) for row in reversed(signals)],
        "notes": [
            {
                "at": a.made_at,
                "author": a.officer.name,
                "text": f"{show.outcome_name(a.outcome, at_door=a.at_door)} {a.note.reveal()}",
            }
            for a in list_told_of_alert(request.user, alert.id)
        ],
    }


def _note(request: HttpRequest) -> str:
    """The operator's note, with the quick answers ticked in the script in front of it."""
    ticked = [
        f"{name.removeprefix('answer_')}:{value}"
        for name, value in request.POST.items()
        if name.startswith("answer_")
    ]
    note = request.POST.get("note", "").strip()
    return " ".join([*([f"[{' '.join(ticked)}]"] if ticked else []), *([note] if note else [])])
