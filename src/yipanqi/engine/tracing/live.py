"""The live chase: seeds stay open, and each new transfer moves the traced money on and says where it came to.

Only accounts that traced money has reached are kept, and what they hold; what lay in an account before is asked of
the ledger when traced money first comes to it. A transfer that comes late, or a reversal that undoes one, is
followed anew from the ledger, so that the answer is the batch's answer on every prefix. Leaves storing transfers to
the ledger.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl

from yipanqi.engine.ledger.columns import KIND_BITS, Kind
from yipanqi.engine.ledger.table import Ledger, micros
from yipanqi.engine.ledger.texts import make_texts
from yipanqi.engine.tracing.arriving import Arrivals, Moment, Movement, arrivals_in, arrivals_of
from yipanqi.engine.tracing.following import CODES, Run
from yipanqi.engine.tracing.pushing import Push
from yipanqi.engine.tracing.reached import Key, Moved, Reached
from yipanqi.engine.tracing.result import TracedAccount, TracedTransfer
from yipanqi.engine.tracing.tracing import Answer, TraceError, plan_trace


class History(Protocol):
    """The ledger that the pushed transfers are also put into, before they are pushed. A `Store` is one."""

    def ledger(self) -> Ledger:
        """All transfers pushed so far and those being pushed, nothing else."""


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
        self._history, self._code = history, CODES[method]
        self._opening, self._sinks = dict(opening or {}), dict(sinks or {})
        self._seeds: dict[str, None] = {}
        self._last: Moment = (-(2**63), 0, "")
        self.reached = Reached(self._code)

    @property
    def seeds(self) -> tuple[str, ...]:
        """The open seeds, in the order in which they were opened."""
        return tuple(self._seeds)

    @property
    def known(self) -> Collection[Key]:
        """The accounts that traced money has reached, each with its currency."""
        return self.reached.known().keys()

    def open(self, seeds: Sequence[str]) -> list[Moved]:
        """Open seeds: transfers that came already are followed at once, others when they come."""
        self._seeds.update(dict.fromkeys(seeds))
        ledger = self._history.ledger()
        if len(ledger):  # what comes at the instant of the last row may belong before it: then it is late
            self._last = max(self._last, (int(ledger.booked_at[-1]), 2**63 - 1, ""))
        return self._anew(ledger, frozenset())

    def push(self, movements: Sequence[Movement]) -> list[Moved]:
        """Let transfers happen that the history holds already; say where traced money came to, in their order."""
        return self._push(arrivals_of(movements))

    def push_frame(self, frame: pl.DataFrame) -> list[Moved]:
        """As `push`, for a canonical frame."""
        return self._push(arrivals_in(frame))

    def _push(self, arrivals: Arrivals) -> list[Moved]:
        if not len(arrivals):
            return []
        late = arrivals.moment(0) < self._last
        self._last = max(self._last, arrivals.moment(len(arrivals) - 1))
        if self._needs_batch(arrivals, late):
            return self._anew(self._history.ledger(), frozenset(arrivals.ids))
        push = Push(self.reached, arrivals, self._seeds.keys(), self._sinks)
        return push.run(self._history.ledger, self._opening)

    def accounts(self) -> tuple[TracedAccount, ...]:
        """What `trace` would say of the accounts now, in its order."""
        return self.reached.accounts()

    def _needs_batch(self, arrivals: Arrivals, late: bool) -> bool:
        """Whether the past changes: something came late or is taken back, where traced money is or was."""
        if not late and "reversal" not in arrivals.kinds:
            return False
        if not self._seeds.keys().isdisjoint(arrivals.ids):
            return True
        slots = self.reached.slots
        for side in (arrivals.payers, arrivals.payees):
            if any(key in slots for key in zip(side, arrivals.currencies, strict=True)):
                return True
        return late and self._parts_a_pair(set(arrivals.payers))

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
        before, transfers = self.reached, self._follow(ledger)
        is_first = not before.known()
        new = [each for each in transfers if is_first or each.id in fresh]
        keys = [(each.payee, each.currency) for each in new]
        found = self.reached.tell(
            [each.id for each in new],
            np.array([micros(each.booked_at) for each in new], np.int64),
            np.array([self.reached.slots[key] for key in keys], np.int64),
            [each.tainted_minor or 0 for each in new],
        )
        return found if is_first else found + self._corrections(before, set(keys))

    def _corrections(self, before: Reached, told: set[Key]) -> list[Moved]:
        """What is held now and was not before, or the other way, in accounts of which nothing was told."""
        now, found = self.reached.known(), []
        for key in {**before.known(), **now}:
            held = self.reached.held(key)
            change = held - before.held(key)
            if change and key not in told:
                found.append((self.reached if key in now else before).correct(key, change, held))
        return found

    def _follow(self, ledger: Ledger) -> tuple[TracedTransfer, ...]:
        came = [seed for seed in self._seeds if ledger.ids.find(seed) is not None]
        plan, _ = plan_trace(ledger, came, opening=self._opening, sinks=self._sinks)
        run = Run(plan, self._code)
        run.hop()
        answer = Answer(plan, run.go(None), self._sinks)
        accounts = answer.accounts()
        pots = _pots_of(ledger, accounts)
        run.bring_up(plan.rows)
        met = [run.met(pot) for pot in pots]
        self.reached = Reached.of(self._code, run.money, len(plan.seeds), accounts, pots, met)
        return answer.transfers()


def _pots_of(ledger: Ledger, accounts: Sequence[TracedAccount]) -> list[int]:
    """The pots of accounts that are in the ledger."""
    pots = ledger.pots
    names = make_texts(pl.Series([each.account for each in accounts], dtype=pl.String))
    found: list[int] = pots.names.find_all(names).tolist()
    for at, each in enumerate(accounts):
        while pots.currencies[pots.currency[found[at]]] != each.currency:
            found[at] += 1
    return found
