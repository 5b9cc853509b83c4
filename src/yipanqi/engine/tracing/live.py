"""The live chase: seeds stay open, and each new transfer moves the traced money on and says where it came to.

Only accounts that traced money has reached are kept, and what they hold; what lay in an account before is asked of
the ledger when traced money first comes to it. A transfer that comes late, or a reversal that undoes one, is
followed anew from the ledger, so that the answer is the batch's answer on every prefix. Leaves storing transfers to
the ledger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import polars as pl

from yipanqi.engine.ledger.columns import KIND_BITS, SCHEMA, Kind
from yipanqi.engine.ledger.table import Ledger, micros
from yipanqi.engine.tracing.following import (
    CODES,
    Run,
    doubled,
    new_money,
    scene_of,
    with_room,
)
from yipanqi.engine.tracing.moving import change_clean
from yipanqi.engine.tracing.pots import TAINTED, WIDTH
from yipanqi.engine.tracing.pushing import Push
from yipanqi.engine.tracing.result import TracedAccount, TracedTransfer
from yipanqi.engine.tracing.shares import new_scratch
from yipanqi.engine.tracing.tracing import Answer, TraceError, openings_of, plan_trace
from yipanqi.engine.tracing.walking import clean_before

Key = tuple[str, str]  # account, currency


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as it arrives; amounts in minor units."""

    id: str
    booked_at: datetime
    payer: str
    payee: str
    amount_minor: int
    serial: int | None = None
    kind: str = "transfer"
    currency: str = "CNY"
    payer_bank: str | None = None
    payee_bank: str | None = None
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Traced money came to an account. `held_minor` is what it holds of it after all that was pushed together.

    `corrects`: a late transfer or a reversal changed what was said before; then `amount_minor` is the change of
    what the account holds and may be below zero.
    """

    transfer_id: str
    booked_at: datetime
    account: str
    currency: str
    bank: str
    amount_minor: int
    level: int
    held_minor: int
    sink: str | None
    corrects: bool = False


class History(Protocol):
    """The ledger that the pushed transfers are also put into, before they are pushed. A `Store` is one."""

    def ledger(self) -> Ledger:
        """All transfers pushed so far and those being pushed, nothing else."""


@dataclass(slots=True)
class _Known:
    """What is known of a reached account beside its money."""

    bank: str
    level: int
    first_at: datetime
    last_at: datetime
    came_minor: int = 0
    went_minor: int = 0
    sink: str | None = None


class LiveTrace:
    """Follows open seeds transfer by transfer, by haircut, fifo or lifo. Not for use from several threads at once."""

    def __init__(
        self,
        history: History,
        *,
        method: str = "haircut",
        opening: Mapping[str, int] | None = None,
        sinks: Mapping[str, str] | None = None,
    ) -> None:
        if method not in CODES:
            raise TraceError(f"no amounts can be followed live by {method!r}", code="method_unknown")
        self._history, self.code = history, CODES[method]
        self._opening, self.sinks = dict(opening or {}), dict(sinks or {})
        self._seeds: list[str] = []
        self._tags: list[str] = []
        self._last: tuple[int, int, bytes] = (-(2**63), -1, b"")
        self._clear()

    def _clear(self) -> None:
        self.local: dict[Key, int] = {}
        self.known: dict[Key, _Known] = {}
        self._banks: dict[Key, str] = {}
        self.money = new_money(64, 0)

    @property
    def seeds(self) -> tuple[str, ...]:
        """The open seeds, in the order in which they were opened."""
        return tuple(self._seeds)

    def open(self, seeds: Sequence[str]) -> list[Moved]:
        """Open seeds: transfers that came already are followed at once, others when they come."""
        self._seeds += [seed for seed in dict.fromkeys(seeds) if seed not in self._seeds]
        ledger = self._history.ledger()
        if len(
            ledger
        ):  # what comes at the same instant may belong before the last row: then it counts as late
            self._last = max(self._last, (int(ledger.booked_at[-1]), 2**63 - 1, b""))
        return self._anew(ledger, frozenset())

    def push(self, movements: Sequence[Movement]) -> list[Moved]:
        """Let transfers happen that the history holds already; say where traced money came to, in their order."""
        return self.push_frame(_frame(movements))

    def push_frame(self, frame: pl.DataFrame) -> list[Moved]:
        """As `push`, for a canonical frame."""
        if not len(frame):
            return []
        frame = frame.sort(["booked_at", "serial", "id"], nulls_last=False)
        first, last = _order(frame, 0), _order(frame, len(frame) - 1)
        late, self._last = first < self._last, max(last, self._last)
        if self._needs_batch(frame, late):
            return self._anew(self._history.ledger(), frozenset(frame["id"]))
        return Push(self, frame).run()

    def accounts(self) -> tuple[TracedAccount, ...]:
        """What `trace` would say of the accounts now, in its order."""
        found = [
            TracedAccount(
                *key,
                bank=known.bank,
                level=known.level,
                tainted_in_minor=known.came_minor,
                tainted_out_minor=known.went_minor,
                held_minor=self._held(key),
                first_at=known.first_at,
                last_at=known.last_at,
                sink=known.sink,
            )
            for key, known in self.known.items()
        ]
        return tuple(sorted(found, key=lambda each: (each.level, each.first_at, each.account, each.currency)))

    def make_room(self) -> None:
        """See to it that one transfer can happen."""
        self.money = with_room(self.money, self.code)

    def tag_of(self, seed: str) -> int:
        """The number of a seed that comes now."""
        self._tags.append(seed)
        self.money = self.money._replace(scratch=new_scratch(len(self._tags)))
        return len(self._tags) - 1

    def add_pot(self, key: Key, transfer_id: str) -> int:
        """A pot for an account that traced money is about to reach by a transfer; the ledger says what lay there."""
        ledger = self._history.ledger()
        row = ledger.ids.find(transfer_id)
        pots = [pot for pot in ledger.pots.of(key[0]) if _currency(ledger, pot) == key[1]]
        if row is None or not pots:
            raise TraceError(
                f"transfer {transfer_id!r} was pushed before it was in the ledger", seed=transfer_id
            )
        if len(self.local) == len(self.money.pots):
            self.money = self.money._replace(pots=doubled(self.money.pots))
        local = self.local[key] = len(self.local)
        scene = scene_of(ledger, openings_of(ledger, self._opening))
        clean, entered = clean_before(scene, pots[0], row)
        self.make_room()
        change_clean(self.money, self.code, local, clean, entered)
        self._banks[key] = ledger.pots.banks[ledger.pots.bank[pots[0]]]
        return local

    def note_arrival(
        self, key: Key, bank: str, level: int, at: datetime, minor: int, sink: str | None
    ) -> None:
        """Note on an account that traced money came."""
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = _Known(bank or self._banks.pop(key, ""), level, at, at)
        known.level = min(known.level, level)
        known.last_at = at
        known.came_minor += minor
        known.bank = bank or known.bank
        known.sink = sink or known.sink

    def _held(self, key: Key) -> int:
        pot = self.local.get(key)
        return int(self.money.pots[pot, TAINTED]) if pot is not None else 0

    def _needs_batch(self, frame: pl.DataFrame, late: bool) -> bool:
        """Whether the past changes: something came late or is taken back, where traced money is or was."""
        if not late and not (frame["kind"] == "reversal").any():
            return False
        if frame["id"].is_in(self._seeds).any():
            return True
        sides = [*zip(frame["payer"], frame["currency"]), *zip(frame["payee"], frame["currency"])]  # noqa: B905
        if any(side in self.known or side in self.local for side in sides):
            return True
        return late and self._parts_a_pair(set(frame["payer"]))

    def _parts_a_pair(self, payers: set[str]) -> bool:
        """Whether a late debit may stand between a transfer and its reversal, which then no longer cancel each
        other.
        """
        ledger = self._history.ledger()
        debits = (
            ledger.out_at[ledger.out_start[p] : ledger.out_start[p + 1]]
            for a in payers
            for p in ledger.pots.of(a)
        )
        return any(bool(np.any(ledger.flags[rows] & KIND_BITS == Kind.REVERSAL)) for rows in debits)

    def _anew(self, ledger: Ledger, fresh: frozenset[str]) -> list[Moved]:
        """Follow all seeds from the ledger; `fresh` are the ids being pushed. Say what is new and what changed."""
        known, before = self.known, {key: self._held(key) for key in self.known}
        transfers = self._follow(ledger)
        found = [
            self.moved(t.id, t.booked_at, (t.payee, t.currency), t.tainted_minor or 0)
            for t in transfers
            if t.id in fresh or not before
        ]
        told = {(each.account, each.currency) for each in found}
        for key in [key for key in {**before, **self.known} if before and key not in told]:
            change = self._held(key) - before.get(key, 0)
            own = self.known.get(key) or known[key]
            if change:
                found.append(_say("", own.last_at, key, own, change, self._held(key), corrects=True))
        return found

    def _follow(self, ledger: Ledger) -> tuple[TracedTransfer, ...]:
        came = [seed for seed in self._seeds if ledger.ids.find(seed) is not None]
        plan, _ = plan_trace(ledger, came, opening=self._opening, sinks=self.sinks)
        run = Run(plan, self.code)
        run.hop()
        answer = Answer(plan, run.go(None), self.sinks)
        accounts = answer.accounts()
        self._clear()
        self._tags = [ledger.ids[int(row)] for row in plan.seeds]
        own = [
            next(p for p in ledger.pots.of(a.account) if _currency(ledger, p) == a.currency) for a in accounts
        ]
        run.bring_up(plan.rows)
        kept = [(account, pot) for account, pot in zip(accounts, own, strict=True) if run.met(pot)]
        unused = np.zeros((64, WIDTH), np.int64)
        pots = np.concatenate([run.money.pots[[pot for _, pot in kept]], unused])
        self.money = run.money._replace(pots=pots)
        self.local = {(account.account, account.currency): at for at, (account, _) in enumerate(kept)}
        for account in accounts:
            self.known[account.account, account.currency] = _Known(
                account.bank,
                account.level,
                account.first_at,
                account.last_at,
                account.tainted_in_minor or 0,
                account.tainted_out_minor or 0,
                account.sink,
            )
        return answer.transfers()

    def moved(self, transfer_id: str, at: datetime, key: Key, minor: int) -> Moved:
        """The news that traced money came to a reached account."""
        return _say(transfer_id, at, key, self.known[key], minor, self._held(key))


def _say(
    transfer_id: str,
    at: datetime,
    key: Key,
    known: _Known,
    minor: int,
    held_minor: int,
    *,
    corrects: bool = False,
) -> Moved:
    return Moved(transfer_id, at, *key, known.bank, minor, known.level, held_minor, known.sink, corrects)


def _order(frame: pl.DataFrame, row: int) -> tuple[int, int, bytes]:
    serial = frame["serial"][row]
    return frame["booked_at"][row], -1 if serial is None else serial, frame["id"][row].encode()


def _currency(ledger: Ledger, pot: int) -> str:
    return str(ledger.pots.currencies[ledger.pots.currency[pot]])


def _frame(movements: Sequence[Movement]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {name: [getattr(m, name, None) for m in movements] for name in SCHEMA}
    columns["booked_at"] = [micros(m.booked_at) for m in movements]
    return pl.DataFrame(columns, schema=SCHEMA)
