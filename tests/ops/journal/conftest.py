"""A journal to write in: entries with harmless payloads, and transactions held open in a second thread."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from yipanqi.ops.journal.services import SYSTEM, Draft, write_entry

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def _draft(mark: str, payload: dict[str, object] | None = None) -> Draft:
    payload = {"person_id": mark} if payload is None else payload
    return Draft("person.unmasked", SYSTEM, "person", mark, NOW, payload=payload)


class OpenTransaction:
    """A transaction of its own thread: `begin` does a first step in it, `commit` a last one, and ends it."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []
        self._begun, self._go = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def begin(self, step: Callable[[], object]) -> None:
        self._steps = [step]
        self._thread.start()
        assert self._begun.wait(10)
        assert self.error is None, self.error

    def commit(self, step: Callable[[], object] = lambda: None) -> None:
        self._steps.append(step)
        self._go.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.error is None, self.error

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self._steps[0]()
                self._begun.set()
                assert self._go.wait(20)
                self._steps[1]()
        except BaseException as error:
            self.error = error
        finally:
            self._begun.set()
            connection.close()


@pytest.fixture
def open_transaction() -> Iterator[OpenTransaction]:
    held = OpenTransaction()
    yield held
    if held._thread.is_alive():
        held.commit()


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """Make a draft about `mark`; `payload` as given."""
    return _draft


@pytest.fixture
def written() -> Callable[[str], int]:
    """Write and commit one entry about `mark`; gives its id."""
    return lambda mark: write_entry(_draft(mark)).id
