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

    Raises OfficerRefused `password_weak`; its fact `reasons` are sentences in the active language.
    """
    if password is None:
        return make_password(None)
    if len(password) > PASSWORD_CHARS:
        raise OfficerRefused(
            f"A password has at most {PASSWORD_CHARS} characters.", code="password_weak", reasons=[]
        )
    try:
        validate_password(password)
    except ValidationError as error:
        raise OfficerRefused(
            "The password is too weak.", code="password_weak", reasons=error.messages
        ) from None
    return make_password(password)
