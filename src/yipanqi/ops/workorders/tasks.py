"""The clock's work on work orders: forgotten holds go back into the line."""

from procrastinate.contrib.django import app

from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated
from yipanqi.ops.workorders.services import lapse_holds


@app.periodic(cron="* * * * *")
@app.task(name="workorders.lapse_holds", queue="clock", queueing_lock="workorders.lapse_holds")
def lapse(timestamp: int) -> None:
    """Every minute: holds that ran out by the centre's clock lapse."""
    with correlated():
        lapse_holds(now=now())
