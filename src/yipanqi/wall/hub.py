"""One `LISTEN` per process, one folded state per scope, any number of viewers.

A thread follows the feed while anybody looks; viewers wait on its condition and get the newest state at most four
times a second. It survives a restarted database: on return every state is counted anew. Viewers hold no database
connection. Rendering and gates are in `views`.
"""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import structlog
from django.db import DatabaseError, connection

from yipanqi.kernel.days import day_of
from yipanqi.ops.indicators.folding import WallState, fold
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal import queries as journal
from yipanqi.ops.journal.sealing import CHANNEL

BEAT = timedelta(seconds=1)
PAUSE_SECONDS = 0.25
RETRY_SECONDS = 1.0
PAGE = 1000
log = structlog.get_logger(__name__)


class Hub:
    """The listener of a process and its states."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._states: dict[str, WallState] = {}
        self._viewers: dict[str, int] = {}
        self._thread: threading.Thread | None = None

    def watch(self, scope_code: str) -> Iterator[WallState | None]:
        """States of a scope: the present one as soon as it is counted, then each newer; None at each beat between."""
        self._enter(scope_code)
        try:
            sent = None
            while True:
                state = self._next(scope_code, sent)
                if state is None:
                    yield None
                    continue
                sent = (state.feed_no, state.day)
                yield state
                threading.Event().wait(PAUSE_SECONDS)
        finally:
            self._leave(scope_code)

    def _enter(self, scope_code: str) -> None:
        with self._changed:
            self._viewers[scope_code] = self._viewers.get(scope_code, 0) + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wall-hub", daemon=True)
                self._thread.start()

    def _leave(self, scope_code: str) -> None:
        with self._changed:
            self._viewers[scope_code] -= 1
            if not self._viewers[scope_code]:
                del self._viewers[scope_code]
                self._states.pop(scope_code, None)

    def _next(self, scope_code: str, sent: tuple[int, object] | None) -> WallState | None:
        def newer() -> bool:
            state = self._states.get(scope_code)
            return state is not None and (state.feed_no, state.day) != sent

        with self._changed:
            found = self._changed.wait_for(newer, BEAT.total_seconds())
            return self._states[scope_code].copy() if found else None

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except (psycopg.Error, DatabaseError, OSError) as error:
                log.warning("wall.listener_lost", error=type(error).__name__)
                threading.Event().wait(RETRY_SECONDS)
            finally:
                connection.close()
            with self._changed:
                if not self._viewers:
                    self._thread = None
                    return

    def _follow(self) -> None:
        """Follow the feed until nobody looks any more; raises when the database is lost."""
        with closing(_listener()) as listener:
            listener.execute(f"LISTEN {CHANNEL}")
            with self._changed:
                self._states.clear()
            while self._wanted():
                self._advance()
                for _ in listener.notifies(timeout=BEAT.total_seconds() / 2, stop_after=1):
                    pass

    def _wanted(self) -> list[str]:
        with self._changed:
            return list(self._viewers)

    def _advance(self) -> None:
        today = day_of(journal.now())
        for scope_code in self._wanted():
            state = self._states.get(scope_code)
            if state is None or state.day < today:
                moved = wall_snapshot(scope_code, now=journal.now())
            else:
                moved = state.copy()
                while items := journal.list_feed(after=moved.feed_no, limit=PAGE):
                    fold(moved, items)
            with self._changed:
                if scope_code in self._viewers:
                    self._states[scope_code] = moved
                    self._changed.notify_all()
        connection.close()


def _listener() -> psycopg.Connection[tuple[object, ...]]:
    settings = connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return psycopg.connect(autocommit=True, **{name: value for name, value in parts.items() if value})


hub = Hub()
