"""Acts on officers' files: making, closing and opening them, a new password, a language. Signing in is in `signing`.

An officer reaches only the files of the own unit and below, and never the own file; the system reaches all.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.passwords import encode_password
from yipanqi.ops.staff.queries import OfficerNotFound, is_unit_within_reach, officers_within_reach
from yipanqi.ops.staff.rules import (
    OfficerRefused,
    check_language,
    check_name,
    check_post,
    check_username,
)


@transaction.atomic
def create_officer(
    *,
    username: str,
    password: str | None,
    name: str,
    unit_code: str,
    group: str,
    roles: Sequence[str],
    acting: Actor,
    now: datetime,
    language: str = "zh-hans",
    must_change: bool = False,
) -> Officer:
    """Make an officer's account at a unit. Without a password (None) nobody can sign in to it.

    With `must_change` the officer chooses another password at the first sign-in. Raises OfficerRefused with the code
    of the first thing that does not fit, OfficerNotFound (facts: field) for a unit the actor does not reach.
    """
    username, name = check_username(username), check_name(name)
    check_post(group, roles)
    if not Jurisdiction.objects.filter(code=unit_code).exists():
        raise OfficerRefused(f"There is no unit {unit_code!r}.", code="jurisdiction_unknown", value=unit_code)
    if not is_unit_within_reach(acting, unit_code):
        raise OfficerNotFound("There is no such unit within yours.", field="unit")
    if Officer.objects.filter(username=username).exists():
        raise OfficerRefused("The username is taken.", code="username_taken")
    officer = Officer(
        id=new_id(now),
        username=username,
        password=encode_password(password),
        name=name,
        unit_id=unit_code,
        group=group,
        roles=list(dict.fromkeys(roles)),
        language=check_language(language),
        must_change=must_change,
        created_at=now,
    )
    officer.save(force_insert=True)
    details = ({"group": group} if group else {}) | ({"role": roles[0]} if roles else {})
    _write("officer.created", officer, acting, now, details)
    return officer


@transaction.atomic
def set_language(*, officer: Officer, language: str) -> Officer:
    """Let the officer's screens speak another language from now on; a preference, so it is not journaled.

    Raises OfficerRefused `language_unknown`.
    """
    officer.language = check_language(language)
    officer.save(update_fields=["language"])
    return officer


@transaction.atomic
def reset_password(*, officer_id: UUID, password: str, acting: Actor, now: datetime) -> Officer:
    """Give an account a password that must be changed at the next sign-in; its sessions and any lock end.

    Raises OfficerNotFound, OfficerRefused `own_account`, `officer_inactive` or `password_weak`.
    """
    officer = _locked(officer_id, acting)
    if not officer.is_active:
        raise OfficerRefused("The account is closed.", code="officer_inactive")
    _hand_over(officer, password)
    _write("officer.password_reset", officer, acting, now)
    return officer


@transaction.atomic
def unlock_officer(*, officer_id: UUID, acting: Actor, now: datetime) -> Officer:
    """End the lock after too many wrong passwords. An account that is not locked is left as it is.

    Raises OfficerNotFound or OfficerRefused `own_account`.
    """
    officer = _locked(officer_id, acting)
    if not officer.locked_until or officer.locked_until <= now:
        return officer
    officer.failed_count, officer.locked_until = 0, None
    officer.save(update_fields=["failed_count", "locked_until"])
    _write("officer.unlocked", officer, acting, now)
    return officer


@transaction.atomic
def deactivate_officer(*, officer_id: UUID, acting: Actor, now: datetime) -> Officer:
    """Close an account: its password is thrown away and every session of it ends. Closing twice changes nothing.

    The work orders the officer holds fall back by their own clock. Raises OfficerNotFound or OfficerRefused
    `own_account`.
    """
    officer = _locked(officer_id, acting)
    if not officer.is_active:
        return officer
    officer.is_active = False
    officer.set_unusable_password()
    officer.save(update_fields=["is_active", "password"])
    _end_sessions(officer)
    _write("officer.deactivated", officer, acting, now)
    return officer


@transaction.atomic
def reactivate_officer(*, officer_id: UUID, password: str, acting: Actor, now: datetime) -> Officer:
    """Open a closed account again with a password that must be changed at the first sign-in.

    Raises OfficerNotFound, OfficerRefused `own_account`, `officer_active` or `password_weak`.
    """
    officer = _locked(officer_id, acting)
    if officer.is_active:
        raise OfficerRefused("The account is active.", code="officer_active")
    officer.is_active = True
    officer.save(update_fields=["is_active"])
    _hand_over(officer, password)
    _write("officer.reactivated", officer, acting, now)
    return officer


def _locked(officer_id: UUID, acting: Actor) -> Officer:
    """The officer's row, locked, when the actor may write it."""
    found = officers_within_reach(acting).select_for_update(of=("self",)).filter(id=officer_id).first()
    if found is None:
        raise OfficerNotFound("There is no such officer in this unit.")
    if acting.kind == ActorKind.OFFICER and acting.id == str(found.id):
        raise OfficerRefused("Nobody does this to the own account.", code="own_account")
    return found


def _hand_over(officer: Officer, password: str) -> None:
    officer.password = encode_password(password)
    officer.must_change, officer.failed_count, officer.locked_until = True, 0, None
    officer.save(update_fields=["password", "must_change", "failed_count", "locked_until"])
    _end_sessions(officer)


def _end_sessions(officer: Officer) -> None:
    # Session rows are opaque to SQL; a centre has a few thousand of them and closes an account rarely.
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(officer.pk):
            session.delete()


def _write(
    event: str, officer: Officer, acting: Actor, now: datetime, details: dict[str, str] | None = None
) -> None:
    payload: dict[str, object] = {"officer_id": str(officer.id), "place": officer.unit_id, **(details or {})}
    write_entry(Draft(event, acting, "officer", str(officer.id), now, officer.unit_id, payload=payload))
