"""Two at once: one stop per account, one signature, one effect of an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.measures.conftest import Desk, waiting
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.models import Answer, Order, PaymentStop
from yipanqi.ops.measures.signing import decline, sign

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(act: Callable[[], Any]) -> Callable[[], str]:
    """What an act comes to: done, or the code of its refusal."""

    def run() -> str:
        try:
            act()
        except YipanqiError as error:
            return error.code
        return "done"

    return run


def test_two_officers_stop_one_account_once(desk: Desk, in_threads: Any) -> None:
    cases = [desk.case() for _ in range(4)]
    told = in_threads([outcome(lambda case=case: desk.propose(case)) for case in cases])
    assert sorted(told) == ["done", *["stop_already_live"] * 3]
    assert PaymentStop.objects.for_system("t").count() == Order.objects.count() == 1


def test_one_answer_that_comes_four_times_at_once(desk: Desk, in_threads: Any) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    taken = in_threads([lambda: desk.answer(order).effect] * 4)
    assert sorted(taken) == ["applied", *["repeated"] * 3]
    assert Answer.objects.get().repeats == 3 and desk.seen(stop).status == "stopped"


def test_signing_and_declining_at_once(desk: Desk, in_threads: Any) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop))
    signature, now = waiting(stop), desk.world.now
    given = {"signature_id": signature.id, "acting_officer": desk.approver, "now": now}
    told = in_threads([outcome(lambda: sign(**given)), outcome(lambda: decline(reason="不符", **given))])
    assert sorted(told) == ["done", "signature_decided"]
    assert desk.seen(stop).status == ("sent" if told[0] == "done" else "lifting")


def test_the_clock_and_the_answer_at_once(desk: Desk, in_threads: Any) -> None:
    stop = desk.propose()
    order = desk.order(stop)
    desk.send(order)
    at = desk.world.advance(desk.order(stop).due_at - desk.world.now)
    in_threads([lambda: fire_due(now=at), lambda: desk.answer(order)])
    assert desk.seen(stop).status == "stopped" and desk.order(stop).status == "fulfilled"
