"""Queue tasks of the bridge. Each may run more than once and says so by being safe to repeat."""

import uuid

from procrastinate.contrib.django import app

from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.alerts.queries import list_untriaged
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated

TOGETHER = 100


@app.task(name="analytics.triage", queue="triage", retry=5)
def triage(opened: list[str] | None = None, joined: list[str] | None = None) -> None:
    """Triage new alerts (and others waiting beside them), or look again at alerts that got a further signal."""
    alert_ids = [uuid.UUID(alert_id) for alert_id in (opened or joined or [])]
    if opened:
        alert_ids = list_untriaged(alert_ids, limit=TOGETHER)
    if alert_ids:
        with correlated():
            triage_alerts(alert_ids, now=now())
