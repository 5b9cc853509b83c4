"""What the chase would stop now, on the funds desk: taken with one key, dismissed with a reason, a bank's all at
once.

What the chase finds and what may be stopped is the bridge's matter.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi.analytics import queries
from yipanqi.analytics.pushing import listener
from yipanqi.analytics.services import dismiss_suggestion, take_suggestion
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.staff.gates import may
from yipanqi.web import chase as shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid


@desk("stop.read")
@require_GET
def chase(request: HttpRequest) -> HttpResponse:
    """The suggestions alone, asked for at every notice of the stream; 204 while nothing has changed since `seen`."""
    if request.GET.get("seen", "") == queries.suggestions_mark(request.user):
        return HttpResponse(status=204)
    return render(request, "funds/_chase.html", board(request))


@desk("stop.propose")
@require_POST
def take(request: HttpRequest, suggestion_id: uuid.UUID) -> HttpResponse:
    """Propose the stop that the chase suggests, at the version the officer saw."""
    try:
        said = _take(request, suggestion_id, read_int(request.POST.get("version")))
    except YipanqiError as error:
        if error.code == "not_allowed" or not request.headers.get("HX-Request"):
            raise
        said = error_sentence(error)
    return _done(request, said)


@desk("stop.propose")
@require_POST
def take_all(request: HttpRequest) -> HttpResponse:
    """The same for all of a bank's that the officer saw; what is refused is told, the rest is done."""
    taken, refused = 0, ""
    for each in request.POST.getlist("take"):
        suggestion_id, _colon, version = each.partition(":")
        try:
            _take(request, read_uuid(suggestion_id), read_int(version))
            taken += 1
        except YipanqiError as error:
            if error.code == "not_allowed":
                raise
            refused = error_sentence(error)
    said = ngettext("%(n)s stop proposed.", "%(n)s stops proposed.", taken) % {"n": taken}
    return _done(request, f"{said} {refused}".strip())


@desk("stop.propose")
@require_http_methods(["GET", "POST"])
def dismiss(request: HttpRequest, suggestion_id: uuid.UUID) -> HttpResponse:
    """Put a suggestion away, with a reason."""
    found, error = queries.access_suggestion(request.user, suggestion_id), ""
    reason, status = request.POST.get("reason", "").strip(), 200
    if request.method == "POST":
        try:
            dismiss_suggestion(
                suggestion_id=suggestion_id,
                version=read_int(request.POST.get("version")),
                reason=reason,
                acting_officer=request.user,
                now=now(),
            )
        except YipanqiError as refusal:
            error, status = error_sentence(refusal), STATUS.get(refusal.code, 422)
        else:
            return _done(request, _("Put away: %(account)s.") % {"account": _account(found)})
    part = bool(request.headers.get("HX-Request"))
    context = {"row": shown.row(found, now()), "error": error, "reason": reason, "page": not part}
    template = "funds/_dismiss.html" if part else "funds/dismiss.html"
    return render(request, template, context, status=status)


@desk("stop.read")
@require_GET
def stream(request: HttpRequest) -> HttpResponse:
    """Server-sent events: one whenever the chase or a trace has changed something somewhere, a beat when not.

    An event says nothing but that; the page then asks for what its officer may see.
    """
    response = StreamingHttpResponse(_notices(), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _notices() -> Iterator[bytes]:
    connection.close()  # a viewer may look for hours: the pool gets its connection back
    yield b"retry: 1000\n\n"
    for news in listener.watch():
        yield b"event: chase\ndata: 1\n\n" if news else b": beat\n\n"


def board(request: HttpRequest) -> dict[str, object]:
    """What the chase's part of the funds desk shows."""
    found = queries.list_suggestions(request.user)
    return {
        "banks": shown.by_bank(found, now()),
        "chased": len(found),
        "chase_mark": queries.suggestions_mark(request.user),
        "can_stop": may(request.user, "stop.propose"),
        "may_trace": may(request.user, "trace.read"),
    }


def _take(request: HttpRequest, suggestion_id: uuid.UUID, version: int) -> str:
    found = queries.access_suggestion(request.user, suggestion_id)
    take_suggestion(suggestion_id=suggestion_id, version=version, acting_officer=request.user, now=now())
    return _("Stop proposed: %(account)s.") % {"account": _account(found)}


def _account(found: Any) -> str:
    row = shown.row(found, now())
    return f"{row['bank']} {row['account']}"


def _done(request: HttpRequest, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("funds"), status=303)
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"funds-done": {"text": said}})
    return response
