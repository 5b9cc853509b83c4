"""The clock of the tracing benchmark: best and median of several runs, with a limit, and tables in Markdown.

Leaves what is run to its callers.
"""

import gc
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

LIMIT_SECONDS: Final = 120.0
RUNS: Final = 7
_SPEND_SECONDS = 20.0  # after that no further run of a cell, and none at all if the first took longer


class TooLong(Exception):
    """A call did not end within its limit."""


@dataclass(frozen=True)
class Cell:
    """What a call took, in milliseconds; `note` instead when it gave no answer."""

    best_ms: float = 0.0
    median_ms: float = 0.0
    runs: int = 0
    note: str = ""

    def shown(self) -> str:
        """As a table says it: best / median; one run is one figure."""
        if self.note:
            return self.note
        if self.runs == 1:
            return f"{figure(self.best_ms)} (1 run)"
        return f"{figure(self.best_ms)} / {figure(self.median_ms)}"


def measure(
    call: Callable[[], Any],
    *,
    runs: int = RUNS,
    limit: float = LIMIT_SECONDS,
    interrupt: Callable[[], None] | None = None,
) -> tuple[Cell, Any]:
    """(times, answer of the first run). `interrupt` stops a call that Python's signals do not reach."""
    times: list[float] = []
    answer = None
    while not times or (len(times) < runs and sum(times) < _SPEND_SECONDS):
        gc.disable()
        try:
            with _limited(limit, interrupt):
                started = time.perf_counter()
                found = call()
                times.append(time.perf_counter() - started)
        except TooLong:
            return Cell(note=f"> {limit:.0f} s"), None
        finally:
            gc.enable()
        answer = found if len(times) == 1 else answer
    return Cell(min(times) * 1e3, statistics.median(times) * 1e3, len(times)), answer


@contextmanager
def _limited(limit: float, interrupt: Callable[[], None] | None) -> Iterator[None]:
    if interrupt is None:

        def ring(number: int, frame: object) -> None:
            raise TooLong

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        interrupt()

    timer = threading.Timer(limit, stop)
    timer.start()
    try:
        yield
    except Exception as error:
        if stopped.is_set():
            raise TooLong from error
        raise
    finally:
        timer.cancel()


def figure(value: float) -> str:
    """Three figures that matter, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the columns are padded so that it reads as plain text too."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, *rows)
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
