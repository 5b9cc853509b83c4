"""Officers' files: what is refused, who sees whom, what closing an account ends, what roles allow."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from yipanqi.casework.authority import ActUnknown, NotAllowed
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.staff.gates import may, require, require_any
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.queries import OfficerNotFound, as_actor, get_officer, list_names, list_officers
from yipanqi.ops.staff.rules import OfficerRefused
from yipanqi.ops.staff.services import deactivate_officer, set_language

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Hire = Callable[..., Officer]
pytestmark = pytest.mark.django_db


def test_a_new_officer_is_journaled_by_codes_only(hire: Hire) -> None:
    officer = hire("  Lin ")
    assert (officer.username, officer.scope_code, officer.language, officer.id.version) == (
        "lin",
        "350104",
        "zh-hans",
        7,
    )
    assert Officer.objects.get_by_natural_key("lin") == officer
    entry = Entry.objects.get(event="officer.created")
    assert entry.payload == {
        "officer_id": str(officer.id),
        "place": "350104",
        "group": "prevention",
        "role": "operator",
    }
    assert (entry.actor_kind, entry.subject_id) == ("system", str(officer.id))


@pytest.mark.parametrize(
    ("username", "changes", "code"),
    [
        ("", {}, "username_invalid"),
        ("two words", {}, "username_invalid"),
        ("x" * 65, {}, "username_invalid"),
        ("a\x00b", {}, "username_invalid"),
        ("CHEN", {}, "username_taken"),
        ("lin", {"group": "nobody"}, "group_unknown"),
        ("lin", {"roles": ["operator", "king"]}, "role_unknown"),
        ("lin", {"unit_code": "999999"}, "jurisdiction_unknown"),
        ("lin", {"language": "fr"}, "language_unknown"),
        ("lin", {"password": "short"}, "password_weak"),
        ("lin", {"password": "passwordpassword"}, None),
        ("lin", {"password": "password1234"}, "password_weak"),
        ("lin", {"password": "x1" * 200}, "password_weak"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    hire: Hire, username: str, changes: dict[str, object], code: str | None
) -> None:
    hire("chen")
    if code is None:
        assert hire(username, **changes)
        return
    with pytest.raises(OfficerRefused) as refused:
        hire(username, **changes)
    assert refused.value.code == code
    assert Officer.objects.count() == Entry.objects.count() == 1


def test_an_account_without_a_password_has_none_that_fits(hire: Hire) -> None:
    assert not hire(password=None).has_usable_password()


def test_an_officer_sees_the_own_unit_and_below(hire: Hire) -> None:
    province = hire("province", unit_code="350000")
    city = hire("city", unit_code="350100")
    county = hire("county", unit_code="350104")
    station = hire("station", unit_code="350104001")
    other = hire("other", unit_code="350102")
    assert list_officers(province) == [province, city, other, county, station]
    assert list_officers(city) == [city, other, county, station]
    assert list_officers(county) == [county, station]
    assert list_officers(station) == [station]
    assert get_officer(county, station.id) == station
    for hidden in (city.id, other.id, uuid4()):
        with pytest.raises(OfficerNotFound):
            get_officer(county, hidden)


def test_names_for_the_ids_the_journal_holds(hire: Hire) -> None:
    officer = hire()
    assert list_names([str(officer.id), str(uuid4()), "system", ""]) == {str(officer.id): "林静"}
    assert as_actor(officer).id == str(officer.id)


def test_a_language_is_kept_and_an_unknown_one_refused(hire: Hire) -> None:
    officer = hire()
    set_language(officer=officer, language="en")
    assert Officer.objects.get().language == "en"
    with pytest.raises(OfficerRefused):
        set_language(officer=officer, language="fr")
    assert Officer.objects.get().language == "en"


def _session_of(officer: Officer) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    session.save()
    return session


def test_closing_an_account_ends_its_sessions_and_leaves_the_others(hire: Hire) -> None:
    officer, other = hire(), hire("chen")
    _session_of(officer)
    _session_of(officer)
    kept = _session_of(other)
    before = officer.get_session_auth_hash()
    closed = deactivate_officer(officer_id=officer.id, acting=as_actor(other), now=NOW)
    assert list(Session.objects.values_list("session_key", flat=True)) == [kept.session_key]
    assert (closed.is_active, closed.has_usable_password()) == (False, False)
    assert closed.get_session_auth_hash() != before
    deactivate_officer(officer_id=officer.id, acting=SYSTEM, now=NOW)
    assert [e.actor_id for e in Entry.objects.filter(event="officer.deactivated")] == [str(other.id)]


def test_gates_open_by_role_and_only_to_active_officers(hire: Hire) -> None:
    officer = hire(roles=["operator"])
    require(officer, "seat.take")
    require_any(officer, "staff.manage", "seat.take")
    assert may(officer, "seat.take")
    for act in ("staff.manage", "journal.read"):
        with pytest.raises(NotAllowed):
            require(officer, act)
    with pytest.raises(NotAllowed):
        require_any(officer, "staff.manage", "journal.read")
    with pytest.raises(ActUnknown):
        require(officer, "seat.dance")
    officer.is_active = False
    for nobody in (officer, AnonymousUser()):
        assert not may(nobody, "seat.take")
        with pytest.raises(NotAllowed):
            require(nobody, "seat.take")
