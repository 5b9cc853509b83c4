"""Registering a payment and proposing its stops in one go: what the victim says on the phone, and one Enter.

Entering the payment, stopping the payee and protecting the victim's card are acts of their own: what is refused is told
at its field and the rest is done. Sent again, the form repeats only what is missing.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yipanqi import catalog
from yipanqi.kernel.days import ZONE
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.moving import CaseRefused
from yipanqi.ops.cases.queries import access_case, list_payments, pack_of
from yipanqi.ops.cases.reading import CARD_FIELDS, PAYMENT_FIELDS, PaymentFacts, read_card, read_payment
from yipanqi.ops.cases.registering import enter_once, fill_known, known_accounts
from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.moving import StopRefused
from yipanqi.ops.measures.proposing import lean_on_stop, propose_stop
from yipanqi.ops.measures.queries import list_stops_of_case
from yipanqi.ops.measures.victims import stop_of_card, stop_of_payment
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.ops.staff.gates import may
from yipanqi.ops.workorders.queries import find_undoable, waiting_calls
from yipanqi.web import cases as shown
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.lists import count_text
from yipanqi.web.middleware import error_sentence
from yipanqi.web.reading import read_uuid
from yipanqi.web.views.case_money import money_of
from yipanqi.web.views.intake import flaw_sentence, local_instant

TYPED = (*PAYMENT_FIELDS, "holder_name", "payee_ref", "payer_ref")
KEPT = ("stop_payee", "protect_card", "corrects")


@desk("case.enter")
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The form, prefilled from what is known; sent, it enters the payment and proposes the stops."""
    found, at = access_case(request.user, case_id, act="case.enter"), now()
    values = {name: request.POST.get(name, "").strip() for name in (*TYPED, *KEPT)}
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _submit(request, found, values, at)
        if not errors:
            return HttpResponseRedirect(reverse("case_register", args=[case_id]), status=303)
        found = access_case(request.user, case_id, act="case.enter")
    entered = bool(list_payments(found))
    known = {side: [shown.account(each.account) for each in known_accounts(found, side)]
             for side in ("payee", "payer")}  # fmt: skip
    context = {
        **money_of(request, found, "register"),
        "facts": shown.row(found, at),
        "person": show.person(found.victim),
        "values": values if errors else _prefilled(found, known, request.GET.get("payment", ""), at),
        "errors": errors,
        "known": known,
        "banks": shown.bank_choices(),
        "rules": shown.rules(pack_of(found)),
        "entered": entered,
        "script": [step.say.get(show.language()) for step in catalog.paid_script().steps],
        **_seat(request, found, at),
    }
    return render(request, "cases/register.html", context, status=422 if errors else 200)


def _submit(request: HttpRequest, found: Any, values: dict[str, str], at: datetime) -> dict[str, str]:
    """Do everything that can be done; what was refused, by field."""
    typed = {name: values[name] for name in TYPED}
    if typed["paid_at"]:
        typed["paid_at"] = local_instant(typed["paid_at"], at)
    filled = fill_known(found, typed)
    errors: dict[str, str] = {}
    payment = _enter(request, found, filled, values["corrects"], at, errors)
    if payment:
        values["corrects"] = str(payment.id)  # what is sent next corrects this one
    if payment and values["stop_payee"]:
        _stop(request, found, stop_of_payment(found, payment), "payee", at, errors)
    if values["protect_card"]:
        _protect(request, found, filled, at, errors)
    return errors


def _enter(
    request: HttpRequest,
    found: Any,
    filled: dict[str, str],
    corrects: str,
    at: datetime,
    errors: dict[str, str],
) -> Any:
    """The payment, entered or known; None when it cannot be read. A wrong own card keeps no payment out."""
    fields = {name: filled.get(name, "") for name in PAYMENT_FIELDS}
    try:
        facts = _read(fields, request, at, errors)
        wrong = read_uuid(corrects) if corrects else None
        return enter_once(case=found, facts=facts, acting_officer=request.user, now=at, corrects=wrong)
    except RowRefused as refusal:
        _tell(refusal, errors)
    except CaseRefused as refusal:
        errors[""] = error_sentence(refusal)
    return None


def _read(fields: dict[str, str], request: HttpRequest, at: datetime, errors: dict[str, str]) -> PaymentFacts:
    scope = request.user.scope_code
    try:
        return read_payment(fields, scope_code=scope, now=at)
    except RowRefused as refusal:
        if not all(flaw.field.startswith("payer_") for flaw in refusal.flaws):
            raise
        _tell(refusal, errors)
    return read_payment(fields | {"payer_account": "", "payer_bank": ""}, scope_code=scope, now=at)


