"""The register over HTTP: one submission, refusals at their fields, corrections, and a card protected from the
seat.
"""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.ops.measures.conftest import ACCOUNT, OWN_CARD, Desk
from tests.web.paying import NEEDED, case, errors_of, paid, paid_at, protect, register, standing, stops, typed
from tests.web.stopped import HX, Fill
from tests.web.test_desks import form_of
from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.measures.models import Order, PaymentStop

Browser = Callable[..., Client]


@pytest.fixture
def seat(desk: Desk, browser: Browser, fill: Fill) -> Client:
    """An operator's browser, with a paid warning in the line."""
    fill(paid="true", suspect_bank="建设银行")
    return browser(roles=["operator"], language="en", name="Lin Jing")


def test_already_paid_leads_to_the_register_and_no_next_call(seat: Client, fill: Fill) -> None:
    fill()
    answer = paid(seat)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/cases/{case().id}/register")
    assert 'name="work_order_id"' not in seat.get("/seat").content.decode()
    page = seat.get(answer["HX-Redirect"]).content.decode()
    assert "Already paid" in page and 'action="/seat/undo"' in page and 'action="/seat/next"' in page
    assert seat.post("/seat/undo")["Location"] == "/seat" and not Case.objects.for_system("t").exclude(
        status="withdrawn"
    )  # fmt: skip
    assert form_of(seat)["work_order_id"]
    bare = seat.post("/seat/outcome", form_of(seat) | {"outcome": "paid"})
    assert (bare.status_code, bare["Location"]) == (303, f"/cases/{case().id}/register")


def test_one_submission_enters_and_stops_both(seat: Client, desk: Desk) -> None:
    paid(seat)
    page = seat.get(f"/cases/{case().id}/register").content.decode()
    assert ACCOUNT not in page and "6222 **** 4567" in page and "CCB" in page
    answer = register(seat)
    assert (answer.status_code, answer["Location"]) == (303, f"/cases/{case().id}/register")
    payment, found = Payment.objects.get(), stops()
    assert (payment.amount_minor, payment.payee.number.reveal(), payment.payer.number.reveal()) == (
        500_000, ACCOUNT, OWN_CARD,
    )  # fmt: skip
    assert payment.paid_at == case().alert.last_occurred_at.replace(microsecond=0)
    suspect, own = found["suspect"], found["protective"]
    assert (suspect.ground, suspect.payment_id, suspect.holder_name.reveal()) == (
        "victim_report",
        payment.id,
        "周二",
    )
    assert (own.ground, own.holder_name.reveal(), own.person_id) == (
        "may_pay_again",
        "林晓梅",
        case().victim_id,
    )
    assert Order.objects.filter(status="waiting").count() == 2
    after = seat.get(answer["Location"]).content.decode()
    assert "Enter a further payment" in after and ACCOUNT not in after and OWN_CARD not in after
    assert 'action="/seat/undo"' not in after, "what was entered is not undone by the call's undo"
    again = register(seat, payee_ref=str(payment.payee_id), amount="5000.00", paid_at=paid_at(payment))
    assert (
        again.status_code == 303
        and Payment.objects.count() == 1
        and len(PaymentStop.objects.for_system("t")) == 2
    )


def test_every_refusal_stands_at_its_field_with_the_rest_done(seat: Client) -> None:
    paid(seat)
    url, form = f"/cases/{case().id}/register", typed(seat)
    told = errors_of(seat.post(url, form | {"payer_account": "62", "payee_bank": "icbc"}))
    assert set(told) == {"payer_account", "payee_bank"} and len(standing()) == 1 and not stops()
    told = errors_of(seat.post(url, form | {"payee_bank": "icbc"}))
    assert set(told) == {"payee_bank"} and set(stops()) == {"protective"} and len(standing()) == 1
    assert standing()[0].payer is not None
    assert seat.post(url, form).status_code == 303 and stops()["suspect"].partner.code == "ccb"
    assert [payment.payee_bank for payment in standing()] == ["ccb"], "the bank was corrected"
    answer = seat.post(url, form | {"amount": "x", "payee_name": "", "protect_card": ""})
    assert set(errors_of(answer)) == {"amount"}, "the name is known by now"
    assert 'value="x"' in answer.content.decode() and "Nothing is done twice" in answer.content.decode()
    fresh = seat.post(url, form | {"amount": "x", "payer_account": "6217000010007654321"})
    assert set(errors_of(fresh)) == {"amount"}
    assert PaymentStop.objects.for_system("t").filter(target="protective").count() == 2, (
        "a wrong sum keeps no card open"
    )


