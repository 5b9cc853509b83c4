"""The approver's desk: what waits for a second signature, one at a time, and the pop-up that tells of a new one."""

import uuid
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.freezing.queries import unattended_freezes
from yipanqi.ops.staff.gates import may
from yipanqi.web import books, freezes, stops
from yipanqi.web.books import Asked
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_uuid

UNATTENDED = 5
POPPED = 20  # the latest; who put them away was told of those before


@desk("stop.sign")
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """The signature that is due first, or the one asked for by its id, with the queue beside it."""
    chosen = request.GET.get("id", "")
    current = books.find(request.user, read_uuid(chosen)) if chosen else None
    return render(request, "approvals/desk.html", _board(request, current))


@desk("stop.sign")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue alone, asked for every five seconds; 204 while nothing has changed.

    An empty desk gets the whole board when something comes in, and a sheet that somebody else decided says so.
    """
    chosen = request.GET.get("id", "")
    current = books.find(request.user, read_uuid(chosen)) if chosen else None
    if request.GET.get("seen", "") == _mark(request, current):
        return HttpResponse(status=204)
    if current is None:
        response = render(request, "approvals/_board.html", _board(request, None))
        response["HX-Retarget"], response["HX-Reswap"] = "#approval-board", "innerHTML"
        return response
    context = {
        "queue": _queue(request, current),
        "current": {"id": current.id},
        "mark": _mark(request, current),
        "decided": current.decided(now()),
    }
    return render(request, "approvals/_queue.html", context)


@desk("stop.sign")
@require_GET
def pending(request: HttpRequest) -> HttpResponse:
    """What waits for this officer's signature, for the pop-up on every page; 204 while nothing has changed."""
    mark = books.mark(request.user)
    if request.GET.get("seen", "") == mark:
        return HttpResponse(status=204)
    waiting = books.waiting(request.user)
    at = now()
    context = {
        "mark": mark,
        "count": len(waiting),
        "more": len(waiting) - 1,
        "waiting": [each.short(at) | {"does": each.does()} for each in waiting[-POPPED:]],
    }
    return render(request, "approvals/_pending.html", context)


@desk("stop.sign")
@require_POST
def give(request: HttpRequest, signature_id: uuid.UUID) -> HttpResponse:
    """Sign second and bring the next."""
    asked = books.find(request.user, signature_id)
    try:
        asked.book.sign(signature_id=signature_id, acting_officer=request.user, now=now())
    except YipanqiError as error:
        return _refused(request, signature_id, error)
    return _next(request, _("Signed: %(what)s") % {"what": asked.does()})


@desk("stop.sign")
@require_POST
def send_back(request: HttpRequest, signature_id: uuid.UUID) -> HttpResponse:
    """Refuse the second signature, with a reason, and bring the next."""
    asked = books.find(request.user, signature_id)
    reason = request.POST.get("reason", "").strip()
    try:
        asked.book.decline(signature_id=signature_id, reason=reason, acting_officer=request.user, now=now())
    except YipanqiError as error:
        return _refused(request, signature_id, error)
    return _next(request, _("Sent back: %(what)s") % {"what": asked.does()})


def _next(request: HttpRequest, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("approvals"), status=303)
    notice = {"tone": "safe", "text": said}
    response = render(request, "approvals/_board.html", _board(request, None, notice))
    response["HX-Replace-Url"] = reverse("approvals")
    return response


def _refused(request: HttpRequest, signature_id: uuid.UUID, error: YipanqiError) -> HttpResponse:
    """The same sheet with the reason it could not be done; where somebody was faster it says who."""
    current = books.find(request.user, signature_id)
    text = current.decided(now()) or error_sentence(error)
    notice = {"tone": "problem", "text": text}
    context = _board(request, current, notice) | {"reason": request.POST.get("reason", "")}
    part = bool(request.headers.get("HX-Request"))
    template = "approvals/_board.html" if part else "approvals/desk.html"
    return render(request, template, context, status=STATUS.get(error.code, 422))


def _board(
    request: HttpRequest, current: Asked | None, notice: dict[str, str] | None = None
) -> dict[str, object]:
    waiting = books.waiting(request.user)
    if current is None and waiting:
        current = waiting[0]
    at = now()
    day = books.day(request.user, now=at)
    return {
        "current": current.sheet(at) if current else None,
        "queue": [each.short(at) | {"here": bool(current and each.id == current.id)} for each in waiting],
        "unattended": _unattended(request, at),
        "day": {
            "signed": day.signed,
            "median": "" if day.median_seconds is None else stops.span(day.median_seconds),
        },
        "mark": _mark(request, current),
        "may_read_alert": may(request.user, "alert.read"),
        "notice": notice,
    }


def _unattended(request: HttpRequest, at: datetime) -> list[dict[str, object]]:
    """The freezes that end in days and that nobody has attended to, the soonest first."""
    if not may(request.user, "freeze.read"):
        return []
    found = list(unattended_freezes(request.user)[:UNATTENDED])
    clocks = [freezes.term_clock(each) for each in found]
    return [
        {**freezes.plain(each), "clock": stops.clock(clock, at)}
        for each, clock in zip(found, clocks, strict=True)
        if clock
    ]


def _mark(request: HttpRequest, current: Asked | None) -> str:
    return f"{books.mark(request.user)}-{current.signature.status if current else ''}"


def _queue(request: HttpRequest, current: Asked) -> list[dict[str, object]]:
    at = now()
    return [each.short(at) | {"here": each.id == current.id} for each in books.waiting(request.user)]
