"""The chase in a real worker: from a bank's call to the suggested stop on the funds desk, and the notice that tells
of it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.analytics.conftest import MULE, SECOND, VICTIM, Bank
from yipanqi.analytics.models import StopSuggestion, TraceRun
from yipanqi.analytics.pushing import Listener
from yipanqi.analytics.queries import list_suggestions
from yipanqi.rehearsal.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
PATIENCE = 60.0  # seconds; what is measured is printed


def database_url() -> str:
    """The address of the test's own database."""
    parts = connection.settings_dict
    login = quote(parts["USER"]) + (f":{quote(parts['PASSWORD'])}" if parts["PASSWORD"] else "")
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    host = parts["HOST"]
    if host.startswith("/"):
        return f"postgresql://{login}@{port}/{parts['NAME']}?host={quote(host, safe='/')}"
    return f"postgresql://{login}@{host}{port}/{parts['NAME']}"


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[None]:
    """A worker process on the test's database and ledger folder."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "YIPANQI_LEDGER": str(settings.LEDGER_DIR),
        "YIPANQI_VIRTUAL_CLOCK": "1",
    }
    log = (tmp_path / "worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "yipanqi.config", "worker"], env=environment, stdout=log, stderr=log
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def until(found: Callable[[], Any]) -> Any:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if result := found():
            return result
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_a_second_after_a_transfer_its_stop_is_suggested(
    world: World, bank: Bank, worker: None, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    world.bank("ccb")
    officer, key = world.officer(roles=["funds_officer"]), world.partner("icbc")
    bank.post(bank.row(VICTIM, MULE, "50000.00"))
    world.case(payer_account=VICTIM, payer_bank="ccb")
    until(lambda: list_suggestions(officer))

    heard, listener = threading.Event(), Listener()
    news = listener.watch()
    next(news)

    def listen() -> None:
        for changed in news:
            if changed and StopSuggestion.objects.for_system("look").filter(level__gt=1).exists():
                heard.set()
                connection.close()
                return

    thread = threading.Thread(target=listen)
    thread.start()
    took, previous = [], MULE
    for step in range(8):
        payee = f"62220216020{step:08d}"
        row = bank.row(previous, payee, "49000.00", after=10 + step)
        began = time.monotonic()
        answer = client.post(
            "/api/v1/transfers",
            json.dumps({"rows": [row]}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 202
        until(lambda level=step + 2: [s for s in list_suggestions(officer) if s.level == level])
        took.append(time.monotonic() - began)
        previous = payee
    thread.join(PATIENCE)
    assert heard.is_set()
    with capsys.disabled():
        print(f"\ntransfer in → stop suggested: {', '.join(f'{each * 1000:.0f}' for each in took)} ms")
    assert min(took) < 5.0


def test_a_trace_is_made_by_the_worker(world: World, bank: Bank, worker: None) -> None:
    bank.post(bank.row(VICTIM, MULE, "50000.00"), bank.row(MULE, SECOND, "49000.00", after=5))
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    runs = TraceRun.objects.for_system("the test looks").filter(case=case)
    done = until(lambda: runs.filter(status="done").first())
    assert done.rows == 2 and done.result and done.asked_by is None
