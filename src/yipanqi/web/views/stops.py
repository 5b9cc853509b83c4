"""One stop: its facts, orders, clocks and story; lifting it, extending it, and showing what is masked."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.freezing.queries import freezes_under_way_of
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.proposing import propose_extension
from yipanqi.ops.measures.queries import access_stop, list_orders, signatures_of
from yipanqi.ops.measures.revealing import unmask_stop
from yipanqi.ops.measures.waiting import Pending, pending_of
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import freezes, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int
from yipanqi.web.views.alerts import number
from yipanqi.web.views.funds import allowed_acts
from yipanqi.web.views.policy import duration_in_words


@desk("stop.read")
@require_GET
def stop(request: HttpRequest, stop_id: uuid.UUID) -> HttpResponse:
    """One stop: what, why, who signed, what the bank said, and every clock that runs."""
    found, at = access_stop(request.user, stop_id), now()
    pending = pending_of([found])[found.id]
    pack = pack_of(found)
    context = {
        "stop": _facts(found) | {"can": stops.acts(found, pending, allowed_acts(request), at)},
        "clocks": [stops.clock(each, at) for each in stops.clocks(found, pending, pack)],
        "marks": stops.marks(found, pending),
        "freeze": next((freezes.plain(each) for each in freezes_under_way_of([found]).values()), None),
        "used": {"count": pending.used, "limit": pending.limit, "term": stops.term(found, pack)},
        "signatures": [stops.signature(each) for each in signatures_of(found)],
        "orders": [stops.order(each) for each in list_orders(found)],
        "story": _story(found),
        "may_unmask": may(request.user, "person.unmask"),
        "may_read_alert": may(request.user, "alert.read"),
    }
    return render(request, "funds/stop.html", context)


@desk("stop.lift")
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, stop_id: uuid.UUID) -> HttpResponse:
    """Lift a stop: what goes to whom, the reason, and the act."""
    found = access_stop(request.user, stop_id, act="stop.lift")
    error = None
    if request.method == "POST":
        try:
            lift_stop(
                stop_id=stop_id,
                version=read_int(request.POST.get("version")),
                reason=request.POST.get("reason", ""),
                acting_officer=request.user,
                now=now(),
            )
        except YipanqiError as refusal:
            error = refusal
        else:
            return _done(request, stop_id, _lifted(found))
    return _ask(request, found, error, _lifting(found))


@desk("stop.propose")
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, stop_id: uuid.UUID) -> HttpResponse:
    """Ask for one more period of a stop: what goes to whom, the ground, and the act."""
    found = access_stop(request.user, stop_id, act="stop.propose")
    error = None
    if request.method == "POST":
        try:
            propose_extension(
                stop_id=stop_id,
                version=read_int(request.POST.get("version")),
                ground=request.POST.get("ground", ""),
                note=request.POST.get("note", "").strip(),
                acting_officer=request.user,
                now=now(),
            )
        except YipanqiError as refusal:
            error = refusal
        else:
            return _done(request, stop_id, _("Extension asked for: %(account)s.") % _of(found))
    pending = pending_of([found])[found.id]
    return _ask(request, found, error, _extending(found, pending))


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, stop_id: uuid.UUID) -> HttpResponse:
    """The account or its holder's name in plain; the look is journaled."""
    field = request.POST.get("field", "")
    value = unmask_stop(stop_id=stop_id, field=field, acting_officer=request.user, now=now())
    return render(request, "funds/_field.html", {"field": field, "value": value, "revealed": True})


def _done(request: HttpRequest, stop_id: uuid.UUID, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("stop_detail", args=[stop_id]), status=303)
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"funds-done": {"text": said}})
    return response


def _ask(
    request: HttpRequest, found: Any, error: YipanqiError | None, act: dict[str, object]
) -> HttpResponse:
    """The form of an act, alone for the dialog or as a page; refused, it says why above the same form."""
    stale = error is not None and error.code == "version_conflict"
    found = access_stop(request.user, found.id) if stale else found
    context = {
        "stop": stops.plain(found),
        "act": act,
        "error": error_sentence(error) if error else "",
        "values": {name: request.POST.get(name, "") for name in ("reason", "ground", "note")},
    }
    part = bool(request.headers.get("HX-Request"))
    status = STATUS.get(error.code, 422) if error else 200
    return render(request, "funds/_act.html" if part else "funds/act.html", context, status=status)


