"""Who sees a directive, in which order, what the clock does to it, and that of several who act at once one wins."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.directives.conftest import Ranks
from tests.ops.directives.test_life import reported, step
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.directives.deadlines import fire_due
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.queries import (
    TABS,
    DirectiveFilter,
    access_directive,
    list_directives,
    matching_directives,
    waiting_for,
)
from yipanqi.ops.directives.services import accept_directive, verify_directive, withdraw_directive
from yipanqi.ops.journal.models import Entry
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db
Threads = Callable[[list[Callable[[], Any]]], list[Any]]


def seen(officer: Any, **wanted: Any) -> list[Any]:
    return [row.id for row in list_directives(officer, DirectiveFilter(**wanted)).rows]


def test_the_unit_all_above_it_and_the_issuer_see_it(world: World, ranks: Ranks) -> None:
    made = world.directive(ranks.province)
    for officer in (ranks.province, ranks.commander, ranks.city, ranks.county):
        assert seen(officer) == [made.id] and access_directive(officer, made.id).id == made.id
    for officer in (ranks.other_county, ranks.station):
        assert seen(officer) == []
        with pytest.raises(YipanqiError) as refused:
            access_directive(officer, made.id)
        assert refused.value.code == "not_found"
    for role in ("operator", "auditor", "administrator", "alliance_officer"):
        officer = world.officer(f"no-{role}", roles=[role])
        for ask in (lambda o=officer: seen(o), lambda o=officer: access_directive(o, made.id)):
            with pytest.raises(NotAllowed):
                ask()


def test_what_is_due_first_stands_first_and_pages_hold_each_once(world: World, ranks: Ranks) -> None:
    due = [
        world.directive(ranks.province, due_at=(world.now + timedelta(hours=hours)).isoformat())
        for hours in (5, 1, 4, 2, 3, 3, 3)
    ]
    found, after = [], ""
    while True:
        page = list_directives(ranks.county, DirectiveFilter(), after=after, limit=2)
        found += [row.due_at for row in page.rows]
        after = page.after
        if not after:
            break
    assert found == sorted(each.due_at for each in due)
    with pytest.raises(YipanqiError) as refused:
        list_directives(ranks.county, DirectiveFilter(), after="nonsense")
    assert refused.value.code == "page_key_invalid"


def test_the_tabs_hold_every_status_and_the_own_units_stand_alone(world: World, ranks: Ranks) -> None:
    assert sorted(s for name, tab in TABS.items() if name != "open" for s in tab) == [
        "accepted", "acted", "fed_back", "issued", "verified", "withdrawn",
    ]  # fmt: skip
    to_accept, in_hand, acted, gone = (world.directive(ranks.province) for _ in range(4))
    between = world.directive(ranks.city)
    step(accept_directive, in_hand, ranks.county, world.now)
    reported(world, ranks, acted)
    step(withdraw_directive, gone, ranks.province, world.now, reason="重复")
    assert set(seen(ranks.county, tab="to_accept")) == {to_accept.id, between.id}
    assert seen(ranks.county, tab="in_hand") == [in_hand.id]
    assert seen(ranks.county, tab="to_verify") == [acted.id]
    assert seen(ranks.county, tab="done") == [gone.id]
    assert between.id in seen(ranks.province) and between.id not in seen(ranks.province, own=True)
    assert seen(ranks.province, kind="find_person") == []
    waiting = {
        name: {row.id for row in waiting_for(getattr(ranks, name))} for name in ("county", "province", "city")
    }
    assert waiting == {
        "county": {to_accept.id, between.id, in_hand.id},
        "province": {acted.id},
        "city": set(),
    }
    assert matching_directives(ranks.province, DirectiveFilter(tab="open")).count() == 4


def test_the_clock_marks_late_once_and_says_so(world: World, ranks: Ranks) -> None:
    open_one, done, later = world.directive(ranks.province), world.directive(ranks.province), None
    later = world.directive(ranks.province, due_at=(world.now + timedelta(hours=9)).isoformat())
    reported(world, ranks, done)
    step(verify_directive, done, ranks.province, world.now)
    assert fire_due(now=open_one.due_at) == 0  # late is strictly after
    world.advance(timedelta(hours=3))
    assert fire_due(now=world.now) == 1 and fire_due(now=world.now) == 0
    open_one.refresh_from_db()
    later.refresh_from_db()
    assert (open_one.late_at, open_one.version, later.late_at) == (world.now, 1, None)
    entry = Entry.objects.get(event="directive.late")
    assert (entry.subject_id, entry.payload["late"], entry.before, entry.after) == (
        str(open_one.id), True, "issued", "issued",
    )  # fmt: skip
    accepted = step(accept_directive, open_one, ranks.county, world.now)
    assert accepted.late_at == world.now
    assert Entry.objects.get(event="directive.accepted", subject_id=str(open_one.id)).payload["late"]
    assert not Entry.objects.get(event="directive.verified").payload["late"]


def test_the_clock_takes_the_longest_overdue_first_and_no_more_than_told(world: World, ranks: Ranks) -> None:
    made = [
        world.directive(ranks.province, due_at=(world.now + timedelta(minutes=minutes)).isoformat())
        for minutes in (30, 10, 20)
    ]
    world.advance(timedelta(hours=1))
    assert fire_due(now=world.now, limit=2) == 2
    rows = Directive.objects.for_system("look").filter(late_at__isnull=True)
    assert [row.id for row in rows] == [made[0].id]
    assert fire_due(now=world.now) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_who_accept_at_once_one_does(world: World, ranks: Ranks, in_threads: Threads) -> None:
    directive = world.directive(ranks.province)

    def accept(officer: Any) -> str:
        try:
            accept_directive(directive_id=directive.id, version=1, acting_officer=officer, now=world.now)
            return "accepted"
        except YipanqiError as error:
            return error.code

    work = [lambda o=officer: accept(o) for officer in (ranks.county, ranks.county_second)] * 3
    assert sorted(in_threads(work)) == ["accepted", *["version_conflict"] * 5]
    assert Entry.objects.filter(event="directive.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepting_and_withdrawing_at_once_leaves_one_of_the_two(
    world: World, ranks: Ranks, in_threads: Threads
) -> None:
    for _ in range(5):
        directive = world.directive(ranks.province)
        seen_as = {"directive_id": directive.id, "version": 1, "now": world.now}

        def tried(act: Any, **more: Any) -> str:
            try:
                return str(act(**more).status)
            except YipanqiError as error:
                return error.code

        found = in_threads(
            [
                lambda s=seen_as: tried(accept_directive, acting_officer=ranks.county, **s),
                lambda s=seen_as: tried(withdraw_directive, acting_officer=ranks.province, reason="x", **s),
                lambda: fire_due(now=world.now + timedelta(days=1)),
            ]
        )
        directive.refresh_from_db()
        assert sorted(found[:2], key=lambda each: each == "version_conflict") == [
            directive.status, "version_conflict",
        ]  # fmt: skip
