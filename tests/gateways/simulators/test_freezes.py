"""What a simulated bank does with orders about freezes, asked over HTTP; its books over random lives stand beside."""

import time
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.gateways.simulators.counter import AT, CARD, OTHER, TERM, Bank, a_freeze
from tests.gateways.stand_in import NAME, CentreStandIn, Simulators, an_order, until
from yipanqi.gateways.messages import (
    Account,
    AnswerMessage,
    FailureCode,
    Former,
    FreezeKind,
    OrderKind,
    PayLine,
    Result,
    Target,
)
from yipanqi.kernel.clock import RealClock


@pytest.fixture
def bank_(simulators: Simulators, centre: CentreStandIn, bank: str) -> Bank:
    return Bank(simulators, centre, bank)


def failure(answer: AnswerMessage) -> tuple[FailureCode | None, str]:
    assert answer.result is Result.FAILED and answer.frozen_minor is None
    return answer.failure_code, answer.failure_cause


def test_a_freeze_takes_what_is_asked_and_says_so(bank_: Bank) -> None:
    order, answer = bank_.freeze()
    assert (answer.kind, answer.starts_at, answer.ends_at) == (OrderKind.FREEZE, AT, AT + TERM)
    assert (answer.applied_minor, answer.frozen_minor, answer.balance_minor, answer.available_minor) == (
        5_000_000,
        5_000_000,
        6_000_000,
        1_000_000,
    )
    assert answer.former is None
    assert bank_.listed() == [
        {
            "order_id": order.order_id,
            "account_number": CARD,
            "department": "福州市反诈中心",
            "starts_at": AT.isoformat(),
            "ends_at": (AT + TERM).isoformat(),
            "status": "in_effect",
            "asked": "50000.00",
            "frozen": "50000.00",
            "ended_at": None,
        }
    ]


def test_it_needs_account_and_name_only(bank_: Bank) -> None:
    wrong = [
        (Account(CARD, "王大明", bank_.code), "name"),
        (Account("6222000000000000", NAME, bank_.code), "account"),
    ]
    for account, element in wrong:
        assert failure(bank_.freeze(account=account)[1]) == (FailureCode.MISMATCH, element)
    transfer = {"amount_minor": 1, "transfer_at": AT}
    assert bank_.freeze(**transfer)[1].result is Result.OK


def test_frozen_money_stays_and_the_rest_goes(bank_: Bank) -> None:
    bank_.freeze()
    assert bank_.move_out(amount="10000.01") == {"number": CARD, "moved_minor": 0, "cause": "frozen"}
    assert bank_.move_out(amount="60000.01")["cause"] == "short"
    assert bank_.move_out() == {"number": CARD, "moved_minor": 1_000_000, "cause": ""}
    assert bank_.move_out() == {"number": CARD, "moved_minor": 0, "cause": "frozen"}


def test_too_little_there_is_short_and_topped_up_by_a_further_answer(bank_: Bank) -> None:
    order, answer = bank_.freeze(asked=7_000_000)
    assert (answer.frozen_minor, answer.available_minor, answer.former) == (6_000_000, 0, None)
    bank_.stand_at(AT + timedelta(days=3))
    bank_.simulators.control(bank_.code, credit=[{"number": CARD, "amount": "30000.00"}])
    first, further = bank_.answers(order, 2)
    assert (further.frozen_minor, further.available_minor, further.balance_minor) == (
        7_000_000,
        2_000_000,
        9_000_000,
    )
    assert first == answer and further.answer_id != first.answer_id and further.starts_at == AT


def test_a_full_freeze_takes_what_comes_too(bank_: Bank) -> None:
    order, answer = bank_.freeze(asked=1, scope=FreezeKind.FULL)
    assert answer.frozen_minor == 6_000_000
    bank_.simulators.control(bank_.code, credit=[{"number": CARD, "amount": "0.01"}])
    assert bank_.answers(order, 2)[1].frozen_minor == 6_000_001


def test_it_ends_the_stop_it_names_when_it_takes_effect(bank_: Bank) -> None:
    stop = an_order(bank_.code, CARD, applied_at=AT, expires_at=AT + timedelta(hours=1))
    bank_.ask(stop)
    bank_.foreign(days=1)
    order, answer = bank_.freeze(original_order_id=stop.order_id)
    assert answer.frozen_minor == 0, "queued: the stop is all that is ours"
    assert [each["status"] for each in bank_.simulators.stops(bank_.code)] == ["in_effect"]
    bank_.stand_at(AT + timedelta(days=1))
    assert bank_.answers(order, 2)[1].frozen_minor == 5_000_000
    [ended] = bank_.simulators.stops(bank_.code)
    assert (ended["status"], ended["ended_at"]) == ("lifted", bank_.now.isoformat())
    assert bank_.move_out()["moved_minor"] == 1_000_000, "no stop is left on the rest"


