"""The gates officers pass before an act: what their roles allow. Which objects they may touch is the queries' work.

The table of acts and roles is `casework.authority`; an inactive officer and somebody who has not signed in may do
nothing.
"""

from django.contrib.auth.models import AnonymousUser

from yipanqi.casework import authority
from yipanqi.ops.staff.models import Officer


def require(officer: Officer | AnonymousUser, act: str) -> None:
    """Pass quietly when the officer may do `act`. Raises `authority.NotAllowed` or, for no such act, `ActUnknown`."""
    authority.require(_roles(officer), act)


def require_any(officer: Officer | AnonymousUser, *acts: str) -> None:
    """Pass quietly when the officer may do at least one of `acts`; else raise NotAllowed for the first of them."""
    if not any(may(officer, act) for act in acts):
        authority.require(_roles(officer), acts[0])


def may(officer: Officer | AnonymousUser, act: str) -> bool:
    """Whether the officer may do `act`, for menus and buttons. Raises `ActUnknown` for no such act."""
    return authority.may(_roles(officer), act)


def _roles(officer: Officer | AnonymousUser) -> list[str]:
    return officer.roles if isinstance(officer, Officer) and officer.is_active else []
