"""A centre behind its pages, a signed-in browser per officer, and a board with something on every desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.ops.measures.conftest import Desk
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.rehearsal.world import World

EVERY_DESK = [
    "operator",
    "station_officer",
    "duty_officer",
    "funds_officer",
    "approver",
    "alliance_officer",
    "commander",
    "auditor",
    "administrator",
]


@pytest.fixture
def world(db: None) -> World:
    """A loaded world in the test's database; with `transaction=True` what it does is committed."""
    return World().load()


@pytest.fixture
def desk(world: World) -> Desk:
    """A funds officer and an approver, with one bank connected."""
    return Desk(world)


@pytest.fixture
def browser(world: World) -> Callable[..., Client]:
    """A browser signed in as a new officer of all desks; `unit`, `roles` and `language` as given."""
    count = iter(range(100))

    def sign_in(*, language: str = "zh-hans", **officer: Any) -> Client:
        client = Client(headers={"Accept-Language": language})
        given = {"roles": EVERY_DESK} | officer
        client.officer = world.officer(f"w{next(count)}", language=language, **given)  # type: ignore[attr-defined]
        client.force_login(client.officer)  # type: ignore[attr-defined]
        return client

    return sign_in


@pytest.fixture
def fill(world: World) -> Callable[..., list[Any]]:
    """Take in `good` warnings and `bad` rows, triage, and give the ids of the calls."""

    def make(good: int = 1, bad: int = 0, **row: Any) -> list[Any]:
        rows = [world.row(suspect_account="6222021602001234567", person_age=34, **row) for _ in range(good)]
        world.take_in(rows + [world.row(amount="x", **row) for _ in range(bad)])
        world.triage()
        waiting = WorkOrder.objects.for_system("the test looks").order_by("-opened_at", "-id")
        return list(waiting.values_list("id", flat=True)[:good])

    return make
