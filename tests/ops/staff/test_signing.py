"""Signing in: what is answered, what is counted, when the lock closes and opens."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, transaction

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.staff import signing
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.rules import LockedOut, LoginFailed
from yipanqi.ops.staff.services import deactivate_officer
from yipanqi.ops.staff.signing import sign_in, sign_out

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RIGHT, WRONG = "quiet-harbour-27", "quiet-harbour-28"
Hire = Callable[..., Officer]
pytestmark = pytest.mark.django_db


def _fail(username: str = "lin", password: str = WRONG, *, now: datetime = NOW) -> YipanqiError:
    with pytest.raises((LoginFailed, LockedOut)) as refused:
        sign_in(username=username, password=password, now=now)
    return refused.value


def _events() -> list[str]:
    return list(Entry.objects.exclude(event="officer.created").order_by("id").values_list("event", flat=True))


@pytest.mark.parametrize("typed", ["lin", "  Lin ", "ＬＩＮ"])
def test_the_right_password_signs_in_and_is_journaled(hire: Hire, typed: str) -> None:
    officer = hire()
    assert sign_in(username=typed, password=RIGHT, now=NOW) == officer
    entry = Entry.objects.get(event="officer.signed_in")
    assert (entry.actor_id, entry.subject_id, entry.place_code) == (
        str(officer.id),
        str(officer.id),
        "350104",
    )


def test_unknown_name_wrong_password_and_closed_account_are_told_the_same(hire: Hire) -> None:
    hire()
    gone = hire("gone")
    deactivate_officer(officer_id=gone.id, acting=SYSTEM, now=NOW)
    answers = [
        _fail("lin"),
        _fail("nobody"),
        _fail("gone", RIGHT),
        _fail("gone", "!"),
        _fail("", ""),
        _fail("x\x00y"),
    ]
    assert {(type(each), str(each), each.code, *each.facts) for each in answers} == {
        (LoginFailed, "The username or the password is wrong.", "login_failed")
    }


@pytest.mark.parametrize("username", ["lin", "nobody", "gone", "x" * 500])
def test_every_refusal_costs_one_hash(hire: Hire, monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    hire()
    deactivate_officer(officer_id=hire("gone").id, acting=SYSTEM, now=NOW)
    hashed: list[str] = []
    for name in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, name)

        def counted(self: object, *args: object, _original: Callable[..., object] = original) -> object:
            hashed.append("hash")
            return _original(self, *args)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    _fail(username)
    assert hashed == ["hash"]


def test_what_was_typed_never_enters_the_journal(hire: Hire) -> None:
    hire()
    _fail("secret-typed-by-mistake", "another-secret")
    _fail("lin", "another-secret")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(e)::text, '') FROM journal_entry e")
        written = cursor.fetchone()[0]
    assert "secret" not in written
    assert _events() == ["officer.sign_in_failed"] * 2


def test_five_failures_in_a_row_lock_for_fifteen_minutes(hire: Hire) -> None:
    officer = hire()
    assert [type(_fail()) for _ in range(5)] == [LoginFailed] * 4 + [LockedOut]
    locked = _fail(password=RIGHT, now=NOW + timedelta(minutes=1, seconds=1))
    assert (type(locked), locked.code, locked.facts["minutes"]) == (LockedOut, "locked_out", 14)
    assert catalog.error_text("locked_out", **locked.facts).en.startswith("Too many wrong tries; wait 14")
    assert (
        _fail(password=RIGHT, now=NOW + timedelta(minutes=15) - timedelta(microseconds=1)).facts["minutes"]
        == 1
    )
    assert sign_in(username="lin", password=RIGHT, now=NOW + timedelta(minutes=15)) == officer
    assert _events().count("officer.locked") == 1


def test_after_the_lock_the_count_starts_anew(hire: Hire) -> None:
    hire()
    for _ in range(5):
        _fail()
    later = NOW + timedelta(minutes=15)
    assert [type(_fail(now=later)) for _ in range(5)] == [LoginFailed] * 4 + [LockedOut]


def test_tries_while_locked_do_not_lengthen_the_lock(hire: Hire) -> None:
    hire()
    for minute in range(12):
        _fail(now=NOW + timedelta(minutes=minute))
    assert sign_in(username="lin", password=RIGHT, now=NOW + timedelta(minutes=4 + 15))


def test_a_success_forgets_the_failures_before_it(hire: Hire) -> None:
    hire()
    for _ in range(3):
        for _ in range(4):
            assert isinstance(_fail(), LoginFailed)
        sign_in(username="lin", password=RIGHT, now=NOW)
    assert Officer.objects.get(username="lin").failed_count == 0


def test_one_account_locked_leaves_the_others_open(hire: Hire) -> None:
    hire()
    other = hire("chen")
    for _ in range(5):
        _fail()
    assert sign_in(username="chen", password=RIGHT, now=NOW) == other


def test_signing_out_is_journaled(hire: Hire) -> None:
    officer = hire()
    sign_out(officer=officer, now=NOW)
    assert _events() == ["officer.signed_out"]


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_counted_although_the_call_raises(hire: Hire) -> None:
    hire()
    _fail()
    connection.close()
    assert Officer.objects.get(username="lin").failed_count == 1
    assert Entry.objects.get(event="officer.sign_in_failed").payload["failures"] == 1


@pytest.mark.django_db(transaction=True)
def test_signing_in_inside_a_transaction_that_could_undo_the_count_is_refused(hire: Hire) -> None:
    hire()
    with transaction.atomic(), pytest.raises(RuntimeError):
        sign_in(username="lin", password=WRONG, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_guesses_made_at_the_same_time_are_all_counted(hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    hire()
    answers: list[BaseException | Officer] = []
    checked = threading.Barrier(8)

    def all_at_once(*_: object) -> bool:
        checked.wait(10)  # the eight leave the hasher together and race for the row
        return False

    monkeypatch.setattr(signing, "check_password", all_at_once)

    def guess() -> None:
        try:
            answers.append(sign_in(username="lin", password=WRONG, now=NOW))
        except BaseException as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    monkeypatch.undo()
    assert sorted(type(each).__name__ for each in answers) == ["LockedOut"] * 4 + ["LoginFailed"] * 4
    assert _events().count("officer.locked") == 1
    assert isinstance(_fail(password=RIGHT), LockedOut)
