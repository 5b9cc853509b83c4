"""A centre under a virtual clock with a ledger folder of its own, and the rows that banks post."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from yipanqi.analytics.chase import Chase
from yipanqi.analytics.seeding import seed_case
from yipanqi.analytics.settling import settle_all
from yipanqi.analytics.transfers import TransferFate, take_transfers
from yipanqi.ops.cases.models import Case
from yipanqi.ops.partners.queries import find_partner
from yipanqi.rehearsal.world import World

VICTIM = "6217000010001111111"
MULE = "6222021602001234567"  # the payee of `world.case()`
SECOND = "6222021602002222222"
THIRD = "6222021602003333333"


@pytest.fixture
def world(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A loaded world in the test's database; with `transaction=True` what it does is committed."""
    monkeypatch.setattr(settings, "LEDGER_DIR", tmp_path / "ledger")
    return World().load()


class Bank:
    """Posts rows of transfers as a partner; ids count up."""

    def __init__(self, world: World, code: str = "ccb") -> None:
        self.world, self.code, self._rows = world, code, 0
        if find_partner(code) is None:
            world.partner(code)

    def row(self, payer: str, payee: str, amount: str, *, after: float = 0, **more: Any) -> dict[str, Any]:
        """A row booked so many seconds after the world's instant less one minute, when the victim paid."""
        self._rows += 1
        booked_at = self.world.now - timedelta(minutes=1) + timedelta(seconds=after)
        row = {"id": f"{self.code}-{self._rows:04d}", "booked_at": booked_at.isoformat()}
        return row | {"payer": payer, "payee": payee, "amount": amount, "payee_bank": "ccb"} | more

    def post(self, *rows: dict[str, Any]) -> list[TransferFate]:
        """Take rows in as the API does after its key check."""
        partner = find_partner(self.code)
        assert partner is not None
        return take_transfers(rows, partner=partner, now=self.world.now)


@pytest.fixture
def bank(world: World) -> Bank:
    """The bank of both the victim and the mules."""
    return Bank(world)


@pytest.fixture
def follow(world: World) -> Callable[..., Chase]:
    """Run the job that follows the money, with a chase of its own that it returns."""
    chase = Chase()

    def run(*cases: Case, at: datetime | None = None) -> Chase:
        for case in cases:
            seed_case(case.id, now=at or world.now)
        settle_all(now=at or world.now)
        chase.catch_up(now=at or world.now)
        return chase

    return run