def test_a_queued_freeze_moves_up_when_the_one_before_it_ends(bank_: Bank) -> None:
    assert bank_.foreign("55000.00") == {"number": CARD, "frozen_minor": 5_500_000}
    first, one = bank_.freeze(asked=500_000)
    second, two = bank_.freeze(asked=300_000, case_number="A2")
    assert (one.frozen_minor, one.former and one.former.department) == (500_000, "厦门市公安局")
    assert (two.frozen_minor, two.available_minor) == (0, 0)
    assert two.former == Former("厦门市公安局", 5_500_000, AT + timedelta(days=30))
    assert [each["status"] for each in bank_.listed()] == ["in_effect", "queued"]
    bank_.stand_at(AT + timedelta(days=30))
    moved = bank_.answers(second, 2)[1]
    assert (moved.frozen_minor, moved.starts_at, moved.ends_at) == (300_000, bank_.now, AT + TERM)
    assert moved.former and moved.former.department == "福州市反诈中心"
    assert [each["status"] for each in bank_.listed()] == ["in_effect", "in_effect"]
    assert len(bank_.centre.of(first.order_id)) == 1


def test_the_line_moves_by_real_time_too(bank_: Bank) -> None:
    bank_.simulators.control(bank_.code, clock={})
    bank_.now = RealClock().now()
    ends_at = (bank_.now + timedelta(seconds=1.2)).isoformat()
    before = {"number": CARD, "department": "厦门市公安局", "ends_at": ends_at}
    bank_.simulators.control(bank_.code, foreign_freeze=[before])
    order, answer = bank_.freeze()
    assert answer.frozen_minor == 0
    assert bank_.answers(order, 2)[1].frozen_minor == 5_000_000


def test_one_case_freezes_an_account_once(bank_: Bank) -> None:
    order, _ = bank_.freeze(asked=100)
    assert failure(bank_.freeze()[1]) == (FailureCode.ALREADY_FROZEN, "")
    assert bank_.freeze(case_number="A2")[1].frozen_minor == 5_000_000
    bank_.change(order, OrderKind.RELEASE)
    assert bank_.freeze()[1].frozen_minor == 1_000_000


def test_a_notice_that_ended_and_an_order_that_came_late_freeze_nothing(bank_: Bank) -> None:
    gone = a_freeze(bank_.code, now=AT - TERM, expires_at=AT + timedelta(hours=1))
    late = a_freeze(bank_.code, now=AT, expires_at=AT - timedelta(seconds=1))
    for order in (gone, late):
        assert failure(bank_.ask(order)) == (FailureCode.EXPIRED, "")
    assert bank_.listed() == []


def test_it_ends_by_itself_unless_it_is_renewed_before(bank_: Bank) -> None:
    order, _ = bank_.freeze()
    bank_.stand_at(AT + TERM - timedelta(microseconds=1))
    assert failure(bank_.renew(order, AT + TERM)) == (FailureCode.MISMATCH, "time")
    renewed = bank_.renew(order, AT + 2 * TERM)
    assert (renewed.kind, renewed.ends_at, renewed.frozen_minor) == (
        OrderKind.RENEW,
        AT + 2 * TERM,
        5_000_000,
    )
    bank_.stand_at(AT + 2 * TERM)
    [ended] = bank_.listed()
    assert (ended["status"], ended["frozen"], ended["ended_at"]) == ("expired", "0.00", ended["ends_at"])
    assert failure(bank_.renew(order, AT + 3 * TERM)) == (FailureCode.FREEZE_ENDED, "expired")
    assert bank_.move_out()["moved_minor"] == 6_000_000
    later = quote((bank_.now + timedelta(seconds=1)).isoformat())
    assert bank_.listed(f"?since={later}") == [] and len(bank_.listed(f"?since={quote(AT.isoformat())}")) == 1


