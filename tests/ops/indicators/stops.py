"""Cases and their stops acting at random, for the walks that compare the folded wall with a fresh count."""

import contextlib
import random
from datetime import timedelta

from tests.ops.measures.conftest import Desk
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases import deadlines as case_clocks
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.measures import deadlines as stop_clocks
from yipanqi.ops.measures.ending import lift_stop
from yipanqi.ops.measures.models import Order, PaymentStop, Signature
from yipanqi.ops.measures.signing import decline, sign
from yipanqi.ops.workorders import deadlines as work_clocks
from yipanqi.rehearsal.world import World


class Stops:
    """One funds officer, one approver, one bank; each act picks among what there is."""

    def __init__(self, world: World, draw: random.Random) -> None:
        self.world, self.draw = world, draw
        self.desk = Desk(world)
        self.duty = world.officer("duty9", roles=["duty_officer", "investigator"])
        self.count = 0

    def report(self) -> None:
        """A case without a stop, so that its clock may pass."""
        self.count += 1
        self.world.case(payee_account=f"62220216020{self.count:08d}")

    def propose(self) -> None:
        self.count += 1
        case = self.world.case(payee_account=f"62220216020{self.count:08d}")
        self.desk.propose(case, account=case.payments.get().payee.number.reveal())

    def send(self) -> None:
        orders = list(Order.objects.filter(status="waiting"))
        if orders:
            self.desk.send(self.draw.choice(orders), error=self.draw.choice(["", "", "timeout"]))

    def answer(self) -> None:
        orders = list(Order.objects.select_related("stop__account").exclude(tries=0))
        if orders:
            order = self.draw.choice(orders)
            account = order.stop.account.number.reveal()
            self.desk.answer(order, account=account, ok=self.draw.random() < 0.8, balance_minor=123_400)

    def sign(self) -> None:
        for signature in Signature.objects.for_system("t").filter(status="waiting")[:1]:
            given = {
                "signature_id": signature.id,
                "acting_officer": self.desk.approver,
                "now": self.world.now,
            }
            if self.draw.random() < 0.8:
                sign(**given)
            else:
                decline(reason="不符", **given)

    def lift(self) -> None:
        stops = list(PaymentStop.objects.for_system("t").filter(status__in=["sent", "stopped", "unanswered"]))
        if stops:
            stop = self.draw.choice(stops)
            lift_stop(
                stop_id=stop.id, version=stop.version, reason="safe",
                acting_officer=self.desk.funds, now=self.world.now,
            )  # fmt: skip

    def move(self) -> None:
        cases = list(Case.objects.for_system("t"))
        if cases:
            case, act = (
                self.draw.choice(cases),
                self.draw.choice(["accept", "withdraw", "refuse", "file", "solve"]),
            )
            officer = self.desk.approver if act in {"refuse", "file"} else self.duty
            with contextlib.suppress(YipanqiError):  # not allowed from where the case stands
                move_case(
                    case_id=case.id, version=case.version, act=act, reason="核查",
                    acting_officer=officer, now=self.world.now,
                )  # fmt: skip

    def tick(self) -> None:
        self.world.advance(timedelta(seconds=self.draw.choice([1, 1, 61, 61, 1801])))
        for clocks in (stop_clocks, case_clocks, work_clocks):
            clocks.fire_due(now=self.world.now)
