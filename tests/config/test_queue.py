"""The queue in a worker: a job whose worker was killed comes back, and what a job defers is part of its transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate import App
from procrastinate.contrib.django import app

from yipanqi.config.queue import MOST_ATTEMPTS, requeue_stalled, worker_connector

pytestmark = pytest.mark.django_db(transaction=True)


def inside(act: Callable[[App], Awaitable[int]]) -> int:
    """Run `act` as a worker process would, on the test database."""

    async def run() -> int:
        async with app.open_async():
            return await act(app)

    with app.replace_connector(worker_connector()):
        return asyncio.run(run())


def alone(act: Callable[[], Any]) -> Any:
    """Act in a thread of its own, which leaves no connection behind."""
    try:
        return act()
    finally:
        connection.close()


def running_job(*, last_heartbeat: str, attempts: int = 1, queueing_lock: str | None = None) -> int:
    """A job in `doing`, taken by a worker whose last sign of life was so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id",
            [last_heartbeat],
        )
        worker = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args, status, attempts,"
            " worker_id) VALUES ('default', 'partner.notify', 0, %s, '{}', 'doing', %s, %s) RETURNING id",
            [queueing_lock, attempts, worker],
        )
        return int(cursor.fetchone()[0])


def status(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job])
        return str(cursor.fetchone()[0])


def test_a_job_of_a_silent_worker_is_put_back() -> None:
    job = running_job(last_heartbeat="45 seconds")
    assert inside(requeue_stalled) == 1
    assert status(job) == "todo"
    assert inside(requeue_stalled) == 0


def test_a_job_of_a_living_worker_is_left_alone() -> None:
    job = running_job(last_heartbeat="5 seconds")
    assert inside(requeue_stalled) == 0
    assert status(job) == "doing"


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    job = running_job(last_heartbeat="45 seconds", attempts=MOST_ATTEMPTS)
    assert inside(requeue_stalled) == 0
    assert status(job) == "failed"


def test_a_job_that_waits_again_already_is_not_put_back_twice() -> None:
    stalled = running_job(last_heartbeat="45 seconds", queueing_lock="one")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args, status)"
            " VALUES ('default', 'partner.notify', 0, 'one', '{}', 'todo')"
        )
    other = running_job(last_heartbeat="45 seconds")
    assert inside(requeue_stalled) == 1
    assert (status(stalled), status(other)) == ("aborted", "todo")


def test_what_a_job_defers_is_there_with_what_it_wrote_or_not_at_all() -> None:
    def waiting() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'partner.tell'")
            return int(cursor.fetchone()[0])

    def elsewhere() -> int:
        with ThreadPoolExecutor(1) as other:
            return int(other.submit(alone, waiting).result())

    def job() -> list[int]:
        task = app.configure_task("partner.tell")
        with suppress(ZeroDivisionError), transaction.atomic():
            task.defer()
            raise ZeroDivisionError
        undone = waiting()
        with transaction.atomic():
            task.defer()
            before = elsewhere()
        return [undone, before, elsewhere()]

    async def run(_: App) -> int:
        seen.extend(await asyncio.to_thread(alone, job))
        return 0

    seen: list[int] = []
    inside(run)
    assert seen == [0, 0, 1]


def test_the_housekeeping_jobs_are_registered() -> None:
    names = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    assert {"queue.requeue_stalled", "queue.prune_jobs"} <= names
