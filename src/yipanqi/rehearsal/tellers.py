"""The banks' counters in a rehearsal: victims' payments and what mules pass on, booked when due and told to the centre.

A transfer happens when its payer's account is not stopped and, beyond the victim's own payment, holds the money; so a
stop in time ends a trail. The simulated banks' books follow, and the banks' feed posts each transfer to the centre as
it is booked. Times come from whoever calls.
"""

import heapq
import uuid
from collections import Counter
from collections.abc import Iterable, Set
from datetime import datetime
from itertools import count
from threading import Lock

from yipanqi.ops.measures.models import PaymentStop
from yipanqi.rehearsal.moves import OUT_OF_THE_BANKS, Move, Payment
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.street import Street

HOLDING = ("stopped", "lifting")  # a stop's statuses while nothing leaves the account


class Counters:
    """What is to be booked at all banks, and the money of whom it was booked for. Touches nothing outside."""

    def __init__(self) -> None:
        self._agenda: list[tuple[datetime, int, Move, Payment | None]] = []
        self._numbers = count()
        self._expected: dict[str, Payment] = {}
        self._warned: set[str] = set()
        self._made: set[str] = set()
        self._last: dict[str, Move] = {}
        self._balances: Counter[str] = Counter()

    def expect(self, payments: Iterable[Payment]) -> None:
        """Let these payments be made when their instants come; one expected already is moved, one made stays."""
        for payment in payments:
            if payment.move.id not in self._made:
                self._expected[payment.move.id] = payment
                self._warned.discard(payment.phone)
                self._put(payment.move, payment)

    def warn(self, phone: str) -> None:
        """The person of this phone has seen through it and pays no more."""
        self._warned.add(phone)

    def paid_by(self, phone: str) -> Move | None:
        """The last payment that the person of this phone has made."""
        return self._last.get(phone)

    def is_due(self, now: datetime) -> bool:
        """Whether anything waits to happen up to `now`."""
        return bool(self._agenda) and self._agenda[0][0] <= now

    def happen(self, now: datetime, *, stopped: Set[str]) -> list[Move]:
        """Let everything due up to `now` happen, in order; what leaves `stopped` or empty accounts never does."""
        done = []
        while self.is_due(now):
            _, _, move, payment = heapq.heappop(self._agenda)
            if move.payer.account in stopped or move.id in self._made or not self._may(move, payment):
                continue
            if payment is None:
                self._balances[move.payer.account] -= move.amount_minor
            else:
                self._last[payment.phone] = move
                for each in payment.trail:
                    self._put(each, None)
            if move.kind not in OUT_OF_THE_BANKS:
                self._balances[move.payee.account] += move.amount_minor
            self._made.add(move.id)
            done.append(move)
        return done

    def _put(self, move: Move, payment: Payment | None) -> None:
        heapq.heappush(self._agenda, (move.at, next(self._numbers), move, payment))

    def _may(self, move: Move, payment: Payment | None) -> bool:
        if payment is None:
            return self._balances[move.payer.account] >= move.amount_minor
        return payment is self._expected[move.id] and payment.phone not in self._warned


class Tellers:
    """The counters with their doors: the simulated banks and the centre. Safe between threads."""

    def __init__(self, street: Street, player: Player) -> None:
        self._street, self._player = street, player
        self._counters = Counters()
        self._lock = Lock()
        self._stopped: dict[uuid.UUID, str] = {}
        self._unbooked: list[Move] = []
        self._unsent: list[Move] = []

    def expect(self, payments: Iterable[Payment]) -> None:
        """Let these payments be made when their instants come."""
        with self._lock:
            self._counters.expect(payments)

    def last_payment(self, phone: str) -> Move | None:
        """The last payment that the person of this phone has made; whoever asks has told them, and they pay no more."""
        with self._lock:
            self._counters.warn(phone)
            return self._counters.paid_by(phone)

    def until(self, now: datetime) -> None:
        """Book everything due up to `now`, in order, and tell it to the centre.

        What could not be booked or told because a door was shut is done with the next call.
        """
        with self._lock:
            if self._counters.is_due(now):
                done = self._counters.happen(now, stopped=self._stopped_accounts())
                self._unbooked += done
                self._unsent += done
            if self._unbooked:
                self._street.book(self._unbooked)
                self._unbooked = []
            if self._unsent:
                self._player.post_transfers(self._unsent)
                self._unsent = []

    def _stopped_accounts(self) -> set[str]:
        rows = PaymentStop.objects.for_system("the banks know what they have stopped")
        found = rows.filter(status__in=HOLDING)
        for stop in found.exclude(account_id__in=self._stopped).select_related("account"):
            self._stopped[stop.account_id] = str(stop.account.number.reveal())
        return {self._stopped[account_id] for account_id in found.values_list("account_id", flat=True)}