def test_a_part_is_let_go_and_then_the_rest(bank_: Bank) -> None:
    order, _ = bank_.freeze()
    assert failure(bank_.change(order, OrderKind.CUT, release_minor=5_000_001)) == (
        FailureCode.TOO_LITTLE_FROZEN,
        "",
    )
    cut = bank_.change(order, OrderKind.CUT, release_minor=2_000_000)
    assert (cut.kind, cut.released_minor, cut.frozen_minor, cut.released_at, cut.ends_at) == (
        OrderKind.RELEASE,
        2_000_000,
        3_000_000,
        AT,
        AT + TERM,
    )
    assert bank_.move_out()["moved_minor"] == 3_000_000
    bank_.stand_at(AT + timedelta(days=1))
    released = bank_.change(order, OrderKind.RELEASE)
    assert (released.released_minor, released.frozen_minor, released.ends_at) == (3_000_000, 0, bank_.now)
    assert bank_.listed()[0]["status"] == "released"
    assert failure(bank_.change(order, OrderKind.RELEASE)) == (FailureCode.FREEZE_ENDED, "released")


def test_what_a_release_sets_free_goes_to_the_next(bank_: Bank) -> None:
    first, _ = bank_.freeze(asked=6_000_000)
    second, queued = bank_.freeze(asked=4_000_000, case_number="A2")
    assert queued.frozen_minor == 0
    bank_.change(first, OrderKind.CUT, release_minor=1_000_000)
    bank_.change(first, OrderKind.RELEASE)
    assert [each.frozen_minor for each in bank_.answers(second, 3)] == [0, 1_000_000, 4_000_000]
    assert bank_.move_out()["moved_minor"] == 2_000_000


def test_a_freeze_that_is_not_known_is_not_changed(bank_: Bank) -> None:
    bank_.simulators.open(bank_.code, OTHER)
    order, _ = bank_.freeze()
    elsewhere = {"account": Account(OTHER, NAME, bank_.code)}
    assert failure(bank_.change(order, OrderKind.RELEASE, **elsewhere)) == (FailureCode.UNKNOWN_FREEZE, "")
    unknown = {"original_order_id": str(uuid.uuid4())}
    assert failure(bank_.change(order, OrderKind.CUT, release_minor=1, **unknown)) == (
        FailureCode.UNKNOWN_FREEZE,
        "",
    )


def pay(ref: str, number: str, principal: int, *, bank: str, name: str = NAME, interest: int = 0) -> PayLine:
    return PayLine(ref, number, name, bank, principal, interest)


def test_money_is_returned_line_by_line_with_a_receipt(bank_: Bank) -> None:
    bank_.simulators.open(bank_.code, OTHER, balance="0.00")
    order, _ = bank_.freeze()
    lines = (
        pay("1", OTHER, 1_000_000, bank=bank_.code, interest=250),
        pay("2", "6217001820001234567", 500_000, bank="ccb"),
        pay("3", "6222029999999999", 700_000, bank=bank_.code),
        pay("4", OTHER, 100, bank=bank_.code, name="李四"),
    )
    answer = bank_.change(order, OrderKind.RETURN_MONEY, lines=lines)
    assert (answer.result, answer.frozen_minor, answer.balance_minor) == (Result.OK, 3_500_000, 4_499_750)
    assert answer.receipt_number and [each.ref for each in answer.lines] == ["1", "2", "3", "4"]
    causes = [(each.result, each.failure_code, each.failure_cause) for each in answer.lines]
    unknown = FailureCode.PAYEE_UNKNOWN
    assert causes[:2] == [(Result.OK, None, "")] * 2
    assert causes[2:] == [(Result.FAILED, unknown, ""), (Result.FAILED, unknown, "name")]
    [payee] = bank_.simulators.books(bank_.code, OTHER)["accounts"]
    assert payee["balance_minor"] == 1_000_250
    rest = (pay("5", OTHER, 3_500_000, bank=bank_.code),)
    last = bank_.change(order, OrderKind.RETURN_MONEY, lines=rest)
    assert (last.frozen_minor, last.balance_minor) == (0, 999_750)
    assert bank_.listed()[0]["status"] == "released", "nothing is left to hold"
    assert failure(bank_.change(order, OrderKind.RETURN_MONEY, lines=rest)) == (
        FailureCode.FREEZE_ENDED,
        "released",
    )


def test_more_than_is_frozen_is_not_returned_at_all(bank_: Bank) -> None:
    order, _ = bank_.freeze()
    lines = (pay("1", CARD, 5_000_000, bank="ccb"), pay("2", CARD, 1, bank="ccb"))
    answer = bank_.change(order, OrderKind.RETURN_MONEY, lines=lines)
    assert failure(answer) == (FailureCode.TOO_LITTLE_FROZEN, "")
    assert bank_.listed()[0]["frozen"] == "50000.00"


