"""Acts on officers' files: making them, closing them, choosing a language. Signing in and out is in `signing`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction

from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.rules import (
    PASSWORD_CHARS,
    OfficerRefused,
    check_language,
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
) -> Officer:
    """Make an officer's account at a unit. Without a password (None) nobody can sign in to it.

    Raises OfficerRefused with the code of the first thing that does not fit.
    """
    username = check_username(username)
    check_post(group, roles)
    if not Jurisdiction.objects.filter(code=unit_code).exists():
        raise OfficerRefused(f"There is no unit {unit_code!r}.", code="jurisdiction_unknown", value=unit_code)
    if Officer.objects.filter(username=username).exists():
        raise OfficerRefused("The username is taken.", code="username_taken")
    officer = Officer(
        id=new_id(now),
        username=username,
        password=_encode(password),
        name=name,
        unit_id=unit_code,
        group=group,
        roles=list(roles),
        language=check_language(language),
        created_at=now,
    )
    officer.save(force_insert=True)
    payload: dict[str, object] = {"officer_id": str(officer.id), "place": unit_code}
    payload |= {"group": group} if group else {}
    payload |= {"role": roles[0]} if roles else {}
    _write("officer.created", officer, acting, now, payload)
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
def deactivate_officer(*, officer_id: UUID, acting: Actor, now: datetime) -> Officer:
    """Close an account: its password is thrown away and every session of it ends. Closing twice changes nothing.

    The work orders the officer holds fall back by their own clock. Raises `Officer.DoesNotExist`.
    """
    officer = Officer.objects.select_for_update().get(id=officer_id)
    if not officer.is_active:
        return officer
    officer.is_active = False
    officer.set_unusable_password()
    officer.save(update_fields=["is_active", "password"])
    _end_sessions(officer)
    _write(
        "officer.deactivated",
        officer,
        acting,
        now,
        {"officer_id": str(officer.id), "place": officer.unit_id},
    )
    return officer


def _end_sessions(officer: Officer) -> None:
    # Session rows are opaque to SQL; a centre has a few thousand of them and closes an account rarely.
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(officer.pk):
            session.delete()


def _encode(password: str | None) -> str:
    if password is None:
        return make_password(None)
    if len(password) > PASSWORD_CHARS:
        raise OfficerRefused(
            f"A password has at most {PASSWORD_CHARS} characters.",
            code="password_weak",
            reasons=[],
        )
    try:
        validate_password(password)
    except ValidationError as error:
        raise OfficerRefused(
            "The password is too weak.", code="password_weak", reasons=error.messages
        ) from None
    return make_password(password)


def _write(
    event: str,
    officer: Officer,
    acting: Actor,
    now: datetime,
    payload: dict[str, object],
) -> None:
    write_entry(
        Draft(
            event,
            acting,
            "officer",
            str(officer.id),
            now,
            officer.unit_id,
            payload=payload,
        )
    )
