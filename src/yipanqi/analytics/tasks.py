"""Queue tasks of the bridge. Each may run more than once and says so by being safe to repeat."""

import uuid

from procrastinate import JobContext
from procrastinate.contrib.django import app

from yipanqi.analytics.chase import chase
from yipanqi.analytics.dividing import give_up_division, run_division
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.importing import IMPORT_TASK, give_up_reading, read_flows
from yipanqi.analytics.learning import LEARN_TASK, learn
from yipanqi.analytics.running import give_up, run_trace
from yipanqi.analytics.seeding import seed_case
from yipanqi.analytics.tracing import TRACE_TASK
from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.alerts.queries import list_untriaged
from yipanqi.ops.cases.services import FOLLOW_TASK
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated
from yipanqi.ops.returns.choosing import DIVIDE_TASK

TOGETHER = 100
TRIES = 3


@app.task(name="analytics.triage", queue="triage", retry=5)
def triage(opened: list[str] | None = None, joined: list[str] | None = None) -> None:
    """Triage new alerts (and others waiting beside them), or look again at alerts that got a further signal."""
    alert_ids = [uuid.UUID(alert_id) for alert_id in (opened or joined or [])]
    if opened:
        alert_ids = list_untriaged(alert_ids, limit=TOGETHER)
    if alert_ids:
        with correlated():
            triage_alerts(alert_ids, now=now())


@app.task(name=FOLLOW_TASK, queue="ledger", retry=5)
def follow_money(case_ids: list[str] | None = None) -> None:
    """Find these cases' payments in the ledger, number what waits for it, and let the chase go on.

    Without a lock of the queue, whose next job would wait for the worker to look again: rounds hold one of their own.
    """
    with correlated():
        for case_id in case_ids or []:
            seed_case(uuid.UUID(case_id), now=now())
        chase.follow(now=now)


@app.task(name=TRACE_TASK, queue="trace", retry=TRIES, pass_context=True)
def trace(context: JobContext, run_id: str) -> None:
    """Follow a case's money as it was asked for."""
    with correlated():
        try:
            run_trace(uuid.UUID(run_id), now=now())
        except Exception:
            if context.job.attempts >= TRIES:
                give_up(uuid.UUID(run_id), now=now())
            raise


@app.task(name=IMPORT_TASK, queue="trace", retry=TRIES, pass_context=True)
def read_bank_file(context: JobContext, import_id: str) -> None:
    """Read a bank's file that was handed in on a case."""
    with correlated():
        try:
            read_flows(uuid.UUID(import_id), now=now())
        except Exception:
            if context.job.attempts >= TRIES:
                give_up_reading(uuid.UUID(import_id), now=now())
            raise


@app.task(name=DIVIDE_TASK, queue="ledger", retry=TRIES, pass_context=True)
def divide_money(context: JobContext, division_id: str) -> None:
    """Divide the held money of a return among its claims by every method."""
    with correlated():
        try:
            run_division(uuid.UUID(division_id), now=now())
        except Exception:
            if context.job.attempts >= TRIES:
                give_up_division(uuid.UUID(division_id), now=now())
            raise


@app.task(name=LEARN_TASK, queue="trace", retry=TRIES)
def learn_for_plans() -> None:
    """Learn how fast banks answer and how long money stays."""
    with correlated():
        learn(now=now())


@app.periodic(cron="50 3 * * *")
@app.task(name="analytics.compact_ledger", queue="clock", queueing_lock="analytics.compact_ledger")
def compact_ledger(timestamp: int) -> None:
    """Every night: make one piece of the ledger's folder, so that it opens at once."""
    fresh_store().compact()
