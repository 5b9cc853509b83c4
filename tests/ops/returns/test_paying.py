"""Paying a decided return: orders, receipts on paper and by message, failures, lapses, closing; and the books after."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.returns.decided import Decided, refused
from yipanqi.casework.machine import TransitionRefused
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.measures.answering import BankAnswer, LineAnswer
from yipanqi.ops.measures.freezing.ending import expire_freezes
from yipanqi.ops.measures.models import Difference
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.returns.answering import pay_answered
from yipanqi.ops.returns.closing import close
from yipanqi.ops.returns.models import Claim, Payout, PayoutLine
from yipanqi.ops.returns.paying import order_payouts
from yipanqi.ops.returns.receiving import enter_receipt, fail_ended, mark_late
from yipanqi.rehearsal.world import World


@pytest.fixture
def decided(world: World) -> Decided:
    return Decided(world)


def order(decided: Decided) -> list[Payout]:
    seen = decided.seen(decided.fund_return)
    return order_payouts(
        return_id=seen.id,
        version=seen.version,
        officer_b=decided.second.id,
        acting_officer=decided.funds,
        now=decided.world.now,
    )


def receipt(decided: Decided, payout: Payout, *told: str, number: str = "HZ-1", **more: Any) -> Payout:
    """Enter what the bank's paper says of the lines in their order; "" leaves one out."""
    seen = decided.seen(payout)
    lines = zip(seen.lines.order_by("principal_minor").reverse(), told, strict=False)
    given = {"version": seen.version, "lines": {line.id: word for line, word in lines if word}} | more
    return enter_receipt(
        payout_id=seen.id, number=number, acting_officer=decided.funds, now=decided.world.now, **given
    )


def shut(decided: Decided) -> Any:
    seen = decided.seen(decided.fund_return)
    return close(return_id=seen.id, version=seen.version, acting_officer=decided.funds, now=decided.world.now)


def papers(kind: str) -> list[Any]:
    return list(Paper.objects.for_system("the test looks").filter(kind=kind))


def test_two_officers_and_one_order_for_each_fund(decided: Decided) -> None:
    for nobody in (decided.funds.id, uuid.uuid4()):
        with refused("officers_missing"):
            order_payouts(
                return_id=decided.fund_return.id,
                version=1,
                officer_b=nobody,
                acting_officer=decided.funds,
                now=decided.world.now,
            )
    (payout,) = order(decided)
    assert payout.order.kind == "return_money" and payout.order.freeze_id == decided.freeze.id
    assert [line.principal_minor for line in payout.lines.order_by("principal_minor")] == [
        1_500_000,
        3_000_000,
    ]
    assert payout.due_at == decided.world.now.replace(hour=16, minute=0) + timedelta(
        days=3
    )  # Monday: to Thursday's end
    assert decided.seen(decided.fund_return).status == "ordered"
    (paper,) = papers("assist_return")
    assert paper.subject_id == payout.id
    assert all(
        each in paper.content.reveal()
        for each in ("警员funds、警员second", "6217000010001234500", "30,000.00")
    )
    with refused("claim_not_ready"):
        order(decided)


def test_who_is_not_verified_is_not_paid_until_a_later_order(decided: Decided) -> None:
    late = decided.claims()[1]
    Claim.objects.for_system("t").filter(id=late.id).update(status="notified")
    (first,) = order(decided)
    receipt(decided, first, "paid")
    assert decided.seen(decided.fund_return).status == "paid"
    Claim.objects.for_system("t").filter(id=late.id).update(status="verified")
    with refused("claim_not_ready"):
        shut(decided)
    (second,) = order(decided)
    receipt(decided, second, "paid", number="HZ-2")
    assert decided.seen(decided.fund_return).status == "paid"
    decided.prove()


def test_without_a_calendar_the_order_leaves_all_the_same(decided: Decided) -> None:
    decided.world.advance(timedelta(days=304))  # the last day of the years that are known
    (payout,) = order(decided)
    assert payout.due_at is None and payout.status == "given"
    assert mark_late(now=decided.world.now + timedelta(days=99)) == 0


def test_a_failed_line_is_ordered_again(decided: Decided) -> None:
    (payout,) = order(decided)
    assert receipt(decided, payout, "paid", "payee_unknown").status == "received"
    assert decided.seen(decided.fund_return).status == "ordered"
    assert decided.seen(decided.freeze).frozen_minor == 3_000_000
    (again,) = order(decided)
    assert receipt(decided, again, "paid", number="HZ-2").status == "received"
    assert decided.seen(decided.fund_return).status == "paid"
    with refused("line_paid"):
        receipt(decided, payout, "", "paid")  # the bank says after all that it paid the first too
    assert decided.seen(decided.freeze).interest_minor == 150
    decided.prove()


def test_a_receipt_is_checked(decided: Decided) -> None:
    (payout,) = order(decided)
    for code, more in (
        ("version_conflict", {"version": 9}),
        ("field_missing", {"number": " "}),
        ("field_missing", {"lines": {}}),
        ("field_missing", {"lines": {uuid.uuid4(): "paid"}}),
    ):
        with refused(code):
            receipt(decided, payout, "paid", **more)
    with refused("reason_unknown"):
        receipt(decided, payout, "gone")
    receipt(decided, payout, "paid", file=b"%PDF-1.4\n%%EOF")
    with refused("line_paid"):
        receipt(decided, payout, "payee_unknown")
    before = decided.seen(payout)
    receipt(decided, payout, "paid")  # told again
    assert decided.seen(payout).receipt_file == before.receipt_file != ""
    assert balance(Book.HOLDINGS, Kind.RETURNED) == 3_000_000


