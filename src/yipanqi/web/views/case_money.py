"""The money of a case: payments, accounts, the stops on them and both clocks, in one part that looks again by itself.

Two pages show it, one case's and the register's. A stop is proposed from here when everything it needs is known.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.queries import access_case, count_other_cases, list_payments, list_subjects, pack_of
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.freezing.queries import freezes_of_case
from yipanqi.ops.measures.proposing import propose_stop
from yipanqi.ops.measures.queries import list_stops_of_case
from yipanqi.ops.measures.victims import stop_of_noted_card, stop_of_payment
from yipanqi.ops.staff.gates import may
from yipanqi.web import cases as shown
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence

PAGES = {"register": "case_register", "detail": "case_detail"}


@desk("case.read")
@require_GET
def money(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The part alone, asked for while a stop is under way."""
    found = access_case(request.user, case_id)
    context = money_of(request, found, request.GET.get("page", ""))
    return render(request, "cases/_money.html", context | {"with_clocks": True})


@desk("stop.propose")
@require_POST
def stop(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Propose the stop of a payment's payee (`payment`) or of a card of the victim (`card`)."""
    found, page = access_case(request.user, case_id), request.POST.get("page", "")
    refused: dict[str, str] = {}
    status = 200
    try:
        proposal = _proposal(found, request.POST.get("payment", ""), request.POST.get("card", ""))
        propose_stop(proposal=proposal, acting_officer=request.user, now=now())
    except YipanqiError as error:
        if not request.headers.get("HX-Request"):
            raise
        ref = request.POST.get("payment") or request.POST.get("card", "")
        refused, status = {"ref": ref, "text": error_sentence(error)}, STATUS.get(error.code, 422)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse(PAGES.get(page, "case_detail"), args=[case_id]), status=303)
    context = money_of(request, found, page) | {"refused_stop": refused, "with_clocks": True}
    return render(request, "cases/_money.html", context, status=status)


def money_of(request: HttpRequest, found: Any, page: str) -> dict[str, object]:
    """What the part shows, on one of `PAGES`, of a case that passed its gate."""
    at, laid, subjects = now(), list_stops_of_case(request.user, found), list_subjects(found)
    frozen = freezes_seen(request, found)
    cards = [each for each in subjects if each.role == SubjectRole.VICTIM_ACCOUNT]
    suspects = [each for each in subjects if each.role == SubjectRole.SUSPECT_ACCOUNT]
    known = count_other_cases([each.account_id for each in suspects], case=found)
    goes_on = found.status in shown.GOES_ON
    return {
        "case": {"id": found.id, "number": found.number, "page": page if page in PAGES else "detail"},
        "money": shown.money(list_payments(found), cards, suspects, laid, known, frozen),
        "clocks": [shown.clock(each, at) for each in shown.clocks(found)] if goes_on else [],
        "look_again": shown.look_again([*laid, *frozen]),
        "can_enter": goes_on and may(request.user, "case.enter"),
        "can_stop": goes_on and may(request.user, "stop.propose"),
        "can_freeze": can_freeze(request, found),
        "may_unmask": may(request.user, "person.unmask"),
    }


def freezes_seen(request: HttpRequest, found: Any) -> list[Any]:
    """The freezes of a case that passed its gate, for who may see them."""
    return freezes_of_case(request.user, found) if may(request.user, "freeze.read") else []


def can_freeze(request: HttpRequest, found: Any) -> bool:
    """Whether this officer may propose to freeze an account of the case as it stands."""
    return (
        found.filed_at is not None
        and found.status in shown.GOES_ON
        and may(request.user, "freeze.propose")
        and pack_of(found).has("freeze.first")
    )


def _proposal(found: Any, payment_id: str, card_id: str) -> Any:
    if payment_id:
        payment = next((each for each in list_payments(found) if str(each.id) == payment_id), None)
        if payment:
            return stop_of_payment(found, payment)
    else:
        cards = [each for each in list_subjects(found) if each.role == SubjectRole.VICTIM_ACCOUNT]
        card = next((each.account for each in cards if str(each.account_id) == card_id), None)
        if card:
            return stop_of_noted_card(found, card)
    raise YipanqiError("the case does not hold it", code="not_found")
