"""Objections to an announced return: entering one while the notice runs, and deciding it by who had no hand in it."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.returns.objecting import decide_objection, lodge_objection, officers_of
from yipanqi.ops.returns.queries import access_return, objections_of
from yipanqi.ops.staff.gates import may
from yipanqi.web import papers, stops
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.views.returns import head

FIELDS = ("kind", "name", "phone", "text")


@desk("return.read")
@require_GET
def objections(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """The objections to a return, open ones first."""
    return _page(request, access_return(request.user, return_id))


@desk("objection.enter")
@require_POST
def lodge(request: HttpRequest, return_id: uuid.UUID) -> HttpResponse:
    """Enter an objection with what was handed in."""
    found = access_return(request.user, return_id, act="objection.enter")
    values = {name: request.POST.get(name, "").strip() for name in FIELDS}
    file = request.FILES.get("file")
    try:
        lodge_objection(
            return_id=return_id,
            **values,
            file=file.read() if file else None,
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        return _page(
            request, found, refused=error_sentence(error), values=values, status=STATUS.get(error.code, 422)
        )
    return HttpResponseRedirect(reverse("objections", args=[return_id]), status=303)


@desk("objection.decide")
@require_POST
def decide(request: HttpRequest, return_id: uuid.UUID, objection_id: uuid.UUID) -> HttpResponse:
    """Uphold or reject an objection, with the reasons its objector will read."""
    found = access_return(request.user, return_id, act="objection.decide")
    reason, outcome = request.POST.get("reason", "").strip(), request.POST.get("outcome", "")
    if outcome not in {"uphold", "reject"}:
        raise YipanqiError("no such outcome", code="not_found")
    try:
        decide_objection(
            objection_id=objection_id,
            uphold=outcome == "uphold",
            reason=reason,
            acting_officer=request.user,
            now=now(),
        )
    except YipanqiError as error:
        if error.code in {"not_allowed", "not_found"}:
            raise
        typed = {objection_id: reason}
        return _page(
            request, found, refused=error_sentence(error), typed=typed, status=STATUS.get(error.code, 422)
        )
    return HttpResponseRedirect(reverse("objections", args=[return_id]), status=303)


def _page(
    request: HttpRequest,
    found: Any,
    *,
    refused: str = "",
    values: dict[str, str] | None = None,
    typed: dict[uuid.UUID, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    at = now()
    runs = found.status == "noticed" and at < found.notice_ends_at
    notice = None
    if found.notice_last:
        clock = stops.Clock(_("notice ends"), found.notice_ends_at, found.approved_at)
        notice = {
            "number": found.notice_number,
            "from": found.notice_from,
            "last": found.notice_last,
            "runs": runs,
            "clock": stops.clock(clock, at) if runs else None,
        }
    rows = objections_of(found)
    me: Any = request.user
    decides = may(me, "objection.decide")
    own = decides and me.id in officers_of(found)
    context = {
        **head(request, found, "objections"),
        "refused": refused,
        "notice": notice,
        "objections": [_row(each, decides, own, (typed or {}).get(each.id, "")) for each in rows],
        "can_lodge": runs and may(request.user, "objection.enter"),
        "kinds": [{"code": code, "name": name} for code, name in _kinds().items()],
        "values": values or {},
        "papers": papers.listed(found.id),
    }
    return render(request, "returns/objections.html", context, status=status)


def _row(each: Any, decides: bool, own: bool, typed: str) -> dict[str, object]:
    """One objection; who had a hand in the return is told so instead of being offered the decision."""
    is_open = each.status == "open"
    clock = stops.Clock(_("to be decided"), each.due_at, each.lodged_at)
    why_not = ""
    if is_open and decides and own:
        why_not = _("You had a hand in this return: another officer decides.")
    elif is_open and not decides:
        why_not = _("Waits for the appeal officer.")
    return {
        "id": each.id,
        "version": each.version,
        "number": each.number,
        "kind": _kinds().get(each.kind, ""),
        "name": each.name.masked,
        "phone": each.phone.masked,
        "text": each.text.reveal(),
        "file": each.evidence_sha256,
        "lodged_at": each.lodged_at,
        "entered_by": each.entered_by.name,
        "status": stops.status_of("objection", each.status),
        "clock": stops.clock(clock, now()) if is_open else None,
        "decided_by": each.decided_by.name if each.decided_by else "",
        "decided_at": each.decided_at,
        "reason": each.reason.reveal(),
        "can_decide": is_open and decides and not own,
        "why_not": why_not,
        "typed": typed,
    }


def _kinds() -> dict[str, str]:
    return {
        "victim": _("A victim"),
        "holder": _("The account's holder"),
        "other": _("Somebody else concerned"),
    }
