"""Two at once on a freeze: one signature, one effect of an answer, and its end or its renewal, never both."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ops.measures.conftest import FreezeDesk, events_of
from tests.ops.measures.test_races import outcome
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.freezing.changing import ask_renewal
from yipanqi.ops.measures.models import Freeze, Order, Signature
from yipanqi.ops.measures.signing import sign

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_one_case_freezes_an_account_once(freezing: FreezeDesk, in_threads: Any) -> None:
    case = freezing.filed()
    told = in_threads([outcome(lambda: freezing.freeze(case)) for _ in range(4)])
    assert sorted(told) == ["done", *["freeze_already_live"] * 3]


def test_two_signers(freezing: FreezeDesk, in_threads: Any) -> None:
    freeze = freezing.freeze()
    key = Signature.objects.for_system("t").get(freeze=freeze).id
    given = {"signature_id": key, "now": freezing.world.now}
    people = [freezing.approver, freezing.city]
    told = in_threads([outcome(lambda officer=one: sign(acting_officer=officer, **given)) for one in people])
    assert sorted(told) == ["done", "signature_decided"]
    assert Order.objects.filter(freeze=freeze).count() == 1


def test_signing_while_the_time_for_it_ends(freezing: FreezeDesk, in_threads: Any) -> None:
    freeze = freezing.freeze()
    key = Signature.objects.for_system("t").get(freeze=freeze).id
    at = freezing.world.advance(DAY)
    given = {"signature_id": key, "acting_officer": freezing.approver, "now": at}
    told = in_threads([outcome(lambda: sign(**given)), lambda: fire_due(now=at)])
    assert freezing.look(freeze).status == ("approved" if told[0] == "done" else "declined")


def test_renewed_while_it_lapses(freezing: FreezeDesk, in_threads: Any) -> None:
    freeze = freezing.frozen()
    freezing.world.advance(freeze.expires_at - freezing.world.now - timedelta(hours=1))
    until = freeze.until_date + 30 * DAY
    freezing.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
    freezing.sign_freeze(freeze)
    before = freezing.world.now
    end = freezing.world.advance(timedelta(hours=1))
    order = freezing.freeze_order(freeze, "renew")
    given = {"kind": "renew", "frozen_minor": 5_000_000, "starts_at": before, "ends_at": end + 30 * DAY}
    in_threads([lambda: fire_due(now=end), lambda: freezing.answer(order, **given)])
    assert events_of(freeze, "freeze.lapsed", "freeze.renewed") == ["freeze.lapsed"], "it came at the end"
    assert freezing.look(freeze).status == "releasing"
    freezing.proves()


def test_one_answer_that_comes_four_times_at_once(freezing: FreezeDesk, in_threads: Any) -> None:
    freeze = freezing.freeze()
    freezing.sign_freeze(freeze)
    taken = in_threads([lambda: freezing.reply(freeze).effect] * 4)
    assert sorted(taken) == ["applied", *["repeated"] * 3]
    assert freezing.booked("frozen", freeze) == 5_000_000


def test_two_cases_freeze_beside_a_stop(freezing: FreezeDesk, in_threads: Any) -> None:
    """Answers to a stop and to freezes of two cases on one account, all at once: no deadlock, nothing held twice."""
    cases = [freezing.filed() for _ in range(3)]
    stop = freezing.propose(cases[0])
    freezes: list[Freeze] = [freezing.freeze(case, asked_minor=1_000_000) for case in cases]
    for freeze in freezes:
        freezing.sign_freeze(freeze)
    work = [lambda freeze=freeze: freezing.reply(freeze).effect for freeze in freezes]
    taken = in_threads([*work, lambda: freezing.answer(freezing.order(stop)).effect])
    assert taken == ["applied"] * 4
    assert freezing.seen(stop).status in {"superseded", "lifting"}
    freezing.proves()