def _protect(
    request: HttpRequest, found: Any, filled: dict[str, str], at: datetime, errors: dict[str, str]
) -> None:
    card = {name: filled.get(name, "") for name in CARD_FIELDS}
    try:
        facts = read_card(card, scope_code=request.user.scope_code, now=at)
    except RowRefused as refusal:
        _tell(refusal, errors)
        return
    _stop(request, found, stop_of_card(found, facts), "payer", at, errors)


def _stop(
    request: HttpRequest, found: Any, proposal: Any, side: str, at: datetime, errors: dict[str, str]
) -> None:
    """Propose a stop; one that this case has on the account already is what was wanted."""
    try:
        propose_stop(proposal=proposal, acting_officer=request.user, now=at)
    except StopRefused as refusal:
        mine = {str(stop.id) for stop in list_stops_of_case(request.user, found)}
        if refusal.code == "stop_already_live" and refusal.facts.get("stop_id") in mine:
            return
        if refusal.code == "stop_already_live":  # another case has it stopped: nothing is left to be sent
            live = uuid.UUID(str(refusal.facts["stop_id"]))
            lean_on_stop(case_id=found.id, stop_id=live, acting_officer=request.user, now=at)
        errors[_field_of(refusal, side)] = error_sentence(refusal)
    except CaseRefused as refusal:
        errors[""] = error_sentence(refusal)


def _field_of(refusal: StopRefused, side: str) -> str:
    """The field beside which a refused stop is told: the element that is missing, the bank, else the account."""
    what = str(refusal.facts.get("field") or refusal.code)
    if what == "bank_not_connected":
        return f"{side}_bank"
    elements = {
        "name": "payee_name" if side == "payee" else "holder_name",
        "amount": "amount",
        "time": "paid_at",
    }
    return elements.get(what, f"{side}_account")


def _tell(refusal: RowRefused, errors: dict[str, str]) -> None:
    for flaw in refusal.flaws:
        errors[flaw.field] = flaw_sentence(flaw)


def _prefilled(
    found: Any, known: dict[str, list[dict[str, Any]]], payment_id: str, at: datetime
) -> dict[str, str]:
    """What is known before anybody types: a payment to correct, the first by the warning, a further by the card."""
    values = dict.fromkeys((*TYPED, *KEPT), "") | {"stop_payee": "on", "paid_at": local_text(at)}
    payments = list_payments(found)
    wrong = next((payment for payment in payments if str(payment.id) == payment_id), None)
    if wrong:
        return values | _as_entered(wrong)
    for side, accounts in known.items():
        if accounts and (side == "payer" or not payments):
            values[f"{side}_ref"] = str(accounts[0]["id"])
            values[f"{side}_bank"] = str(accounts[0]["bank_code"])
    if payments:
        return values
    values["protect_card"] = "on"
    alert = found.alert
    if alert and alert.paid:
        values["paid_at"] = local_text(found.occurred_at)
        values["amount"] = format_amount(alert.amount_minor) if alert.amount_minor else ""
    return values


def _as_entered(payment: Any) -> dict[str, str]:
    return {
        "corrects": str(payment.id),
        "payee_ref": str(payment.payee_id),
        "payee_bank": payment.payee_bank,
        "amount": format_amount(payment.amount_minor),
        "paid_at": local_text(payment.paid_at),
        "payer_ref": str(payment.payer_id or ""),
        "payer_bank": payment.payer_bank,
    }


def local_text(instant: datetime) -> str:
    """An instant as a field of date and time shows it, in the centre's zone, to the second."""
    return instant.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def _seat(request: HttpRequest, found: Any, at: datetime) -> dict[str, object]:
    """For an operator who comes from a call: what was just recorded, to be undone, and the calls that wait."""
    if not may(request.user, "seat.take"):
        return {"recorded": None, "waiting": None}
    within: timedelta = catalog.windows()["undo"].duration
    untouched = found.alert_id and found.version == 1
    attempt = find_undoable(request.user, now=at, within=within) if untouched else None
    recorded = None
    if attempt and attempt.work_order.alert_id == found.alert_id:
        outcome = catalog.call_outcomes()[attempt.outcome].name.get(show.language())
        recorded = {"outcome": outcome, "person": found.victim.name.masked,
                    "undo_until_at": attempt.made_at + within}  # fmt: skip
    return {"recorded": recorded, "waiting": count_text(waiting_calls(request.user, at), 1000)}
