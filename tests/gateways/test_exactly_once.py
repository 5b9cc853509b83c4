"""An order is effective exactly once whatever fails: real processes, a real bank over HTTP, and a kill at every point.

The centre's web, worker and sealer run on the test's database; the bank is a simulator process with books of its own.
"""

import signal
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests.gateways.conftest import Live, until
from tests.ops.measures.conftest import ACCOUNT, OWN_CARD
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.models import Answer, Difference, Order, Reconciliation
from yipanqi.ops.measures.proposing import propose_extension
from yipanqi.ops.measures.reconciling import ask_reconciliation

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def test_a_stop_reaches_the_bank_and_its_answer_comes_back(live: Live) -> None:
    stop = live.propose()
    assert live.becomes(stop, "stopped").stopped_minor == 5_000_000
    live.sign(stop)
    assert [each["status"] for each in live.effective()] == ["in_effect"]
    assert live.street.control("ccb", move_out=[{"number": ACCOUNT}])["moved"][0]["cause"] == "stopped"
    propose_extension(
        stop_id=stop.id, version=live.seen(stop).version, ground="not_yet_verified",
        acting_officer=live.funds, now=live.now(),
    )  # fmt: skip
    until(lambda: live.seen(stop).periods == 2, 20)
    live.sign(stop)
    ask_reconciliation(acting_officer=live.funds, now=live.now())
    until(lambda: Reconciliation.objects.count() >= 1, 20)
    assert Difference.objects.count() == 0
    lift_stop(
        stop_id=stop.id, version=live.seen(stop).version, reason="unrelated",
        acting_officer=live.funds, now=live.now(),
    )  # fmt: skip
    live.becomes(stop, "lifted")
    assert [each["status"] for each in live.effective()] == ["lifted"]


def test_a_worker_killed_between_commit_and_send(live: Live) -> None:
    live.kill("worker")
    stop = live.propose()
    live.kill("worker")
    live.becomes(stop, "stopped")
    assert len(live.effective()) == 1


def test_a_worker_killed_between_send_and_acknowledgement(live: Live) -> None:
    case = live.pay()
    live.hold("simulators", signal.SIGSTOP)
    stop = live.propose(case)
    until(lambda: Order.objects.get().tries == 1, 20)
    time.sleep(0.3)  # the order lies in the bank's socket by now
    live.kill("worker")
    live.hold("simulators", signal.SIGCONT)
    until(lambda: len(live.effective()) == 1, 20)
    live.becomes(stop, "stopped")
    until(lambda: Order.objects.get().status == "fulfilled", 20)
    assert len(live.effective()) == 1 and live.street.books("ccb")["orders"] == 1


def test_a_restarted_database_and_a_bank_that_comes_back(live: Live, database_server: Any) -> None:
    stop = live.propose()
    _restart_database(database_server)
    live.becomes(stop, "stopped", seconds=60)
    case = live.pay(OWN_CARD)
    live.kill("simulators")
    other = live.propose(case)
    live.becomes(other, "stopped", seconds=60)
    assert len(live.effective()) == 1 and len(live.effective(OWN_CARD)) == 1


def _restart_database(server: Any) -> None:
    connection.close()
    if server is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    server._process.send_signal(
        signal.SIGINT
    )  # the test's server keeps no promise over a crash, only over this
    server._process.wait(20)
    server.start()


@pytest.mark.parametrize(
    "fault",
    [
        "mismatch",
        "partial",
        "late",
        "duplicate",
        "out_of_order",
        "garbage",
        "silent",
        "closed",
        "unavailable",
    ],
)
def test_each_fault_of_a_bank(live: Live, fault: str) -> None:
    live.street.control("ccb", faults={fault: 1, "late_seconds": 2})
    stop = live.propose()
    if fault == "mismatch":
        assert live.becomes(stop, "refused").end_reason == "mismatch"
        assert live.effective() == []
        return
    if fault == "garbage":
        until(lambda: Answer.objects.exclude(problem="").exists(), 20)
    if fault in {"silent", "closed", "unavailable", "garbage"}:
        live.becomes(stop, "sent", "proposed", "stopped")
        live.street.control("ccb", faults={fault: 0})
        Order.objects.update(due_at=live.now() - timedelta(seconds=1))  # the clock comes round
    stopped = live.becomes(stop, "stopped")
    assert stopped.coverage == ("short" if fault == "partial" else "covered")
    assert len(live.effective()) == 1 and live.street.books("ccb")["orders"] == 1
    if fault == "duplicate":
        until(lambda: Answer.objects.get().repeats >= 1, 20)
    assert Order.objects.get().status == "fulfilled"
