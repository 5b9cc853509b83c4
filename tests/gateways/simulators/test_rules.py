"""What a simulated bank or telecom does with an order, asked over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.gateways.stand_in import AMOUNT_MINOR, NAME, PAID_AT, CentreStandIn, Simulators, an_order, until
from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    FailureCode,
    OrderKind,
    OrderMessage,
    Result,
    Target,
)
from yipanqi.gateways.risk_platform import write_order
from yipanqi.gateways.signing import sign
from yipanqi.kernel.clock import RealClock

CARD = "6222021602001234567"
PERIOD = timedelta(hours=48)


@pytest.fixture
def ask(simulators: Simulators, centre: CentreStandIn) -> Any:
    """Send an order and wait for its answer."""

    def send(order: OrderMessage) -> AnswerMessage:
        assert simulators.post(order).status_code == 202
        return centre.answer(order)

    return send


def following(stop: OrderMessage, kind: OrderKind, **changes: Any) -> OrderMessage:
    given = {"kind": kind, "original_order_id": stop.order_id} | changes
    return an_order(stop.institution, stop.account.number, **given)


def failure(answer: AnswerMessage) -> tuple[FailureCode | None, str]:
    assert answer.result is Result.FAILED and answer.balance_minor is None
    return answer.failure_code, answer.failure_cause


def test_a_stop_holds_for_48_hours_from_the_bank_s_own_instant(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    simulators.control(bank, clock={"offset_seconds": 7})
    before, order = RealClock().now(), an_order(bank, CARD)
    answer = ask(order)
    assert timedelta(seconds=7) <= answer.starts_at - before < timedelta(seconds=60)
    assert answer.ends_at == answer.starts_at + PERIOD
    assert (answer.result, answer.balance_minor, answer.institution) == (Result.OK, 6_000_000, bank)
    [stop] = simulators.stops(bank)
    assert stop == {
        "order_id": order.order_id,
        "account_number": CARD,
        "starts_at": answer.starts_at.isoformat(),
        "ends_at": answer.ends_at.isoformat(),
        "status": "in_effect",
        "asked": "50000.00",
        "balance": "60000.00",
        "ended_at": None,
    }


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"account": Account("6222000000000000", NAME)}, "account"),
        ({"account": Account(CARD, "王大明")}, "name"),
        ({"account": Account(CARD, "")}, "name"),
        ({"amount_minor": AMOUNT_MINOR + 1}, "amount"),
        ({"transfer_at": PAID_AT + timedelta(minutes=5, seconds=1)}, "time"),
    ],
)
def test_one_element_that_does_not_fit_stops_nothing(
    simulators: Simulators, ask: Any, bank: str, changes: dict[str, Any], element: str
) -> None:
    simulators.open(bank, CARD)
    assert failure(ask(an_order(bank, CARD, **changes))) == (FailureCode.MISMATCH, element)
    assert simulators.stops(bank) == []
    assert simulators.control(bank, move_out=[{"number": CARD}])["moved"][0]["cause"] == ""


def test_clocks_that_differ_a_little_and_wide_letters_still_fit(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    changes = {"transfer_at": PAID_AT - timedelta(minutes=5), "account": Account(CARD, "王　小明")}
    assert ask(an_order(bank, CARD, **changes)).result is Result.OK


def test_a_protective_stop_needs_no_transfer(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.control(bank, open=[{"number": CARD, "name": NAME, "balance": "100.00"}])
    answer = ask(an_order(bank, CARD, amount_minor=None, transfer_at=None))
    assert (answer.result, answer.balance_minor) == (Result.OK, 10_000)
    assert simulators.stops(bank)[0]["asked"] is None


def test_a_stopped_account_takes_money_in_and_lets_none_out(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    ask(an_order(bank, CARD))
    [moved] = simulators.control(bank, move_out=[{"number": CARD, "amount": "0.01"}])["moved"]
    assert moved == {"number": CARD, "moved_minor": 0, "cause": "stopped"}
    [credited] = simulators.control(bank, credit=[{"number": CARD, "amount": "40.00"}])["credited"]
    assert credited == {"number": CARD, "balance_minor": 6_004_000}


def test_money_that_went_before_the_stop_is_gone(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.open(bank, CARD)
    done = simulators.control(
        bank, move_out=[{"number": CARD, "amount": "59999.00"}, {"number": CARD, "amount": "2"}]
    )
    assert [each["cause"] for each in done["moved"]] == ["", "short"]
    assert ask(an_order(bank, CARD)).balance_minor == 100


def test_a_second_stop_of_a_stopped_account_is_refused(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.open(bank, CARD)
    ask(an_order(bank, CARD))
    assert failure(ask(an_order(bank, CARD))) == (FailureCode.ALREADY_STOPPED, "")
    assert len(simulators.stops(bank)) == 1


def test_a_stop_ends_by_itself_and_the_account_may_be_stopped_again(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    valid = {"applied_at": at, "expires_at": at + timedelta(days=30)}
    simulators.open(bank, CARD)
    simulators.control(bank, clock={"at": at.isoformat()})
    first, second = an_order(bank, CARD, **valid), an_order(bank, CARD, **valid)
    assert ask(first).ends_at == at + PERIOD
    simulators.control(bank, clock={"at": (at + PERIOD - timedelta(microseconds=1)).isoformat()})
    assert simulators.stops(bank)[0]["status"] == "in_effect"
    simulators.control(bank, clock={"at": (at + PERIOD).isoformat()})
    [stop] = simulators.stops(bank)
    assert (stop["status"], stop["ended_at"]) == ("expired", stop["ends_at"])
    assert failure(ask(following(first, OrderKind.LIFT, **valid))) == (FailureCode.NOT_IN_EFFECT, "expired")
    assert ask(second).starts_at == at + PERIOD
    assert [stop["status"] for stop in simulators.stops(bank)] == ["expired", "in_effect"]
    later = quote((at + PERIOD + timedelta(seconds=1)).isoformat())
    assert [stop["order_id"] for stop in simulators.stops(bank, f"?since={later}")] == [second.order_id]


def test_an_expiry_of_the_order_is_the_last_instant_to_act_and_shortens_no_stop(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    now = RealClock().now()
    gone = an_order(bank, CARD, expires_at=now - timedelta(seconds=1))
    assert failure(ask(gone)) == (FailureCode.EXPIRED, "")
    answer = ask(an_order(bank, CARD, expires_at=now + timedelta(minutes=1)))
    assert answer.ends_at - answer.starts_at == PERIOD


def test_a_lift_ends_the_stop_at_once(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.open(bank, CARD)
    stop = an_order(bank, CARD)
    stopped, lifted = ask(stop), ask(following(stop, OrderKind.LIFT))
    assert (lifted.kind, lifted.result, lifted.starts_at) == (OrderKind.LIFT, Result.OK, stopped.starts_at)
    assert stopped.starts_at < lifted.ends_at < stopped.ends_at
    [shown] = simulators.stops(bank)
    assert (shown["status"], shown["ended_at"]) == ("lifted", lifted.ends_at.isoformat())
    assert simulators.control(bank, move_out=[{"number": CARD}])["moved"][0]["moved_minor"] == 6_000_000
    assert failure(ask(following(stop, OrderKind.LIFT))) == (FailureCode.NOT_IN_EFFECT, "lifted")


def test_a_stop_that_is_not_known_is_neither_lifted_nor_extended(
    simulators: Simulators, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    simulators.open(bank, "6222000000000002")
    stop = an_order(bank, CARD)
    ask(stop)
    for kind in (OrderKind.LIFT, OrderKind.EXTEND):
        unknown = following(stop, kind, original_order_id=str(uuid.uuid4()))
        assert failure(ask(unknown)) == (FailureCode.UNKNOWN_STOP, "")
    other = following(stop, OrderKind.LIFT, account=Account("6222000000000002", NAME))
    assert failure(ask(other)) == (FailureCode.UNKNOWN_STOP, "")


def test_an_extension_adds_a_period_once(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.open(bank, CARD)
    stop = an_order(bank, CARD)
    stopped, extended = ask(stop), ask(following(stop, OrderKind.EXTEND))
    assert (extended.starts_at, extended.ends_at) == (stopped.starts_at, stopped.ends_at + PERIOD)
    assert failure(ask(following(stop, OrderKind.EXTEND))) == (FailureCode.EXTENDED_ALREADY, "")
    assert simulators.stops(bank)[0]["ends_at"] == extended.ends_at.isoformat()


def test_a_telecom_suspends_and_resumes_a_number(simulators: Simulators, ask: Any) -> None:
    simulators.control("tel0", open=[{"number": "13800002207", "name": NAME}])
    phone = {"target": Target.PHONE, "amount_minor": None, "transfer_at": None}
    stop = an_order("tel0", "13800002207", account=Account("13800002207"), **phone)
    answer = ask(stop)
    assert (answer.result, answer.balance_minor, answer.ends_at) == (
        Result.OK,
        None,
        answer.starts_at + PERIOD,
    )
    assert simulators.stops("tel0")[0]["balance"] is None
    lifted = ask(following(stop, OrderKind.LIFT, account=Account("13800002207"), **phone))
    assert lifted.result is Result.OK
    unknown = an_order("tel0", "13900000000", **phone)
    assert failure(ask(unknown)) == (FailureCode.MISMATCH, "account")


def test_a_repeat_acts_once_and_gets_the_same_answer(
    simulators: Simulators, centre: CentreStandIn, ask: Any, bank: str
) -> None:
    simulators.open(bank, CARD)
    order = an_order(bank, CARD)
    ask(order)
    until(lambda: simulators.books(bank)["delivered"] == 1, "the answer is noted as delivered")
    lift = following(order, OrderKind.LIFT)
    ask(lift)
    assert simulators.post(order).json() == {"received": True, "order_id": order.order_id}
    first, second = centre.wait(order.order_id, 2)[:2]
    assert first.body == second.body and first.signer == bank
    assert [stop["status"] for stop in simulators.stops(bank)] == ["lifted"]


def test_an_id_is_not_used_for_two_orders(simulators: Simulators, ask: Any, bank: str) -> None:
    simulators.open(bank, CARD)
    order = an_order(bank, CARD)
    ask(order)
    other = simulators.post(an_order(bank, CARD, order_id=order.order_id, amount_minor=1))
    assert (other.status_code, other.json()["code"]) == (409, "order_conflict")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"account": Account(CARD, NAME, "another")}, "BankID: another institution's"),
        ({"target": Target.PHONE}, "TargetType: not what this institution can stop"),
    ],
)
def test_an_order_for_another_is_refused(
    simulators: Simulators, bank: str, changes: dict[str, Any], line: str
) -> None:
    refused = simulators.post(an_order(bank, CARD, **changes))
    assert (refused.status_code, refused.json()) == (422, {"code": "message_refused", "error": line})


def test_what_cannot_be_read_is_refused_in_one_line(simulators: Simulators, bank: str) -> None:
    refused = simulators.ask("POST", f"/{bank}/orders", b"{}")
    assert (refused.status_code, refused.json()["error"]) == (422, "TransSerialNumber: missing")


def test_only_the_centre_s_fresh_signature_opens_the_door(simulators: Simulators, bank: str) -> None:
    simulators.open(bank, CARD)
    path, body = f"/{bank}/orders", write_order(an_order(bank, CARD))
    good = simulators.signed("POST", path, body)
    old = simulators.signed("POST", path, body, at=RealClock().now() - timedelta(minutes=6))
    foreign = sign(
        signer="yipanqi", seed=bytes(32), method="POST", path=path, body=body, now=RealClock().now()
    )
    other = simulators.signed("POST", path, body, signer="somebody")
    for headers in ({}, old, foreign, other, good | {"X-Nonce": str(uuid.uuid4())}):
        assert simulators.ask("POST", path, body, headers).status_code == 401
    assert simulators.ask("POST", path, body + b" ", good).status_code == 401
    assert simulators.books(bank)["orders"] == 0
    assert simulators.ask("POST", path, body, good).status_code == 202
    replayed = simulators.ask("POST", path, body, good)
    assert (replayed.status_code, replayed.json()["code"]) == (409, "signature_replayed")
    for headers in ({}, simulators.signed("GET", f"/{bank}/stops?since=x", b"")):
        assert simulators.ask("GET", f"/{bank}/stops", headers=headers).status_code == 401


def test_the_control_door_needs_its_token(simulators: Simulators, bank: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for method, path in (("POST", "/control"), ("GET", f"/control/{bank}/books")):
            assert simulators.ask(method, path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"institution": "nobody"}, "institution: not one of"),
        ({"institution": "*", "open": [{}]}, "institution: accounts belong to one institution"),
        ({"open": [{"name": "x"}]}, "open[0].number: missing"),
        ({"open": {}}, "open: not a list"),
        ({"credit": [{"number": "nobody", "amount": "1"}]}, "number: no such account"),
        ({"faults": {"silent": 2}}, "faults.silent: not a number from 0 to 1"),
        ({"faults": {"latency_from": 2}}, "latency_from: above latency_to"),
        ({"faults": {"unheard": 1}}, "faults.unheard: no such field"),
        ({"clock": {"at": "noon"}}, "clock.at: not a time such as"),
        ({"unheard": 1}, "unheard: no such field"),
    ],
)
def test_a_wrong_control_message_is_refused_in_one_line(
    simulators: Simulators, bank: str, asked: dict[str, Any], line: str
) -> None:
    headers = {"Authorization": "Bearer control-token-of-the-tests"}
    done = simulators.client.post(
        f"{simulators.url}/control", json={"institution": bank} | asked, headers=headers
    )
    assert done.status_code == 422 and done.json()["error"].startswith(line)


def test_opening_an_account_twice_leaves_it_as_it_is(simulators: Simulators, bank: str) -> None:
    simulators.open(bank, CARD)
    again = simulators.control(bank, open=[{"number": CARD, "name": "other", "balance": "0"}])
    assert again["opened"] == 0
    [account] = simulators.books(bank, CARD)["accounts"]
    assert (account["name"], account["balance_minor"]) == (NAME, 6_000_000)
    assert simulators.books(bank, "6222000000000009")["accounts"] == []


def test_there_are_no_other_doors(simulators: Simulators, bank: str) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", f"/{bank}/orders"),
        ("POST", "/nobody/orders"),
        ("DELETE", "/control"),
    ):
        assert simulators.ask(method, path).status_code == 404
