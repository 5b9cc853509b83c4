"""One centre as a family of processes: PostgreSQL when embedded, web, worker and sealer.

A `Centre` prepares its data, starts its children, restarts one that dies, and ends all it started, grandchildren
included, PostgreSQL last. It loads no Django itself. What a child does is `__main__`'s matter.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Self

from yipanqi.config.embedded import EmbeddedPostgres
from yipanqi.config.environment import SettingError
from yipanqi.config.folders import address_noted, claimed, open_folder

CHILDREN = ("web", "worker", "sealer")
ENDING = (signal.SIGINT, signal.SIGTERM)
READY_SECONDS = 60
STOP_SECONDS = 8
CALM_SECONDS = 60  # a child that lived so long starts its backoff anew
BACKOFF_SECONDS = (0.2, 1, 2, 5, 10, 30)
LOG_BYTES = 20 * 1024 * 1024


class CentreError(SettingError):
    """The centre could not be started; the message names the child and its last words."""

    code = "centre_not_started"


def check_port(host: str, port: int) -> None:
    """Raise `SettingError` naming the port when something else listens on it or it may not be used."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise SettingError(
                f"port {port} on {host} is taken or closed to us: "
                "stop what uses it, or set YIPANQI_PORT to another port"
            ) from error


def interrupt_on_sigterm() -> None:
    """From now on SIGTERM raises `KeyboardInterrupt` as Ctrl-C does. Call it before a `Centre` is started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class Child:
    """One process of the centre, leader of its own group so that its grandchildren end with it."""

    def __init__(self, name: str, environment: dict[str, str], log: Path | None) -> None:
        self.name = name
        self.environment = environment
        self.log = log
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it is alive."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process."""
        log = self.log.open("ab") if self.log else None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "yipanqi.config", self.name],
                env=self.environment | {"YIPANQI_PARENT": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            if log:
                log.close()
        self._started = time.monotonic()

    def tend(self) -> None:
        """Start it when it has never run; when it has died, end what it left behind and start it after a pause."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._not_before:
                self.start()
            return
        if self._process.poll() is None:
            return
        self._signal(signal.SIGKILL)
        self.deaths = 1 if now - self._started > CALM_SECONDS else self.deaths + 1
        self._process = None
        self._not_before = now + BACKOFF_SECONDS[min(self.deaths, len(BACKOFF_SECONDS)) - 1]

    def ask_to_stop(self) -> None:
        """Ask the process to end; it passes that on to its own children."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def stop(self, limit: float) -> None:
        """Wait for the end until `limit` (monotonic seconds), then end the whole group at once."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, limit - time.monotonic()))
        self._signal(signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2)

    def last_words(self) -> str:
        """The last line the process wrote, for an error message."""
        if self.log is None or not self.log.exists():
            return "see its output above"
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'it said nothing'} (all of it: {self.log})"

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


class Centre:
    """A whole centre on `data`, serving on `port`. Use it from the main thread.

    `DATABASE_URL` in the environment names the database; without it an embedded one runs in `data`. With `quiet` the
    children's logs go to `data/logs`, else to this process's stderr. `settings` adds variables for the children,
    such as `YIPANQI_DEMO`.
    """

    def __init__(
        self,
        data: Path,
        port: int = 8000,
        *,
        host: str = "127.0.0.1",
        children: Sequence[str] = CHILDREN,
        web_workers: int = 1,
        quiet: bool = True,
        durable: bool = True,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.data, self.host, self.port = data, host, port
        self.quiet, self.durable = quiet, durable
        self.environment = dict(os.environ) | (settings or {})
        self.environment.setdefault("DJANGO_SETTINGS_MODULE", "yipanqi.config.settings")
        self.environment |= {
            "YIPANQI_DATA": str(data),
            "YIPANQI_BIND": host,
            "YIPANQI_PORT": str(port),
            "YIPANQI_WORKERS": str(web_workers),
            "PYTHONUNBUFFERED": "1",
        }
        self._names = tuple(children)
        self._children: list[Child] = []
        self._held = ExitStack()
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self._prepared = False

    @property
    def url(self) -> str:
        """The address a browser opens, without a slash at its end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"

    @property
    def database_url(self) -> str:
        """The address of the database in use; after `prepare`."""
        return self.environment["DATABASE_URL"]

    def pid(self, name: str) -> int | None:
        """The process id of a child by its name while it is alive."""
        return next((child.pid for child in self._children if child.name == name), None)

    def prepare(self) -> None:
        """Claim the data folder and the port, start the database, migrate it and gather the static files.

        Raises `SettingError` or one of its kinds with one clear line; nothing is left running then.
        """
        self._stopping.clear()
        try:
            open_folder(self.data)
            self._held.enter_context(claimed(self.data))
            if "web" in self._names:
                check_port(self.host, self.port)
            if not self.environment.get("DATABASE_URL"):
                server = self._held.enter_context(EmbeddedPostgres(self.data, durable=self.durable))
                self.environment["DATABASE_URL"] = server.url
                self._held.enter_context(address_noted(self.data, server.url))
            self.run("migrate", "collectstatic")
            self._prepared = True
        except BaseException:
            self.stop()
            raise

    def run(self, *commands: str) -> None:
        """Run commands of `python -m yipanqi.config` to their end; raises `CentreError` with the last line said."""
        done = subprocess.run(
            [sys.executable, "-m", "yipanqi.config", *commands],
            check=False,
            env=self.environment | {"YIPANQI_PARENT": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise CentreError(
                f"{' and '.join(commands)} failed: {lines[-1] if lines else 'nothing was said'}"
            )

    def start(self) -> None:
        """Prepare unless that is done, start the children and return once the web answers.

        Raises like `prepare`, and `CentreError` when the web does not answer within 60 seconds.
        """
        if not self._prepared:
            self.prepare()
        try:
            self._children = [Child(name, self.environment, self._log(name)) for name in self._names]
            self._keeper = threading.Thread(target=self._keep, name="centre-keeper", daemon=True)
            self._keeper.start()
            if "web" in self._names:
                self._await_web()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Return after SIGINT or SIGTERM (Ctrl-C), leaving the handlers as they were. Call `stop` then."""
        told = threading.Event()

        def tell(number: int, frame: FrameType | None) -> None:
            told.set()

        before = {number: signal.signal(number, tell) for number in ENDING}
        try:
            while not told.wait(0.5):
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End all that was started, PostgreSQL last; a second Ctrl-C does not cut it short. Safe to repeat."""
        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING} if main else {}
        try:
            self._stopping.set()
            if self._keeper is not None:
                self._keeper.join(STOP_SECONDS + 10)
            self._held.close()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._keeper, self._prepared = None, False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _keep(self) -> None:
        """The keeper's thread: it starts every child and lives as long as they do (they end with it)."""
        while not self._stopping.is_set():
            for child in self._children:
                child.tend()
            self._stopping.wait(0.1)
        limit = time.monotonic() + STOP_SECONDS
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.stop(limit)

    def _await_web(self) -> None:
        web = next(child for child in self._children if child.name == "web")
        limit = time.monotonic() + READY_SECONDS
        while not _answers(f"{self.url}/"):
            if web.deaths >= 3 or time.monotonic() > limit:
                raise CentreError(f"the web did not start: {web.last_words()}")
            time.sleep(0.1)

    def _log(self, name: str) -> Path | None:
        if not self.quiet:
            return None
        folder = self.data / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        log = folder / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(folder / f"{name}.log.1")
        return log


def _answers(url: str) -> bool:
    """Whether anything answers HTTP there, whatever it says. Asks without a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