def _of(found: Any) -> dict[str, str]:
    return {"bank": stops.bank_name(found.partner), "account": stops.account(found)}


def _lifted(found: Any) -> str:
    if found.ordered_at is None:
        return _("Proposal dropped: %(account)s.") % _of(found)
    return _("Order to lift given: %(account)s.") % _of(found)


def _lifting(found: Any) -> dict[str, object]:
    """What lifting does, to whom, and what follows."""
    reasons = catalog.lift_reasons()
    language = show.language()
    if found.ordered_at is None:
        does, follows = _("Drop the proposal for %(account)s"), _("Nothing has left: the bank hears nothing.")
        button = _("Drop the proposal")
    else:
        does, button = _("Order %(account)s to be lifted"), _("Order the lift")
        follows = (
            _("The resident can use the account again as soon as the bank has lifted.")
            if found.target == "protective"
            else _("The money on the account can move again as soon as the bank has lifted.")
        )
    return {
        "name": "lift",
        "url": reverse("stop_lift", args=[found.id]),
        "does": does % _of(found),
        "follows": [follows],
        "button": button,
        "label": _("Reason"),
        "choices": [
            {"code": code, "name": reason.name.get(language)}
            for code, reason in reasons.items()
            if reason.chosen
        ],
    }


def _extending(found: Any, pending: Pending) -> dict[str, object]:
    """What extending does, to whom, and when it needs its second signature."""
    pack = pack_of(found)
    length = pack.duration(f"stop.{found.target}.duration")
    within = pack.second_person("stop.second_person")
    signing = (
        _("It leaves at once; a second officer signs within %(time)s, else the whole stop is lifted.")
        % {"time": duration_in_words(within)}
        if within
        else _("It leaves once a second officer has signed.")
    )
    counted = _("Period %(n)s of %(limit)s that this account may be stopped.") % {
        "n": pending.used + 1,
        "limit": pending.limit,
    }
    until = show.minute(found.expires_at + length) if found.expires_at else ""
    return {
        "name": "extend",
        "url": reverse("stop_extend", args=[found.id]),
        "does": _("Extend the stop of %(account)s") % _of(found),
        "follows": [
            _("%(term)s more, until %(until)s.") % {"term": duration_in_words(length), "until": until},
            counted,
            signing,
        ],
        "button": _("Ask for the extension"),
        "label": _("Ground"),
        "choices": stops.grounds_for(found.target),
    }


def _facts(found: Any) -> dict[str, object]:
    payment = found.payment
    return {
        **stops.plain(found),
        "number": number(found.id),
        "holder": found.holder_name.masked,
        "transfer_at": found.transfer_at,
        "balance": show.amount(found.balance_minor),
        "payer": payment.payer.number.masked if payment and payment.payer else "",
        "person": show.person(found.person) if found.person else None,
        "note": found.note.reveal(),
        "proposed_by": found.proposed_by.name,
        "ordered_at": found.ordered_at,
        "sent_at": found.sent_at,
        "ends_by_bank_at": found.ends_by_bank_at,
        "alert": number(found.alert_id) if found.alert_id else "",
        "pack": f"{found.pack_id} {found.pack_version}",
    }


def _story(found: Any) -> list[dict[str, object]]:
    """Everything done about the stop, newest first, as the journal has it."""
    entries = list_latest(subject_id=str(found.id), limit=100)
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    bank = stops.bank_name(found.partner)
    return [
        {
            "at": entry.recorded_at,
            "title": catalog.events()[entry.event].name.get(show.language()),
            "by": officers.get(entry.actor_id) or (bank if entry.actor_kind == "partner" else ""),
            "reason": stops.reason_name(str(entry.payload.get("reason") or "")),
        }
        for entry in entries
    ]
