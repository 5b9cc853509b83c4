"""One simulated bank or telecom: takes signed orders, acts on each once, answers, and shows its stops and freezes.

For: tying rules, books, faults and sending together; every act is in the book file before anybody hears of it.
Leaves alone: HTTP (`app`) and the control door (`control`). Nothing in `take_order` waits, so within the one event
loop an order is acted on once, however many repeats of it arrive together.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from yipanqi import catalog
from yipanqi.gateways.messages import (
    AnswerMessage,
    FailureCode,
    Official,
    OrderKind,
    OrderMessage,
    Organisation,
    Result,
    Target,
    answer_kind,
)
from yipanqi.gateways.reading import minor_text, refuse
from yipanqi.gateways.risk_platform import ABOUT_STOPS, read_answer, read_order, write_answer
from yipanqi.gateways.signing import SignatureRefused, signer_of, verify
from yipanqi.gateways.simulators.answering import Answering
from yipanqi.gateways.simulators.bookfile import BookFile
from yipanqi.gateways.simulators.books import Act, Books, HeldFreeze, HeldStop, Place
from yipanqi.gateways.simulators.clock import InstitutionClock, read_clock
from yipanqi.gateways.simulators.config import InstitutionConfig
from yipanqi.gateways.simulators.decisions import Decision
from yipanqi.gateways.simulators.faults import Dice, Faults
from yipanqi.gateways.simulators.freezing import standing, status_of, superseding
from yipanqi.gateways.simulators.rules import decide
from yipanqi.kernel.clock import RealClock
from yipanqi.kernel.errors import YipanqiError

CLERK = Official("99", "SIM-0001", "模拟经办员")
ELEMENTS = ("name", "account", "amount", "time")


class OrderConflict(YipanqiError):
    """The ApplicationID was used before for an order about something else."""

    code = "order_conflict"


class Unavailable(YipanqiError):
    """The fault `unavailable` fell: nothing was done."""

    code = "unavailable"


class ConnectionDropped(YipanqiError):
    """The fault `closed` fell: acted on, but the connection shall end without an answer."""

    code = "connection_dropped"


class Institution:
    """An institution with its books as they stand in its file. `centre` is the centre's signer name and public key."""

    def __init__(
        self,
        config: InstitutionConfig,
        *,
        file: BookFile,
        answering: Answering,
        dice: Dice,
        centre: tuple[str, str],
    ) -> None:
        self.config, self.answering, self.dice = config, answering, dice
        self._centre, self._file = centre, file
        self.books, self.faults, self.clock = Books(), config.faults, InstitutionClock()
        for act in file.replay():
            self.books.apply(act)
        self._take_settings()
        self._seen: dict[tuple[str, UUID], datetime] = {}
        self._arrivals: Counter[str] = Counter()

    def resume(self) -> None:
        """Send what was due and is not known to have arrived; once, inside the event loop."""
        for key, kept in (self.books.answers | self.books.further).items():
            if kept.is_due and not kept.is_delivered:
                self._send(key, arrival=2)

    def check_signature(self, *, headers: Mapping[str, str], method: str, path: str, body: bytes) -> None:
        """Pass when the centre signed this request and it was not seen before. Raises SignatureRefused."""
        signer, key = self._centre
        if signer_of(headers) != signer:
            raise SignatureRefused("Only the centre may ask here.")
        verify(
            headers=headers,
            method=method,
            path=path,
            body=body,
            public_key=key,
            now=RealClock().now(),
            remember=self._remember,
        )

    def take_order(self, body: bytes) -> str:
        """Act on an order unless it was acted on before, and answer in a while; returns the order's id.

        Raises MessageRefused, OrderConflict, Unavailable, ConnectionDropped.
        """
        order = read_order(body, institution=self.config.code)
        if order.target is not self.config.target:
            refuse("TargetType", "not what this institution can stop")
        if order.account.bank_code not in {"", self.config.bank_code}:
            refuse("BankID", "another institution's")
        self._arrivals[order.order_id] += 1
        arrival = self._arrivals[order.order_id]
        key = f"{order.order_id}:{arrival}"
        if self.dice.falls(self.faults, "unavailable", key):
            raise Unavailable("out of service")
        closed = self.dice.falls(self.faults, "closed", key)
        silent = closed or self.dice.falls(self.faults, "silent", key)
        self._act_once(order, due=not silent)
        if closed:
            raise ConnectionDropped("the connection ends here")
        if not silent:
            self._send(order.order_id, arrival=arrival)
            freeze = self.books.freezes.get(order.order_id)
            for key in freeze.further if freeze else ():
                self._send(key, arrival=arrival)
        return order.order_id

    def sweep(self) -> None:
        """Tell the centre of freezes that hold more by now: those before them ended, or money came in."""
        now = self.clock.now()
        for place in self.books.grown(now):
            self._tell(place, now)

    def enter(self, act: Act) -> None:
        """Enter an act into file and books."""
        self._file.append(act)
        self.books.apply(act)

    def set_up(self, *, faults: Faults | None = None, clock: InstitutionClock | None = None) -> None:
        """Change faults or clock from now on, also over a restart."""
        given = {"faults": faults.as_dict()} if faults else {}
        self.enter({"set": given | ({"clock": clock.as_dict()} if clock else {})})
        self._take_settings()

    def list_stops(self, since: datetime | None) -> list[dict[str, object]]:
        """Stops in effect and those that ended at `since` or later (without it: all), oldest first."""
        now = self.clock.now()
        ends = [(stop, stop.ended_at(now)) for stop in self.books.stops.values()]
        return [self._shown(stop, now) for stop, end in ends if end is None or since is None or end >= since]

    def _shown(self, stop: HeldStop, now: datetime) -> dict[str, object]:
        ended_at = stop.ended_at(now)
        return {
            "order_id": stop.order_id,
            "account_number": stop.number,
            "starts_at": stop.starts_at.isoformat(),
            "ends_at": stop.ends_at.isoformat(),
            "status": stop.status(now),
            "asked": None if stop.asked_minor is None else minor_text(stop.asked_minor),
            "balance": minor_text(stop.balance_minor) if self.config.target is Target.ACCOUNT else None,
            "ended_at": ended_at.isoformat() if ended_at else None,
        }

    def list_freezes(self, since: datetime | None) -> list[dict[str, object]]:
        """Freezes by orders that run, and those that ended at `since` or later (without it: all), oldest first."""
        now = self.clock.now()
        ends = [(freeze, freeze.ended_at(now)) for freeze in self.books.freezes.values()]
        shown = [freeze for freeze, end in ends if end is None or since is None or end >= since]
        return [self.show_freeze(freeze, now) for freeze in shown]

    def show_freeze(self, freeze: HeldFreeze, now: datetime) -> dict[str, object]:
        """One freeze as the lists show it; amounts are decimal texts."""
        ended_at = freeze.ended_at(now)
        held = [each for each in self.books.line(freeze.number, now) if each.freeze is freeze]
        return {
            "order_id": freeze.order_id,
            "account_number": freeze.number,
            "department": freeze.department,
            "starts_at": freeze.starts_at.isoformat(),
            "ends_at": freeze.ends_at.isoformat(),
            "status": status_of(freeze, self.books, now),
            "asked": minor_text(freeze.asked_minor),
            "frozen": minor_text(sum(each.frozen_minor for each in held)),
            "ended_at": ended_at.isoformat() if ended_at else None,
        }

    def _act_once(self, order: OrderMessage, *, due: bool) -> None:
        kept = self.books.answers.get(order.order_id)
        matter = _matter(order)
        if kept is not None:
            if kept.matter != matter:
                raise OrderConflict("ApplicationID: used before for an order about something else")
            return
        now = self.clock.now()
        decision = self._decide(order, now)
        if order.kind in {OrderKind.STOP, OrderKind.FREEZE} and decision.failure_code is None:
            decision = self._with_faults(order, decision, now)
        answer = write_answer(self._answer(order, decision, now)).decode()
        entered = {"order_id": order.order_id, "matter": matter, "body": answer, "due": due}
        self.enter(decision.act | {"answer": entered})
        self.sweep()

    def _decide(self, order: OrderMessage, now: datetime) -> Decision:
        keys = {line.ref: f"{order.order_id}:{line.ref}" for line in order.lines}
        closed = [ref for ref, key in keys.items() if self.dice.falls(self.faults, "payee_closed", key)]
        return decide(order, books=self.books, terms=self.config.terms, now=now, closed=closed)

    def _tell(self, place: Place, now: datetime) -> None:
        """Keep and send a further answer to an order to freeze: the first one, with what is different now."""
        freeze = place.freeze
        first = read_answer(self.books.answers[freeze.order_id].body.encode())
        key = str(uuid5(UUID(freeze.order_id), f"{self.config.code}:{len(freeze.further) + 1}"))
        starts_at = freeze.starts_at if freeze.told_minor else now
        given = {"starts_at": starts_at, "ends_at": freeze.ends_at, "answer_id": key, "answered_at": now}
        told = given | standing(place, self.books, now)
        due = not self.dice.falls(self.faults, "silent", key)
        entered = {
            "order_id": freeze.order_id,
            "minor": place.frozen_minor,
            "starts_at": starts_at.isoformat(),
            "answer_id": key,
            "body": write_answer(replace(first, **told)).decode(),
            "due": due,
        }
        self.enter(superseding(place, self.books, now) | {"told": entered})
        if due:
            self._send(key, arrival=1)

    def _with_faults(self, order: OrderMessage, decision: Decision, now: datetime) -> Decision:
        """The decision to stop or freeze after the faults that concern the account itself."""
        number, asked, elements = order.account.number, order.amount_minor or 0, ELEMENTS
        if order.freeze:
            asked, elements = order.freeze.asked_minor, ELEMENTS[:2]
        if self.dice.falls(self.faults, "mismatch", order.order_id):
            element = elements[int(self.dice.fraction("element", order.order_id) * len(elements))]
            return Decision(failure_code=FailureCode.MISMATCH, failure_cause=element)
        available = self.books.available_minor(number, now)
        is_open = 0 < asked <= available and self.books.live_stop(number, now) is None
        if not is_open or not self.dice.falls(self.faults, "partial", order.order_id):
            return decision
        left = int(asked * self.dice.fraction("left", order.order_id))
        self.enter({"debit": {"number": number, "minor": available - left}})
        return self._decide(order, now)

    def _answer(self, order: OrderMessage, decision: Decision, now: datetime) -> AnswerMessage:
        held = self.books.accounts.get(order.account.number)
        shows = decision.failure_code is None and held is not None and self.config.target is Target.ACCOUNT
        told = {"balance_minor": held.balance_minor if shows and held else None} | dict(decision.told)
        return AnswerMessage(
            order_id=order.order_id,
            kind=answer_kind(order.kind),
            institution=self.config.code,
            result=Result.FAILED if decision.failure_code else Result.OK,
            answer_id=str(uuid5(UUID(order.order_id), self.config.code)),
            answered_at=now,
            account_number=order.account.number,
            currency=order.currency,
            starts_at=decision.starts_at,
            ends_at=decision.ends_at,
            failure_code=decision.failure_code,
            failure_cause=decision.failure_cause,
            organisation=Organisation(self.config.bank_code, self.config.name),
            operator=CLERK,
            **told,
        )

    def _send(self, key: str, *, arrival: int) -> None:
        """Send a kept answer; `key` is its order's id, or its own where it is a further one."""

        def delivered() -> None:
            if not self.books.kept(key).is_delivered:
                self.enter({"delivered": key})

        body = self.books.kept(key).body
        self.answering.send(order_id=key, body=body, arrival=arrival, faults=self.faults, delivered=delivered)

    def _take_settings(self) -> None:
        settings = self.books.settings
        if "faults" in settings:
            self.faults = Faults(**settings["faults"])
        if "clock" in settings:
            self.clock = read_clock(settings["clock"])

    def _remember(self, signer: str, nonce: UUID, at: datetime) -> bool:
        if (signer, nonce) in self._seen:
            return False
        self._seen[signer, nonce] = at
        oldest = at - 2 * catalog.windows()["signature_window"].duration
        while self._seen[next(iter(self._seen))] < oldest:
            del self._seen[next(iter(self._seen))]
        return True


def _matter(order: OrderMessage) -> str:
    """What an order is about: a repeat has the same, whatever else was added to it since."""
    transfer_at = order.transfer_at.isoformat() if order.transfer_at else ""
    parts = order.kind, order.account.number, order.currency, order.amount_minor, transfer_at
    stop = "|".join(map(str, (*parts, order.original_order_id or "")))
    if order.kind in ABOUT_STOPS:
        return stop
    terms = order.freeze
    asked = (terms.kind, terms.asked_minor, terms.until_at.isoformat()) if terms else (order.release_minor,)
    lines = [(each.account, each.bank, each.principal_minor, each.interest_minor) for each in order.lines]
    return "|".join(map(str, (stop, *asked, *lines)))
