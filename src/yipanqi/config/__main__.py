"""`python -m yipanqi.config COMMAND...`: the processes of a centre, one command each, or all of them by `serve`.

`serve` runs a whole centre and is what a service manager starts; `web`, `worker` and `sealer` run one process in the
foreground for deployments that spread them over machines; `migrate` and `collectstatic` prepare and end. What the
processes say goes to stderr as JSON lines.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from yipanqi.config.embedded import die_with_parent
from yipanqi.config.environment import SettingError
from yipanqi.config.folders import data_folder
from yipanqi.kernel.errors import YipanqiError

STATIC_SECONDS = 600
WORKER_GRACE_SECONDS = 5
ORPHAN_GRACE_SECONDS = 10


def follow_parent() -> None:
    """End with the supervisor that started this process, however it ends.

    Linux tells at once by SIGTERM; a thread looks too, tells it elsewhere, and after ten seconds ends the whole
    group.
    """
    parent = int(os.environ.pop("YIPANQI_PARENT", "0"))
    if not parent:
        return
    die_with_parent(signal.SIGTERM)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_GRACE_SECONDS)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def number(name: str, default: int) -> int:
    """A whole number from the environment; raises `SettingError` naming the variable."""
    text = os.environ.get(name, "").strip()
    try:
        return int(text) if text else default
    except ValueError as error:
        raise SettingError(f"{name}: {text!r} is not a whole number") from error


def ready_django() -> None:
    """Load Django with this project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yipanqi.config.settings")
    import django  # inline: `serve` itself runs without it

    django.setup()


def web() -> None:
    """Serve HTTP with granian, static files included, until told to stop."""
    ready_django()
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces

    from yipanqi.config.logging import GRANIAN

    static = Path(settings.STATIC_ROOT)
    static.mkdir(parents=True, exist_ok=True)
    Granian(
        "yipanqi.config.wsgi:application",
        address=os.environ.get("YIPANQI_BIND", "127.0.0.1"),
        port=number("YIPANQI_PORT", 8000),
        interface=Interfaces.WSGI,
        blocking_threads=number("YIPANQI_THREADS", 128),  # each open wall or list of events holds one
        workers=number("YIPANQI_WORKERS", 1),
        workers_kill_timeout=3,
        respawn_failed_workers=True,
        log_dictconfig=GRANIAN,
        log_access=False,
        static_path_route=["/static"],
        static_path_mount=[static.resolve()],
        static_path_expires=STATIC_SECONDS,
    ).serve()


def worker() -> None:
    """Run jobs of every queue until told to stop; jobs that ended well are kept for the housekeeping to prune."""
    ready_django()
    from procrastinate.contrib.django import app

    from yipanqi.analytics.services import warm_up
    from yipanqi.config.queue import HEARTBEAT_SECONDS, STALLED_SECONDS, worker_connector

    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                name=f"worker-{os.getpid()}",
                concurrency=number("YIPANQI_JOBS", 10),
                wait=True,
                listen_notify=True,
                fetch_job_polling_interval=2.0,
                delete_jobs="never",
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=WORKER_GRACE_SECONDS,
            )

    with app.replace_connector(worker_connector()):
        asyncio.run(work())


def sealer() -> None:
    """Number, chain and announce journal entries until told to stop."""
    ready_django()
    from yipanqi.ops.journal.sealing import run_sealer

    told = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: told.set())
    run_sealer(stop=told.is_set)


def simulators() -> None:
    """Serve the simulated banks and telecoms of the file that YIPANQI_SIMULATORS names; for rehearsals and drills."""
    from yipanqi.gateways.simulators.config import read_config
    from yipanqi.gateways.simulators.serving import serve as serve_simulators

    serve_simulators(read_config(Path(os.environ.get("YIPANQI_SIMULATORS", ""))))


def migrate() -> None:
    """Bring the database's tables and its tree of places up to this version."""
    ready_django()
    from django.core.management import call_command

    from yipanqi.ops.jurisdictions.services import load_jurisdictions

    call_command("migrate", interactive=False, verbosity=0)
    load_jurisdictions()


def collectstatic() -> None:
    """Gather the static files into the data folder."""
    ready_django()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def serve() -> None:
    """Run a whole centre until SIGINT or SIGTERM."""
    from yipanqi.config.supervisor import Centre, interrupt_on_sigterm

    interrupt_on_sigterm()
    centre = Centre(
        data_folder(Path.cwd()),
        number("YIPANQI_PORT", 8000),
        host=os.environ.get("YIPANQI_BIND", "127.0.0.1"),
        web_workers=number("YIPANQI_WORKERS", 1),
        quiet=False,
    )
    try:
        centre.start()
        centre.wait()
    finally:
        centre.stop()


COMMANDS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (serve, web, worker, sealer, simulators, migrate, collectstatic)
}


def main(arguments: list[str]) -> int:
    """Run the named commands in turn; 0 when all went well, 2 with one line on stderr when one could not."""
    if not arguments or any(name not in COMMANDS for name in arguments):
        print(f"usage: python -m yipanqi.config {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    follow_parent()
    try:
        for name in arguments:
            COMMANDS[name]()
    except YipanqiError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