def test_a_payment_alone_is_entered_without_a_stop(seat: Client) -> None:
    paid(seat)
    answer = register(seat, stop_payee="", protect_card="", payer_account="", payer_bank="")
    assert answer.status_code == 303 and not stops() and Payment.objects.get().payer is None
    part = seat.post(
        f"/cases/{case().id}/stop", {"payment": str(Payment.objects.get().id), "page": "register"}, headers=HX
    )
    assert part.status_code == 200 and "Suspect stop" in part.content.decode() and set(stops()) == {"suspect"}
    twice = seat.post(f"/cases/{case().id}/stop", {"payment": str(Payment.objects.get().id)}, headers=HX)
    assert twice.status_code == 409 and catalog.error_text("stop_already_live").en in twice.content.decode()
    assert seat.post(f"/cases/{case().id}/stop", {"payment": str(case().id)}).status_code == 404


def test_the_part_looks_again_until_the_bank_has_answered(seat: Client, desk: Desk) -> None:
    paid(seat)
    register(seat)
    url = f"/cases/{case().id}/payments?page=register"
    part = seat.get(url).content.decode()
    assert 'hx-trigger="every 2s"' in part and "To be signed" in part and 'id="clock-stop"' in part
    desk.send(*Order.objects.all())
    assert 'data-met="in-time"' in seat.get(url).content.decode()
    for order in Order.objects.select_related("stop__account"):
        desk.answer(order, account=order.stop.account.number.reveal(), balance_minor=300_000)
    part = seat.get(url).content.decode()
    assert "hx-trigger" not in part and "CNY 3,000.00 held" in part and "Short of the sum" in part
    held = re.search(r'Held at banks <b class="number">([^<]+)<', part)
    assert held and held.group(1) == "3,000.00", "the victim's own money is no money held back"


def test_what_was_misheard_is_corrected_and_stopped_again(seat: Client, desk: Desk) -> None:
    paid(seat)
    register(seat, payee_name="周儿", protect_card="", payer_account="", payer_bank="")
    wrong, stop = standing()[0], stops()["suspect"]
    desk.send(desk.order(stop))
    desk.answer(desk.order(stop), ok=False)
    page = seat.get(f"/cases/{case().id}").content.decode()
    url = f"/cases/{case().id}/register?payment={wrong.id}"
    assert url in page and "An element differs" in page
    form = seat.get(url)
    assert form.context["values"] | {"corrects": "", "stop_payee": ""} == form.context["values"] | {
        "corrects": "", "stop_payee": "", "amount": "5,000.00", "payee_ref": str(wrong.payee_id), "payee_bank": "ccb",
    }  # fmt: skip
    values = form.context["values"] | {"payee_name": "周二", "amount": "6000"}
    assert values["corrects"] == str(wrong.id) and "Correct the payment" in form.content.decode()
    assert seat.post(f"/cases/{case().id}/register", values).status_code == 303
    (right,) = standing()
    assert (right.amount_minor, right.payee_name.reveal(), case().loss_minor) == (600_000, "周二", 600_000)
    laid = PaymentStop.objects.for_system("t").order_by("proposed_at", "id")
    assert [(each.status, each.payment_id) for each in laid] == [
        ("refused", wrong.id),
        ("proposed", right.id),
    ]


def test_a_sum_corrected_in_the_refused_form_is_no_second_payment(seat: Client) -> None:
    paid(seat)
    answer = seat.post(f"/cases/{case().id}/register", typed(seat, payer_account="62"))
    values = answer.context["values"]
    assert set(errors_of(answer)) == {"payer_account"} and values["corrects"] == str(standing()[0].id)
    again = values | {"amount": "700", "payer_account": OWN_CARD}
    assert seat.post(f"/cases/{case().id}/register", again).status_code == 303
    assert [payment.amount_minor for payment in standing()] == [70_000] and case().loss_minor == 70_000


