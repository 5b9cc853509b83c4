"""Signing in and out and changing the own password, with the lock-out.

The session itself is the door's (`django.contrib.auth.login`). The slow hash is computed before the row is locked,
so that guesses on one account do not queue for the lock; but each answer is given under it, one after the other,
so that at most the catalog's number of guesses is ever answered.
"""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.passwords import encode_password
from yipanqi.ops.staff.rules import (
    PASSWORD_CHARS,
    LockedOut,
    LoginFailed,
    OfficerRefused,
    minutes_left,
    plain_username,
)


def sign_in(*, username: str, password: str, now: datetime) -> Officer:
    """The officer with this name and password; a success forgets earlier failures.

    Raises LoginFailed (the same message after the same work for an unknown name, a closed account and a wrong
    password) or, after `lockout_after_failures` in a row, LockedOut until the window `lockout` is over. A failure is
    counted and journaled although the call raises, so it must not run inside another transaction.
    """
    name = plain_username(username)
    seen = Officer.objects.filter(username=name, is_active=True).first() if name else None
    proof = (
        seen.password if seen else make_password(None)
    )  # checking an unusable password costs one full hash too
    matches = check_password(password[: PASSWORD_CHARS + 1], proof)
    with transaction.atomic(durable=True):
        answer = _answer(seen, matches, now) if seen else _unknown(now)
    if isinstance(answer, YipanqiError):
        raise answer
    return answer


def change_password(*, officer: Officer, old: str, new: str, now: datetime) -> Officer:
    """Let an officer choose another password; the old one is asked for and wrong ones count as at sign-in.

    Every other session of the officer ends with the old password. Raises OfficerRefused `password_weak`,
    `password_same` or `password_wrong`, or LockedOut. Like `sign_in` it must not run inside another transaction.
    """
    encoded = encode_password(new)
    seen = Officer.objects.get(id=officer.id)
    matches = check_password(old[: PASSWORD_CHARS + 1], seen.password)
    with transaction.atomic(durable=True):
        answer = _change(seen, matches, None if old == new else encoded, now)
    if isinstance(answer, YipanqiError):
        raise answer
    return answer


@transaction.atomic
def sign_out(*, officer: Officer, now: datetime) -> None:
    """Journal that the officer left; the door ends the session."""
    _write("officer.signed_out", officer, now, {"place": officer.unit_id})


def _answer(seen: Officer, matches: bool, now: datetime) -> Officer | YipanqiError:
    officer = Officer.objects.select_for_update().get(id=seen.id)
    if officer.locked_until and officer.locked_until > now:
        _write("officer.sign_in_failed", officer, now, {"reason": "locked"})
        return _locked(officer.locked_until, now)
    if not (matches and officer.is_active and officer.password == seen.password):
        return _count_failure(officer, now)
    if officer.failed_count or officer.locked_until:
        officer.failed_count, officer.locked_until = 0, None
        officer.save(update_fields=["failed_count", "locked_until"])
    _write("officer.signed_in", officer, now, {"place": officer.unit_id})
    return officer


def _change(seen: Officer, matches: bool, encoded: str | None, now: datetime) -> Officer | YipanqiError:
    officer = Officer.objects.select_for_update().get(id=seen.id)
    if officer.locked_until and officer.locked_until > now:
        return _locked(officer.locked_until, now)
    if not (matches and officer.is_active and officer.password == seen.password):
        refusal = _count_failure(officer, now)
        wrong = OfficerRefused("The present password is wrong.", code="password_wrong")
        return refusal if isinstance(refusal, LockedOut) else wrong
    if encoded is None:
        return OfficerRefused("The new password is the old one.", code="password_same")
    officer.password, officer.must_change = encoded, False
    officer.failed_count, officer.locked_until = 0, None
    officer.save(update_fields=["password", "must_change", "failed_count", "locked_until"])
    _write("officer.password_changed", officer, now, {"place": officer.unit_id})
    return officer


def _count_failure(officer: Officer, now: datetime) -> YipanqiError:
    windows = catalog.windows()
    failures = officer.failed_count + 1
    _write(
        "officer.sign_in_failed",
        officer,
        now,
        {"reason": "password", "failures": failures},
    )
    if failures < windows["lockout_after_failures"].count:
        officer.failed_count, officer.locked_until = failures, None
    else:
        officer.failed_count, officer.locked_until = (
            0,
            now + windows["lockout"].duration,
        )
        until_at = officer.locked_until.isoformat()
        _write("officer.locked", officer, now, {"failures": failures, "until_at": until_at})
    officer.save(update_fields=["failed_count", "locked_until"])
    return _locked(officer.locked_until, now) if officer.locked_until else _failed()


def _unknown(now: datetime) -> YipanqiError:
    nobody = Actor(ActorKind.PUBLIC, "")
    write_entry(
        Draft(
            "officer.sign_in_failed",
            nobody,
            "officer",
            "",
            now,
            payload={"reason": "unknown"},
        )
    )
    return _failed()


def _failed() -> LoginFailed:
    return LoginFailed("The username or the password is wrong.")


def _locked(until_at: datetime, now: datetime) -> LockedOut:
    minutes = minutes_left(until_at, now)
    return LockedOut(f"Too many wrong passwords: locked for {minutes} more minutes.", minutes=minutes)


def _write(event: str, officer: Officer, now: datetime, payload: dict[str, object]) -> None:
    actor = Actor(ActorKind.OFFICER, str(officer.id))
    payload = {"officer_id": str(officer.id), **payload}
    write_entry(
        Draft(
            event,
            actor,
            "officer",
            str(officer.id),
            now,
            officer.unit_id,
            payload=payload,
        )
    )
