"""The builder gives a centre that is as the doors would have made it."""

from datetime import timedelta

import pytest

from yipanqi.ops.journal.clock import ClockMovedBack
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import authenticate
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.world import World


@pytest.mark.django_db
def test_rows_go_from_the_door_to_an_operator() -> None:
    world = World().load()
    operator = world.officer()
    fates = [fate.fate for fate in world.take_in([world.row(), world.row(), world.row(amount="1E5")]).fates]
    assert fates == ["accepted", "accepted", "quarantined"]
    assert world.triage() == 2
    assert world.triage() == 0
    assert take_next(acting_officer=operator, now=world.now) is not None


@pytest.mark.django_db
def test_each_row_is_about_somebody_new_unless_told_otherwise() -> None:
    world = World()
    one = world.row()
    same = world.row(person_phone=one["person_phone"], person_name=None)
    assert "person_name" not in same
    fates = [fate.fate for fate in world.take_in([one, same, world.row(), one]).fates]
    assert fates == ["accepted", "joined", "accepted", "duplicate"]


@pytest.mark.django_db
def test_its_clock_is_the_centres_and_goes_forward_only() -> None:
    world = World().load()
    before = world.now
    assert now() == before
    world.advance(timedelta(minutes=7))
    assert now() == world.now == before + timedelta(minutes=7)
    with pytest.raises(ClockMovedBack):
        world.advance(timedelta(seconds=-1))
    assert now() == world.now


@pytest.mark.django_db
def test_a_partners_key_is_good() -> None:
    world = World()
    key = world.partner("icbc", rate=5)
    assert authenticate(key=key, act="warnings.write", now=world.now).rate_per_minute == 5
    assert world.channel("icbc").source == "bank"


@pytest.mark.django_db(transaction=True)
def test_it_seals_until_nothing_is_left() -> None:
    world = World().load()
    world.take_in([world.row() for _ in range(3)])
    assert world.seal() >= 3
    assert world.seal() == 0
