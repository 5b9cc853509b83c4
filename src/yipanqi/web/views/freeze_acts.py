"""The acts on a freeze: proposing one from a case; renewing, cutting, releasing, letting it end, noting interest.

Each form says what it does, to whom and what follows; nothing leaves before a second person has signed.
"""

import json
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yipanqi.analytics.freezing import Freezable, find_freezable
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.queries import access_case, list_payments, list_subjects, pack_of
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.freezing import changing
from yipanqi.ops.measures.freezing.moving import latest_renewal
from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze
from yipanqi.ops.measures.freezing.queries import access_freeze, freezes_of_case
from yipanqi.ops.measures.queries import list_stops_of_case
from yipanqi.ops.measures.revealing import unmask_freeze
from yipanqi.web import cases, freeze_forms, freezes, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int, read_uuid

TYPED = ("amount", "kind", "term_kind", "ground", "note", "amount_note", "holder_name", "bank")
CHANGED = ("until_date", "ground", "reason", "note", "amount")


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Freeze an account of a filed case: which, how much, for how long, why, and who has to sign."""
    case = access_case(request.user, case_id)
    given = request.POST.get("account") or request.GET.get("account") or ""
    choices = _choices(request, case)
    if not given:
        open_ones = [each for each in choices if not each["freeze"]]
        given = str(open_ones[0]["id"]) if len(open_ones) == 1 else ""
    found = find_freezable(request.user, case_id, read_uuid(given)) if given else None
    error = None
    if request.method == "POST" and found is not None:
        try:
            done = propose_freeze(
                proposal=_proposal(request, case_id, found), acting_officer=request.user, now=now()
            )
        except YipanqiError as refusal:
            if refusal.code == "not_allowed":
                raise
            error = refusal
        else:
            return HttpResponseRedirect(reverse("freeze_detail", args=[done.id]), status=303)
    return _asked(request, case, found, choices, error)


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Ask for a later end (续冻)."""

    def act(**given: Any) -> None:
        changing.ask_renewal(
            until_date=_day(request.POST.get("until_date", "")),
            ground=request.POST.get("ground", ""),
            note=request.POST.get("note", "").strip(),
            **given,
        )

    return _changed(request, freeze_id, "renew", act)


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def cut(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Ask to let go of a part."""

    def act(**given: Any) -> None:
        changing.ask_cut(
            minor=parse_amount_minor(request.POST.get("amount", "")),
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", "").strip(),
            **given,
        )

    return _changed(request, freeze_id, "cut", act)


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Ask to let go of all."""

    def act(**given: Any) -> None:
        note = request.POST.get("note", "").strip()
        changing.ask_release(reason=request.POST.get("reason", ""), note=note, **given)

    return _changed(request, freeze_id, "release", act)


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def let_lapse(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Say that the freeze is meant to end by itself, and why."""

    def act(**given: Any) -> None:
        changing.let_lapse(reason=request.POST.get("reason", "").strip(), **given)

    return _changed(request, freeze_id, "let_lapse", act)


@desk("freeze.propose")
@require_http_methods(["GET", "POST"])
def interest(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Write down the interest that the bank told of."""

    def act(**given: Any) -> None:
        changing.note_interest(interest_minor=parse_amount_minor(request.POST.get("amount", "")), **given)

    return _changed(request, freeze_id, "interest", act)


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """The account or its holder's name in plain; the look is journaled."""
    field = request.POST.get("field", "")
    value = unmask_freeze(freeze_id=freeze_id, field=field, acting_officer=request.user, now=now())
    return render(request, "freezes/_field.html", {"field": field, "value": value, "revealed": True})


def _changed(request: HttpRequest, freeze_id: uuid.UUID, name: str, act: Callable[..., None]) -> HttpResponse:
    """The form of an act, alone for the dialog or as a page; or the act, then back to where it was asked from."""
    found = access_freeze(request.user, freeze_id, act="freeze.propose")
    error = None
    if request.method == "POST":
        version = read_int(request.POST.get("version"))
        try:
            act(freeze_id=freeze_id, version=version, acting_officer=request.user, now=now())
        except YipanqiError as refusal:
            error = refusal
        else:
            return _done(request, freeze_id, freeze_forms.said(name, found))
    if error is not None:
        found = access_freeze(request.user, freeze_id, act="freeze.propose")
    last = latest_renewal(found) if found.until_date else None
    context = {
        "freeze": freezes.plain(found),
        "act": freeze_forms.form(name, found, last),
        "error": error_sentence(error) if error else "",
        "values": {each: request.POST.get(each, "") for each in CHANGED},
    }
    part = bool(request.headers.get("HX-Request"))
    status = STATUS.get(error.code, 422) if error else 200
    return render(request, "freezes/_act.html" if part else "freezes/act.html", context, status=status)


def _done(request: HttpRequest, freeze_id: uuid.UUID, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("freeze_detail", args=[freeze_id]), status=303)
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"funds-done": {"text": said}})
    return response


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise YipanqiError("no day", code="datetime_invalid") from None