def test_a_telecom_freezes_nothing(simulators: Simulators) -> None:
    order = a_freeze("tel0", "13800002207", now=RealClock().now())
    refused = simulators.post(order)
    assert (refused.status_code, refused.json()["error"]) == (
        422,
        "TargetType: not what this institution can stop",
    )
    assert order.target is Target.ACCOUNT


def test_a_repeat_acts_once_and_an_id_serves_one_order(bank_: Bank) -> None:
    order, answer = bank_.freeze()
    bank_.change(order, OrderKind.CUT, release_minor=1_000_000)
    assert bank_.simulators.post(order).status_code == 202
    assert bank_.answers(order, 2) == [answer, answer]
    assert bank_.listed()[0]["frozen"] == "40000.00"
    other = a_freeze(bank_.code, now=AT, asked=1, order_id=order.order_id)
    assert bank_.simulators.post(other).status_code == 409


def test_the_list_of_freezes_needs_the_centre_s_signature(bank_: Bank) -> None:
    assert bank_.simulators.ask("GET", f"/{bank_.code}/freezes", headers={}).status_code == 401


def test_faults_of_the_account(bank_: Bank) -> None:
    control = bank_.simulators.control
    control(bank_.code, faults={"mismatch": 1})
    code, cause = failure(bank_.freeze()[1])
    assert code is FailureCode.MISMATCH and cause in {"name", "account"}
    control(bank_.code, faults={"mismatch": 0, "partial": 1})
    order, answer = bank_.freeze()
    assert 0 <= answer.frozen_minor < 5_000_000 and answer.available_minor == 0
    control(bank_.code, faults={"partial": 0, "payee_closed": 1})
    lines = (pay("1", OTHER, 1, bank="ccb"),)
    paid = bank_.change(order, OrderKind.RETURN_MONEY, lines=lines)
    assert [(each.failure_code, each.failure_cause) for each in paid.lines] == [
        (FailureCode.PAYEE_UNKNOWN, "closed")
    ]
    assert paid.frozen_minor == answer.frozen_minor


def test_faults_of_the_wire(bank_: Bank) -> None:
    control, code = bank_.simulators.control, bank_.code
    control(code, faults={"closed": 1})
    order = a_freeze(code, now=AT, asked=7_000_000)
    with pytest.raises(httpx.RemoteProtocolError):
        bank_.simulators.post(order)
    control(code, faults={"closed": 0, "silent": 1})
    control(code, credit=[{"number": CARD, "amount": "5000.00"}])
    time.sleep(0.2)
    assert bank_.centre.of(order.order_id) == [], "nobody was told, neither first nor further"
    assert bank_.listed()[0]["frozen"] == "65000.00"
    control(code, faults={"silent": 0, "duplicate": 1})
    assert bank_.simulators.post(order).status_code == 202, "a repeat brings both answers"
    found = bank_.answers(order, 4)
    assert {each.frozen_minor for each in found} == {6_000_000, 6_500_000}
    assert len({each.answer_id for each in found}) == 2
    control(code, faults={"duplicate": 0, "garbage": 1})
    control(code, credit=[{"number": CARD, "amount": "1.00"}])

    def unread() -> list[bytes]:
        return [each.body for each in bank_.centre.received if each.signer == code and each.answer is None]

    until(lambda: len(unread()) == 1, "a further answer that cannot be read")


def test_a_restart_keeps_the_line_and_tells_what_was_due(started: Any, centre: CentreStandIn) -> None:
    own = started(centre, ["x1"])
    bank = Bank(own, centre, "x1")
    bank.foreign(days=1)
    order, queued = bank.freeze()
    own.control("x1", faults={"late": 1, "late_seconds": 3600})
    bank.stand_at(AT + timedelta(days=1))
    assert queued.frozen_minor == 0 and len(centre.of(order.order_id)) == 1
    before = own.books("x1")["freezes"]
    own.stop()
    own.start()
    assert own.books("x1")["freezes"] == before and len(before) == 2
    own.control("x1", faults={"late": 0})
    own.stop()
    own.start()
    assert bank.answers(order, 2)[1].frozen_minor == 5_000_000
    assert bank.change(order, OrderKind.RELEASE).released_minor == 5_000_000
