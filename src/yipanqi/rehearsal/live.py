"""The live part of the demo: partners and simulated operators at human pace, in threads beside the supervisor.

A centre that is away for a moment (a child being restarted) is tried again; nothing of it is said on the terminal.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import count

import httpx
import structlog
from django.db import DatabaseError, connection

from yipanqi.engine.province.streams import stream
from yipanqi.kernel.clock import RealClock
from yipanqi.rehearsal.answers import People
from yipanqi.rehearsal.clerks import LEFT_TO_SIGN, Clerks
from yipanqi.rehearsal.doors import LEFT_OPEN, Doors
from yipanqi.rehearsal.duty import Duties
from yipanqi.rehearsal.history import waiting_calls
from yipanqi.rehearsal.messages import LIVE_SPEED, Message
from yipanqi.rehearsal.pacing import LOW_MARK, gap_s, may_answer, talk_s
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.seats import DoorShutError, Seat

AGAIN_SECONDS = 2.0
IDLE_SECONDS = 1.0
DUTY_SECONDS = 15.0
CLERK_SECONDS = 20.0
SILENT = 0.05  # of the orders banks leave unanswered at first
DOOR_SECONDS = 60.0
BANK_SECONDS = 1.0
NOTICED_SECONDS = 100.0  # after a payment: until somebody warns of it
TURNS_PER_DIRECTIVE = 3
JOIN_SECONDS = 5.0
PASSING = (httpx.HTTPError, DoorShutError, DatabaseError)
log = structlog.get_logger(__name__)


class Live:
    """Players in the background. `start`, then `stop`; safe to stop twice."""

    def __init__(
        self,
        seed: int,
        messages: Iterator[Message],
        player: Player,
        seats: list[Seat],
        people: People,
        duties: Duties,
        clerks: Clerks,
        doors: Doors,
    ) -> None:
        self._seed, self._messages, self._player = seed, messages, player
        self._seats, self._people, self._duties, self._clerks = seats, people, duties, clerks
        self._doors = doors
        self._noticed: list[tuple[float, int, Message]] = []
        self._numbers = count()
        self._told = threading.Event()
        self._clock = RealClock()
        acts: list[Callable[[], None]] = [
            self._partners,
            self._duty,
            self._clerk,
            self._station,
            self._banks,
            *(self._operator(seat) for seat in seats),
        ]
        self._threads = [threading.Thread(target=act, name="rehearsal", daemon=True) for act in acts]

    def start(self) -> None:
        """Let partners and operators begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask them to end and wait for it, a few seconds at most."""
        self._told.set()
        limit = time.monotonic() + JOIN_SECONDS
        for thread in [
            each for each in self._threads if each.ident is not None
        ]:  # Ctrl-C may come amid `start`
            thread.join(max(0.0, limit - time.monotonic()))

    def _partners(self) -> None:
        draws = stream(self._seed, "gaps")
        with _closing_database():
            for message in self._messages:
                if self._told.wait(gap_s(draws, self._waiting())):
                    return
                fresh = message.fresh(self._now(), speed=LIVE_SPEED)
                self._clerks.expect([fresh])
                noticed_s = NOTICED_SECONDS if fresh.paid_before(fresh.sent_at) else 0.0
                heapq.heappush(self._noticed, (time.monotonic() + noticed_s, next(self._numbers), fresh))
                while self._noticed and self._noticed[0][0] <= time.monotonic():
                    due = heapq.heappop(self._noticed)[2]
                    self._until_done(lambda due=due: self._send(due))  # type: ignore[misc]

    def _send(self, message: Message) -> None:
        self._people.hear(message)
        self._clerks.pay_in([message], self._now())
        self._player.post_one(message)

    def _duty(self) -> None:
        """The duty desks: a turn of each officer, and now and then one more directive of the platform."""
        with _closing_database():
            self._until_done(self._duties.sign_in)
            mark = f"live-{int(self._now().timestamp()):x}"
            for number in count():
                if self._told.wait(DUTY_SECONDS):
                    return
                self._until_done(self._duties.turn)
                if number % TURNS_PER_DIRECTIVE == 0:
                    self._until_done(lambda number=number: self._duties.order_more(mark, number))  # type: ignore[misc]

    def _clerk(self) -> None:
        """The chief's desk: all but the newest signatures are given after a while."""
        with _closing_database():
            self._until_done(self._clerks.sign_in)
            self._until_done(lambda: self._clerks.set_faults(silent=SILENT))
            while not self._told.wait(CLERK_SECONDS):
                self._until_done(lambda: self._clerks.turn(leave=LEFT_TO_SIGN))

    def _station(self) -> None:
        """The station's phone: all but the newest visits are paid after a while."""
        with _closing_database():
            self._until_done(self._doors.sign_in)
            while not self._told.wait(DOOR_SECONDS):
                self._until_done(lambda: self._doors.turn(leave=LEFT_OPEN))

    def _banks(self) -> None:
        """The banks' counters: every second what is due is booked and told to the centre."""
        with _closing_database():
            while not self._told.wait(BANK_SECONDS):
                self._until_done(lambda: self._clerks.tick(self._now()))

    def _operator(self, seat: Seat) -> Callable[[], None]:
        def work() -> None:
            with _closing_database():
                self._until_done(seat.sign_in)
                taken_s = time.monotonic()
                while not self._told.is_set():
                    waiting = self._waiting()
                    if seat.call is None:
                        if waiting > LOW_MARK:
                            self._until_done(seat.take)
                            taken_s = time.monotonic()
                        self._told.wait(IDLE_SECONDS)
                    elif self._told.wait(talk_s(waiting)):
                        break
                    elif may_answer(self._waiting(), time.monotonic() - taken_s):
                        self._until_done(lambda: self._answer(seat))
                        taken_s = time.monotonic()
                with suppress(*PASSING):
                    seat.give_back()

        return work

    def _answer(self, seat: Seat) -> None:
        if seat.take() is None or seat.call is None:  # looks again: the hold may have lapsed
            return
        phone, now = seat.phone(), self._now()
        seat.record(self._people.answer(phone, seat.call.work_order_id, now))
        if seat.case:
            self._clerks.register(seat, self._people.row(phone), self._now())
            seat.take()

    def _until_done(self, act: Callable[[], object]) -> None:
        while not self._told.is_set():
            try:
                act()
                return
            except PASSING as error:
                log.debug("rehearsal.tries_again", error=type(error).__name__)
                connection.close()
                self._told.wait(AGAIN_SECONDS)

    def _waiting(self) -> int:
        try:
            return waiting_calls(self._now())
        except DatabaseError:
            connection.close()
            return 0

    def _now(self) -> datetime:
        return self._clock.now()


class _closing_database:
    """Gives the thread's database connection back when it ends."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        connection.close()
