"""A whole centre: it serves, brings back what dies, and leaves nothing behind however it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from yipanqi.config.environment import SettingError
from yipanqi.config.supervisor import Centre, CentreError, Child, check_port

pytestmark = pytest.mark.live


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yipanqi centre "))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.05)


def answers(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a dead one that waits to be reaped does not."""
    found = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            pass
    return found


def serving(data: Path, port: int) -> subprocess.Popen[str]:
    """A centre as a service manager starts it, once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "yipanqi.config", "serve"],
        env=os.environ | {"YIPANQI_DATA": str(data), "YIPANQI_PORT": str(port), "DATABASE_URL": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: answers(f"http://127.0.0.1:{port}/") or process.poll() is not None, 60)
    assert process.poll() is None, process.stderr and process.stderr.read()
    return process


def test_a_killed_child_comes_back_and_all_ends_with_the_centre(data: Path, port: int) -> None:
    (data / "static").mkdir()
    strangers = set(psutil.Process().children(recursive=True))
    centre = Centre(data, port, durable=False)
    with centre:
        (data / "static" / "probe.css").write_text("a{}")
        assert answers(f"{centre.url}/static/probe.css") == 200
        family = set(psutil.Process().children(recursive=True)) - strangers
        before = {name: centre.pid(name) for name in ("web", "worker", "sealer")}
        assert all(before.values())
        for pid in before.values():
            os.kill(pid or 0, signal.SIGKILL)
        until(lambda: all(centre.pid(name) not in {None, old} for name, old in before.items()))
        until(lambda: answers(f"{centre.url}/static/probe.css") == 200)
        family |= set(psutil.Process().children(recursive=True)) - strangers
    assert alive(family) == []
    centre.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_quietly(data: Path, port: int, number: int) -> None:
    process = serving(data, port)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 4
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert alive(family) == []
    assert "Traceback" not in said and "KeyboardInterrupt" not in said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_nothing_outlives_a_killed_supervisor(data: Path, port: int) -> None:
    process = serving(data, port)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=30)
    until(lambda: not alive(family))
    again = Centre(data, port, children=("web",), durable=False)
    with again:
        assert answers(f"{again.url}/") is not None


def test_a_second_centre_on_the_folder_is_refused(data: Path, port: int) -> None:
    with (
        Centre(data, port, children=("web",), durable=False),
        pytest.raises(SettingError, match="another centre"),
    ):
        Centre(data, port, children=()).start()


def test_a_taken_port_is_named_with_the_way_out(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"port {port} .*YIPANQI_PORT") as caught:
            check_port("127.0.0.1", port)
        assert "\n" not in str(caught.value)
        with pytest.raises(SettingError, match=f"port {port}"):
            Centre(data, port).start()


def test_a_command_that_fails_is_told_by_its_last_line(data: Path, port: int) -> None:
    centre = Centre(data, port, children=(), settings={"DATABASE_URL": "mysql://u@h/d"})
    with pytest.raises(CentreError, match="only PostgreSQL is supported"):
        centre.prepare()


def test_a_child_that_dies_at_once_is_started_ever_more_slowly(data: Path) -> None:
    child = Child("no-such-command", dict(os.environ), data / "child.log")
    moments = []
    limit = time.monotonic() + 20
    while len(moments) < 3 and time.monotonic() < limit:
        before = child._process
        child.tend()
        if child._process is not None and child._process is not before:
            moments.append(time.monotonic())
        time.sleep(0.01)
    assert moments[2] - moments[1] > moments[1] - moments[0]
    assert "usage:" in child.last_words()
