"""`trace`: from the ids of some transfers to the whole answer, by a method, with openings, ends of paths and hubs.

The rules are those of the architecture's "Tracing rules". Leaves the arithmetic to `following`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.columns import KIND_BITS, KIND_NAMES, LEAVES, STILL
from yipanqi.engine.ledger.table import Ledger, instant
from yipanqi.engine.tracing.following import METHODS, Followed, Plan, Progress
from yipanqi.engine.tracing.result import Owned, StoppedAt, Totals, Trace, TracedAccount, TracedTransfer
from yipanqi.kernel.errors import YipanqiError

HUB: Final = "hub"
_SINK, _HUB = 1, 2


class TraceError(YipanqiError):
    """A trace cannot be made as asked.

    Codes: seed_unknown (seed), seed_currencies, method_unknown (method), opening_ambiguous (account),
    opening_negative (account).
    """

    code = "seed_unknown"


def trace(
    ledger: Ledger,
    seeds: Sequence[str],
    *,
    method: str = "haircut",
    until: datetime | None = None,
    opening: Mapping[str, int] | None = None,
    sinks: Mapping[str, str] | None = None,
    hub_degree: int | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Follow the money of the transfers `seeds` through the ledger up to and including `until`.

    `opening`: minor units by account, before the first transfer (else the smallest that suffices); `sinks`: kind by
    account where money leaves the system; `hub_degree`: accounts with more transfers than this in the ledger end a
    path too.
    """
    if method not in METHODS:
        raise TraceError(
            f"there is no method {method!r}; there are {', '.join(METHODS)}", code="method_unknown"
        )
    plan, void = plan_trace(ledger, seeds, until=until, opening=opening, sinks=sinks, hub_degree=hub_degree)
    followed = METHODS[method].follow(plan, progress)
    answer = Answer(plan, followed, dict(sinks or {}))
    return Trace(
        seeds=tuple(seeds),
        method=method,
        until=until,
        accounts=answer.accounts(),
        transfers=answer.transfers(),
        totals=answer.totals(),
        ambiguous=tuple(ledger.ambiguous(plan.rows)),
        stops=answer.stops(),
        owners=answer.owners(),
        void=void,
        digest=ledger.digest,
        rows=plan.rows,
    )


def plan_trace(
    ledger: Ledger,
    seeds: Sequence[str],
    *,
    until: datetime | None = None,
    opening: Mapping[str, int] | None = None,
    sinks: Mapping[str, str] | None = None,
    hub_degree: int | None = None,
) -> tuple[Plan, tuple[str, ...]]:
    """The plan of a trace, and the seeds that move nothing (cancelled by a reversal, or to oneself)."""
    rows = ledger.rows_until(until)
    places: dict[int, str] = {}
    for seed in seeds:
        place = ledger.ids.find(seed)
        if place is None:
            raise TraceError(f"there is no transfer {seed!r} in the ledger", seed=seed)
        places[place] = seed
    void = tuple(seed for place, seed in places.items() if ledger.flags[place] & STILL)
    moving = np.array(sorted(p for p in places if p < rows and not ledger.flags[p] & STILL), np.int64)
    if len(np.unique(ledger.pots.currency[ledger.payee[moving]])) > 1:
        raise TraceError("the seeds are in several currencies; trace each apart", code="seed_currencies")
    plan = Plan(ledger, moving, rows, openings_of(ledger, opening), ends_of(ledger, sinks, hub_degree))
    return plan, void


def openings_of(ledger: Ledger, given: Mapping[str, int] | None) -> NDArray[np.int64]:
    """Opening balance by pot: given for the account, else the smallest that suffices."""
    if not given:
        return ledger.pots.opening_minor
    openings = ledger.pots.opening_minor.copy()
    for account, minor in given.items():
        pots = ledger.pots.of(account)
        if len(pots) > 1:
            why = "the account holds several currencies; an opening balance names none"
            raise TraceError(f"{account}: {why}", code="opening_ambiguous", account=account)
        if minor < 0:
            raise TraceError(f"{account}: opening below zero", code="opening_negative", account=account)
        openings[pots] = minor
    openings.setflags(write=False)
    return openings


