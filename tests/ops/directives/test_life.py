"""A directive from its issuing to its feedback: each step by the unit whose turn it is, and journaled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.ops.directives.conftest import Ranks
from yipanqi.casework.authority import NotAllowed
from yipanqi.casework.machine import TransitionRefused
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.directives.models import Directive, Remark
from yipanqi.ops.directives.queries import list_remarks
from yipanqi.ops.directives.rules import NotYours, OwnReport, open_acts
from yipanqi.ops.directives.services import (
    VersionConflict,
    accept_directive,
    feed_back,
    hand_down,
    receive_directive,
    report_directive,
    send_back,
    verify_directive,
    withdraw_directive,
)
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.queries import find_partner
from yipanqi.ops.partners.rows import FieldError
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db


def step(act: Any, directive: Directive, officer: Any, now: Any, **more: Any) -> Directive:
    """One act at the version the directive has now."""
    directive.refresh_from_db()
    return act(directive_id=directive.id, version=directive.version, acting_officer=officer, now=now, **more)


def reported(world: World, ranks: Ranks, directive: Directive, by: Any = None) -> Directive:
    officer = by or ranks.county
    step(accept_directive, directive, officer, world.now)
    return step(report_directive, directive, officer, world.now, report="已见面劝阻，本人未转账")


def test_from_issue_to_feedback(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    assert (directive.status, directive.place_code, directive.verifying_code) == (
        "issued",
        "350104",
        "350000",
    )
    assert directive.due_at == world.now + timedelta(hours=2)
    accepted = step(accept_directive, directive, ranks.county, world.now)
    assert (accepted.status, accepted.accepted_by, accepted.accepted_at) == (
        "accepted",
        ranks.county,
        world.now,
    )
    acted = step(report_directive, directive, ranks.county, world.now, report=" 已见面劝阻 ")
    assert (acted.status, acted.acted_by, acted.report.reveal()) == ("acted", ranks.county, "已见面劝阻")
    verified = step(verify_directive, directive, ranks.province, world.now)
    assert (verified.status, verified.verified_by) == ("verified", ranks.province)
    done = step(feed_back, directive, ranks.commander, world.now)
    assert (done.status, done.fed_back_at) == ("fed_back", world.now)
    told = Entry.objects.filter(subject_id=str(directive.id)).order_by("id")
    assert [(entry.event, entry.before, entry.after) for entry in told] == [
        ("directive.issued", "", "issued"),
        ("directive.accepted", "issued", "accepted"),
        ("directive.acted", "accepted", "acted"),
        ("directive.verified", "acted", "verified"),
        ("directive.fed_back", "verified", "fed_back"),
    ]
    assert {entry.place_code for entry in told} == {"350104"}
    assert "林晓梅" not in str([entry.payload for entry in told])
    assert "林晓梅" not in str(Directive.objects.for_system("look").values_list("title", "text"))


def test_a_report_that_is_not_enough_comes_back_with_the_reason(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    reported(world, ranks, directive)
    sent = step(send_back, directive, ranks.province, world.now, reason="没有写明本人态度")
    assert (sent.status, sent.report.reveal(), sent.acted_by) == ("accepted", "", None)
    step(report_directive, directive, ranks.county_second, world.now, report="本人已明白是诈骗")
    step(verify_directive, directive, ranks.province, world.now)
    assert [(each.act, each.text.reveal()) for each in list_remarks(directive)] == [
        ("act", "已见面劝阻，本人未转账"),
        ("send_back", "没有写明本人态度"),
        ("act", "本人已明白是诈骗"),
    ]


def test_handed_down_it_is_accepted_anew_by_the_unit_below(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province, jurisdiction_code="350100")
    step(accept_directive, directive, ranks.city, world.now)
    down = step(hand_down, directive, ranks.city, world.now, place_code="350104001")
    assert (down.status, down.place_code, down.accepted_by) == ("issued", "350104001", None)
    entry = Entry.objects.get(event="directive.handed_down")
    assert (entry.place_code, entry.payload["place_before"]) == ("350104001", "350100")
    reported(world, ranks, directive, by=ranks.station)
    step(verify_directive, directive, ranks.province, world.now)


@pytest.mark.parametrize("place", ["350100", "350000", "350104", "350203", "350199", "x", ""])
def test_it_is_handed_down_only(world: World, ranks: Ranks, place: str) -> None:
    directive = world.directive(ranks.province)
    with pytest.raises(FieldError) as refused:
        step(hand_down, directive, ranks.county, world.now, place_code=place)
    assert refused.value.code == "place_not_below"


def test_only_the_unit_whose_turn_it_is_acts(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    for officer in (ranks.province, ranks.city):  # they see it, but it is not theirs
        with pytest.raises(NotYours):
            step(accept_directive, directive, officer, world.now)
    for officer in (ranks.other_county, ranks.station):  # they do not see it
        with pytest.raises(YipanqiError) as refused:
            step(accept_directive, directive, officer, world.now)
        assert refused.value.code == "not_found"
    reported(world, ranks, directive)
    for officer in (ranks.county_second, ranks.city):
        with pytest.raises(NotYours):
            step(verify_directive, directive, officer, world.now)
    assert [open_acts(directive, each) for each in (ranks.county_second, ranks.city)] == [[], []]
    with pytest.raises(NotAllowed):
        step(verify_directive, directive, world.officer("op", unit="350000"), world.now)


def test_a_partners_directive_is_checked_by_the_unit_it_came_to_and_never_by_who_acted(
    world: World, ranks: Ranks
) -> None:
    world.partner("n12381", source="national_12381")
    partner = find_partner("n12381")
    directive, repeated = receive_directive(row=world.directive_row(), partner=partner, now=world.now)
    assert not repeated and directive.verifying_code == "350104"
    reported(world, ranks, directive)
    directive.refresh_from_db()
    assert open_acts(directive, ranks.county) == []
    for act, words in ((verify_directive, {}), (send_back, {"reason": "不行"})):
        with pytest.raises(OwnReport):
            step(act, directive, ranks.county, world.now, **words)
    step(verify_directive, directive, ranks.county_second, world.now)
    step(feed_back, directive, ranks.county, world.now)


def test_the_database_itself_holds_the_two_people(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    reported(world, ranks, directive)
    rows = Directive.objects.for_system("break it").filter(id=directive.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(verified_by=ranks.county)


def test_a_partners_directive_handed_down_is_still_checked_above(world: World, ranks: Ranks) -> None:
    world.partner("n12381", source="national_12381")
    row = world.directive_row(jurisdiction_code=None)
    directive, _ = receive_directive(row=row, partner=find_partner("n12381"), now=world.now)
    assert directive.place_code == directive.verifying_code == "350000"
    step(hand_down, directive, ranks.province, world.now, place_code="350104")
    reported(world, ranks, directive)
    with pytest.raises(NotYours):
        step(verify_directive, directive, ranks.county_second, world.now)
    step(verify_directive, directive, ranks.province, world.now)


def test_only_the_issuer_withdraws_and_only_before_a_report(world: World, ranks: Ranks) -> None:
    first, second = world.directive(ranks.province), world.directive(ranks.province)
    with pytest.raises(NotYours):
        step(withdraw_directive, first, ranks.county, world.now, reason="不办了")
    for blank in ("", "  "):
        with pytest.raises(FieldError) as refused:
            step(withdraw_directive, first, ranks.province, world.now, reason=blank)
        assert refused.value.code == "reason_required"
    gone = step(withdraw_directive, first, ranks.commander, world.now, reason="重复下达")
    assert gone.status == "withdrawn" and Remark.objects.get().text.reveal() == "重复下达"
    reported(world, ranks, second)
    with pytest.raises(TransitionRefused):
        step(withdraw_directive, second, ranks.province, world.now, reason="x")
    world.partner("n12381", source="national_12381")
    theirs, _ = receive_directive(row=world.directive_row(), partner=find_partner("n12381"), now=world.now)
    for officer in (ranks.county, ranks.province):
        with pytest.raises(NotYours):
            step(withdraw_directive, theirs, officer, world.now, reason="x")


def test_a_form_that_has_grown_old_changes_nothing(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    step(accept_directive, directive, ranks.county, world.now)
    with pytest.raises(VersionConflict):
        report_directive(
            directive_id=directive.id, version=1, report="x", acting_officer=ranks.county, now=world.now
        )
    with pytest.raises(TransitionRefused):
        step(accept_directive, directive, ranks.county, world.now)
    assert Entry.objects.filter(subject_id=str(directive.id)).count() == 2


@pytest.mark.parametrize(("report", "code"), [("", "field_missing"), ("字" * 4001, "text_too_long")])
def test_a_report_has_words_but_not_too_many(world: World, ranks: Ranks, report: str, code: str) -> None:
    directive = world.directive(ranks.province)
    step(accept_directive, directive, ranks.county, world.now)
    with pytest.raises(FieldError) as refused:
        step(report_directive, directive, ranks.county, world.now, report=report)
    assert refused.value.code == code


def test_the_buttons_are_the_lifecycle_and_the_turn(world: World, ranks: Ranks) -> None:
    directive = world.directive(ranks.province)
    assert open_acts(directive, ranks.county) == ["accept", "hand_down"]
    assert open_acts(directive, ranks.province) == ["withdraw"]
    assert open_acts(directive, ranks.city) == []
    station = world.directive(ranks.county, jurisdiction_code="350104001")
    assert open_acts(station, ranks.station) == ["accept"]
    reported(world, ranks, directive)
    directive.refresh_from_db()
    assert open_acts(directive, ranks.province) == ["verify", "send_back"]
    assert open_acts(step(verify_directive, directive, ranks.province, world.now), ranks.commander) == [
        "feed_back"
    ]
