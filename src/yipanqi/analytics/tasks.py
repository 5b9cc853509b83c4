"""Queue tasks of the bridge. Each may run more than once and says so by being safe to repeat."""

import uuid

from procrastinate.contrib.django import app

from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated


@app.task(name="analytics.triage", queue="triage", retry=5)
def triage(alert_ids: list[str]) -> None:
    """Triage the alerts of one intake chunk."""
    with correlated():
        triage_alerts([uuid.UUID(alert_id) for alert_id in alert_ids], now=now())