def test_a_refused_card_can_be_asked_for_once_more(seat: Client, desk: Desk) -> None:
    paid(seat)
    register(seat)
    own = stops()["protective"]
    desk.send(desk.order(own))
    desk.answer(desk.order(own), ok=False, account=OWN_CARD)
    page = seat.get(f"/cases/{case().id}").content.decode()
    assert "Refused by the bank" in page and "Have CCB protect 6217 **** 4567" in page
    card = str(own.account_id)
    assert (
        seat.post(f"/cases/{case().id}/stop", {"card": card, "page": "detail"})["Location"]
        == f"/cases/{case().id}"
    )
    assert PaymentStop.objects.for_system("t").filter(target="protective").count() == 2


def test_an_ended_case_takes_nothing_more(seat: Client, browser: Browser) -> None:
    paid(seat)
    seat.post(f"/cases/{case().id}/move", {"act": "withdraw", "version": "1", "reason": "误登"})
    ended = Case.objects.for_system("t").get()
    page = seat.get(f"/cases/{ended.id}/register").content.decode()
    assert "register-form" not in page
    answer = seat.post(
        f"/cases/{ended.id}/register", NEEDED | {"payee_account": ACCOUNT, "payee_bank": "ccb"}
    )
    assert answer.status_code == 422 and not Payment.objects.exists()


def test_a_card_is_protected_while_the_call_goes_on(seat: Client, desk: Desk) -> None:
    seat.post("/seat/next")
    for field, value in (("payer_account", "1"), ("payer_bank", ""), ("payer_bank", "icbc")):
        answer = protect(seat, **{field: value})
        assert answer.status_code == 422 and set(answer.context["protect"]["errors"]) == {field}
    answer = protect(seat)
    own = stops()["protective"]
    assert (
        answer.status_code == 200
        and 'id="protect"' in answer.content.decode()
        and OWN_CARD not in answer.content.decode()
    )
    assert (own.ground, own.holder_name.reveal(), own.case_id) == ("imminent_payment", "林晓梅", None)
    assert protect(seat).context["protect"]["errors"].keys() == {"payer_account"}, "it has one already"
    assert "Protective stop" in seat.get("/seat").content.decode()
    alert = own.alert
    assert "Protective stop" in seat.get(f"/alerts/{alert.id}").content.decode()
    looks = f"/seat/protect/{alert.id}"
    assert 'hx-trigger="every 2s"' in seat.get(looks).content.decode()
    desk.send(desk.order(own))
    desk.answer(desk.order(own), account=OWN_CARD)
    assert "hx-trigger" not in seat.get(looks).content.decode()
    paid(seat)
    page = seat.get(f"/cases/{case().id}").content.decode()
    assert "the victim's own card" in page and "6217 **** 4567" in page, "what was protected before is told"


def test_a_card_is_protected_without_scripts(seat: Client) -> None:
    seat.post("/seat/next")
    alert = Alert.objects.for_system("look").get()
    wrong = seat.post("/seat/protect", {"alert_id": str(alert.id), "payer_account": "1"})
    assert wrong.status_code == 422 and 'id="outcome-form"' in wrong.content.decode()
    right = {"alert_id": str(alert.id), "payer_account": OWN_CARD, "payer_bank": "ccb"}
    assert seat.post("/seat/protect", right)["Location"] == "/seat" and set(stops()) == {"protective"}


@pytest.mark.parametrize("roles", [["operator"], ["operator", "duty_officer"]])
def test_when_dissuaded_the_lift_is_offered_or_told_who(
    desk: Desk, browser: Browser, fill: Fill, roles: list[str]
) -> None:
    fill()
    client = browser(roles=roles, language="en")
    client.post("/seat/next")
    protect(client)
    done = client.post(
        "/seat/outcome", form_of(client) | {"outcome": "dissuaded"}, headers=HX
    ).content.decode()
    lift = f"/funds/{stops()['protective'].id}/lift"
    assert "the card is still protected" in done
    assert "Dissuaded" in done and "Dissuaded in person" not in done, "on the phone, not at the door"
    assert (lift in done) == ("duty_officer" in roles) and ("one of these lifts it" in done) == (
        roles == ["operator"]
    )
    alert = Alert.objects.for_system("look").get()
    assert (lift in client.get(f"/alerts/{alert.id}").content.decode()) == ("duty_officer" in roles)
