"""Accounts after they are made: new passwords, locks, closing and opening, who reaches whom, the own password."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM, Actor
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.passwords import ALPHABET, initial_password
from yipanqi.ops.staff.queries import OfficerNotFound, as_actor
from yipanqi.ops.staff.rules import LockedOut, LoginFailed, OfficerRefused
from yipanqi.ops.staff.services import (
    create_officer,
    deactivate_officer,
    reactivate_officer,
    reset_password,
    unlock_officer,
)
from yipanqi.ops.staff.signing import change_password, sign_in

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OLD, NEW = "quiet-harbour-27", "loud-mountain-28"
Hire = Callable[..., Officer]
pytestmark = pytest.mark.django_db


def _events() -> list[tuple[str, str]]:
    entries = Entry.objects.exclude(event__in=["officer.created", "officer.sign_in_failed"]).order_by("id")
    return list(entries.values_list("event", "actor_id"))


def _session_of(officer: Officer) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session.save()
    return str(session.session_key)


def _lock(username: str = "lin") -> None:
    for _ in range(5):
        with pytest.raises((LoginFailed, LockedOut)):
            sign_in(username=username, password="wrong", now=NOW)


def _sessions() -> set[str]:
    return set(Session.objects.values_list("session_key", flat=True))


ACTS: dict[str, Callable[..., Officer]] = {
    "reset": lambda **given: reset_password(password=NEW, **given),
    "unlock": unlock_officer,
    "deactivate": deactivate_officer,
    "reactivate": lambda **given: reactivate_officer(password=NEW, **given),
}


@pytest.fixture
def admin(hire: Hire) -> Officer:
    """The administrator of Cangshan District."""
    return hire("admin", roles=["administrator"])


def test_initial_passwords_are_random_readable_and_strong_enough(hire: Hire) -> None:
    made = {initial_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 19 and set(each) <= set(ALPHABET + "-") for each in made)
    assert not set("il1o0") & set(ALPHABET)
    assert hire(password=made.pop(), must_change=True).must_change


def test_a_reset_gives_a_password_to_be_changed_and_ends_sessions_and_lock(
    hire: Hire, admin: Officer
) -> None:
    officer = hire()
    _session_of(officer)
    kept = _session_of(admin)
    _lock()
    reset_password(officer_id=officer.id, password=NEW, acting=as_actor(admin), now=NOW)
    assert _sessions() == {kept}
    assert sign_in(username="lin", password=NEW, now=NOW).must_change
    with pytest.raises(LoginFailed):
        sign_in(username="lin", password=OLD, now=NOW)
    entry = Entry.objects.get(event="officer.password_reset")
    assert (entry.actor_id, entry.subject_id, entry.place_code) == (str(admin.id), str(officer.id), "350104")
    assert entry.payload == {"officer_id": str(officer.id), "place": "350104"}


def test_a_weak_password_is_refused_and_nothing_is_left_half_done(hire: Hire, admin: Officer) -> None:
    officer = hire()
    kept = _session_of(officer)
    with pytest.raises(OfficerRefused) as refused:
        reset_password(officer_id=officer.id, password="short", acting=as_actor(admin), now=NOW)
    assert refused.value.code == "password_weak"
    deactivate_officer(officer_id=officer.id, acting=as_actor(admin), now=NOW)
    with pytest.raises(OfficerRefused):
        reactivate_officer(officer_id=officer.id, password="short", acting=as_actor(admin), now=NOW)
    assert not Officer.objects.get(id=officer.id).is_active
    assert _sessions() == set() and kept
    assert [event for event, _ in _events()] == ["officer.deactivated"]


def test_unlocking_lets_the_officer_in_at_once_and_an_open_account_is_left_alone(
    hire: Hire, admin: Officer
) -> None:
    officer = hire()
    unlock_officer(officer_id=officer.id, acting=as_actor(admin), now=NOW)
    assert _events() == []
    _lock()
    unlock_officer(officer_id=officer.id, acting=as_actor(admin), now=NOW + timedelta(minutes=15))
    assert [event for event, _ in _events()] == ["officer.locked"]  # the lock had ended by itself
    unlock_officer(officer_id=officer.id, acting=as_actor(admin), now=NOW)
    assert sign_in(username="lin", password=OLD, now=NOW) == officer
    assert ("officer.unlocked", str(admin.id)) in _events()


def test_a_closed_account_opens_again_only_with_a_new_password(hire: Hire, admin: Officer) -> None:
    officer = hire()
    given: dict[str, Any] = {"officer_id": officer.id, "acting": as_actor(admin), "now": NOW}
    with pytest.raises(OfficerRefused) as refused:
        reactivate_officer(password=NEW, **given)
    assert refused.value.code == "officer_active"
    deactivate_officer(**given)
    with pytest.raises(OfficerRefused) as refused:
        reset_password(password=NEW, **given)
    assert refused.value.code == "officer_inactive"
    assert reactivate_officer(password=NEW, **given).must_change
    assert sign_in(username="lin", password=NEW, now=NOW) == officer
    assert [event for event, _ in _events()] == [
        "officer.deactivated",
        "officer.reactivated",
        "officer.signed_in",
    ]


@pytest.mark.parametrize("act", ACTS)
def test_nobody_does_it_to_the_own_account(hire: Hire, admin: Officer, act: str) -> None:
    kept = _session_of(admin)
    with pytest.raises(OfficerRefused) as refused:
        ACTS[act](officer_id=admin.id, acting=as_actor(admin), now=NOW)
    assert refused.value.code == "own_account"
    assert Officer.objects.get(id=admin.id).is_active
    assert _sessions() == {kept} and _events() == []


@pytest.mark.parametrize("act", ACTS)
def test_only_the_own_unit_and_below_is_within_reach(hire: Hire, admin: Officer, act: str) -> None:
    closed = act == "reactivate"
    for unit, within in (("350104", True), ("350104001", True), ("350100", False), ("350102", False)):
        officer = hire(f"at-{unit}", unit_code=unit)
        if closed:
            deactivate_officer(officer_id=officer.id, acting=SYSTEM, now=NOW)
        before = Officer.objects.filter(id=officer.id).values().get()
        if within:
            assert ACTS[act](officer_id=officer.id, acting=as_actor(admin), now=NOW) == officer
            continue
        with pytest.raises(OfficerNotFound):
            ACTS[act](officer_id=officer.id, acting=as_actor(admin), now=NOW)
        assert Officer.objects.filter(id=officer.id).values().get() == before


def test_nobody_else_reaches_any_file(hire: Hire, admin: Officer) -> None:
    officer, gone = hire(), hire("gone", roles=["administrator"])
    deactivate_officer(officer_id=gone.id, acting=SYSTEM, now=NOW)
    for acting in (as_actor(gone), Actor(ActorKind.PARTNER, "ccb"), Actor(ActorKind.OFFICER, str(uuid4()))):
        with pytest.raises(OfficerNotFound):
            deactivate_officer(officer_id=officer.id, acting=acting, now=NOW)
    with pytest.raises(OfficerNotFound):
        deactivate_officer(officer_id=uuid4(), acting=as_actor(admin), now=NOW)


@pytest.mark.parametrize(
    ("unit", "within"), [("350104", True), ("350104001", True), ("350100", False), ("350102", False)]
)
def test_officers_are_made_only_at_the_own_unit_and_below(
    hire: Hire, admin: Officer, unit: str, within: bool
) -> None:
    if within:
        assert hire(unit_code=unit, acting=as_actor(admin)).unit_id == unit
        return
    with pytest.raises(OfficerNotFound) as refused:
        hire(unit_code=unit, acting=as_actor(admin))
    assert refused.value.facts == {"field": "unit"}
    assert not Officer.objects.filter(username="lin").exists()


@pytest.mark.parametrize(("name", "code"), [(" ", "field_missing"), ("字" * 65, "field_too_long")])
def test_a_name_is_there_and_fits(hire: Hire, name: str, code: str) -> None:
    with pytest.raises(OfficerRefused) as refused:
        hire(name=name)
    assert (refused.value.code, refused.value.facts["field"]) == (code, "name")


def test_a_role_named_twice_is_held_once(hire: Hire) -> None:
    assert hire(roles=["operator", "auditor", "operator"]).roles == ["operator", "auditor"]


def test_the_own_password_is_changed_with_the_old_one(hire: Hire) -> None:
    officer = hire(must_change=True)
    changed = change_password(officer=officer, old=OLD, new=NEW, now=NOW)
    assert not changed.must_change
    assert changed.get_session_auth_hash() != officer.get_session_auth_hash()
    assert sign_in(username="lin", password=NEW, now=NOW) == officer
    assert _events()[0] == ("officer.password_changed", str(officer.id))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(OLD, OLD, "password_same"), (OLD, "short", "password_weak"), ("wrong", NEW, "password_wrong")],
)
def test_a_change_that_does_not_fit_leaves_the_old_password(
    hire: Hire, old: str, new: str, code: str
) -> None:
    officer = hire(must_change=True)
    with pytest.raises(OfficerRefused) as refused:
        change_password(officer=officer, old=old, new=new, now=NOW)
    assert refused.value.code == code
    assert sign_in(username="lin", password=OLD, now=NOW).must_change


def test_guessing_the_old_password_locks_the_account_and_learns_nothing_more(hire: Hire) -> None:
    officer = hire()
    for _ in range(4):
        with pytest.raises(OfficerRefused):
            change_password(officer=officer, old="wrong", new=NEW, now=NOW)
    for old, new in (("wrong", NEW), (OLD, NEW), (OLD, OLD)):
        with pytest.raises(LockedOut):
            change_password(officer=officer, old=old, new=new, now=NOW)
    assert change_password(officer=officer, old=OLD, new=NEW, now=NOW + timedelta(minutes=15)) == officer


def test_the_system_makes_officers_anywhere(hire: Hire) -> None:
    hire()
    made = create_officer(
        username="chief",
        password=None,
        name="处长",
        unit_code="350000",
        group="",
        roles=["commander"],
        acting=SYSTEM,
        now=NOW,
    )
    assert (made.unit_id, made.must_change) == ("350000", False)
