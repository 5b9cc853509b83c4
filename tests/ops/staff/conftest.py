"""A province and officers in it; passwords are hashed for real."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.services import create_officer

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def hire(db: None) -> Callable[..., Officer]:
    """Make an officer: by default operator `lin` of Cangshan District, password `quiet-harbour-27`."""
    load_jurisdictions()

    def make(username: str = "lin", **changes: object) -> Officer:
        given: dict[str, object] = {
            "password": "quiet-harbour-27",
            "name": "林静",
            "unit_code": "350104",
            "group": "prevention",
            "roles": ["operator"],
            "acting": SYSTEM,
            "now": NOW,
        }
        return create_officer(username=username, **(given | changes))  # type: ignore[arg-type]

    return make
