"""The clock's work on partners: counts of minutes long past are forgotten."""

from datetime import timedelta

from procrastinate.contrib.django import app

from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import forget_usage

KEPT = timedelta(days=7)


@app.periodic(cron="23 3 * * *")
@app.task(name="partners.forget_usage", queue="clock", queueing_lock="partners.forget_usage")
def forget(timestamp: int) -> None:
    """Every night: drop the usage counts of more than a week ago."""
    forget_usage(before=now() - KEPT)
