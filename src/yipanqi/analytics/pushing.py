"""Telling viewers that suggested stops have changed: a notice in the database, one listener in each process that
asks.

A notice is sent with the transaction that changes something and names the place, nothing else; who looks reads the
rows through the gates again. Pages and their streams are the doors' matter.
"""

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import structlog
from django.db import DatabaseError, connection

CHANNEL = "yipanqi_chase"
BEAT_SECONDS = 1.0
RETRY_SECONDS = 1.0
log = structlog.get_logger(__name__)


def tell(place_code: str) -> None:
    """Let every listener know, once the caller's transaction is committed, that something changed at a place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, place_code])


class Listener:
    """Counts the notices of this process's one connection and wakes whoever waits for the next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._watching = 0
        self._thread: threading.Thread | None = None

    def watch(self) -> Iterator[bool]:
        """True at once and whenever something may have changed, False at each beat without news. Close it to leave."""
        with self._changed:
            self._watching += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="chase-listener", daemon=True)
                self._thread.start()
        seen = -1
        try:
            while True:
                with self._changed:
                    if self._count == seen:
                        self._changed.wait(BEAT_SECONDS)
                    news, seen = self._count != seen, self._count
                yield news
        finally:
            with self._changed:
                self._watching -= 1

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except (psycopg.Error, DatabaseError, OSError) as error:
                log.warning("chase.listener_lost", error=type(error).__name__)
                threading.Event().wait(RETRY_SECONDS)
            finally:
                connection.close()
            with self._changed:
                if not self._watching:
                    self._thread = None
                    return

    def _follow(self) -> None:
        with closing(_connect()) as listener:
            listener.execute(f"LISTEN {CHANNEL}")
            self._news()  # what was told before this moment was not heard
            while self._wanted():
                for _ in listener.notifies(timeout=BEAT_SECONDS, stop_after=1):
                    self._news()

    def _wanted(self) -> bool:
        with self._changed:
            return self._watching > 0

    def _news(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()


def _connect() -> psycopg.Connection[tuple[object, ...]]:
    settings = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parts = {name: settings[key] for name, key in names.items() if settings[key]}
    return psycopg.connect(autocommit=True, **parts)


listener = Listener()