def ends_of(ledger: Ledger, sinks: Mapping[str, str] | None, hub_degree: int | None) -> NDArray[np.uint8]:
    """By pot: 1 a sink, 2 a hub, else 0."""
    ends = np.zeros(len(ledger.pots), np.uint8)
    if hub_degree is not None:
        degree = np.diff(ledger.out_start) + np.diff(ledger.in_start)
        ends[degree > hub_degree] = _HUB
    for account in sinks or {}:
        ends[ledger.pots.of(account)] = _SINK
    ends.setflags(write=False)
    return ends


class Answer:
    """Turns the arrays of a followed plan into records."""

    def __init__(self, plan: Plan, followed: Followed, sinks: dict[str, str]) -> None:
        self._plan, self._followed, self._sinks = plan, followed, sinks
        self._names: dict[int, str] = {}
        ledger, pots = plan.ledger, len(plan.ledger.pots)
        self._level = np.zeros(pots, np.int32)
        self._span = np.zeros((pots, 2), np.int64)  # first and last row
        self._sums = np.zeros((pots, 2), np.int64)  # tainted in and out
        self._leave = np.full(pots, -1, np.int32)  # last row by which traced money left the system here
        columns = ledger.payer, ledger.payee, ledger.flags
        tainted, displaced = followed.tainted, followed.displaced
        if tainted is None:
            tainted, displaced = np.zeros(len(followed.row), np.int64), np.zeros(len(plan.seeds), np.int64)
        own = self._level, self._span, self._sums, self._leave
        _note_flows(*columns, plan.ends, plan.seeds, followed.row, tainted, displaced, *own)

    def _name(self, pot: int) -> str:
        if pot not in self._names:
            self._names[pot] = self._plan.ledger.pots.names[pot]
        return self._names[pot]

    def _sink(self, pot: int) -> str | None:
        """The kind of the end that a pot was for traced money; the account's own kind comes before a transfer's."""
        if self._plan.ends[pot] == _SINK:
            return self._sinks[self._name(pot)]
        if self._plan.ends[pot] == _HUB:
            return HUB
        if self._leave[pot] >= 0:
            return KIND_NAMES[int(self._plan.ledger.flags[self._leave[pot]]) & KIND_BITS]
        return None

    def accounts(self) -> tuple[TracedAccount, ...]:
        """All pots that traced money reached, by level, first arrival, account and currency."""
        held = self._held()
        found = [self._account(int(pot), held) for pot in np.flatnonzero(self._level)]
        return tuple(sorted(found, key=lambda each: (each.level, each.first_at, each.account, each.currency)))

    def _held(self) -> dict[int, int]:
        pots, held = self._followed.held_pot, self._followed.held
        sums: dict[int, int] = {}
        if pots is not None and held is not None:
            for pot, minor in zip(pots.tolist(), held.tolist(), strict=True):
                sums[pot] = sums.get(pot, 0) + minor
        return sums

    def _account(self, pot: int, held: dict[int, int]) -> TracedAccount:
        ledger, known = self._plan.ledger, self._followed.tainted is not None
        pots = ledger.pots
        first, last = (instant(int(ledger.booked_at[row])) for row in self._span[pot])
        return TracedAccount(
            account=self._name(pot),
            currency=pots.currencies[pots.currency[pot]],
            bank=pots.banks[pots.bank[pot]],
            level=int(self._level[pot]),
            tainted_in_minor=int(self._sums[pot, 0]) if known else None,
            tainted_out_minor=int(self._sums[pot, 1]) if known else None,
            held_minor=held.get(pot, 0) if known else None,
            first_at=first,
            last_at=last,
            sink=self._sink(pot),
        )

    def transfers(self) -> tuple[TracedTransfer, ...]:
        """Seeds and transfers with traced money, in order."""
        ledger, tainted = self._plan.ledger, self._followed.tainted
        seeds = set(self._plan.seeds.tolist())
        amounts = tainted.tolist() if tainted is not None else [None] * len(self._followed.row)
        return tuple(
            self._transfer(ledger, row, minor, row in seeds)
            for row, minor in zip(self._followed.row.tolist(), amounts, strict=True)
        )

    def _transfer(self, ledger: Ledger, row: int, minor: int | None, is_seed: bool) -> TracedTransfer:
        payer = int(ledger.payer[row])
        return TracedTransfer(
            id=ledger.ids[row],
            payer=self._name(payer),
            payee=self._name(int(ledger.payee[row])),
            booked_at=instant(int(ledger.booked_at[row])),
            amount_minor=int(ledger.amount[row]),
            tainted_minor=minor,
            currency=ledger.pots.currencies[ledger.pots.currency[payer]],
            kind=KIND_NAMES[int(ledger.flags[row]) & KIND_BITS],
            is_seed=is_seed,
        )

    def totals(self) -> Totals | None:
        """The equation of the trace; None where amounts are unknown."""
        followed, plan = self._followed, self._plan
        if followed.held is None or followed.left is None or followed.displaced is None:
            return None
        seeded = int(plan.ledger.amount[plan.seeds].sum())
        return Totals(
            seeded, int(followed.held.sum()), int(followed.left.sum()), int(followed.displaced.sum())
        )

    def stops(self) -> tuple[StoppedAt, ...]:
        """Accounts where a path ended by rule, largest first."""
        known = self._followed.tainted is not None
        found = []
        for pot in np.flatnonzero(self._level):
            kind = self._sink(int(pot))
            if kind is not None:
                minor = int(self._sums[pot, 0]) if known else None
                found.append(StoppedAt(self._name(int(pot)), "hub" if kind == HUB else "sink", kind, minor))
        return tuple(sorted(found, key=lambda stop: (-(stop.tainted_in_minor or 0), stop.account)))

    def owners(self) -> tuple[Owned, ...]:
        """Of what is held, whose it was: by account, then seed."""
        followed, ledger = self._followed, self._plan.ledger
        if followed.held_pot is None or followed.held_tag is None or followed.held is None:
            return ()
        pots, ids = ledger.pots, [ledger.ids[int(row)] for row in self._plan.seeds]
        found = [
            Owned(self._name(pot), pots.currencies[pots.currency[pot]], ids[tag], minor)
            for pot, tag, minor in zip(
                followed.held_pot.tolist(), followed.held_tag.tolist(), followed.held.tolist(), strict=True
            )
        ]
        return tuple(sorted(found, key=lambda owned: (owned.account, owned.currency, owned.seed)))


@compiled
def _note_flows(
    payer: Any,
    payee: Any,
    flags: Any,
    ends: Any,
    seeds: Any,
    rows: Any,
    tainted: Any,
    displaced: Any,
    level: Any,
    span: Any,
    sums: Any,
    leave: Any,
) -> None:
    """By pot: fewest hops, first arrival and last movement, traced money in and out, and whether it left here."""
    seed = 0
    for at in range(len(rows)):
        row = rows[at]
        giver, taker = payer[row], payee[row]
        moved, hops = tainted[at], level[giver] + 1
        if seed < len(seeds) and seeds[seed] == row:
            moved, hops = displaced[seed], 1
            seed += 1
        if moved or (level[giver] and hops > 1):
            sums[giver, 1] += moved
            span[giver, 1] = row
        if not level[taker]:
            level[taker], span[taker, 0] = hops, row
        level[taker] = min(level[taker], hops)
        span[taker, 1] = row
        sums[taker, 0] += tainted[at]
        if flags[row] & LEAVES or ends[taker]:
            leave[taker] = row
