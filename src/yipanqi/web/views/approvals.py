"""The approver's desk: what waits for a second signature, one at a time, and the pop-up that tells of a new one."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.queries import access_signature, list_signatures
from yipanqi.ops.measures.signing import decline, sign
from yipanqi.ops.measures.waiting import signing_day, waiting_mark
from yipanqi.ops.staff.gates import may
from yipanqi.web import sheets, stops
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_uuid

POPPED = 20  # the latest; who put them away was told of those before


@desk("stop.sign")
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """The signature that is due first, or the one asked for by its id, with the queue beside it."""
    chosen = request.GET.get("id", "")
    current = access_signature(request.user, read_uuid(chosen)) if chosen else None
    return render(request, "approvals/desk.html", _board(request, current))


@desk("stop.sign")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue alone, asked for every five seconds; 204 while nothing has changed.

    An empty desk gets the whole board when something comes in, and a sheet that somebody else decided says so.
    """
    chosen = request.GET.get("id", "")
    current = access_signature(request.user, read_uuid(chosen)) if chosen else None
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
        "decided": sheets.decided(current, now()),
    }
    return render(request, "approvals/_queue.html", context)


@desk("stop.sign")
@require_GET
def pending(request: HttpRequest) -> HttpResponse:
    """What waits for this officer's signature, for the pop-up on every page; 204 while nothing has changed."""
    mark = waiting_mark(request.user)
    if request.GET.get("seen", "") == mark:
        return HttpResponse(status=204)
    waiting = list_signatures(request.user)
    at = now()
    context = {
        "mark": mark,
        "count": len(waiting),
        "more": len(waiting) - 1,
        "waiting": [sheets.short(each, at) | {"does": sheets.does(each)} for each in waiting[-POPPED:]],
    }
    return render(request, "approvals/_pending.html", context)


@desk("stop.sign")
@require_POST
def give(request: HttpRequest, signature_id: uuid.UUID) -> HttpResponse:
    """Sign second and bring the next."""
    signature = access_signature(request.user, signature_id)
    try:
        sign(signature_id=signature_id, acting_officer=request.user, now=now())
    except YipanqiError as error:
        return _refused(request, signature_id, error)
    return _next(request, _("Signed: %(what)s") % {"what": sheets.does(signature)})


@desk("stop.sign")
@require_POST
def send_back(request: HttpRequest, signature_id: uuid.UUID) -> HttpResponse:
    """Refuse the second signature, with a reason, and bring the next."""
    signature = access_signature(request.user, signature_id)
    reason = request.POST.get("reason", "").strip()
    try:
        decline(signature_id=signature_id, reason=reason, acting_officer=request.user, now=now())
    except YipanqiError as error:
        return _refused(request, signature_id, error)
    return _next(request, _("Sent back: %(what)s") % {"what": sheets.does(signature)})


def _next(request: HttpRequest, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("approvals"), status=303)
    notice = {"tone": "safe", "text": said}
    response = render(request, "approvals/_board.html", _board(request, None, notice))
    response["HX-Replace-Url"] = reverse("approvals")
    return response


def _refused(request: HttpRequest, signature_id: uuid.UUID, error: YipanqiError) -> HttpResponse:
    """The same sheet with the reason it could not be done; where somebody was faster it says who."""
    current = access_signature(request.user, signature_id)
    text = sheets.decided(current, now()) or error_sentence(error)
    notice = {"tone": "problem", "text": text}
    context = _board(request, current, notice) | {"reason": request.POST.get("reason", "")}
    part = bool(request.headers.get("HX-Request"))
    template = "approvals/_board.html" if part else "approvals/desk.html"
    return render(request, template, context, status=STATUS.get(error.code, 422))


def _board(
    request: HttpRequest, current: Any | None, notice: dict[str, str] | None = None
) -> dict[str, object]:
    waiting = list_signatures(request.user)
    if current is None and waiting:
        current = waiting[0]
    at = now()
    day = signing_day(request.user, now=at)
    return {
        "current": sheets.sheet(current, at) if current else None,
        "queue": [
            sheets.short(each, at) | {"here": bool(current and each.id == current.id)} for each in waiting
        ],
        "day": {
            "signed": day.signed,
            "median": "" if day.median_seconds is None else stops.span(day.median_seconds),
        },
        "mark": _mark(request, current),
        "may_read_alert": may(request.user, "alert.read"),
        "notice": notice,
    }


def _mark(request: HttpRequest, current: Any | None) -> str:
    return f"{waiting_mark(request.user)}-{current.status if current else ''}"


def _queue(request: HttpRequest, current: Any) -> list[dict[str, object]]:
    at = now()
    return [
        sheets.short(each, at) | {"here": each.id == current.id} for each in list_signatures(request.user)
    ]
