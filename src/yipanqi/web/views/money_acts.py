"""Acts on the money page: asking for a trace, pinning an account, marking it as an end, stopping it, showing its
number.

Each answers with the part it changes; the page then asks for the rest itself (`money-done`). Reading is `money`'s
matter.
"""

import json
import uuid
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.analytics.services import (
    ask_trace,
    export_trace,
    mark_sink,
    pin,
    stop_traced,
    unmark_sink,
    unmask_traced,
    unpin,
)
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.queries import now
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_instant, read_uuid
from yipanqi.web.views.intake import local_instant
from yipanqi.web.views.money import page_of, panel, run_of
from yipanqi.web.views.money_files import papers

OUT = {"not_allowed", "not_found"}  # refused as a whole, not told on the page


@desk("trace.ask")
@require_POST
def ask(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Have the case's money followed anew, by a method and until an instant; a job does it."""
    found, at = access_case(request.user, case_id), now()
    try:
        ask_trace(
            case_id=case_id,
            method=request.POST.get("method", ""),
            until=_until(request.POST.get("until", ""), at),
            acting_officer=request.user,
            now=at,
        )
    except YipanqiError as error:
        if error.code in OUT:
            raise
        return page_of(request, found, refused=error_sentence(error), status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("money", args=[case_id]), status=303)


@desk("trace.export")
@require_GET
def export(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The latest trace as a paper of a `kind`; the taking is journaled."""
    run, kind = run_of(request, case_id), request.GET.get("kind", "")
    language = show.language()
    return papers(export_trace(run=run, kind=kind, lang=language, acting_officer=request.user, now=now()))


@desk("stop.propose")
@require_POST
def stop(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Propose the stop of an account of the trace, on the ground of the trace."""
    run, account_id = run_of(request, case_id), read_uuid(request.POST.get("account"))
    try:
        stop_traced(
            run_id=run.id,
            account_id=account_id,
            holder_name=request.POST.get("holder_name", ""),
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        return _refused(request, case_id, account_id, error)
    return _done(request, case_id, account_id, {"text": _("Stop proposed.")})


@desk("trace.mark")
@require_POST
def keep(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Pin an account where it stands, or let it go (`act` pin or unpin)."""
    run, account_id = run_of(request, case_id), read_uuid(request.POST.get("account"))
    pinned = request.POST.get("act") == "pin"
    try:
        (pin if pinned else unpin)(
            run_id=run.id, account_id=account_id, acting_officer=request.user, now=now()
        )
    except YipanqiError as error:
        return _refused(request, case_id, account_id, error)
    return _done(request, case_id, account_id, {"fix" if pinned else "free": str(account_id)})


@desk("trace.mark")
@require_POST
def sink(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Mark an account as an end of a `kind`, or with none take the mark back; the money is followed anew."""
    run, account_id = run_of(request, case_id), read_uuid(request.POST.get("account"))
    kind, at = request.POST.get("kind", ""), now()
    try:
        if kind:
            mark_sink(run_id=run.id, account_id=account_id, kind=kind, acting_officer=request.user, now=at)
        else:
            unmark_sink(run_id=run.id, account_id=account_id, acting_officer=request.user, now=at)
    except YipanqiError as error:
        return _refused(request, case_id, account_id, error)
    return _done(request, case_id, account_id, {"text": _("The money is being followed anew.")})


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """An account's number in full; the look is journaled."""
    run, account_id = run_of(request, case_id), read_uuid(request.POST.get("account"))
    value = unmask_traced(run_id=run.id, account_id=account_id, acting_officer=request.user, now=now())
    return render(request, "money/_number.html", {"value": value, "account_id": account_id, "revealed": True})


def _until(text: str, at: datetime) -> datetime | None:
    return read_instant(local_instant(text, at), at) if text else None


def _done(
    request: HttpRequest, case_id: uuid.UUID, account_id: uuid.UUID, told: dict[str, str]
) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{reverse('money', args=[case_id])}?account={account_id}", status=303)
    response = panel(request, case_id, account_id)
    response["HX-Trigger"] = json.dumps({"money-done": told})
    return response


def _refused(
    request: HttpRequest, case_id: uuid.UUID, account_id: uuid.UUID, error: YipanqiError
) -> HttpResponse:
    if error.code in OUT or not request.headers.get("HX-Request"):
        raise error
    status = STATUS.get(error.code, 422)
    return panel(request, case_id, account_id, refused=error_sentence(error), status=status)