def _proposal(request: HttpRequest, case_id: uuid.UUID, found: Freezable) -> FreezeProposal:
    typed = {name: request.POST.get(name, "").strip() for name in TYPED}
    return FreezeProposal(
        case_id=case_id,
        account_id=found.account.id,
        bank=found.bank or typed["bank"],
        holder_name=typed["holder_name"] or found.holder.reveal(),
        asked_minor=parse_amount_minor(typed["amount"]),
        ground=typed["ground"],
        kind=typed["kind"] or "amount",
        term_kind=typed["term_kind"] or "ordinary",
        covers_interest=request.POST.get("covers_interest") == "on",
        traced_minor=found.amount.minor if found.amount.trace_id else None,
        trace_id=found.amount.trace_id,
        stop_id=found.stop.id if found.stop else None,
        amount_note=typed["amount_note"],
        note=typed["note"],
    )


def _choices(request: HttpRequest, case: Any) -> list[dict[str, Any]]:
    """The suspects' accounts that the case names, with the case's live stop and freeze of each."""
    rows = {each.payee_id: (each.payee, each.payee_bank) for each in list_payments(case)}
    for subject in list_subjects(case):
        if subject.role == SubjectRole.SUSPECT_ACCOUNT:
            rows.setdefault(subject.account_id, (subject.account, ""))
    laid = {stop.account_id: cases.stop_shown(stop) for stop in list_stops_of_case(request.user, case)}
    frozen = {each.account_id: freezes.plain(each) for each in freezes_of_case(request.user, case)}
    return [
        cases.account(account, bank)
        | {
            "stop": laid.get(key) if laid.get(key, {}).get("live") else None,
            "freeze": frozen.get(key) if frozen.get(key, {}).get("live") else None,
        }
        for key, (account, bank) in rows.items()
    ]


def _asked(
    request: HttpRequest,
    case: Any,
    found: Freezable | None,
    choices: list[dict[str, Any]],
    error: YipanqiError | None,
) -> HttpResponse:
    at, pack = now(), pack_of(case)
    context = {
        "case": {"id": case.id, "number": case.number, "person": case.victim.name.masked or "—"},
        "choices": [each | {"here": bool(found and each["id"] == found.account.id)} for each in choices],
        "found": _found(found, at) if found else None,
        "not_yet": _not_yet(case, pack),
        "terms": freezes.terms(pack, at) if pack.has("freeze.first") else [],
        "grounds": freezes.grounds_for("freeze"),
        "banks": cases.bank_choices() if found and not found.bank else [],
        "values": _values(request, found) if found else {},
        "error": error_sentence(error) if error else "",
    }
    status = STATUS.get(error.code, 422) if error else 200
    return render(request, "freezes/propose.html", context, status=status)


def _not_yet(case: Any, pack: Any) -> str:
    """Why no account of the case can be frozen, or ""."""
    if not pack.has("freeze.first"):
        return error_sentence(YipanqiError("no freeze", code="freeze_not_in_pack"))
    if pack.flag("freeze.requires_filed") and case.filed_at is None:
        return error_sentence(YipanqiError("not filed", code="case_not_filed"))
    if case.status not in cases.GOES_ON:
        return error_sentence(YipanqiError("over", code="case_ended", status=case.status))
    return ""


def _found(found: Freezable, at: datetime) -> dict[str, object]:
    stop = found.stop
    ends = stop is not None and stop.status == "stopped"
    return {
        **cases.account(found.account, found.bank),
        "holder": found.holder.masked,
        "traced": show.amount(found.amount.minor),
        "is_zero": not found.amount.minor,
        "by_trace": found.amount.trace_id is not None,
        "as_of": found.amount.as_of,
        "freeze_id": found.freeze.id if found.freeze else None,
        "stop": cases.stop_shown(stop) if stop else None,
        "clock": stops.clock(stops.Clock(_("the stop ends"), stop.expires_at, stop.stopped_at), at)
        if ends
        else None,
    }


def _values(request: HttpRequest, found: Freezable) -> dict[str, object]:
    """What was typed; before that what the case and its trace say."""
    if request.method == "POST":
        typed: dict[str, object] = {name: request.POST.get(name, "") for name in TYPED}
        return typed | {"covers_interest": request.POST.get("covers_interest") == "on"}
    ground = "traced_money" if found.amount.trace_id and not found.is_payee else "suspects_account"
    return {
        "amount": show.amount(found.amount.minor) if found.amount.minor else "",
        "kind": "amount",
        "term_kind": "ordinary",
        "ground": "victim_paid" if found.is_payee else ground,
        "covers_interest": True,
    }
