"""A real Chromium against a real centre: the demo without play, empty at first. Screenshots are kept when asked for."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from yipanqi.web.demo import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
SIZES = {"desk": (1366, 768), "phone": (390, 844), "wall": (1920, 1080)}


@dataclass(frozen=True)
class Site:
    """The centre's address and its partners' keys."""

    url: str
    keys: dict[str, str]
    demo: int
    folder: Path

    def cut(self) -> None:
        """Kill the web process as a crash would: every open stream breaks. The supervisor starts a new one."""
        for child in psutil.Process(self.demo).children():
            if child.cmdline()[-1:] == ["web"]:
                for each in [*child.children(recursive=True), child]:
                    each.kill()

    def bank(self, code: str, **acts: object) -> dict[str, list[dict[str, str]]]:
        """Play something at a simulated bank by its control door."""
        street = json.loads((self.folder / "simulators.json").read_text())
        answer = httpx.post(
            f"http://{street['address']}:{street['port']}/control",
            json={"institution": code, **acts},
            headers={"Authorization": f"Bearer {street['control_token']}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def later(self, by: timedelta | None) -> None:
        """Put the centre's clock ahead of the real one by so much, where it stands still; back to it with None."""
        at = "None" if by is None else f"now() + timedelta(seconds={by.total_seconds()})"
        act = (
            "import django; django.setup()\n"
            "from datetime import timedelta\n"
            "from yipanqi.ops.journal.clock import set_clock\n"
            "from yipanqi.ops.journal.queries import now\n"
            "from yipanqi.rehearsal.world import BUILDER\n"
            f"set_clock(virtual_at={at}, acting=BUILDER)\n"
        )
        environment = {k: v for k, v in os.environ.items() if k not in {"YIPANQI_KEYS", "DATABASE_URL"}}
        environment |= {"YIPANQI_DATA": str(self.folder), "YIPANQI_DEMO": "1"}
        environment |= {"DJANGO_SETTINGS_MODULE": "yipanqi.config.settings"}
        subprocess.run([sys.executable, "-c", act], env=environment, cwd=ROOT, check=True, timeout=60)

    def warn(self, **row: object) -> dict[str, str]:
        """Send one warning as the bank; its answer."""
        headers = {"Authorization": f"Bearer {self.keys['ccb']}"}
        retrying = httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=30)
        with retrying:
            answer = retrying.post(f"{self.url}/api/v1/warnings", json=row, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """`python -m yipanqi.rehearsal --no-play` on a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="yipanqi-browser-"))
    folder.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("YIPANQI_")}
    demo = subprocess.Popen(
        [sys.executable, "-m", "yipanqi.rehearsal", "--no-play", "--port", str(port)],
        env=environment | {"YIPANQI_DATA": str(folder)}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _await(demo, url, folder / "demo-partner-keys.json")
        yield Site(url, json.loads((folder / "demo-partner-keys.json").read_text()), demo.pid, folder)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _await(demo: subprocess.Popen[bytes], url: str, keys: Path) -> None:
    for _ in range(600):
        assert demo.poll() is None, demo.stderr and demo.stderr.read()
        try:
            if keys.exists() and httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the centre was not ready within 60 s")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(site: Site, browser: Browser) -> Iterator[SignIn]:
    """Opens a window of a size in a language, signed in as a demo officer; fails on any console error."""
    contexts, complaints = [], []

    def note(message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and "ERR_CONNECTION" not in message.text
            and "ERR_INTERNET_DISCONNECTED" not in message.text
            and "INCOMPLETE" not in message.text
        ):
            complaints.append(message.text)

    def enter(username: str, *, language: str = "zh-hans", size: str = "desk") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.goto(f"{site.url}/login")
        page.fill("[name=username]", username)
        page.fill("[name=password]", DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        context.request.post(
            f"{site.url}/language",
            form={"language": language, "csrfmiddlewaretoken": _cookie(page, "csrftoken")},
            headers={"Referer": site.url},
        )
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []


def _cookie(page: Page, name: str) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == name)


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Checks that a page fits its window and speaks in words, and saves its picture when pictures are asked for."""
    folder = os.environ.get("YIPANQI_SCREENSHOTS", "")

    def look(page: Page, name: str) -> None:
        wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"{name}: {wide[0]} px wide in a window of {wide[1]} px"
        text = page.inner_text("body")
        raw = [
            mark
            for mark in ("{{", "{%", "alert.", "work_order.", "not_found_yet", "undefined", "NaN")
            if mark in text
        ]
        assert raw == [], f"{name}: raw {raw}"
        if folder:
            (ROOT / folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(ROOT / folder / f"{name}.png"))

    return look
