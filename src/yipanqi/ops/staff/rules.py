"""Rules of sign-in and of an officer's file, without a database: names, locks, catalog codes."""

import math
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.staff.enums import Language

USERNAME_CHARS = 64
NAME_CHARS = 64
PASSWORD_CHARS = 256


class OfficerRefused(YipanqiError):
    """An officer's file cannot be written as given.

    Codes: username_invalid, username_taken, field_missing (facts: field), field_too_long (field, limit),
    group_unknown, role_unknown, jurisdiction_unknown, language_unknown, password_weak (reasons, limit), password_wrong,
    password_same, own_account, officer_active, officer_inactive.
    """

    code = "officer_refused"


class LoginFailed(YipanqiError):
    """Name or password is wrong, or the account is closed: the three look the same from outside."""

    code = "login_failed"


class LockedOut(YipanqiError):
    """Too many failures in a row. Facts: minutes until the lock ends, rounded up."""

    code = "locked_out"


def plain_username(typed: str) -> str:
    """The stored form of a typed username (NFKC, lower case, no outer blanks); empty when no account can have it."""
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    return name if len(name) <= USERNAME_CHARS and name.isprintable() else ""


def check_username(typed: str) -> str:
    """The stored form of a new username. Raises OfficerRefused `username_invalid` when it has none or holds blanks."""
    name = plain_username(typed)
    if not name or " " in name:
        message = f"A username has 1 to {USERNAME_CHARS} printable characters and no blanks."
        raise OfficerRefused(message, code="username_invalid")
    return name


def check_name(typed: str) -> str:
    """An officer's name without outer blanks. Raises OfficerRefused `field_missing` or `field_too_long`."""
    name = typed.strip()
    if not name:
        raise OfficerRefused("An officer has a name.", code="field_missing", field="name")
    if len(name) > NAME_CHARS or not name.isprintable():
        message = f"A name has at most {NAME_CHARS} printable characters."
        raise OfficerRefused(message, code="field_too_long", field="name", limit=NAME_CHARS)
    return name


def check_post(group: str, roles: Sequence[str]) -> None:
    """Pass when group (may be empty) and roles are in the catalog. Raises OfficerRefused otherwise."""
    if group and group not in catalog.groups():
        raise OfficerRefused(f"There is no group {group!r}.", code="group_unknown", group=group)
    for role in roles:
        if role not in catalog.roles():
            raise OfficerRefused(f"There is no role {role!r}.", code="role_unknown", role=role)


def check_language(language: str) -> Language:
    """The language by its tag. Raises OfficerRefused `language_unknown`."""
    try:
        return Language(language)
    except ValueError:
        known = ", ".join(Language)
        message = f"Screens speak {known}, not {language[:16]!r}."
        raise OfficerRefused(message, code="language_unknown", language=language[:16]) from None


def minutes_left(until_at: datetime, now: datetime) -> int:
    """Whole minutes until `until_at`, rounded up, at least 1."""
    return max(1, math.ceil((until_at - now).total_seconds() / 60))
