"""A centre to measure: its processes on a temporary folder, a partner key, and officers with sessions."""

import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from yipanqi import catalog
from yipanqi.config.supervisor import CHILDREN, Centre

BANKS = tuple(catalog.banks())[:20]
PASSWORD = "bench-marking-2026"
OFFICERS = {
    "bench-operator": ("operator",),
    "bench-duty": ("duty_officer",),
    "bench-commander": ("commander",),
}


@dataclass
class Bench:
    """What a measurement needs: the address, a partner's key, and a way to sign in."""

    url: str
    key: str
    centre: Centre
    street: Any

    def partner(self) -> httpx.Client:
        """A client with the partner's key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=120)

    def officer(self, username: str) -> httpx.Client:
        """A signed-in client; its CSRF token goes along with every post."""
        with httpx.Client(base_url=self.url, timeout=60) as visitor:
            visitor.get("/login")
            token = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}
            answer = visitor.post("/login", data={"username": username, "password": PASSWORD, **token})
            assert answer.status_code == 302, answer.text[:300]
            cookies = dict(visitor.cookies)
        headers = {"Referer": self.url, "HX-Request": "true", "X-CSRFToken": cookies["csrftoken"]}
        return httpx.Client(base_url=self.url, timeout=60, headers=headers, cookies=cookies)

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    def drained(self) -> float:
        """Wait until triage has emptied its queue; seconds waited."""
        from procrastinate.contrib.django.models import ProcrastinateJob  # inline: Django is ready by now

        started = time.perf_counter()
        while ProcrastinateJob.objects.filter(status__in=["todo", "doing"], queue_name="triage").exists():
            time.sleep(0.2)
        return time.perf_counter() - started


@contextlib.contextmanager
def running() -> Iterator[Bench]:
    """A whole centre: embedded PostgreSQL (durable), one web process, one worker, one sealer."""
    folder = Path(tempfile.mkdtemp(prefix="yipanqi-bench-"))
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"YIPANQI_SIMULATORS": str(folder / "simulators.json")}
    centre = Centre(folder, port, children=(*CHILDREN, "simulators"), settings=settings)
    try:
        centre.prepare()
        key = _stage(folder, centre)
        street = _open_street(folder, centre)
        centre.start()
        street.wait()
        yield Bench(centre.url, key, centre, street)
    finally:
        centre.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _open_street(folder: Path, centre: Centre) -> Any:
    """Twenty simulated banks, connected to the centre."""
    from yipanqi.ops.journal.queries import now
    from yipanqi.ops.journal.services import SYSTEM
    from yipanqi.ops.partners.services import register_partner
    from yipanqi.rehearsal.street import Street

    for code in BANKS:
        register_partner(
            code=code, name_zh=code, name_en=code, source="bank", scope_code="350000",
            rate_per_minute=10_000, acting=SYSTEM, now=now(),
        )  # fmt: skip
    street = Street(folder, centre.url, banks=BANKS)
    street.connect(now=now())
    return street


def _stage(folder: Path, centre: Centre) -> str:
    os.environ |= {
        "YIPANQI_DATA": str(folder),
        "DATABASE_URL": centre.database_url,
        "DJANGO_SETTINGS_MODULE": "yipanqi.config.settings",
    }
    import django  # inline: settings read the environment set above

    django.setup()
    from yipanqi.ops.journal.queries import now
    from yipanqi.ops.journal.services import SYSTEM
    from yipanqi.ops.jurisdictions.services import load_jurisdictions
    from yipanqi.ops.partners.services import issue_key, register_partner
    from yipanqi.ops.staff.services import create_officer

    load_jurisdictions()
    for username, roles in OFFICERS.items():
        create_officer(
            username=username, password=PASSWORD, name=username, unit_code="350000", group="squad",
            roles=roles, acting=SYSTEM, now=now(),
        )  # fmt: skip
    register_partner(
        code="bench", name_zh="测量", name_en="Bench", source="bank", scope_code="350000",
        rate_per_minute=10_000_000, acting=SYSTEM, now=now(),
    )  # fmt: skip
    return issue_key(partner_code="bench", acts=["warnings.write", "reports.write"], acting=SYSTEM, now=now())
