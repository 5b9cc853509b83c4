"""The embedded PostgreSQL: what it lets in, what it survives, what it refuses."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from yipanqi.config.embedded import MAJOR, EmbeddedError, EmbeddedPostgres


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder with a space in its name that the database's own user can reach when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="yipanqi data "))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_it_starts_keeps_its_rows_and_stops(data: Path) -> None:
    server = EmbeddedPostgres(data)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    assert server.is_running()
    server.stop()
    server.stop()
    assert not server.is_running()
    with server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_it_is_durable_silent_on_the_network_and_without_trust(data: Path) -> None:
    with EmbeddedPostgres(data) as server, psycopg.connect(server.url) as connection:

        def show(name: str) -> str:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row is not None
            return str(row[0])

        assert [show(name) for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3
        assert show("listen_addresses") == ""
        assert show("unix_socket_permissions") == "0700"
        assert show("server_version_num")[:2] == str(MAJOR)
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == (False,)
        assert "trust" not in (server.cluster / "pg_hba.conf").read_text()
        assert server.cluster.stat().st_mode & 0o777 == 0o700
        with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer"):
            psycopg.connect(server.url.replace("yipanqi@", "stranger@"))


def test_a_killed_server_starts_again_with_what_was_committed(data: Path) -> None:
    first = EmbeddedPostgres(data)
    with psycopg.connect(first.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        assert first._process is not None
        os.kill(first._process.pid, signal.SIGKILL)
        first._process.wait(10)
    with EmbeddedPostgres(data) as second, psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_it_ends_when_its_parent_is_killed(data: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from yipanqi.config.embedded import EmbeddedPostgres\n"
        "s = EmbeddedPostgres(Path(sys.argv[1])); s.start(); print(s._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    server = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    limit = time.monotonic() + 15
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < limit:
        time.sleep(0.05)
    assert not (data / "postgres" / "postmaster.pid").exists(), "it shut down cleanly"


def test_a_cluster_of_another_major_version_is_refused_in_one_line(data: Path) -> None:
    (data / "VERSION").write_text("1\n")
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 16.*YIPANQI_DATA") as caught:
        EmbeddedPostgres(data).start()
    assert "\n" not in str(caught.value)


def test_a_long_path_gets_a_short_private_socket_folder(data: Path) -> None:
    deep = data / ("long" * 25)
    with EmbeddedPostgres(deep) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        folder = server._socket_folder()
        assert folder != server.cluster and folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_as_root_a_closed_folder_above_the_data_is_named(data: Path) -> None:
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="closed to the database's own user"):
        EmbeddedPostgres(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700, "no folder above the data is opened"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_as_root_programs_out_of_reach_are_copied(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yipanqi.config.embedded._reachable", lambda program: False)
    with EmbeddedPostgres(data) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server._home is not None and server._home.is_relative_to(data / f"programs-{MAJOR}")
