"""Which account to stop first: the money that an order still saves per minute of work, with reasons in words.

    savable = held x chance that it is there when the order takes effect        score = savable / minutes of work

The order takes effect after the minutes of work and the bank's answer. An account ranked right after one of the same
bank is done along with it (`batch`) and takes fewer minutes of work. Each account is judged as if it came next: money
that lies further down waits longer than its reasons say, so plan again after every act. Leaves proposing and signing
to ops.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from yipanqi import catalog
from yipanqi.engine.tracing.planning.dwell import DEFAULT, DwellCurves
from yipanqi.engine.tracing.planning.stays import Lot, Pot
from yipanqi.engine.tracing.result import TracedAccount, decimal_text

PLAN_VERSION: Final = "stop-plan-1"  # stored with a decision, raised with every change of the rule
_FIRST: Final = "CNY"  # amounts of different currencies are not compared; this one comes first, then by code
_LEAST_MINUTES: Final = 1 / 60


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of `catalog.stop_reasons` and the facts that fill it."""

    code: str
    detail: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class StopRank:
    """An account's place in the plan. `score`: minor units saved a minute of work; `batch` counts runs of a bank."""

    account: str
    currency: str
    bank: str
    level: int
    held_minor: int
    savable_minor: int
    chance: float
    effort_minutes: float
    score: float
    batch: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An account that is not in the plan; `why` is stopped, end, empty or unknown (`out.<why>` in the catalog)."""

    account: str
    currency: str
    why: str


@dataclass(frozen=True, slots=True)
class _Offer:
    """What stopping an account would save, alone or along with another of its bank."""

    traced: TracedAccount
    held_minor: int
    age_minutes: float
    lead_minutes: float
    effort_minutes: float
    chance: float

    @property
    def savable_minor(self) -> int:
        return int(self.held_minor * self.chance)

    @property
    def score(self) -> float:
        return self.held_minor * self.chance / self.effort_minutes

    def place(self) -> tuple[bool, str, float, int, int, str]:
        """Sorts: currency, score, then more held, lower level, account bytewise."""
        traced = self.traced
        own = traced.currency != _FIRST, traced.currency
        return *own, -self.score, -self.held_minor, traced.level, traced.account


def plan_stops(
    accounts: Sequence[TracedAccount],
    *,
    now: datetime,
    curves: DwellCurves = DEFAULT,
    stopped: Set[str] = frozenset(),
    effort: Mapping[str, float] | None = None,
    answers: Mapping[str, float] | None = None,
    lots: Mapping[Pot, Sequence[Lot]] | None = None,
    open_bank: str = "",
) -> list[StopRank]:
    """Rank the accounts of a trace that stand at `now`; `left_out` names the others.

    `effort` and `answers`: minutes of work, and until the bank's answer, by bank (else the catalog's). `lots`: since
    when the money lies there (`Rests.lots`); without them all of an account counts as having come with its last
    movement.
    `open_bank`: that of the order just made; its accounts may still go along with it, as batch 0.
    """
    offers = _Offers(now, curves, effort or {}, answers or {}, lots or {})
    open_ones = [each for each in accounts if _why_out(each, stopped) is None]
    return _ranked(
        [offers.make(each, along=False) for each in open_ones],
        [offers.make(each, along=True) for each in open_ones if each.bank],
        offers,
        open_bank,
    )


def left_out(accounts: Iterable[TracedAccount], *, stopped: Set[str] = frozenset()) -> list[LeftOut]:
    """The accounts that a plan leaves out, and why, in the order given."""
    found = ((each, _why_out(each, stopped)) for each in accounts)
    return [LeftOut(each.account, each.currency, why) for each, why in found if why is not None]


def _why_out(traced: TracedAccount, stopped: Set[str]) -> str | None:
    if traced.account in stopped:
        return "stopped"
    if traced.held_minor is None:
        return "unknown"
    if traced.held_minor > 0:
        return None
    return "empty" if traced.sink is None else "end"


class _Offers:
    """Judges accounts at one instant."""

    def __init__(
        self,
        now: datetime,
        curves: DwellCurves,
        effort: Mapping[str, float],
        answers: Mapping[str, float],
        lots: Mapping[Pot, Sequence[Lot]],
    ) -> None:
        self._now, self._curves, self._lots = now, curves, lots
        self._effort, self._answers = effort, answers
        self._alone = catalog.windows()["stop_effort"].duration.total_seconds() / 60
        self._along = catalog.windows()["stop_effort_next"].duration.total_seconds() / 60
        self._answer = catalog.windows()["bank_answer"].duration.total_seconds() / 60

    def make(self, traced: TracedAccount, *, along: bool) -> _Offer:
        """The offer of an account; along with another of its bank it takes the same fraction of the work
        everywhere.
        """
        alone = self._effort.get(traced.bank, self._alone)
        effort = max(_LEAST_MINUTES, alone * self._along / self._alone if along else alone)
        lead = effort + self._answers.get(traced.bank, self._answer)
        held = traced.held_minor or 0
        lots = self._lots.get((traced.account, traced.currency)) or (Lot(traced.last_at, held),)
        ages = np.array([max(0.0, (self._now - lot.at).total_seconds()) for lot in lots])
        minor = np.array([lot.minor for lot in lots], np.float64)
        chances = self._curves.chance(traced.bank, traced.level, age_s=ages, lead_s=lead * 60)
        return _Offer(
            traced=traced,
            held_minor=held,
            age_minutes=float(ages @ minor / minor.sum()) / 60,
            lead_minutes=lead,
            effort_minutes=effort,
            chance=min(1.0, float(chances @ minor / minor.sum())),
        )

    def reasons(self, offer: _Offer, *, along: bool) -> tuple[Reason, ...]:
        """Why the offer is worth what it is, in the order in which it is read."""
        traced = offer.traced
        amount = decimal_text(offer.held_minor, traced.currency) or ""
        basis, arrivals = self._curves.basis(traced.bank, traced.level)
        answer = offer.lead_minutes - offer.effort_minutes
        found = [
            Reason("held", {"amount": amount, "currency": traced.currency}),
            Reason("age", {"minutes": int(offer.age_minutes)}),
            Reason("chance", {"minutes": round(offer.lead_minutes), "percent": int(offer.chance * 100)}),
            Reason("answer", {"minutes": round(answer)}),
        ]
        if along:
            found.append(Reason("same_bank", {"minutes": round(offer.effort_minutes)}))
        return *found, Reason(basis, {"count": arrivals} if arrivals else {})


def _ranked(alone: list[_Offer], along: list[_Offer], offers: _Offers, bank: str) -> list[StopRank]:
    """Take the best offer again and again; accounts of the bank taken last offer themselves along with it."""
    by_bank: dict[str, list[_Offer]] = {}
    for offer in _best_last(along):
        by_bank.setdefault(offer.traced.bank, []).append(offer)
    alone, taken = _best_last(alone), set[Pot]()
    ranks: list[StopRank] = []
    while best := _last_open(alone, taken):
        joining = _last_open(by_bank.get(bank, []), taken)
        joins = joining is not None and joining.place() <= best.place()
        offer = joining if joining is not None and joins else best
        batch = (ranks[-1].batch if ranks else 0) + (not joins)
        bank = offer.traced.bank
        taken.add((offer.traced.account, offer.traced.currency))
        ranks.append(_rank(offer, batch, offers.reasons(offer, along=joins)))
    return ranks


def _best_last(offers: list[_Offer]) -> list[_Offer]:
    return sorted(offers, key=_Offer.place, reverse=True)


def _last_open(offers: list[_Offer], taken: set[Pot]) -> _Offer | None:
    while offers and (offers[-1].traced.account, offers[-1].traced.currency) in taken:
        offers.pop()
    return offers[-1] if offers else None


def _rank(offer: _Offer, batch: int, reasons: tuple[Reason, ...]) -> StopRank:
    traced = offer.traced
    return StopRank(
        account=traced.account,
        currency=traced.currency,
        bank=traced.bank,
        level=traced.level,
        held_minor=offer.held_minor,
        savable_minor=offer.savable_minor,
        chance=offer.chance,
        effort_minutes=offer.effort_minutes,
        score=offer.score,
        batch=batch,
        reasons=reasons,
    )
