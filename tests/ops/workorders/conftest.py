"""A line of calls, and the words in which tests ask about it."""

from collections.abc import Callable
from typing import Any

import pytest

from yipanqi.ops.staff.models import Officer
from yipanqi.ops.workorders.models import Attempt, WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.world import World


@pytest.fixture
def line(world: World) -> Callable[..., list[Any]]:
    """Take rows in and triage them: their calls wait, in order of the rows. One dict of overrides per row."""

    def make(*rows: dict[str, Any]) -> list[Any]:
        result = world.take_in([world.row(**row) for row in rows])
        world.triage()
        orders = {order.alert_id: order for order in WorkOrder.objects.for_system("the test looks")}
        return [orders[fate.alert_id].id for fate in result.fates]

    return make


@pytest.fixture
def take(world: World) -> Callable[[Officer], WorkOrder]:
    """The next call of an officer, as it stands in the table; an error when nothing waits."""

    def next_call(officer: Officer) -> WorkOrder:
        taken = take_next(acting_officer=officer, now=world.now)
        assert taken, "nothing waits"
        return WorkOrder.objects.for_system("the test looks").get(id=taken[0].id)

    return next_call


def record(world: World, order: WorkOrder, outcome: str, officer: Any, **more: Any) -> Attempt:
    """Record what came of a call its officer holds, as the seat does."""
    return record_outcome(
        work_order_id=order.id,
        version=order.version,
        outcome=outcome,
        acting_officer=officer,
        now=world.now,
        **more,
    )
