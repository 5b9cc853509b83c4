"""The live chase: for each open case whose payments stand in the ledger the money is followed transfer by transfer.

A process keeps what its cases have reached, and where in the feed it stands; a new process follows each case anew
from the ledger. In order and touching a case, a row is one step; a late one, a reversal, other seeds or ends have the
case followed anew. What the chase finds becomes suggested stops (`suggesting`); it orders nothing.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
import structlog
from django.db import transaction

from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.frames import frame_between, frame_of_accounts
from yipanqi.analytics.models import Seed, TraceRun
from yipanqi.analytics.settling import last_number, lock_ledger, settle_all
from yipanqi.analytics.suggesting import Arrival, suggest_stops
from yipanqi.engine.ledger.table import Ledger, ledger_from_frame
from yipanqi.engine.tracing import LiveTrace, Moved, TraceError
from yipanqi.engine.tracing.planning import Rests
from yipanqi.ops.cases.queries import OPEN
from yipanqi.ops.subjects.models import Account

METHOD = "haircut"
FEW_ROWS = 500  # up to here only the rows of the accounts in question are read, beyond it the whole ledger
MANY_ROWS = 200_000  # a process so far behind follows its cases anew
Order = tuple[int, int, str]
_FIRST: Order = (-(2**63), -1, "")
log = structlog.get_logger(__name__)


@dataclass
class _Reader:
    """The ledger as one round of the chase needs it: the rows of a few accounts, or all, read at most once."""

    part: Ledger | None = None
    whole: Ledger | None = None

    def ledger(self) -> Ledger:
        """The part while one is set, else all."""
        if self.part is not None:
            return self.part
        if self.whole is None:
            self.whole = fresh_store().ledger()
        return self.whole


@dataclass
class _Link:
    """What a `LiveTrace` asks for its ledger; each round puts its own reader in."""

    reader: _Reader

    def ledger(self) -> Ledger:
        """The ledger of the present round."""
        return self.reader.ledger()


@dataclass
class _Pursuit:
    """One case under chase: its seeds and ends, what was reached, the last arrival at each account, and since when
    what lies there does.
    """

    seeds: tuple[str, ...]
    sinks: dict[str, str]
    link: _Link
    live: LiveTrace
    last: Order = _FIRST
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    rests: Rests = field(default_factory=Rests)

    def note(self, moves: list[Moved]) -> None:
        """Keep what came to each account, and when."""
        for move in moves:
            if move.transfer_id:
                self.arrivals[move.account] = Arrival(move.transfer_id, move.booked_at)
                self.rests.move(None, (move.account, move.currency), move.booked_at, move.amount_minor)

    def suggest(self, case_id: uuid.UUID, *, now: datetime) -> None:
        """Bring the case's suggestions up to what was reached. What came first is taken to have left first."""
        accounts = self.live.accounts()
        self.rests.settle({(each.account, each.currency): each.held_minor or 0 for each in accounts})
        suggest_stops(case_id, accounts, self.arrivals, self.rests.lots(), now=now)

    def accounts(self) -> set[str]:
        """Every account traced money has reached."""
        return {key[0] for key in self.live.known}


