"""The demo from start to end: a whole centre, a stage, a history on the first start, then live play until told to
stop.

It runs on an embedded database of its own whatever `DATABASE_URL` says, so that a real centre's is never touched.
"""

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from yipanqi.config.supervisor import CHILDREN, Centre
from yipanqi.kernel.clock import RealClock

WEB_WORKERS = 2
BAR_CHARACTERS = 24


@dataclass(frozen=True)
class Options:
    """What may be chosen: where data lie, port, seed, whether anything is played, a short history, the interface."""

    data: Path
    port: int
    seed: int
    play: bool = True
    quick: bool = False
    host: str = "127.0.0.1"


def run(options: Options) -> None:
    """Run the demo until SIGINT or SIGTERM. Raises SettingError when it cannot start; nothing is left running."""
    told_to_end = _end_on_signals()
    began = time.monotonic()
    settings = {
        "YIPANQI_DEMO": "1",
        "DATABASE_URL": "",
        "YIPANQI_SIMULATORS": str(options.data.resolve() / "simulators.json"),
    }
    centre = Centre(
        options.data,
        options.port,
        host=options.host,
        children=(*CHILDREN, "simulators"),
        web_workers=WEB_WORKERS,
        settings=settings,
    )
    try:
        _say("starting the centre 正在启动…")
        centre.prepare()
        _load_django(centre)
        # Inline: it needs Django ready, which needs the database's address.
        from yipanqi.rehearsal.show import Show

        show = Show(options.seed, centre.url, options.data, RealClock().now())
        centre.start()
        try:
            if options.play:
                show.play_history(quick=options.quick, told=_Bar())
            print(show.welcome(time.monotonic() - began), flush=True)
            if options.play:
                show.start_live()
            centre.wait()
        finally:
            show.close()
    except KeyboardInterrupt:
        pass
    except Exception:
        if not told_to_end.is_set():  # else: a statement that Ctrl-C cut in two
            raise
    finally:
        centre.stop()
        _say("")


def _end_on_signals() -> threading.Event:
    """From now on SIGINT and SIGTERM raise `KeyboardInterrupt` and set the event; a shell may have had them
    ignored.
    """
    told = threading.Event()

    def end(number: int, frame: object) -> None:
        told.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return told


def _load_django(centre: Centre) -> None:
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "YIPANQI_DATA", "YIPANQI_DEMO"):
        os.environ[name] = centre.environment[name]
    import django

    django.setup()


class _Bar:
    """Progress of the history on stderr: one line that changes on a terminal, a few lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0

    def __call__(self, done: int, total: int, at: datetime) -> None:
        ratio = done / max(1, total)
        filled = round(ratio * BAR_CHARACTERS)
        bar = "█" * filled + "░" * (BAR_CHARACTERS - filled)
        line = f"playing the province 正在推演  {bar} {done}/{total}  {at.astimezone():%m-%d %H:%M}"
        if self._live:
            print(f"\r{line}\033[K", end="\n" if done == total else "", file=sys.stderr, flush=True)
        elif ratio * 4 >= self._next:
            self._next = int(ratio * 4) + 1
            print(line, file=sys.stderr, flush=True)


def _say(line: str) -> None:
    if line or sys.stderr.isatty():
        print(line, file=sys.stderr, flush=True)
