"""The demo as its visitor meets it: up, played, logins that work, kept on a second start, gone without a trace."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest

from yipanqi.rehearsal.staging import KEYS_FILE
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

pytestmark = pytest.mark.live
READY_SECONDS = 150  # two cores may be shared with other work


class Demo:
    """One `python -m yipanqi.rehearsal` on a folder of its own."""

    def __init__(self, data: Path, port: int, *options: str) -> None:
        self.data, self.url = data, f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yipanqi.rehearsal", "--port", str(port), *options],
            env=os.environ | {"YIPANQI_DATA": str(data), "YIPANQI_KEYS": str(data / "keys.json")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""

    def await_welcome(self) -> float:
        """Seconds from here until the address and logins are printed."""
        began = time.monotonic()
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                return time.monotonic() - began
        raise AssertionError(f"it ended: {self.said} {self.process.communicate()[1]}")

    def family(self) -> list[psutil.Process]:
        """All processes it started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int = signal.SIGINT) -> tuple[float, str]:
        """Tell it to end; seconds that took and what it said on stderr."""
        family, began = self.family(), time.monotonic()
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=40)
        took = time.monotonic() - began
        left = [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        assert left == [] and self.process.returncode == 0, said
        return took, said

    def visitor(self, username: str) -> httpx.Client:
        """A browser signed in as this officer."""
        client = httpx.Client(base_url=self.url, trust_env=False, timeout=20)
        client.get("/login").raise_for_status()
        form = {"username": username, "password": DEMO_PASSWORD}
        answer = client.post("/login", data=form, headers={"X-CSRFToken": client.cookies["csrftoken"]})
        assert answer.status_code == 302, (username, answer.status_code)
        return client

    def database_url(self) -> str:
        """The address of its embedded database."""
        return f"postgresql://yipanqi@/yipanqi?host={quote(str(self.data / 'postgres'), safe='')}"


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yipanqi-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def demo(data: Path, port: int) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        started.append(Demo(data, port, *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate(timeout=20)


def until(true: Callable[[], object], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.1)


def feed_no(demo: Demo) -> int:
    return int(httpx.get(f"{demo.url}/health/ready", trust_env=False).json()["feed_no"])


def test_from_an_empty_folder_to_the_second_start(demo: Callable[..., Demo], port: int, data: Path) -> None:
    first = demo("--quick")
    assert first.await_welcome() < READY_SECONDS
    assert first.url in first.said and all(name in first.said for name in DEMO_OFFICERS)
    for username in DEMO_OFFICERS:
        client = first.visitor(username)
        assert client.get("/", follow_redirects=True).status_code == 200
    state = first.visitor("commander").get("/wall/state").json()
    assert state["figures"]["warnings"] >= 1 and state["figures"]["waiting"] >= 20
    assert state["directives"]["total"] >= 5 and state["directives"]["items"][0]["unit"]
    with psycopg.connect(first.database_url()) as reader:
        levels = reader.execute("SELECT DISTINCT level FROM workorders_workorder WHERE status = 'waiting'")
        assert {level for (level,) in levels} == {"high", "mid", "low"}
        mode = reader.execute("SELECT mode FROM journal_clockrow").fetchone()
        assert mode == ("real",)
    moving = feed_no(first)
    until(lambda: feed_no(first) > moving + 10, 60)
    verified = subprocess.run(
        [sys.executable, "-m", "yipanqi.cli.main", "journal", "verify"],
        env=os.environ | {"DATABASE_URL": first.database_url(), "YIPANQI_DATA": str(data)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr
    taken = subprocess.run(
        [sys.executable, "-m", "yipanqi.rehearsal", "--port", str(port)],
        env=os.environ | {"YIPANQI_DATA": str(data / "other")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert taken.returncode == 2
    assert re.fullmatch(rf"(starting .*\n)?yipanqi: port {port} .*\n", taken.stderr), taken.stderr
    before = feed_no(first)
    took, said = first.end(signal.SIGINT)
    assert took < 10 and "Traceback" not in said
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    second = demo("--quick")
    assert second.await_welcome() < READY_SECONDS
    assert feed_no(second) >= before and "Earlier data kept" in second.said
    took, said = second.end(signal.SIGTERM)
    assert took < 10 and "Traceback" not in said


def test_told_to_end_in_the_middle_of_the_history(demo: Callable[..., Demo]) -> None:
    whole = demo()
    assert whole.process.stderr
    while "%" not in (line := whole.process.stderr.readline()) and "/" not in line:
        assert line
    took, said = whole.end(signal.SIGINT)
    assert took < 12 and "Traceback" not in said


def test_a_worker_killed_at_work_loses_no_job(demo: Callable[..., Demo], data: Path) -> None:
    centre = demo("--no-play")
    centre.await_welcome()
    worker = next(each for each in centre.family() if each.cmdline()[-1] == "worker")
    worker.suspend()
    key = json.loads((data / KEYS_FILE).read_text())["ccb"]
    row = {"external_id": "kill-1", "occurred_at": "2026-03-02T10:00:00+08:00", "person_phone": "14000000001"}
    answer = httpx.post(
        f"{centre.url}/api/v1/warnings", json=row, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    )
    assert answer.status_code == 202
    look = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'analytics.triage'"
    with psycopg.connect(centre.database_url(), autocommit=True) as reader:
        with psycopg.connect(centre.database_url()) as holder:
            holder.execute("LOCK TABLE workorders_workorder IN ACCESS EXCLUSIVE MODE")
            worker.resume()
            until(lambda: reader.execute(look).fetchall() == [("doing",)], 20)
            worker.kill()
            holder.rollback()
        assert reader.execute(look).fetchall() == [("doing",)]
        until(lambda: reader.execute(look).fetchall() == [("succeeded",)], 150)
        calls = reader.execute(
            "SELECT count(*) FROM workorders_workorder WHERE status = 'waiting'"
        ).fetchone()
        assert calls == (1,)
    centre.end()
