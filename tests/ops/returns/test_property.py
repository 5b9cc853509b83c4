"""What the accused pay back, and money that goes with the file: two people each, balanced in the books."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ops.returns.decided import Decided, refused
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.returns.handing import HandOverFacts, enter_hand_over_receipt, propose_hand_over
from yipanqi.ops.returns.models import HandOver, Repayment, ReturnFund, ReturnSignature
from yipanqi.ops.returns.repaying import RepaymentFacts, enter_repayment
from yipanqi.ops.returns.signing import decline, sign
from yipanqi.rehearsal.world import World


@pytest.fixture
def decided(world: World) -> Decided:
    return Decided(world)


def enter(decided: Decided, **more: Any) -> Repayment:
    given = {
        "case_id": decided.cases[0].id,
        "kind": "surrendered",
        "stage": "prosecution",
        "payer_name": "周大",
        "amount_minor": 800_000,
        "received_at": decided.world.now,
        "receipt_number": "SJ-7",
    } | more
    return enter_repayment(facts=RepaymentFacts(**given), acting_officer=decided.funds, now=decided.world.now)


def settle(decided: Decided, found: Repayment | HandOver, *, signed: bool = True) -> None:
    """Another officer signs, or declines."""
    rows = ReturnSignature.objects.for_system("the test looks").filter(status="waiting")
    waits = rows.get(**{"repayment" if isinstance(found, Repayment) else "hand_over": found})
    given = {"signature_id": waits.id, "acting_officer": decided.boss, "now": decided.world.now}
    if signed:
        sign(**given)
    else:
        decline(reason="收据与银行流水不符", **given)


def compensated(decided: Decided, minor: int) -> Repayment:
    return enter(decided, kind="compensated", amount_minor=minor, victim_id=decided.cases[1].victim_id,
                 case_id=decided.cases[1].id)  # fmt: skip


def test_what_is_surrendered_lies_in_the_escrow_once_confirmed(decided: Decided) -> None:
    found = enter(decided, evidence=b"%PDF-1.4\n%%EOF")
    case = decided.cases[0].id
    assert balance(Book.HOLDINGS, Kind.ESCROW, case_id=case) == 0 and found.evidence_sha256
    settle(decided, found)
    assert balance(Book.HOLDINGS, Kind.ESCROW, case_id=case) == 800_000
    (paper,) = Paper.objects.for_system("the test looks").filter(kind="repayment_slip")
    assert all(word in paper.content.reveal() for word in ("周大", "8,000.00", "审查起诉", "SJ-7"))
    decided.prove()


def test_what_goes_to_a_victim_is_taken_off_the_loss(decided: Decided) -> None:
    case, victim = decided.cases[1].id, decided.cases[1].victim_id
    left = balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=case, victim_id=victim)
    with refused("repayment_above_loss"):
        compensated(decided, left + 1)
    with refused("repayment_above_loss"):
        enter(decided, kind="compensated", victim_id=None)
    both = [compensated(decided, left), compensated(decided, 1)]
    settle(decided, both[0])
    with refused("repayment_above_loss"):
        settle(decided, both[1])  # the other has made it good since
    settle(decided, both[1], signed=False)
    assert decided.seen(both[1]).status == "declined" and decided.seen(both[0]).confirmed_by == decided.boss
    assert balance(Book.CLAIMS, Kind.REPAID, case_id=case) == left
    decided.prove()


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("field_missing", {"payer_name": " "}),
        ("field_missing", {"receipt_number": ""}),
        ("field_too_long", {"payer_name": "周" * 65}),
        ("field_unknown", {"kind": "gift"}),
        ("field_unknown", {"stage": "later"}),
        ("amount_empty", {"amount_minor": 0}),
        ("evidence_kind_unknown", {"evidence": b"\x7fELF"}),
    ],
)
def test_a_repayment_is_checked(decided: Decided, code: str, more: dict[str, Any]) -> None:
    with refused(code):
        enter(decided, **more)
    with refused("occurred_in_future"):
        enter(decided, received_at=decided.world.now + timedelta(days=1))


def propose(decided: Decided, **more: Any) -> HandOver:
    given = {
        "case_id": decided.cases[0].id,
        "to": "court",
        "receiver": "仓山区人民法院",
        "stage": "trial",
        "freeze_ids": [decided.freeze.id],
    } | more
    return propose_hand_over(
        facts=HandOverFacts(**given), acting_officer=decided.funds, now=decided.world.now
    )


def received(decided: Decided, found: HandOver, number: str = "YS-1") -> HandOver:
    return enter_hand_over_receipt(
        hand_over_id=found.id,
        version=decided.seen(found).version,
        number=number,
        acting_officer=decided.funds,
        now=decided.world.now,
    )


def test_nothing_that_victims_have_a_share_of_goes_with_the_file(decided: Decided) -> None:
    with refused("money_attributed"):
        propose(decided)
    decided.give_back()
    with refused("fund_in_other_return"):
        propose(decided)
    ReturnFund.objects.update(is_open=False)
    for code, more in (
        ("field_unknown", {"to": "market"}),
        ("field_missing", {"receiver": ""}),
        ("field_missing", {"freeze_ids": []}),
        ("not_attributable", {"escrow_minor": 1}),
        ("not_attributable", {"case_id": decided.cases[1].id}),
    ):
        with refused(code):
            propose(decided, **more)


def test_a_freeze_and_the_escrow_go_with_the_file(decided: Decided) -> None:
    settle(decided, enter(decided))
    decided.give_back()
    ReturnFund.objects.update(is_open=False)
    found = propose(decided, escrow_minor=800_000)
    with pytest.raises(Exception, match="receive"):
        received(decided, found)
    settle(decided, found)
    (paper,) = Paper.objects.for_system("the test looks").filter(kind="handover_list")
    assert all(word in paper.content.reveal() for word in ("仓山区人民法院", "60,000.00", "8,000.00"))
    with refused("field_missing"):
        received(decided, found, " ")
    assert received(decided, found).status == "received"
    assert decided.seen(decided.freeze).status == "handed_over"
    assert balance(Book.HOLDINGS, Kind.ESCROW) == 0
    decided.prove()


def test_the_one_who_entered_it_does_not_confirm_it(decided: Decided) -> None:
    both = decided.world.officer("both", roles=["funds_officer", "approver"])
    decided.funds = both
    found = enter(decided)
    decided.boss = both
    with refused("second_person_needed"):
        settle(decided, found)
