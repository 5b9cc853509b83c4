"""Our stops and freezes against the banks' own books: comparisons, what disagrees, answers nobody could use."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.queries import list_reconciliations, open_differences, open_problems
from yipanqi.ops.measures.reconciling import ask_reconciliation, settle_difference, settle_problem
from yipanqi.ops.measures.revealing import unmask_answer
from yipanqi.ops.partners.queries import list_connected
from yipanqi.ops.staff.gates import may
from yipanqi.web import presenting as show
from yipanqi.web import stops
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.views.funds import tabs

SHOWN = 100


@desk("stop.read")
@require_GET
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The latest comparison per bank, open differences and unusable answers."""
    return _page(request)


@desk("stop.reconcile")
@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Ask for a comparison with every connected bank now."""
    asked = ask_reconciliation(acting_officer=request.user, now=now())
    return HttpResponseRedirect(f"{reverse('reconciliation')}?asked={asked}", status=303)


@desk("stop.reconcile")
@require_POST
def settle(request: HttpRequest, difference_id: uuid.UUID) -> HttpResponse:
    """Close a difference with a note of what was found."""
    note = request.POST.get("note", "").strip()
    try:
        settle_difference(difference_id=difference_id, note=note, acting_officer=request.user, now=now())
    except YipanqiError as error:
        if error.code == "not_found":
            raise
        refused = {"id": difference_id, "note": note, "error": error_sentence(error)}
        return _page(request, refused, status=STATUS.get(error.code, 422))
    return HttpResponseRedirect(reverse("reconciliation"), status=303)


@desk("stop.reconcile")
@require_POST
def settle_answer(request: HttpRequest, answer_id: uuid.UUID) -> HttpResponse:
    """Take an unusable answer off the desk."""
    settle_problem(answer_id=answer_id, acting_officer=request.user, now=now())
    return HttpResponseRedirect(reverse("reconciliation"), status=303)


@desk("person.unmask")
@require_POST
def show_answer(request: HttpRequest, answer_id: uuid.UUID) -> HttpResponse:
    """What the bank wrote, word for word; the look is journaled."""
    text = unmask_answer(answer_id=answer_id, acting_officer=request.user, now=now())
    return render(request, "funds/_answer.html", {"answer": {"id": answer_id}, "text": text})


def _page(request: HttpRequest, refused: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    differences, problems = open_differences(request.user), open_problems(request.user)
    asked = request.GET.get("asked", "")
    context = {
        "tabs": tabs(request, "reconciliation"),
        "banks": _banks(request),
        "differences": [_difference(each, refused or {}) for each in differences[:SHOWN]],
        "problems": [_problem(each) for each in problems[:SHOWN]],
        "asked": int(asked) if asked.isdecimal() and len(asked) < 6 else None,
        "can": {
            "settle": may(request.user, "stop.reconcile"),
            "unmask": may(request.user, "person.unmask"),
        },
    }
    return render(request, "funds/reconciliation.html", context, status=status)


def _banks(request: HttpRequest) -> list[dict[str, object]]:
    """Every connected bank with its latest comparison, if there was one."""
    runs = {run.partner_id: run for run in list_reconciliations(request.user)}
    return [
        {"name": stops.bank_name(bank), "run": runs.get(bank.id)} for bank in list_connected() if bank.bank
    ]


def _difference(item: Any, refused: dict[str, Any]) -> dict[str, object]:
    about_freeze = item.freeze_id or item.reference.startswith("freeze:")
    ours, theirs, todo = _freeze_words(item) if about_freeze else _words(item)
    measure = item.stop or item.freeze
    mine = refused if refused.get("id") == item.id else {}
    return {
        "id": item.id,
        "bank": stops.bank_name(item.partner),
        "kind": stops.status_of("difference", item.kind)["name"],
        "stop_id": item.stop_id,
        "account": measure.account.number.masked if measure else "",
        "ours": ours,
        "theirs": theirs,
        "todo": todo,
        "found_at": item.found_at,
        "note": mine.get("note", ""),
        "error": mine.get("error", ""),
    }


def _words(item: Any) -> tuple[str, str, str]:
    """What we say, what the bank says, and what to do about it."""
    match item.kind:
        case "only_ours":
            return (
                _("stopped"),
                _("not in its list"),
                _("Ask the bank whether the stop holds; order it anew if not."),
            )
        case "only_theirs":
            ours = (
                stops.status_of("payment_stop", item.ours)["name"]
                if item.ours
                else _("no such stop of this centre")
            )
            return (
                ours,
                _("held until %(until)s") % {"until": _minute(item.theirs)},
                _("Have the bank lift it unless another body ordered it."),
            )
        case "end_differs":
            until = _("held until %(until)s")
            return (
                until % {"until": _minute(item.ours)},
                until % {"until": _minute(item.theirs)},
                _("Ask the bank to correct the end; the term of the law counts from the stop."),
            )
        case "account_differs":
            return (
                _("the account of the order"),
                _("another account"),
                _("Call the bank at once: it may be holding the wrong account."),
            )
    return (
        stops.status_of("payment_stop", item.ours)["name"],
        _("extended") if item.theirs == "extended" else stops.reason_name(item.theirs),
        _("Ask the bank what is true; its books decide what is in effect."),
    )


def _freeze_words(item: Any) -> tuple[str, str, str]:
    """The same about a freeze."""
    todo, until = (
        _("Ask the bank what is true; its books decide what is in effect."),
        _("held until %(until)s"),
    )
    match item.kind:
        case "amount_differs":
            return format_amount(int(item.ours)), format_amount(int(item.theirs)), todo
        case "end_differs":
            return until % {"until": _minute(item.ours)}, until % {"until": _minute(item.theirs)}, todo
        case "account_differs":
            return _words(item)
    ours = stops.status_of("freeze", item.ours)["name"] if item.ours else _("no such freeze of this centre")
    match item.kind:
        case "only_ours":
            return ours, _("not in its list"), todo
        case "only_theirs":
            return ours, until % {"until": _minute(item.theirs)}, todo
    held = item.theirs in FREEZE.statuses
    theirs = stops.status_of("freeze", item.theirs)["name"] if held else stops.reason_name(item.theirs)
    return ours, theirs, todo


def _minute(text: str) -> str:
    return show.minute(datetime.fromisoformat(text))


def _problem(item: Any) -> dict[str, object]:
    problem = catalog.answer_problems().get(item.problem)
    return {
        "id": item.id,
        "bank": stops.bank_name(item.partner),
        "problem": problem.name.get(show.language()) if problem else item.problem,
        "field": item.field,
        "stop_id": item.order.stop_id if item.order else None,
        "received_at": item.received_at,
        "repeats": item.repeats + 1,
    }
