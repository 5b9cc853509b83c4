"""Issuing and receiving: only downwards, every flaw told, a repeat is the same directive, numbers never meet."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ops.directives.conftest import Ranks
from yipanqi import catalog
from yipanqi.casework.authority import NotAllowed
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.reading import FIELDS, TITLE_CHARS
from yipanqi.ops.directives.rules import show_number
from yipanqi.ops.directives.services import IdConflict, issue_directive, receive_directive
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.queries import find_partner
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db


def flaws(world: World, officer: Any, **row: Any) -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as refused:
        world.directive(officer, **row)
    return [(flaw.field, flaw.code) for flaw in refused.value.flaws]


@pytest.mark.parametrize("place", ["350104", "350203", "350100", "350000", "350102"])
def test_nobody_orders_sideways_upwards_or_the_own_unit(world: World, ranks: Ranks, place: str) -> None:
    assert flaws(world, ranks.county, jurisdiction_code=place) == [("jurisdiction_code", "place_not_below")]


def test_every_unit_below_can_be_ordered(world: World, ranks: Ranks) -> None:
    for place in ("350100", "350104", "350104001"):
        assert world.directive(ranks.province, jurisdiction_code=place).place_code == place
    assert world.directive(ranks.county, jurisdiction_code="350104001").issuer_code == "350104"
    with pytest.raises(NotAllowed):
        world.directive(ranks.station, jurisdiction_code="350104001")


def test_every_flaw_is_told(world: World, ranks: Ranks) -> None:
    past = (world.now - timedelta(minutes=1)).isoformat()
    far = (world.now + timedelta(days=367)).isoformat()
    assert flaws(world, ranks.province, kind="x", title="字" * 101, text="", due_at=past, urgent="maybe") == [
        ("text", "field_missing"),
        ("kind", "directive_kind_unknown"),
        ("title", "field_too_long"),
        ("urgent", "bool_invalid"),
        ("due_at", "due_past"),
    ]
    assert flaws(world, ranks.province, jurisdiction_code=None) == [("jurisdiction_code", "field_missing")]
    assert flaws(world, ranks.province, jurisdiction_code="999999", due_at=far, extra="x") == [
        ("extra", "field_unknown"),
        ("jurisdiction_code", "jurisdiction_unknown"),
        ("due_at", "due_too_far"),
    ]
    assert flaws(world, ranks.province, due_at="2026-03-03T10:00:00", text="字" * 4001) == [
        ("text", "text_too_long"),
        ("due_at", "datetime_no_offset"),
    ]
    with pytest.raises(RowRefused):
        issue_directive(row=["no row"], acting_officer=ranks.province, now=world.now)
    told = {"directive_kind_unknown", "due_past", "due_too_far", "place_not_below", "directive_not_yours",
            "directive_own_report"}  # fmt: skip
    assert told <= set(catalog.errors())
    assert not Directive.objects.for_system("look").exists() and not Entry.objects.filter(
        event="directive.issued"
    )


def test_at_the_limits_it_is_taken(world: World, ranks: Ranks) -> None:
    due_at = world.now + catalog.windows()["directive_longest"].duration
    made = world.directive(
        ranks.province, title="字" * TITLE_CHARS, text="字" * 4000, due_at=due_at.isoformat(), urgent="是"
    )
    assert (made.due_at, made.urgent, len(made.title.reveal())) == (due_at, True, TITLE_CHARS)
    assert set(world.directive_row()) < set(FIELDS)


def test_each_kind_brings_its_own_clock(world: World, ranks: Ranks) -> None:
    for code, kind in catalog.directive_kinds().items():
        assert world.directive(ranks.province, kind=code).due_at == world.now + kind.due_within


def test_a_repeat_is_the_same_directive_even_after_its_time(world: World, ranks: Ranks) -> None:
    world.partner("n12381", source="national_12381")
    partner = find_partner("n12381")
    row = world.directive_row(due_at=(world.now + timedelta(hours=1)).isoformat())
    first, repeated = receive_directive(row=row, partner=partner, now=world.now)
    later = world.advance(timedelta(hours=2))
    again, was_there = receive_directive(row=row, partner=partner, now=later)
    assert (again.id, repeated, was_there) == (first.id, False, True)
    with pytest.raises(IdConflict):
        receive_directive(row=row | {"title": "另一件事"}, partner=partner, now=later)
    world.partner("n110", source="police_model")
    other, was_there = receive_directive(row=row | {"due_at": ""}, partner=find_partner("n110"), now=later)
    assert other.id != first.id and not was_there
    assert Entry.objects.filter(event="directive.issued").count() == 2


def test_a_partner_orders_within_its_place_only(world: World) -> None:
    world.partner("county", scope="350104")
    partner = find_partner("county")
    for place, code in (
        ("350203", "jurisdiction_outside"),
        ("350000", "jurisdiction_outside"),
        ("1", "jurisdiction_unknown"),
    ):
        with pytest.raises(RowRefused) as refused:
            receive_directive(
                row=world.directive_row(jurisdiction_code=place), partner=partner, now=world.now
            )
        assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [("jurisdiction_code", code)]
    own, _ = receive_directive(
        row=world.directive_row(jurisdiction_code=None), partner=partner, now=world.now
    )
    below, _ = receive_directive(
        row=world.directive_row(jurisdiction_code="350104001"), partner=partner, now=world.now
    )
    assert (own.place_code, below.place_code) == ("350104", "350104001")
    entry = Entry.objects.filter(event="directive.issued").first()
    assert entry and (entry.actor_kind, entry.actor_id, entry.payload["issuer"]) == (
        "partner",
        "county",
        "county",
    )


def test_numbers_count_from_one_each_year_of_the_centre(ranks: Ranks, world: World) -> None:
    first, second = world.directive(ranks.province), world.directive(ranks.province)
    assert [show_number(each.number) for each in (first, second)] == ["2026-00001", "2026-00002"]
    world.advance(datetime(2026, 12, 31, 16, tzinfo=world.now.tzinfo) - world.now)  # midnight in China
    assert show_number(world.directive(ranks.province).number) == "2027-00001"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_of_their_own(
    world: World, ranks: Ranks, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    rows = [world.directive_row() for _ in range(8)]
    made = in_threads(
        [
            lambda row=row: issue_directive(row=row, acting_officer=ranks.province, now=world.now)[0].number
            for row in rows
        ]
    )
    assert sorted(number % 10_000_000 for number in made) == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
def test_the_same_sent_twice_at_once_is_one(
    world: World, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    world.partner("n12381", source="national_12381")
    partner, row = find_partner("n12381"), world.directive_row()
    made = in_threads([lambda: receive_directive(row=row, partner=partner, now=world.now) for _ in range(4)])
    assert len({directive.id for directive, _ in made}) == 1
    assert sorted(repeated for _, repeated in made) == [False, True, True, True]
