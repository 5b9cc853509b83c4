"""Plays a history into the centre under its virtual clock: warnings by the partners, calls by simulated operators.

The clock goes forward from instant to instant in the order of events and stands at the plan's end when done; putting
it back to the real one is the caller's. What waits at the end is left to the person at the demo.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from procrastinate.contrib.django.models import ProcrastinateJob

from yipanqi.ops.alerts.intake import TRIAGE_TASK
from yipanqi.ops.journal.clock import set_clock
from yipanqi.ops.measures.models import Order
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.rehearsal.answers import People
from yipanqi.rehearsal.clerks import LEFT_TO_SIGN, Clerks
from yipanqi.rehearsal.doors import LEFT_OPEN, Doors
from yipanqi.rehearsal.duty import Duties
from yipanqi.rehearsal.messages import RUSH, WINDUP, History, Message
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.seats import DoorShutError, Seat
from yipanqi.rehearsal.world import BUILDER

STEP = timedelta(minutes=15)
ROUNDS = tuple(timedelta(minutes=minute) for minute in (2, 6, 10, 14))
LEFT_WAITING = 40
LAST_ROUNDS = 3  # of the seats after the rush: so there are cases whose money is still on its way
TRIAGE_SECONDS = 60
ORDER_SECONDS = 5
FRESH = timedelta(minutes=25)  # before the end: signatures asked for since then may wait for the visitor
EVENING = timedelta(hours=3)  # before the end: some visits are left for the visitor
MISMATCH = 0.04  # of the stops banks refuse, because an element differs in their books
LOOK_SECONDS = 0.01
Told = Callable[[int, int, datetime], None]  # rows played, rows in all, virtual instant


def waiting_calls(now: datetime) -> int:
    """Calls of the whole province that may be taken now."""
    rows = WorkOrder.objects.for_system("the rehearsal looks at the whole line")
    return int(rows.filter(kind="call", status="waiting", not_before_at__lte=now).count())


def await_triage() -> None:
    """Return when the worker has triaged all that was taken in. Raises DoorShutError after a minute."""
    limit = time.monotonic() + TRIAGE_SECONDS
    while ProcrastinateJob.objects.filter(task_name=TRIAGE_TASK, status__in=["todo", "doing"]).exists():
        if time.monotonic() > limit:
            raise DoorShutError("the worker did not triage what was taken in within a minute")
        time.sleep(LOOK_SECONDS)


def await_orders() -> None:
    """Return when every order to a bank has its answer, or after a few seconds: some banks are slow."""
    limit = time.monotonic() + ORDER_SECONDS
    while Order.objects.filter(status__in=["waiting", "sent"]).exists() and time.monotonic() < limit:
        time.sleep(LOOK_SECONDS)


class Play:
    """One history being played with these partners, operators, duty desks and clerks."""

    def __init__(
        self,
        plan: History,
        player: Player,
        seats: list[Seat],
        duties: Duties,
        clerks: Clerks,
        doors: Doors,
        people: People,
        told: Told,
    ) -> None:
        self._plan, self._player, self._seats, self._people, self._told = plan, player, seats, people, told
        self._duties, self._clerks, self._doors = duties, clerks, doors
        self._total = len(plan.messages) + len(plan.rush)
        self._played = 0

    def run(self) -> None:
        """Play it all, the rush at the end included."""
        with ThreadPoolExecutor(len(self._seats)) as pool:
            list(pool.map(Seat.sign_in, self._seats))
            self._duties.sign_in()
            self._clerks.sign_in()
            self._clerks.set_faults(mismatch=MISMATCH)
            self._doors.sign_in()
            self._clerks.expect(self._plan.messages)
            for at, messages in self._steps():
                self._post(at, messages)
                self._duties.until(at, self._plan.ends_at)
                self._doors.turn(leave=LEFT_OPEN if at > self._plan.ends_at - EVENING else 0)
                for pause in ROUNDS:
                    self._round(at + pause, pool)
            list(pool.map(Seat.give_back, self._seats))
            self._rush(pool)
            list(pool.map(Seat.give_back, self._seats))
        set_clock(virtual_at=self._plan.ends_at, acting=BUILDER)
        self._clerks.tick(self._plan.ends_at)
        self._clerks.ask_trace(self._plan.ends_at)
        self._told(self._total, self._total, self._plan.ends_at)

    def _steps(self) -> Iterator[tuple[datetime, list[Message]]]:
        """Instants fifteen minutes apart up to the rush, each with what was sent until then."""
        rest = iter(self._plan.messages)
        message = next(rest, None)
        last_at = self._plan.ends_at - WINDUP
        for left in range((last_at - self._plan.starts_at) // STEP, -1, -1):
            at = last_at - left * STEP
            due = []
            while message is not None and message.sent_at <= at:
                due.append(message)
                message = next(rest, None)
            yield at, due

    def _post(self, at: datetime, messages: list[Message]) -> None:
        set_clock(virtual_at=at, acting=BUILDER)
        for message in messages:
            self._people.hear(message)
        self._clerks.pay_in(messages, at)
        self._player.post_batches(messages)
        await_triage()
        self._played += len(messages)
        self._told(self._played, self._total, at)

    def _round(self, at: datetime, pool: ThreadPoolExecutor) -> None:
        """Every operator ends the call in hand, which brings the next one; free ones take one while there are."""
        set_clock(virtual_at=at, acting=BUILDER)
        self._clerks.set_clock(at)
        busy = [seat for seat in self._seats if seat.call]
        free = [seat for seat in self._seats if not seat.call][: waiting_calls(at)]
        self._clerks.turn(leave=LEFT_TO_SIGN if at > self._plan.ends_at - FRESH else 0)
        if any(list(pool.map(lambda seat: self._answer(seat, at), busy))):
            await_orders()
        list(pool.map(Seat.take, free))

    def _answer(self, seat: Seat, at: datetime) -> bool:
        """End the call in hand; where the person had paid register it and take the next. Whether orders were given."""
        assert seat.call is not None
        phone = seat.phone()
        seat.record(self._people.answer(phone, seat.call.work_order_id, at))
        if not seat.case:
            return False
        self._clerks.register(seat, self._people.row(phone), at)
        seat.take()
        return True

    def _rush(self, pool: ThreadPoolExecutor) -> None:
        """The last ten minutes: nobody answers until enough people wait, and then the seats only a few."""
        rest = list(self._plan.rush)
        at = self._plan.ends_at - RUSH
        while rest and (missing := LEFT_WAITING - waiting_calls(at)) > 0:
            part, rest = rest[:missing], rest[missing:]
            at = part[-1].sent_at
            self._clerks.expect(part)
            self._post(at, part)
        for left in reversed(range(LAST_ROUNDS)):
            at += (self._plan.ends_at - at) / (left + 1)
            self._round(at, pool)