class Chase:
    """All pursuits of a process. One round at a time."""

    def __init__(self) -> None:
        self._round, self._gate = threading.Lock(), threading.Lock()
        self._asked = self._running = False
        self._forget()

    def _forget(self) -> None:
        self._pursuits: dict[uuid.UUID, _Pursuit] = {}
        self._seen = 0
        self._last = _FIRST

    def follow(self, *, now: Callable[[], datetime]) -> None:
        """Number what waits for the ledger and catch up; while another thread does so, have it do so once more.

        That thread's job comes back when its process dies, so nothing asked for here is lost.
        """
        with self._gate:
            self._asked = True
            if self._running:
                return
            self._running = True
        try:
            while self._take_asked():
                settle_all(now=now())
                self.catch_up(now=now())
        except BaseException:
            self._running = False
            raise

    def _take_asked(self) -> bool:
        with self._gate:
            asked, self._asked = self._asked, False
            self._running = asked
            return asked

    def catch_up(self, *, now: datetime) -> int:
        """Follow what has entered the ledger since the last round; returns how many cases it touched."""
        with self._round:
            try:
                with transaction.atomic():
                    lock_ledger()  # so that no row is numbered while some of the ledger is read
                    return self._catch_up(now)
            except BaseException:
                self._forget()
                raise

    def _catch_up(self, now: datetime) -> int:
        head, wanted, reader = last_number(), _wanted(), _Reader()
        if head - self._seen > MANY_ROWS or head < self._seen:
            self._forget()
        frame = frame_between(self._seen if self._pursuits else head, head)
        frame = frame.sort(["booked_at", "serial", "id"], nulls_last=False)
        first = _order(frame, 0) if len(frame) else None
        own = {*frame["payer"], *frame["payee"]}
        touched = []
        for case_id, (seeds, sinks) in wanted.items():
            known = self._pursuits.get(case_id)
            if known is None or (known.seeds, known.sinks) != (seeds, sinks):
                self._open(case_id, seeds, sinks, reader)
                touched.append(case_id)
            elif first is not None and not own.isdisjoint(known.accounts()):
                self._go_on(case_id, known, frame, first, reader)
                touched.append(case_id)
        for gone in self._pursuits.keys() - wanted.keys():
            del self._pursuits[gone]
        if first is not None:
            self._last = max(self._last, _order(frame, len(frame) - 1))
        self._seen = head
        for case_id in touched:
            if pursuit := self._pursuits.get(case_id):
                pursuit.link.reader = _Reader()  # lets go of the ledger that was read
                pursuit.suggest(case_id, now=now)
        return len(touched)

    def _open(
        self, case_id: uuid.UUID, seeds: tuple[str, ...], sinks: dict[str, str], reader: _Reader
    ) -> None:
        link = _Link(reader)
        pursuit = _Pursuit(seeds, sinks, link, LiveTrace(link, method=METHOD, sinks=sinks))
        try:
            pursuit.note(pursuit.live.open(seeds))
        except TraceError as error:
            log.warning("chase.refused", case_id=str(case_id), code=error.code)
            self._pursuits.pop(case_id, None)
            return
        ledger = reader.ledger()
        pursuit.last = (int(ledger.booked_at[-1]), 2**63 - 1, "")
        self._pursuits[case_id] = pursuit

    def _go_on(
        self, case_id: uuid.UUID, known: _Pursuit, frame: pl.DataFrame, first: Order, reader: _Reader
    ) -> None:
        """Push the rows that a case may be touched by; what is late or takes back has it followed anew."""
        if first <= max(known.last, self._last) or (frame["kind"] == "reversal").any():
            self._open(case_id, known.seeds, known.sinks, reader)
            return
        part = reader
        if len(frame) <= FEW_ROWS:
            accounts = sorted({*frame["payer"], *frame["payee"]})
            part = _Reader(part=ledger_from_frame(frame_of_accounts(accounts)))
        known.link.reader = part
        known.note(known.live.push_frame(frame))


chase = Chase()


def _wanted() -> dict[uuid.UUID, tuple[tuple[str, ...], dict[str, str]]]:
    """Of each open case with payments in the ledger: its seeds, and the ends that officers marked."""
    seeds: dict[uuid.UUID, list[str]] = {}
    rows = Seed.objects.filter(case__status__in=OPEN, row__ledger_no__isnull=False).order_by("payment_id")
    for case_id, sender, external_id in rows.values_list("case_id", "row__sender", "row__external_id"):
        seeds.setdefault(case_id, []).append(f"{sender}:{external_id}")
    runs = TraceRun.objects.for_system("the chase looks at every place").filter(case_id__in=seeds)
    latest = runs.order_by("case_id", "-asked_at", "-id").distinct("case_id").values_list("case_id", "sinks")
    sinks = {case_id: tokens_of(marked) for case_id, marked in latest if marked}
    return {case_id: (tuple(dict.fromkeys(ids)), sinks.get(case_id, {})) for case_id, ids in seeds.items()}


def tokens_of(marked: Mapping[str, str]) -> dict[str, str]:
    """What was said of accounts by id, by their token in the ledger."""
    found = Account.objects.filter(id__in=marked).values_list("id", "number_index")
    return {index: marked[str(account_id)] for account_id, index in found}


def _order(frame: pl.DataFrame, row: int) -> Order:
    serial = frame["serial"][row]
    return frame["booked_at"][row], -1 if serial is None else serial, frame["id"][row]
