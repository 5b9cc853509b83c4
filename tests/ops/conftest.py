"""A centre under a virtual clock, for the apps that need warnings in it, and threads that all start at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from yipanqi.rehearsal.world import World


@pytest.fixture
def world(db: None) -> World:
    """A loaded world in the test's database; with `transaction=True` what it does is committed."""
    return World().load()


def _in_threads(work: list[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)
    errors: list[BaseException] = []

    def run(no: int) -> None:
        try:
            barrier.wait(10)
            results[no] = work[no]()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[no]) for no in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors
    return results


@pytest.fixture
def in_threads() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Run each callable in a thread and connection of its own, all at once; results in order, errors fail the test."""
    return _in_threads
