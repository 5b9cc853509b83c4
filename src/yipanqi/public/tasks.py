"""The clock's work on the public door: counts of look-ups are forgotten after an hour."""

from datetime import timedelta

from procrastinate.contrib.django import app

from yipanqi.ops.journal.queries import now
from yipanqi.public.usage import forget_usage

KEPT = timedelta(hours=1)


@app.periodic(cron="41 * * * *")
@app.task(name="public.forget_usage", queue="clock", queueing_lock="public.forget_usage")
def forget(timestamp: int) -> None:
    """Every hour: drop the counts of more than an hour ago."""
    forget_usage(before=now() - KEPT)
