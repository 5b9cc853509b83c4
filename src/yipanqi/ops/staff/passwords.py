"""Passwords of officers: making a first one and storing one. Asking for them is the matter of `signing`."""

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from yipanqi.ops.staff.rules import PASSWORD_CHARS, OfficerRefused

# 31 characters that nobody mistakes for one another when read out or copied by hand: 79 bits in sixteen.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_CHARS = 4, 4


def initial_password() -> str:
    """A new random password such as `k7mp-3xwq-9hrt-v2ne`, to be handed over once and then changed."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    return "-".join(groups)


def encode_password(password: str | None) -> str:
    """What is stored of a password; None gives what no password fits.

    Raises OfficerRefused `password_weak`. Its fact `reasons` lists codes of the catalog's errors, since not all of
    Django's own sentences exist in Chinese; `limit` is the number of characters that one of them may name.
    """
    if password is None:
        return make_password(None)
    if len(password) > PASSWORD_CHARS:
        raise _weak(["field_too_long"], PASSWORD_CHARS)
    try:
        validate_password(password)
    except ValidationError as error:
        limits = [(each.params or {}).get("min_length") for each in error.error_list]
        raise _weak(
            [str(each.code) for each in error.error_list], max(filter(None, limits), default=0)
        ) from None
    return make_password(password)


def _weak(reasons: list[str], limit: int) -> OfficerRefused:
    message = f"The password is too weak: {', '.join(reasons)}."
    return OfficerRefused(message, code="password_weak", reasons=reasons, limit=limit)
