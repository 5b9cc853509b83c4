"""The wall's open directives: who has them on the wall, in which order, and what a late clock's entry may overtake."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yipanqi.ops.directives.deadlines import fire_due
from yipanqi.ops.directives.services import accept_directive, hand_down, withdraw_directive
from yipanqi.ops.indicators.directives import SHOWN, fold_directive, most_pressing, open_directives
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.queries import list_feed
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def officers(world: World) -> dict[str, Any]:
    return {
        unit: world.officer(f"o{unit}", roles=["duty_officer"], unit=unit)
        for unit in ("350000", "350100", "350104")
    }


@pytest.fixture
def world(db: None) -> World:
    return World().load()


def folded(scope: str, after: int = 0) -> dict[str, Any]:
    """The open directives of a scope by folding the whole feed."""
    found: dict[str, Any] = {}
    for item in list_feed(after=after):
        if item.subject_kind == "directive" and item.place_code.startswith(scope.rstrip("0")):
            fold_directive(found, item)
    return found


def test_it_comes_in_where_it_is_handed_down_and_leaves_when_it_ends(
    world: World, officers: dict[str, Any]
) -> None:
    first = world.directive(officers["350000"], jurisdiction_code="350100", urgent="true")
    world.seal()
    assert not open_directives("350104") and not folded("350104")
    hand_down(
        directive_id=first.id,
        version=1,
        place_code="350104",
        acting_officer=officers["350100"],
        now=world.now,
    )
    world.seal()
    for scope in ("350000", "350100", "350104"):
        (shown,) = open_directives(scope).values()
        assert folded(scope) == {str(first.id): shown} and wall_snapshot(scope, now=world.now).directives
        assert (shown.unit, shown.issuer, shown.status, shown.urgent, shown.late) == (
            "350104", "350000", "issued", True, False,
        )  # fmt: skip
    assert not open_directives("350203")
    withdraw_directive(
        directive_id=first.id, version=2, reason="重复", acting_officer=officers["350000"], now=world.now
    )
    world.seal()
    assert not open_directives("350000") and not folded("350000")


def test_an_entry_of_the_clock_may_be_sealed_before_an_act_that_came_first(
    world: World, officers: dict[str, Any]
) -> None:
    """The clock takes its number with the first row it marks and may mark another that is acted on meanwhile."""
    made = world.directive(officers["350000"])
    accept_directive(directive_id=made.id, version=1, acting_officer=officers["350104"], now=world.now)
    world.advance(timedelta(days=1))
    assert fire_due(now=world.now) == 1
    world.seal()
    issued, accepted, late = [item for item in list_feed(after=0) if item.subject_kind == "directive"]
    for order in ((issued, accepted, late), (issued, late, accepted), (late, accepted)):
        found: dict[str, Any] = {}
        for item in order:
            fold_directive(found, item)
        assert found == open_directives("350000"), [item.event for item in order]


def test_the_overdue_stand_first_then_the_urgent_then_what_is_due_first(
    world: World, officers: dict[str, Any]
) -> None:
    made = world.directive(officers["350000"])
    one = open_directives("350000")[str(made.id)]
    found = {}
    for number in range(SHOWN + 10):
        due_at = one.due_at + timedelta(minutes=(number * 7) % 40)
        each = replace(one, id=f"{number:04}", due_at=due_at, urgent=number % 10 == 0, late=number % 20 == 1)
        found[each.id] = each
    shown = most_pressing(found)
    assert len(shown) == SHOWN
    assert [each.late for each in shown] == [True] * 2 + [False] * (SHOWN - 2)
    assert [each.urgent for each in shown] == [False] * 2 + [True] * 4 + [False] * (SHOWN - 6)
    for part in (shown[:2], shown[2:6], shown[6:]):
        assert [each.due_at for each in part] == sorted(each.due_at for each in part)
    assert max(each.due_at for each in shown[6:]) <= min(
        each.due_at for each in found.values() if each not in shown
    )
