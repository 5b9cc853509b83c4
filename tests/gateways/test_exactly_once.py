"""An order is effective exactly once whatever fails: real processes, a real bank over HTTP, and a kill at every point.

The centre's web, worker and sealer run on the test's database; the bank is a simulator process with books of its own.
"""

import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.db import connection

from tests.ops.measures.conftest import ACCOUNT, OWN_CARD
from yipanqi.config.supervisor import Centre
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.cases.models import Case
from yipanqi.ops.journal.clock import set_clock
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.models import Answer, Difference, Order, PaymentStop, Reconciliation, Signature
from yipanqi.ops.measures.proposing import StopProposal, propose_extension, propose_stop
from yipanqi.ops.measures.reconciling import ask_reconciliation
from yipanqi.ops.measures.signing import sign
from yipanqi.rehearsal.street import Street
from yipanqi.rehearsal.world import BUILDER, World

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


class Live:
    """A centre and a bank, both as processes, and one officer of each hand."""

    def __init__(self, centre: Centre, street: Street, world: World) -> None:
        self.centre, self.street, self.world = centre, street, world
        self.funds = world.officer("funds", roles=["funds_officer"])
        self.approver = world.officer("boss", roles=["approver"])

    def now(self) -> Any:
        return RealClock().now()

    def pay(self, account: str = ACCOUNT) -> Case:
        """A victim has paid; the case stands, and the money is at the bank."""
        case = self.world.case(payee_account=account)
        self.street.pay_in("ccb", account, "周二", "50000.00", case.payments.get().paid_at)
        return case

    def propose(self, case: Case | None = None) -> PaymentStop:
        """The stop of the account a case's victim paid to."""
        case = case or self.pay()
        payment = case.payments.get()
        account = payment.payee.number.reveal()
        proposal = StopProposal(
            target="suspect", ground="victim_report", account=account, bank="ccb", holder_name="周二",
            asked_minor=payment.amount_minor, transfer_at=payment.paid_at, case_id=case.id, payment_id=payment.id,
        )  # fmt: skip
        return propose_stop(proposal=proposal, acting_officer=self.funds, now=self.now())

    def sign(self, stop: PaymentStop) -> None:
        waiting = Signature.objects.for_system("t").get(stop=stop, status="waiting")
        sign(signature_id=waiting.id, acting_officer=self.approver, now=self.now())

    def seen(self, stop: PaymentStop) -> PaymentStop:
        return PaymentStop.objects.for_system("t").get(id=stop.id)

    def becomes(self, stop: PaymentStop, *statuses: str, seconds: float = 40) -> PaymentStop:
        until(lambda: self.seen(stop).status in statuses, seconds, lambda: self.seen(stop).status)
        return self.seen(stop)

    def kill(self, name: str) -> None:
        """End a process of the centre as a crash would; the supervisor starts another."""
        pid = self.centre.pid(name)
        if pid:
            for each in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
                each.kill()

    def hold(self, name: str, number: int) -> None:
        pid = self.centre.pid(name)
        assert pid
        for each in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            each.send_signal(number)

    def effective(self, account: str = ACCOUNT) -> list[dict[str, Any]]:
        """All stops the bank ever made on an account."""
        return self.street.books("ccb", account)["stops"]


def until(true: Callable[[], object], seconds: float, said: Callable[[], object] = lambda: "") -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"it did not come about in time: {said()}"
        time.sleep(0.05)


@pytest.fixture
def live(transactional_db: None) -> Iterator[Live]:
    folder = Path(tempfile.mkdtemp(prefix="yipanqi-live-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    world = World(now=RealClock().now()).load()
    set_clock(virtual_at=None, acting=BUILDER)
    street = Street(folder, f"http://127.0.0.1:{port}", banks=["ccb", "icbc"])
    world.partner("ccb")
    street.connect(now=world.now)
    settings = {"DATABASE_URL": _address(), "YIPANQI_SIMULATORS": str(street.file)}
    centre = Centre(
        folder, port, children=("web", "worker", "sealer", "simulators"), settings=settings | {"YIPANQI_POOL": "6"}
    )  # fmt: skip
    try:
        centre.start()
        street.wait()
        yield Live(centre, street, world)
    finally:
        street.close()
        centre.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _address() -> str:
    settings = connection.settings_dict
    host = quote(str(settings["HOST"]), safe="")
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?host={host}"


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
