"""Freezes by the rules: who and how much, the papers and the term, the stop that gives way, waiting in line."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ops.measures.conftest import OWN_CARD, FreezeDesk, events_of, held, refused
from yipanqi.casework.machine import TransitionRefused
from yipanqi.catalog import policy
from yipanqi.ops.measures.answering import Former
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release
from yipanqi.ops.measures.freezing.queries import (
    FreezeFilter,
    freezes_of_case,
    list_freezes,
    pending_of_freezes,
    waiting_freeze_signatures,
)
from yipanqi.ops.measures.models import Difference, Freeze, Order, Signature
from yipanqi.ops.measures.queries import waiting_signatures
from yipanqi.ops.measures.signing import decline
from yipanqi.ops.papers.models import Paper

DAY = timedelta(days=1)


def waits(freeze: Freeze) -> Signature:
    """What the freeze waits for."""
    return Signature.objects.for_system("t").get(freeze=freeze, status="waiting")


def test_from_proposal_to_effect(freezing: FreezeDesk) -> None:
    freeze = freezing.freeze()
    assert freeze.status == "proposed" and not Order.objects.filter(freeze=freeze).exists()
    assert waits(freeze).tier == "county"
    freeze = freezing.sign_freeze(freeze, freezing.county)
    day = freezing.world.now.date()
    assert (
        freeze.status == "approved"
        and freeze.from_date == day
        and freeze.until_date.month == (day.month + 5) % 12 + 1
    )
    paper = Paper.objects.for_system("t").get(id=freeze.paper_id)
    assert paper.kind == "freeze_notice" and freeze.document == paper.number
    assert freeze.case.number in paper.content.reveal() and "50,000.00" in paper.content.reveal()
    freezing.send(freezing.freeze_order(freeze))
    assert freezing.look(freeze).status == "sent"
    assert freezing.reply(freeze).effect == "applied"
    freeze = freezing.look(freeze)
    assert (freeze.status, freeze.frozen_minor, freeze.coverage) == ("frozen", 5_000_000, "covered")
    assert freezing.booked("frozen", freeze) == 5_000_000
    freezing.proves()


def test_only_in_a_filed_case(freezing: FreezeDesk) -> None:
    with refused("case_not_filed"):
        freezing.freeze(freezing.case())


def test_not_where_the_pack_knows_no_freeze(freezing: FreezeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = freezing.filed()
    pack = policy("SG")
    monkeypatch.setattr("yipanqi.ops.measures.freezing.proposing.pack_of_case", lambda case: pack)
    with refused("freeze_not_in_pack"):
        freezing.freeze(case)


def test_never_a_residents_own_card(freezing: FreezeDesk) -> None:
    case = freezing.filed(payer_account=OWN_CARD, payer_bank="ccb")
    with refused("freeze_of_own_card"):
        freezing.freeze(case, account_id=case.payments.get().payer_id)
    other = freezing.filed(payee_account=OWN_CARD)
    freezing.propose(other, target="protective", ground="may_pay_again", account=OWN_CARD, payment_id=None)
    with refused("freeze_of_own_card"):
        freezing.freeze(other)


def test_once_per_case_but_in_two_cases(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    freezing.freeze(case)
    with refused("freeze_already_live"):
        freezing.freeze(case)
    assert freezing.freeze().status == "proposed"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"asked_minor": 5_000_001}, "amount_note_missing"),
        ({"kind": "full"}, "amount_note_missing"),
        ({"asked_minor": 4_100_001, "traced_minor": 4_100_000}, "amount_note_missing"),
        ({"asked_minor": 0}, "element_missing"),
        ({"holder_name": " "}, "element_missing"),
        ({"term_kind": "long"}, "element_missing"),
        ({"ground": "still_investigating"}, "ground_unknown"),
        ({"ground": "other"}, "reason_missing"),
        ({"bank": "icbc"}, "bank_not_connected"),
        ({"note": "长" * 501}, "field_too_long"),
        ({"account_id": "00000000-0000-0000-0000-000000000000"}, "not_found"),
        ({"stop_id": "00000000-0000-0000-0000-000000000000"}, "not_found"),
    ],
)
def test_what_a_proposal_needs(freezing: FreezeDesk, more: dict[str, Any], code: str) -> None:
    case = freezing.filed()
    with refused(code):
        freezing.freeze(case, **more)


def test_more_than_traced_with_a_reason(freezing: FreezeDesk) -> None:
    freeze = freezing.freeze(asked_minor=9_000_000, amount_note="另有被害人尚未报案")
    assert freeze.amount_note.reveal() == "另有被害人尚未报案"


def test_nobody_signs_alone_and_a_complex_term_is_the_citys(freezing: FreezeDesk) -> None:
    both = freezing.world.officer("both", roles=["funds_officer", "approver"])
    case = freezing.filed()
    freezing.funds, funds = both, freezing.funds
    freeze = freezing.freeze(case, term_kind="complex")
    freezing.funds = funds
    with refused("second_person_needed"):
        freezing.sign_freeze(freeze, both)
    with refused("tier_too_low"):
        freezing.sign_freeze(freeze, freezing.county)
    assert waiting_freeze_signatures(freezing.county).count() == 0
    assert waiting_freeze_signatures(freezing.city).count() == 1
    assert waiting_signatures(freezing.city).count() == 0
    freeze = freezing.sign_freeze(freeze, freezing.city)
    assert freeze.from_date and freeze.until_date == freeze.from_date.replace(year=freeze.from_date.year + 1)


def test_declined_or_unsigned_nothing_leaves(freezing: FreezeDesk) -> None:
    first, second = freezing.freeze(), freezing.freeze()
    decline(
        signature_id=waits(first).id,
        reason="金额不清",
        acting_officer=freezing.approver,
        now=freezing.world.now,
    )
    fire_due(now=freezing.world.advance(DAY))
    assert [freezing.look(each).end_reason for each in (first, second)] == ["declined", "unsigned"]
    assert {freezing.look(each).status for each in (first, second)} == {"declined"}
    assert not Order.objects.filter(freeze__isnull=False).exists()


def test_the_stop_gives_way_when_the_freeze_takes_effect(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    stop = held(freezing, case=case)
    assert freezing.booked("stopped", stop) == 5_000_000
    freeze = freezing.freeze(case, ground="stop_running_out")
    assert freeze.stop_id == stop.id
    freezing.sign_freeze(freeze)
    freezing.send(freezing.freeze_order(freeze))
    assert freezing.seen(stop).status == "stopped"
    freezing.reply(freeze, frozen_minor=3_000_000)
    assert freezing.seen(stop).status == "superseded" and freezing.look(freeze).coverage == "short"
    assert [freezing.booked(kind, freeze) for kind in ("stopped", "frozen", "released")] == [
        0,
        3_000_000,
        2_000_000,
    ]
    freezing.proves()
    with refused("freeze_already_live"):
        freezing.propose(case)


def test_a_stop_on_its_way_is_taken_back(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    stop = freezing.propose(case)
    freezing.send(freezing.order(stop))
    freezing.frozen(case)
    assert freezing.seen(stop).status == "lifting" and freezing.seen(stop).end_reason == "frozen"
    freezing.answer(freezing.order(stop))
    assert freezing.seen(stop).stopped_minor == 0
    freezing.proves()


def test_what_another_case_froze_its_stop_holds_no_more(freezing: FreezeDesk) -> None:
    stop = held(freezing)
    freeze = freezing.freeze(asked_minor=3_000_000)
    freezing.sign_freeze(freeze)
    freezing.reply(freeze)
    stop = freezing.seen(stop)
    assert (stop.status, stop.stopped_minor) == ("stopped", 2_000_000)
    assert freezing.booked("stopped", stop) == 2_000_000 and freezing.booked("frozen", freeze) == 3_000_000
    freezing.proves()


def test_waiting_in_line_and_moving_up(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    stop = held(freezing, case=case)
    freeze = freezing.freeze(case)
    freezing.sign_freeze(freeze)
    ahead = freezing.world.now + 20 * DAY
    freezing.reply(freeze, frozen_minor=0, former=Former("厦门市公安局", 5_000_000, ahead))
    freeze = freezing.look(freeze)
    assert freeze.status == "queued" and freeze.former_department.reveal() == "厦门市公安局"
    assert freezing.seen(stop).status == "stopped"
    term = freeze.expires_at
    fire_due(now=freezing.world.advance(20 * DAY))
    assert freezing.look(freeze).queue_due_at is None and "freeze.queue_due" in events_of(freeze)
    assert freezing.reply(freeze, frozen_minor=2_000_000, starts_at=freezing.world.now).effect == "applied"
    freeze = freezing.look(freeze)
    assert (freeze.status, freeze.frozen_minor) == ("frozen", 2_000_000)
    assert freeze.from_date == freezing.world.now.date() and freeze.expires_at > term + 18 * DAY
    assert freezing.reply(freeze, "renew").effect == "noted", "the bank is told of the end counted anew"
    assert freezing.look(freeze).ends_by_bank_at == freeze.expires_at
    assert freezing.reply(freeze, frozen_minor=2_000_000, balance_minor=1).problem == "answer_after_answer"
    assert freezing.reply(freeze, frozen_minor=5_000_000).effect == "applied"
    assert freezing.look(freeze).coverage == "covered" and freezing.booked("frozen", freeze) == 5_000_000
    freezing.proves()


def test_a_refused_freeze_leaves_the_stop(freezing: FreezeDesk) -> None:
    case = freezing.filed()
    stop = held(freezing, case=case)
    freeze = freezing.freeze(case)
    freezing.sign_freeze(freeze)
    freezing.reply(freeze, ok=False, failure="mismatch", frozen_minor=None, ends_at=None)
    assert freezing.look(freeze).status == "refused" and freezing.seen(stop).status == "stopped"
    assert freezing.freeze(case).status == "proposed"


def test_an_unanswered_freeze_is_asked_again(freezing: FreezeDesk) -> None:
    freeze = freezing.freeze()
    freezing.sign_freeze(freeze)
    freezing.send(freezing.freeze_order(freeze))
    fire_due(now=freezing.world.advance(timedelta(minutes=11)))
    assert freezing.look(freeze).status == "unanswered"
    freezing.reply(freeze)
    assert freezing.look(freeze).status == "frozen"


def test_another_end_at_the_bank_is_a_difference(freezing: FreezeDesk) -> None:
    freeze = freezing.freeze()
    freezing.sign_freeze(freeze)
    end = freezing.look(freeze).expires_at
    freezing.reply(freeze, ends_at=end - DAY)
    assert freezing.look(freeze).expires_at == end
    assert Difference.objects.get(freeze=freeze).kind == "end_differs"


def test_lists_and_what_waits(freezing: FreezeDesk, django_assert_num_queries: Any) -> None:
    freeze, other = freezing.frozen(), freezing.freeze()
    now = freezing.world.now
    found = {
        tab: len(list_freezes(freezing.funds, FreezeFilter(tab=tab), now=now).rows)
        for tab in ("waiting", "expiring", "unanswered", "queued", "frozen", "ended")
    }
    assert found == {"waiting": 1, "expiring": 0, "unanswered": 0, "queued": 0, "frozen": 1, "ended": 0}
    assert freezes_of_case(freezing.funds, freeze.case) == [freeze]
    with django_assert_num_queries(3):
        pending = pending_of_freezes([freeze, other])
    assert not pending[freeze.id].signatures and len(pending[other.id].signatures) == 1
    seen = freezing.world.now + timedelta(days=170)
    assert list_freezes(freezing.funds, FreezeFilter(tab="expiring"), now=seen).rows == [freeze]


def test_no_change_without_the_version_seen(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    with refused("version_conflict"):
        ask_release(
            freeze_id=freeze.id,
            version=1,
            reason="unrelated",
            acting_officer=freezing.funds,
            now=freezing.world.now,
        )
    with pytest.raises(TransitionRefused):
        freezing.ask(ask_cut, freezing.freeze(), minor=1, reason="part_involved")
