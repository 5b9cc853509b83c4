"""A province and partners in it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.services import register_partner

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def enter(db: None) -> Callable[..., Partner]:
    """Enter a partner: by default the bank `fjbank` of the province with 100 rows a minute."""
    load_jurisdictions()

    def make(code: str = "fjbank", **changes: object) -> Partner:
        given: dict[str, object] = {
            "name_zh": "海峡银行",
            "name_en": "Strait Bank",
            "source": "bank",
            "scope_code": "350000",
            "rate_per_minute": 100,
            "acting": SYSTEM,
            "now": NOW,
        }
        return register_partner(code=code, **(given | changes))  # type: ignore[arg-type]

    return make
