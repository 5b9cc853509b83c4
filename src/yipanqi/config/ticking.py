"""The tick: every five seconds everything that is due by the centre's clock happens, in every app that has clocks.

Deadlines are rows of the apps; this only asks each app in turn. What fails in one does not keep the others waiting.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from yipanqi.analytics import learning
from yipanqi.ops.cases import deadlines as cases
from yipanqi.ops.directives import deadlines as directives
from yipanqi.ops.measures import deadlines as measures
from yipanqi.ops.returns import deadlines as returns
from yipanqi.ops.screening import deadlines as screening
from yipanqi.ops.workorders import deadlines as work_orders

log = structlog.get_logger(__name__)


class FireDue(Protocol):
    """An app's clocks: fires what is due by `now`, at most `limit` of each kind, and returns how many."""

    def __call__(self, *, now: datetime, limit: int = 500) -> int:
        """Fire what is due."""


CLOCKS: dict[str, FireDue] = {
    "measures": measures.fire_due,
    "screening": screening.fire_due,
    "returns": returns.fire_due,
    "cases": cases.fire_due,
    "work_orders": work_orders.fire_due,
    "directives": directives.fire_due,
    "learning": learning.fire_due,
}


def tick(*, now: Callable[[], datetime]) -> int:
    """Fire every app's clocks once; returns how much was due. Raises the last failure after all had their turn."""
    fired, failure = 0, None
    for name, fire_due in CLOCKS.items():
        try:
            fired += fire_due(now=now())
        except Exception as error:  # the next tick tries again, and the queue notes it
            log.error("tick.failed", clocks=name, error=type(error).__name__)
            failure = error
    if failure is not None:
        raise failure
    return fired
