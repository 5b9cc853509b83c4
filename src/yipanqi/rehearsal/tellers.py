"""The banks' counters in a rehearsal: victims' payments and what mules pass on, booked when due and told to the
centre.

A transfer happens when its payer's account is not stopped and, beyond the victim's own payment, holds the money; so
a stop in time ends a trail. Who was warned pays no more. The simulated banks' books follow, and the feed posts each
transfer to the centre as it is booked. Times come from whoever calls.
"""

import heapq
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from threading import Lock

from yipanqi.ops.measures.models import PaymentStop
from yipanqi.rehearsal.moves import OUT_OF_THE_BANKS, Move, Payment
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.street import Street

HOLDING = ("stopped", "lifting")  # a stop's statuses while nothing leaves the account
Due = tuple[datetime, int, Move, Payment | None]


class Tellers:
    """All banks of one rehearsal. Safe between threads."""

    def __init__(self, street: Street, player: Player) -> None:
        self._street, self._player = street, player
        self._lock = Lock()
        self._agenda: list[Due] = []
        self._numbers = count(1)
        self._expected: dict[str, Payment] = {}
        self._warned: set[str] = set()
        self._made: set[str] = set()
        self._last: dict[str, Move] = {}
        self._balances: Counter[str] = Counter()
        self._stopped: dict[uuid.UUID, str] = {}
        self._unbooked: list[Move] = []
        self._unsent: list[Move] = []

    def expect(self, payments: Iterable[Payment]) -> None:
        """Let these payments be made when their instants come; one expected already is moved, one made stays."""
        with self._lock:
            for payment in payments:
                if payment.move.id not in self._made:
                    self._expected[payment.move.id] = payment
                    self._warned.discard(payment.phone)
                    self._put(payment.move, payment)

    def warn(self, phone: str) -> None:
        """The person of this phone has seen through it and pays no more."""
        with self._lock:
            self._warned.add(phone)

    def paid_by(self, phone: str) -> Move | None:
        """The last payment that the person of this phone has made."""
        return self._last.get(phone)

    def until(self, now: datetime) -> int:
        """Let everything due up to `now` happen, in order; returns how many transfers were told to the centre.

        What could not be booked or told because a door was shut is done with the next call.
        """
        with self._lock:
            done = self._happen(now) if self._agenda and self._agenda[0][0] <= now else []
            self._unbooked += done
            self._unsent += done
            if self._unbooked:
                self._street.book(self._unbooked)
                self._unbooked = []
            sent = len(self._unsent)
            if sent:
                self._player.post_transfers(self._unsent)
                self._unsent = []
            return sent

    def _put(self, move: Move, payment: Payment | None) -> None:
        heapq.heappush(self._agenda, (move.at, next(self._numbers), move, payment))

    def _happen(self, now: datetime) -> list[Move]:
        stopped, done = self._stopped_accounts(), []
        while self._agenda and self._agenda[0][0] <= now:
            _, _, move, payment = heapq.heappop(self._agenda)
            if move.payer.account in stopped or move.id in self._made:
                continue
            if payment is not None:
                if payment is not self._expected[move.id] or payment.phone in self._warned:
                    continue
                self._last[payment.phone] = move
                for each in payment.trail:
                    self._put(each, None)
            elif self._balances[move.payer.account] < move.amount_minor:
                continue
            else:
                self._balances[move.payer.account] -= move.amount_minor
            if move.kind not in OUT_OF_THE_BANKS:
                self._balances[move.payee.account] += move.amount_minor
            self._made.add(move.id)
            done.append(move)
        return done

    def _stopped_accounts(self) -> set[str]:
        rows = PaymentStop.objects.for_system("the banks know what they have stopped")
        found = rows.filter(status__in=HOLDING).select_related("account")
        for stop in found.exclude(account_id__in=self._stopped):
            self._stopped[stop.account_id] = str(stop.account.number.reveal())
        return {self._stopped[account_id] for account_id in found.values_list("account_id", flat=True)}
