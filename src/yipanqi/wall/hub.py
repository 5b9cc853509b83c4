"""One `LISTEN` per process, one folded state per scope, any number of viewers.

A viewer waits on the scope's condition and gets the newest state, at most four times a second. The listener
survives a restarted database: on return every state is counted anew. Rendering and gates are in `views`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.db import connection

from yipanqi.ops.indicators.folding import WallState, day_of, fold
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal import queries as journal
from yipanqi.ops.journal.sealing import CHANNEL

BEAT = timedelta(seconds=1)
PAUSE_SECONDS = 0.25
PAGE = 1000
log = structlog.get_logger(__name__)


class Hub:
    """The process's listener and its states. Made on first use, inside the running event loop."""

    def __init__(self) -> None:
        self._states: dict[str, WallState] = {}
        self._viewers: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def watch(self, scope_code: str) -> AsyncIterator[WallState | None]:
        """States of a scope: the present one at once, then each newer one; None each second when nothing changed."""
        self._viewers[scope_code] = self._viewers.get(scope_code, 0) + 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            if scope_code not in self._states:
                self._states[scope_code] = await _fresh(scope_code)
            sent = (-1, None)
            while True:
                state = self._states[scope_code]
                mark = (state.feed_no, state.day)
                if mark != sent:
                    sent = mark
                    yield state.copy()
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wait(), BEAT.total_seconds())
                    continue
                yield None
        finally:
            self._viewers[scope_code] -= 1
            if not self._viewers[scope_code]:
                del self._viewers[scope_code]
                self._states.pop(scope_code, None)

    async def _wait(self) -> None:
        async with self._changed:
            await self._changed.wait()

    async def _listen(self) -> None:
        while self._viewers:
            try:
                await self._follow()
            except (psycopg.Error, OSError) as error:
                log.warning("wall.listener_lost", error=type(error).__name__)
                await asyncio.sleep(1)
        self._task = None

    async def _follow(self) -> None:
        async with await _connect() as listener:
            await listener.execute(f"LISTEN {CHANNEL}")
            for scope_code in list(self._viewers):
                self._states[scope_code] = await _fresh(scope_code)
            while self._viewers:
                async for _ in listener.notifies(timeout=BEAT.total_seconds(), stop_after=1):
                    pass
                await self._advance()

    async def _advance(self) -> None:
        moved = False
        now = await sync_to_async(journal.now)()
        for scope_code, state in list(self._states.items()):
            if state.day < day_of(now):
                self._states[scope_code] = await _fresh(scope_code)
                moved = True
                continue
            while items := await sync_to_async(journal.list_feed)(after=state.feed_no, limit=PAGE):
                fold(state, items)
                moved = True
        if moved:
            async with self._changed:
                self._changed.notify_all()


async def _fresh(scope_code: str) -> WallState:
    return await sync_to_async(_snapshot)(scope_code)


def _snapshot(scope_code: str) -> WallState:
    return wall_snapshot(scope_code, now=journal.now())


async def _connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    settings = connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return await psycopg.AsyncConnection.connect(
        autocommit=True, **{name: value for name, value in parts.items() if value}
    )


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub())
