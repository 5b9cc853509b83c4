"""Every fault, forced by a chance of one: what the centre then sees, and that the books stay right."""

import time
from typing import Any

import httpx
import pytest

from tests.gateways.stand_in import CentreStandIn, Simulators, an_order, until
from yipanqi.gateways.messages import FailureCode, Result
from yipanqi.gateways.simulators.faults import CHANCES, Dice, Faults

CARD = "6222021602001234567"


@pytest.fixture
def faulty(simulators: Simulators, bank: str) -> Any:
    """Set faults on the test's bank, with one account in it."""
    simulators.open(bank, CARD)

    def change(**faults: float) -> None:
        simulators.control(bank, faults=faults)

    return change


def test_mismatch(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(mismatch=1)
    order = an_order(bank, CARD)
    simulators.post(order)
    answer = centre.answer(order)
    assert (answer.result, answer.failure_code) == (Result.FAILED, FailureCode.MISMATCH)
    assert answer.failure_cause in {"name", "account", "amount", "time"}
    assert simulators.stops(bank) == []


def test_partial(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(partial=1)
    order = an_order(bank, CARD)
    simulators.post(order)
    answer = centre.answer(order)
    assert answer.result is Result.OK and answer.balance_minor < order.amount_minor
    [account] = simulators.books(bank)["accounts"]
    assert account["balance_minor"] == answer.balance_minor


def test_late(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(late=1, late_seconds=0.6)
    order, began = an_order(bank, CARD), time.monotonic()
    assert simulators.post(order).status_code == 202
    assert simulators.stops(bank)[0]["status"] == "in_effect", "it is the answer that is late, not the stop"
    simulators.post(order)
    centre.wait(order.order_id)
    assert 0.6 <= time.monotonic() - began < 5
    time.sleep(0.2)
    assert len(centre.of(order.order_id)) == 1, "a repeat meanwhile does not send it twice"


def test_latency(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(latency_to=0.4, latency_from=0.3)
    order, began = an_order(bank, CARD), time.monotonic()
    simulators.post(order)
    centre.wait(order.order_id)
    assert 0.3 <= time.monotonic() - began < 5


def test_duplicate(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(duplicate=1)
    order = an_order(bank, CARD)
    simulators.post(order)
    found = centre.wait(order.order_id, 2)
    assert 2 <= len(found) <= 3 and len({each.body for each in found}) == 1


def test_out_of_order(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    first, second = an_order(bank, CARD), an_order(bank, CARD)
    faulty(out_of_order=1)
    simulators.post(first)
    until(lambda: simulators.books(bank)["fell"].get("out_of_order") == 1, "the first answer is held")
    faulty(out_of_order=0)
    simulators.post(second)
    centre.wait(first.order_id)
    arrived = [each.answer.order_id for each in centre.received if each.answer and each.signer == bank]
    assert arrived == [second.order_id, first.order_id]


def test_out_of_order_without_another_goes_alone(
    simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any
) -> None:
    faulty(out_of_order=1)
    order = an_order(bank, CARD)
    simulators.post(order)
    centre.answer(order)
    assert simulators.books(bank)["sent"]["went_alone"] == 1


def test_garbage_until_the_order_is_repeated(
    simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any
) -> None:
    faulty(garbage=1)
    before = len([each for each in centre.received if each.signer == bank])
    order = an_order(bank, CARD)
    simulators.post(order)
    until(lambda: len([each for each in centre.received if each.signer == bank]) > before, "garbage comes")
    assert [each.answer for each in centre.received if each.signer == bank] == [None]
    until(lambda: simulators.books(bank)["sent"].get("refused") == 1, "it was refused and is not sent again")
    simulators.post(order)
    assert centre.answer(order).result is Result.OK
    assert len(simulators.stops(bank)) == 1


def test_garbage_is_of_every_sort(
    simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any
) -> None:
    faulty(garbage=1)
    for _ in range(30):
        simulators.post(an_order(bank, CARD))
    until(lambda: len([each for each in centre.received if each.signer == bank]) == 30, "garbage comes")
    found = [each for each in centre.received if each.signer == bank]
    assert all(each.answer is None for each in found)
    assert any(b"garbage" in each.body for each in found) and any(b"Unheard" in each.body for each in found)


def test_silent(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(silent=1)
    order = an_order(bank, CARD)
    assert simulators.post(order).status_code == 202
    assert simulators.stops(bank)[0]["status"] == "in_effect"
    time.sleep(0.3)
    assert centre.of(order.order_id) == []
    faulty(silent=0)
    simulators.post(order)
    assert centre.answer(order).result is Result.OK


def test_closed(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(closed=1)
    order = an_order(bank, CARD)
    with pytest.raises(httpx.RemoteProtocolError):
        simulators.post(order)
    assert simulators.stops(bank)[0]["status"] == "in_effect", "acted on, though nobody was told"
    faulty(closed=0)
    simulators.post(order)
    assert centre.answer(order).result is Result.OK
    assert len(centre.of(order.order_id)) == len(simulators.stops(bank)) == 1


def test_unavailable(simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any) -> None:
    faulty(unavailable=1)
    order = an_order(bank, CARD)
    refused = simulators.post(order)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert simulators.stops(bank) == []
    faulty(unavailable=0)
    simulators.post(order)
    assert centre.answer(order).result is Result.OK
    assert simulators.books(bank)["fell"] == {"unavailable": 1}


def test_a_centre_that_is_down_gets_the_answer_later(
    simulators: Simulators, centre: CentreStandIn, bank: str, faulty: Any
) -> None:
    order = an_order(bank, CARD)
    centre.status = 503
    try:
        simulators.post(order)
        time.sleep(0.2)
    finally:
        centre.status = 202
    assert centre.answer(order).result is Result.OK
    assert simulators.books(bank)["delivered"] == 1


def test_all_institutions_can_be_told_at_once(started: Any, centre: CentreStandIn) -> None:
    own = started(centre, ["x1", "x2"])
    own.control("*", faults={"late": 0.5})
    assert {own.books(code)["faults"]["late"] for code in ("x1", "x2")} == {0.5}


def test_dice_are_seeded_by_order_and_fall_as_often_as_told() -> None:
    faults = Faults(silent=0.3)
    one, same, other = Dice("1:icbc"), Dice("1:icbc"), Dice("2:icbc")
    keys = [str(number) for number in range(2000)]
    fell = [one.falls(faults, "silent", key) for key in keys]
    assert fell == [same.falls(faults, "silent", key) for key in keys]
    assert fell != [other.falls(faults, "silent", key) for key in keys]
    assert 500 < sum(fell) == one.fell["silent"] < 700
    assert not any(Dice("1").falls(Faults(), name, "k") for name in CHANCES)
