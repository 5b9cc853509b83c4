"""Changes of running freezes, each with its signature; warnings before the end, and every way to end."""

from datetime import timedelta

from tests.ops.measures.conftest import FreezeDesk, events_of, refused
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release, ask_renewal, let_lapse, note_interest
from yipanqi.ops.measures.freezing.ending import free_minor, hand_over, take_out
from yipanqi.ops.measures.freezing.moving import lock_freezes
from yipanqi.ops.measures.freezing.queries import (
    changes_of,
)
from yipanqi.ops.measures.models import Difference, Freeze, Order, Signature
from yipanqi.ops.measures.signing import decline
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.services import post, shift
from yipanqi.ops.papers.models import Paper

DAY = timedelta(days=1)


def waits(freeze: Freeze) -> Signature:
    """What the freeze waits for."""
    return Signature.objects.for_system("t").get(freeze=freeze, status="waiting")


def attribute(desk: FreezeDesk, freeze: Freeze, minor: int, *, once: str = "t") -> None:
    """Attribute so much of a freeze to the victim of its case, as a decision does."""
    given = {"case_id": freeze.case_id, "place_code": freeze.place_code, "account_id": freeze.account_id}
    victim = {"victim_id": freeze.case.victim_id} | given
    legs = shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, minor, **victim)
    legs += shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, minor, **victim)
    ref, acting = ("freeze", freeze.id), SYSTEM
    post("t", legs, once=once, case_id=freeze.case_id, place_code=freeze.place_code, ref=ref, acting=acting,
         now=desk.world.now)  # fmt: skip


def _entry(freeze: Freeze, event: str) -> Entry:
    return Entry.objects.get(subject_id=str(freeze.id), event=event)


