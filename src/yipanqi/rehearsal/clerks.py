"""After "already paid": simulated officers who register, sign second, accept and file, and take what the chase
suggests.

What a victim says of a payment is what the banks have booked of it (`tellers`). Everything goes through the
centre's own pages. The last signatures and most suggestions are left to the visitor.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from yipanqi import catalog
from yipanqi.analytics.models import Seed, StopSuggestion, TraceRun
from yipanqi.casework.lifecycles.trace_run import TRACE_RUN
from yipanqi.engine.province.scenario import CHINA
from yipanqi.engine.province.streams import Draws, stream
from yipanqi.gateways.reading import minor_text
from yipanqi.kernel.money import format_amount, parse_amount_minor
from yipanqi.ops.cases.queries import OPEN
from yipanqi.ops.subjects.rules import bank_of
from yipanqi.rehearsal.messages import Message
from yipanqi.rehearsal.moves import Move, Party
from yipanqi.rehearsal.payees import payee_name
from yipanqi.rehearsal.seats import DoorShutError, Seat, Window
from yipanqi.rehearsal.staging import DESK_CLERKS, FEED
from yipanqi.rehearsal.street import Street
from yipanqi.rehearsal.tellers import Tellers
from yipanqi.web.demo import DEMO_PASSWORD

CLERK, CHIEF, FUNDS, _ = DESK_CLERKS
ASKER = "funds"  # the demo's own funds officer
UNSAID = (3, 460)  # hundreds of yuan, where the warning names no sum
TAKES = 0.15  # of the looks at the funds desk, when something is suggested
WHOLE = timedelta(hours=1)  # after a payment its money has gone all its way
TRACE_SECONDS = 15
PROTECTS = 0.7  # of the victims give the number of their own card
LEFT_TO_SIGN = 3
_QUEUED = re.compile(r'id="queue-([0-9a-f-]{36})"')
_SUGGESTED = re.compile(r'action="(/funds/chase/[0-9a-f-]{36}/take)".*?name="version" value="(\d+)"', re.S)
_VERSION = re.compile(r'name="version" value="(\d+)"')


@dataclass(frozen=True)
class Paid:
    """What a victim says of a payment: the payee's account, its bank (a catalog code) and name, the sum, when, and
    the own card where it is known."""

    account: str
    bank: str
    name: str
    amount: str
    at: datetime
    payer: Party | None = None


def booked(move: Move) -> Paid:
    """The payment as the banks have it."""
    payee = move.payee
    return Paid(payee.account, payee.bank, payee.name, minor_text(move.amount_minor), move.at, move.payer)


def payment_of(seed: int, row: dict[str, str], now: datetime) -> Paid:
    """A payment that no bank has booked: what the warning does not say is drawn from the seed and the person."""
    draws = stream(seed, "paid", row["person_phone"])
    account = row.get("suspect_account") or "6299" + "".join(str(draws.whole(0, 9)) for _ in range(12))
    banks = tuple(catalog.banks())
    bank = bank_of(row.get("suspect_bank", "")) or banks[draws.whole(0, len(banks) - 1)]
    said = row.get("amount") or f"{draws.whole(*UNSAID) * 100}.00"
    amount = format_amount(parse_amount_minor(said)).replace(",", "")
    warned_at = datetime.fromisoformat(row["occurred_at"]) if "occurred_at" in row else now
    at = min(warned_at, now - timedelta(seconds=20)).replace(microsecond=0)
    return Paid(account, bank, payee_name(account), amount, at)


class Clerks:
    """The officers behind the seats and the banks beside them. `register` may be called from several threads."""

    def __init__(self, seed: int, url: str, street: Street, tellers: Tellers) -> None:
        self._seed, self._street, self._tellers = seed, street, tellers
        self._funds = Officer(url, FUNDS, DEMO_PASSWORD)
        self._asker = Officer(url, ASKER, DEMO_PASSWORD)
        self._looks = count()
        self._clerk = Officer(url, CLERK, DEMO_PASSWORD)
        self._chief = Officer(url, CHIEF, DEMO_PASSWORD)
        self._cases: list[str] = []
        self._lock = Lock()

    def sign_in(self) -> None:
        """Sign all officers in."""
        for officer in (self._clerk, self._chief, self._funds, self._asker):
            officer.sign_in()

    def close(self) -> None:
        """Drop the connections."""
        for officer in (self._clerk, self._chief, self._funds, self._asker):
            officer.close()

    def set_faults(self, **chances: float) -> None:
        """How often every bank does what it should not, from now on (docs/gateways.md names the faults)."""
        self._street.control("*", faults=chances)

    def set_clock(self, at: datetime | None) -> None:
        """Put the banks' clocks to an instant, or back to real time."""
        self._street.control("*", clock={"at": at.isoformat()} if at else {})

    def expect(self, messages: Sequence[Message]) -> None:
        """The people of these messages will pay what they pay, when its time comes."""
        for message in messages:
            self._tellers.expect(message.payments)

    def pay_in(self, messages: Sequence[Message], now: datetime) -> None:
        """Everything due is booked, and the payees of false warnings have accounts too, so that a stop finds them."""
        self.tick(now)
        for message in messages:
            if message.truth is not None and message.row.get("suspect_account") and not message.payments:
                self._pay_in(payment_of(self._seed, message.row, now))

    def tick(self, now: datetime) -> None:
        """The banks book what is due and tell it to the centre."""
        self._tellers.until(now)

    def register(self, seat: Seat, row: dict[str, str], now: datetime) -> None:
        """Do what follows "already paid" at a seat: the form is filled and the orders leave."""
        case, seat.case = seat.case, ""
        if not case:
            return
        self.tick(now)
        draws = stream(self._seed, "register", row["person_phone"])
        move = self._tellers.last_payment(row["person_phone"])
        paid = booked(move) if move else payment_of(self._seed, row, now)
        if not move:
            self._pay_in(paid)
        fields = {
            "payee_account": paid.account,
            "payee_name": paid.name,
            "payee_bank": paid.bank,
            "amount": paid.amount,
            "paid_at": paid.at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M:%S"),
            "stop_payee": "on",
        }
        if row.get("person_name") and draws.chance(PROTECTS):
            card, bank = self._own_card(draws, paid)
            self._street.control(
                bank,
                open=[
                    {"number": card, "name": row["person_name"], "balance": f"{draws.whole(500, 60000)}.00"}
                ],
            )
            fields |= {"payer_account": card, "payer_bank": bank, "protect_card": "on"}
        seat.register(case, fields)
        with self._lock:
            self._cases.append(case.removesuffix("/register"))

    def turn(self, *, leave: int = 0) -> None:
        """The chief signs all but the last `leave`; the clerk accepts cases, and the chief files two of three; now
        and then the funds desk stops where the chase found the least.
        """
        waiting = _QUEUED.findall(self._chief.look("/approvals"))
        for signature in waiting[: max(0, len(waiting) - leave)]:
            self._chief.post(f"/approvals/{signature}/sign", {})
        with self._lock:
            cases, self._cases = self._cases, []
        for number, case in enumerate(cases):
            self._clerk.move(case, "accept")
            if number % 3:
                self._chief.move(case, "file")
        self._take()

    def ask_trace(self, now: datetime) -> None:
        """The demo's own funds officer has the money of the largest case traced, if any; returns when that is done."""
        seeds = Seed.objects.filter(row__sender=FEED, case__status__in=OPEN)
        found = seeds.values_list("row__booked_at", "row__amount_minor", "case_id")
        if not found:
            return
        case_id = max(found, key=lambda seed: (seed[0] <= now - WHOLE, seed[1], str(seed[2])))[2]
        self._asker.post(f"/cases/{case_id}/money/ask", {"method": "haircut", "until": ""})
        runs = TraceRun.objects.for_system("the rehearsal waits for its own trace").filter(case_id=case_id)
        limit = time.monotonic() + TRACE_SECONDS
        while runs.exclude(status__in=TRACE_RUN.resting).exists() and time.monotonic() < limit:
            time.sleep(0.05)

    def _take(self) -> None:
        rows = StopSuggestion.objects.for_system("the rehearsal looks at the whole desk")
        if not rows.filter(status="open").exists():
            return
        if stream(self._seed, "take", next(self._looks)).chance(TAKES):
            offered = _SUGGESTED.findall(self._funds.look("/funds"))
            if offered:
                path, version = offered[-1]
                self._funds.post(path, {"version": version})

    def _pay_in(self, paid: Paid) -> None:
        self._street.pay_in(paid.bank, paid.account, paid.name, paid.amount, paid.at)

    @staticmethod
    def _own_card(draws: Draws, paid: Paid) -> tuple[str, str]:
        """The victim's card and its bank: the one that paid, where the banks know it."""
        card = "6217" + "".join(str(draws.whole(0, 9)) for _ in range(15))
        bank = draws.pick(tuple(catalog.banks()))
        return (paid.payer.account, paid.payer.bank) if paid.payer else (card, bank)


class Officer(Window):
    """A simulated officer who works by forms."""

    def look(self, path: str) -> str:
        """The text of a page."""
        return self._look(path)

    def post(self, path: str, fields: dict[str, str]) -> None:
        """Post a form; a refusal (409, 422) is somebody else's having been faster."""
        answer = self._post(path, fields, page=False)
        if answer.status_code >= 500 or answer.status_code in {401, 403, 404}:
            raise DoorShutError(f"{path} was answered {answer.status_code}")

    def move(self, case: str, act: str) -> None:
        """Move a case along by the form of its page, if the page offers it."""
        page = self._look(case)
        version = _VERSION.search(page)
        if version and f'value="{act}"' in page:
            self.post(f"{case}/move", {"act": act, "version": version[1], "reason": ""})
