"""After "already paid": simulated officers who register, sign second, accept and file, and the banks' side of it.

The victims' money reaches the payees' accounts at the simulated banks before it is registered; some of it has been
moved on by then. Everything else goes through the centre's own pages. The last signatures are left to the visitor.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from yipanqi import catalog
from yipanqi.engine.province.scenario import CHINA
from yipanqi.engine.province.streams import stream
from yipanqi.gateways.reading import minor_text
from yipanqi.kernel.money import format_amount, parse_amount_minor
from yipanqi.ops.subjects.rules import bank_of
from yipanqi.rehearsal.messages import Message
from yipanqi.rehearsal.payees import payee_name
from yipanqi.rehearsal.seats import DoorShutError, Seat, Window
from yipanqi.rehearsal.staging import DESK_CLERKS
from yipanqi.rehearsal.street import Street
from yipanqi.web.demo import DEMO_PASSWORD

CLERK, CHIEF = DESK_CLERKS
UNSAID = (3, 460)  # hundreds of yuan, where the warning names no sum
MOVED_ON = 0.35  # of the payees have passed part of it on before the stop
PROTECTS = 0.7  # of the victims give the number of their own card
LEFT_TO_SIGN = 3
_QUEUED = re.compile(r'id="queue-([0-9a-f-]{36})"')
_VERSION = re.compile(r'name="version" value="(\d+)"')


@dataclass(frozen=True)
class Paid:
    """What a victim says of a payment: the payee's account, its bank (a catalog code) and name, the sum, and when."""

    account: str
    bank: str
    name: str
    amount: str
    at: datetime


def payment_of(seed: int, row: dict[str, str], now: datetime) -> Paid:
    """The payment behind a warning; what the warning does not say is drawn from the seed and the person."""
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

    def __init__(self, seed: int, url: str, street: Street) -> None:
        self._seed, self._street = seed, street
        self._clerk = Officer(url, CLERK, DEMO_PASSWORD)
        self._chief = Officer(url, CHIEF, DEMO_PASSWORD)
        self._cases: list[str] = []
        self._lock = Lock()

    def sign_in(self) -> None:
        """Sign both officers in."""
        self._clerk.sign_in()
        self._chief.sign_in()

    def close(self) -> None:
        """Drop the connections."""
        self._clerk.close()
        self._chief.close()

    def set_faults(self, **chances: float) -> None:
        """How often every bank does what it should not, from now on (docs/gateways.md names the faults)."""
        self._street.control("*", faults=chances)

    def set_clock(self, at: datetime | None) -> None:
        """Put the banks' clocks to an instant, or back to real time."""
        self._street.control("*", clock={"at": at.isoformat()} if at else {})

    def pay_in(self, messages: Sequence[Message], now: datetime) -> None:
        """The money that warnings speak of reaches the payees' banks, so that whoever answers the call can stop it."""
        for message in messages:
            if message.truth is not None and message.row.get("suspect_account"):
                paid = payment_of(self._seed, message.row, now)
                self._street.pay_in(paid.bank, paid.account, paid.name, paid.amount, paid.at)

    def register(self, seat: Seat, row: dict[str, str], now: datetime) -> None:
        """Do what follows "already paid" at a seat: the money is at the bank, the form is filled, the orders leave."""
        case, seat.case = seat.case, ""
        if not case:
            return
        paid = payment_of(self._seed, row, now)
        draws = stream(self._seed, "register", row["person_phone"])
        if not row.get("suspect_account"):  # else the money came with the warning
            self._street.pay_in(paid.bank, paid.account, paid.name, paid.amount, paid.at)
        if draws.chance(MOVED_ON):
            share = draws.whole(10, 90)
            moved = parse_amount_minor(paid.amount) * share // 100
            self._street.control(paid.bank, move_out=[{"number": paid.account, "amount": minor_text(moved)}])
        fields = {
            "payee_account": paid.account,
            "payee_name": paid.name,
            "payee_bank": paid.bank,
            "amount": paid.amount,
            "paid_at": paid.at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M:%S"),
            "stop_payee": "on",
        }
        if row.get("person_name") and draws.chance(PROTECTS):
            card = "6217" + "".join(str(draws.whole(0, 9)) for _ in range(15))
            bank = tuple(catalog.banks())[draws.whole(0, 15)]
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
        """The chief signs all but the last `leave`; the clerk accepts cases, and the chief files two of three."""
        waiting = _QUEUED.findall(self._chief.look("/approvals"))
        for signature in waiting[: max(0, len(waiting) - leave)]:
            self._chief.post(f"/approvals/{signature}/sign", {})
        with self._lock:
            cases, self._cases = self._cases, []
        for number, case in enumerate(cases):
            self._clerk.move(case, "accept")
            if number % 3:
                self._chief.move(case, "file")


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