def test_renewed_from_its_end_any_number_of_times(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    last = freeze.until_date
    with refused("term_too_long"):
        freezing.ask(ask_renewal, freeze, until_date=last + 186 * DAY, ground="still_investigating")
    with refused("term_too_long"):
        freezing.ask(ask_renewal, freeze, until_date=last, ground="still_investigating")
    for _ in range(2):
        until = freezing.look(freeze).until_date + 180 * DAY
        change = freezing.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
        with refused("change_under_way"):
            freezing.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
        freezing.sign_freeze(freeze)
        assert freezing.look(freeze).until_date == until - 180 * DAY, "not before the bank has it"
        freezing.reply(freeze, "renew", ends_at=None)
        assert freezing.look(freeze).until_date == until
        change.refresh_from_db()
        assert change.status == "done" and Paper.objects.for_system("t").get(id=change.paper_id)
    assert freezing.look(freeze).periods == 2


def test_a_renewal_that_comes_too_late(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.world.advance(freeze.expires_at - freezing.world.now - DAY)
    until = freeze.until_date + 30 * DAY
    freezing.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
    freezing.sign_freeze(freeze)
    fire_due(now=freezing.world.advance(DAY))
    assert freezing.look(freeze).status == "lapsed" and changes_of(freeze)[0].status == "dropped"
    assert freezing.booked("lapsed", freeze) == 5_000_000
    later = freezing.world.now + 30 * DAY
    assert freezing.reply(freeze, "renew", ends_at=later).effect == "applied"
    freeze = freezing.look(freeze)
    assert (freeze.status, freeze.frozen_minor, freeze.end_reason) == (
        "releasing",
        5_000_000,
        "held_without_ground",
    )
    assert freezing.booked("lapsed", freeze) == 0 and Difference.objects.filter(freeze=freeze).exists()
    freezing.proves()
    assert freezing.reply(freeze, "release", frozen_minor=0, released_minor=5_000_000).effect == "applied"
    assert freezing.look(freeze).status == "released"
    freezing.proves()


def test_a_part_is_let_go_within_three_days(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    due = freezing.world.now + 3 * DAY
    with refused("cut_too_large"):
        freezing.ask(ask_cut, freeze, minor=5_000_000, reason="part_involved")
    with refused("reason_unknown"):
        freezing.ask(ask_cut, freeze, minor=1, reason="term_over")
    change = freezing.ask(ask_cut, freeze, minor=900_000, reason="part_involved", due_at=due)
    assert waits(freeze).tier == "province", "the tier that signed the freeze"
    assert free_minor(freezing.look(freeze)) == (4_100_000, 0)
    freezing.sign_freeze(freeze)
    fire_due(now=freezing.world.advance(3 * DAY))
    assert events_of(freeze, "freeze.release_late") == ["freeze.release_late"]
    freezing.reply(freeze, "cut", frozen_minor=4_100_000, released_minor=900_000)
    freeze = freezing.look(freeze)
    assert (freeze.status, freeze.frozen_minor, freeze.release_due_at) == ("frozen", 4_100_000, None)
    change.refresh_from_db()
    assert change.status == "done"
    kinds = Paper.objects.for_system("t").filter(subject_id=freeze.id).values_list("kind", flat=True)
    assert sorted(kinds) == ["freeze_notice", "owner_notice", "release_notice"]
    assert freezing.booked("released", freeze) == 900_000
    freezing.proves()
    assert freezing.reply(freeze, frozen_minor=5_000_000, balance_minor=7).problem == "answer_after_answer"


def test_released_with_its_interest(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.ask(note_interest, freeze, interest_minor=1234)
    freezing.ask(note_interest, freeze, interest_minor=1200)
    assert freezing.booked("frozen", freeze, "I") == 1200
    freezing.ask(ask_release, freeze, reason="unrelated")
    with refused("change_under_way"):
        freezing.ask(ask_cut, freeze, minor=1, reason="part_involved")
    freezing.sign_freeze(freeze)
    assert freezing.look(freeze).status == "releasing"
    freezing.reply(freeze, "release", frozen_minor=0, released_minor=5_000_000)
    freeze = freezing.look(freeze)
    assert (freeze.status, freeze.frozen_minor, freeze.end_reason) == ("released", 0, "unrelated")
    assert (
        freezing.booked("released", freeze) == 5_000_000 and freezing.booked("released", freeze, "I") == 1200
    )
    freezing.proves()


def test_a_release_that_the_bank_refuses_is_asked_again(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.ask(ask_release, freeze, reason="unrelated")
    freezing.sign_freeze(freeze)
    freezing.reply(freeze, "release", ok=False, failure="other", frozen_minor=None)
    assert freezing.look(freeze).status == "releasing" and changes_of(freeze)[0].status == "failed"
    freezing.ask(ask_release, freeze, reason="unrelated")
    freezing.sign_freeze(freeze)
    freezing.reply(freeze, "release", ok=False, failure="unknown_freeze", frozen_minor=None)
    assert freezing.look(freeze).status == "released"
    freezing.proves()


def test_released_before_it_ever_left(freezing: FreezeDesk) -> None:
    freeze = freezing.freeze()
    freezing.sign_freeze(freeze)
    freezing.ask(ask_release, freeze, reason="frozen_by_mistake")
    freezing.sign_freeze(freeze)
    assert freezing.look(freeze).status == "released"
    assert freezing.freeze_order(freeze).status == "cancelled"
    assert not Order.objects.filter(freeze=freeze, kind="release").exists()


def test_a_declined_release_leaves_the_freeze(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.ask(ask_release, freeze, reason="good_faith", due_at=freezing.world.now + 3 * DAY)
    decline(
        signature_id=waits(freeze).id,
        reason="证据不足",
        acting_officer=freezing.approver,
        now=freezing.world.now,
    )
    freeze = freezing.look(freeze)
    assert freeze.status == "frozen" and freeze.release_due_at is None
    assert changes_of(freeze)[0].status == "declined"


def test_warned_and_nobody_attends(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    for days in (30, 15, 7, 3):
        freezing.world.advance(freeze.expires_at - days * DAY - freezing.world.now)
        fire_due(now=freezing.world.now)
        fire_due(now=freezing.world.now)
        assert freezing.look(freeze).warned_days == days
    assert events_of(freeze, "freeze.expiring") == ["freeze.expiring"] * 4
    assert events_of(freeze, "freeze.unattended") == ["freeze.unattended"]
    fire_due(now=freezing.world.advance(3 * DAY))
    assert freezing.look(freeze).status == "lapsed"
    entry = _entry(freeze, "freeze.lapsed")
    assert entry.payload["attended"] is False and entry.payload["late"] is True
    freezing.proves()


def test_who_means_to_let_it_end_says_so(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    with refused("reason_missing"):
        freezing.ask(let_lapse, freeze, reason=" ")
    freezing.ask(let_lapse, freeze, reason="资金已查明与本案无关，到期即可")
    fire_due(now=freezing.world.advance(freeze.expires_at - freezing.world.now))
    assert events_of(freeze, "freeze.expiring") == ["freeze.expiring"] * 4
    assert not events_of(freeze, "freeze.unattended")
    assert _entry(freeze, "freeze.lapsed").payload["attended"] is True


def test_a_declined_renewal_in_the_last_days_is_unattended(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.world.advance(freeze.expires_at - 4 * DAY - freezing.world.now)
    until = freeze.until_date + 30 * DAY
    freezing.ask(ask_renewal, freeze, until_date=until, ground="still_investigating")
    freezing.world.advance(DAY + timedelta(minutes=1))
    fire_due(now=freezing.world.now)
    assert freezing.look(freeze).unattended_at
    assert changes_of(freeze)[0].status == "declined"


def test_attributed_money_holds_the_freeze_and_goes_back_when_it_lapses(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    attribute(freezing, freeze, 3_000_000)
    assert free_minor(freezing.look(freeze)) == (2_000_000, 0)
    with refused("money_attributed"):
        freezing.ask(ask_release, freeze, reason="unrelated")
    with refused("money_attributed"):
        freezing.ask(ask_cut, freeze, minor=2_000_001, reason="part_involved")
    with refused("money_attributed"):
        freezing.ask(let_lapse, freeze, reason="不续")
    with refused("money_attributed"):
        hand_over(lock_freezes([freeze.id])[0], acting=SYSTEM, now=freezing.world.now)
    fire_due(now=freezing.world.advance(freeze.expires_at - freezing.world.now))
    assert _entry(freeze, "freeze.lapsed").payload["attributed_minor"] == 3_000_000
    assert freezing.booked("attributed", freeze) == 0 and freezing.booked("lapsed", freeze) == 5_000_000
    freezing.proves()


def test_paid_out_to_the_last_fen(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    (locked,) = lock_freezes([freeze.id])
    given = {"acting": SYSTEM, "now": freezing.world.now, "interest_minor": 0}
    take_out(locked, principal_minor=2_000_000, **given)
    assert freezing.look(freeze).status == "frozen"
    take_out(locked, principal_minor=3_000_000, **given)
    assert freezing.look(freeze).status == "returned" and freezing.look(freeze).end_reason == "money_returned"


def test_handed_over_with_the_file(freezing: FreezeDesk) -> None:
    freeze = freezing.frozen()
    freezing.ask(note_interest, freeze, interest_minor=55)
    hand_over(lock_freezes([freeze.id])[0], acting=SYSTEM, now=freezing.world.now)
    freeze = freezing.look(freeze)
    assert (freeze.status, freezing.booked("handed_over", freeze)) == ("handed_over", 5_000_000)
    assert freezing.booked("handed_over", freeze, str(Part.INTEREST)) == 55
    freezing.proves()