def test_a_payout_of_which_nothing_was_paid_failed(decided: Decided) -> None:
    (payout,) = order(decided)
    assert receipt(decided, payout, "payee_unknown", "payee_unknown").status == "failed"
    assert decided.seen(decided.fund_return).status == "ordered"
    assert receipt(decided, payout, "paid").status == "received"  # the bank's books decide
    decided.prove()


def answer(decided: Decided, payout: Payout, **told: Any) -> str:
    given = {
        "order_id": payout.order_id,
        "kind": "return_money",
        "ok": True,
        "account": "x",
        "receipt": "HZ-9",
    }
    seen = decided.seen(payout)
    return pay_answered(BankAnswer(**(given | told)), seen.order, SYSTEM, decided.world.now)


def said(payout: Payout, *told: str) -> tuple[LineAnswer, ...]:
    lines = zip(payout.lines.order_by("principal_minor").reverse(), told, strict=False)
    return tuple(
        LineAnswer(str(line.id), word == "paid", "" if word == "paid" else word) for line, word in lines
    )


def test_an_answer_settles_the_lines_it_speaks_of(decided: Decided) -> None:
    (payout,) = order(decided)
    assert answer(decided, payout, lines=said(payout, "paid"), frozen_minor=3_000_000) == "applied"
    seen = decided.seen(payout)
    assert (seen.status, seen.receipt_number, seen.order.status) == ("received", "HZ-9", "fulfilled")
    assert sorted(payout.lines.values_list("status", flat=True)) == ["given", "paid"]
    assert decided.seen(decided.fund_return).status == "ordered"
    receipt(decided, payout, "", "paid", number="HZ-10")
    assert decided.seen(decided.fund_return).status == "paid"
    assert not Difference.objects.exists()
    decided.prove()


def test_an_order_that_a_bank_refuses_fails_all_lines(decided: Decided) -> None:
    (payout,) = order(decided)
    assert answer(decided, payout, ok=False, failure="unknown_freeze") == "applied"
    assert set(payout.lines.values_list("status", "failure")) == {("failed", "unknown_freeze")}
    assert decided.seen(payout).status == "failed" and decided.seen(payout).order.status == "refused"


def test_a_bank_whose_freeze_holds_another_sum_is_a_difference(decided: Decided) -> None:
    (payout,) = order(decided)
    assert answer(decided, payout, lines=said(payout, "paid", "paid"), frozen_minor=1) == "applied"
    assert Difference.objects.get().theirs == "1"


def lapse(decided: Decided) -> None:
    """The freeze reaches its end, and its clock fires."""
    decided.world.advance(decided.freeze.expires_at - decided.world.now)
    assert expire_freezes(now=decided.world.now) == 1
    assert decided.seen(decided.freeze).status == "lapsed"


def test_a_lapse_fails_what_is_under_way_and_a_late_receipt_counts(decided: Decided) -> None:
    (payout,) = order(decided)
    lapse(decided)
    assert fail_ended(now=decided.world.now) == 1 == len(set(payout.lines.values_list("failure", flat=True)))
    assert fail_ended(now=decided.world.now) == 0
    assert decided.seen(decided.fund_return).status == "paid"  # nothing is left to wait for
    decided.prove()
    receipt(decided, payout, "paid")
    assert decided.seen(payout).status == "received" and decided.seen(decided.fund_return).status == "paid"
    assert balance(Book.HOLDINGS, Kind.RETURNED) == balance(Book.CLAIMS, Kind.RETURNED) == 3_000_000
    assert balance(Book.HOLDINGS, Kind.RETURNED, part=Part.INTEREST) == 300
    decided.prove()


def test_a_receipt_after_the_closing_counts(decided: Decided) -> None:
    (payout,) = order(decided)
    receipt(decided, payout, "paid", "payee_unknown")
    with pytest.raises(TransitionRefused):
        shut(decided)
    Claim.objects.for_system("t").filter(id=decided.claims()[1].id).update(status="notified")
    receipt(decided, payout, "paid")
    decided.complete()
    shut(decided)
    assert balance(Book.HOLDINGS, Kind.ATTRIBUTED) == balance(Book.CLAIMS, Kind.ATTRIBUTED) == 0
    assert balance(Book.HOLDINGS, Kind.FROZEN) == 3_000_000
    decided.prove()
    receipt(decided, payout, "", "paid", number="HZ-3")
    assert decided.seen(decided.fund_return).status == "closed"
    assert decided.seen(decided.freeze).frozen_minor == 1_500_000
    decided.prove()


def test_closing_takes_the_names_off_what_is_kept_and_lists_what_was_paid(decided: Decided) -> None:
    Claim.objects.for_system("t").filter(id=decided.claims()[1].id).update(status="notified")
    (payout,) = order(decided)
    receipt(decided, payout, "paid")
    shut(decided)
    seen = decided.seen(decided.fund_return)
    assert seen.status == "closed" and not seen.funds.filter(is_open=True).exists()
    assert balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=decided.cases[1].id) == 6_000_000
    (paper,) = papers("return_list")
    assert "HZ-1" in paper.content.reveal() and "30,003.00" in paper.content.reveal()
    decided.prove()


def test_a_receipt_that_is_overdue_is_marked_once(decided: Decided) -> None:
    (payout,) = order(decided)
    assert mark_late(now=payout.due_at - timedelta(seconds=1)) == 0
    assert mark_late(now=payout.due_at) == 1 and mark_late(now=payout.due_at) == 0


def test_one_share_has_one_line_that_did_not_fail(decided: Decided) -> None:
    (payout,) = order(decided)
    shares = payout.lines.values_list("allocation", flat=True)
    assert len(set(shares)) == 2 == PayoutLine.objects.exclude(status="failed").count()
