"""A centre and a bank as processes on the test's own database, for tests of what goes between them."""

import contextlib
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.db import connection

from tests.ops.measures.conftest import ACCOUNT
from yipanqi.config.supervisor import Centre
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.cases.models import Case
from yipanqi.ops.journal.clock import set_clock
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.proposing import StopProposal, propose_stop
from yipanqi.ops.measures.signing import sign
from yipanqi.rehearsal.street import Street
from yipanqi.rehearsal.world import BUILDER, World


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


@contextlib.contextmanager
def running(
    banks: Sequence[str], prepare: Callable[[Path, World], object], **more: str
) -> Iterator[tuple[Centre, Street, World]]:
    """A centre and simulated banks as processes; `prepare` registers the partners and whoever else is needed.

    `more` are settings of the centre's processes.
    """
    folder = Path(tempfile.mkdtemp(prefix="yipanqi-live-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    world = World(now=RealClock().now()).load()
    set_clock(virtual_at=None, acting=BUILDER)
    street = Street(folder, f"http://127.0.0.1:{port}", banks=banks)
    prepare(folder, world)
    street.connect(now=world.now)
    settings = {"DATABASE_URL": _address(), "YIPANQI_SIMULATORS": str(street.file), "YIPANQI_POOL": "6"}
    children = ("web", "worker", "sealer", "simulators")
    centre = Centre(folder, port, children=children, settings=settings | more)
    try:
        centre.start()
        street.wait()
        yield centre, street, world
    finally:
        street.close()
        centre.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def live(transactional_db: None) -> Iterator[Live]:
    with running(["ccb", "icbc"], lambda _, world: world.partner("ccb")) as parts:
        yield Live(*parts)


def _address() -> str:
    settings = connection.settings_dict
    host = quote(str(settings["HOST"]), safe="")
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?host={host}"
