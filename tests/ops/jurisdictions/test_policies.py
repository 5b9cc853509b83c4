"""The pack of the centre is the one its settings name, in the version of the instant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from yipanqi import catalog
from yipanqi.ops.jurisdictions.policies import policy_in_force


@pytest.mark.parametrize("pack_id", ["CN", "SG"])
def test_the_pack_in_force_is_the_centres(settings: Any, pack_id: str) -> None:
    settings.POLICY_PACK = pack_id
    assert policy_in_force(datetime(2026, 3, 2, tzinfo=UTC)) is catalog.policy(pack_id)


def test_before_its_law_there_is_no_pack(settings: Any) -> None:
    settings.POLICY_PACK = "SG"
    with pytest.raises(catalog.PolicyError, match="SG has no version in force then"):
        policy_in_force(datetime(2025, 6, 30, 15, 59, tzinfo=UTC))
    assert policy_in_force(datetime(2025, 6, 30, 16, 0, tzinfo=UTC)).id == "SG"
