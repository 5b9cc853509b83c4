"""The queue's wiring: housekeeping jobs, and the tick that fires every deadline.

Procrastinate runs each job at least once: a worker that is killed leaves its job `doing` for ever, so a periodic job
puts such jobs back. Tasks themselves live in the apps and gateways.
"""

import structlog
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.psycopg_connector import PsycopgConnector

QUEUE = "housekeeping"
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10  # an order must not wait long for a worker that was killed
# A job that was running at so many deaths of its worker is taken for their cause.
MOST_ATTEMPTS = 20
KEPT_HOURS = 72
EVERY_FIVE_SECONDS = "* * * * * */5"
EVERY_HOUR = "17 * * * *"

log = structlog.get_logger(__name__)


class WorkerConnector(PsycopgConnector):
    """A worker's own connections to the queue. What a job defers goes by Django's, within the job's transaction."""

    def get_sync_connector(self) -> BaseConnector:
        """The connection of the thread that asks."""
        return DjangoConnector()


def worker_connector() -> WorkerConnector:
    """A connector for a worker, to Django's database."""
    return WorkerConnector(kwargs=connector_params())


async def requeue_stalled(app: App) -> int:
    """Put back every job whose worker has given no sign of life for ten seconds; returns how many.

    A job that has been started 20 times is marked failed instead; one that waits already in another copy, aborted.
    """
    manager = app.job_manager
    requeued = 0
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        if await _put_back(app, job):
            requeued += 1
    await manager.prune_stalled_workers(STALLED_SECONDS)
    return requeued


async def _put_back(app: App, job: Job) -> bool:
    facts = {"job": job.id, "task": job.task_name, "attempts": job.attempts}
    if job.attempts >= MOST_ATTEMPTS:
        log.error("queue.job_gave_up", **facts)
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        return False
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:  # the same work waits already under its queueing lock
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)
        return False
    log.warning("queue.job_requeued", **facts)
    return True


async def prune_jobs(app: App) -> None:
    """Delete jobs that ended well more than 72 hours ago; failed ones stay until a person has seen them."""
    await app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)


def on_app_ready(app: App) -> None:
    """Register the housekeeping jobs; Django calls this once when the apps are loaded."""

    @app.periodic(cron=EVERY_FIVE_SECONDS)
    @app.task(name="queue.requeue_stalled", queue=QUEUE, queueing_lock="queue.requeue_stalled")
    async def _requeue(timestamp: int) -> None:
        await requeue_stalled(app)

    @app.periodic(cron=EVERY_FIVE_SECONDS)
    @app.task(name="clock.tick", queue="clock", queueing_lock="clock.tick")
    def _tick(timestamp: int) -> None:
        # Inline: these load the apps' tables, which are not ready while the queue is being wired.
        from yipanqi.config.ticking import tick
        from yipanqi.ops.journal.queries import now
        from yipanqi.ops.journal.services import correlated

        with correlated():
            tick(now=now)

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="queue.prune_jobs", queue=QUEUE, queueing_lock="queue.prune_jobs")
    async def _prune(timestamp: int) -> None:
        await prune_jobs(app)
