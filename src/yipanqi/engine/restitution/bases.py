"""By what measure a frozen account is shared: for each rule the claims' parts and what they are parts of.

A claim's share of the frozen principal is principal · part / whole, before its cap. All numbers are whole; where a
rule needs fractions both sides are multiplied. Leaves caps, interest and rounding to `splitting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.restitution.facts import Facts, own_pots
from yipanqi.engine.restitution.policy import DIRECT_FIRST, Policy


class Due(NamedTuple):
    """A claim as an account meets it: what is still lost, and what came back before, upstream accounts included."""

    net_minor: int
    recovered_minor: int


@dataclass(frozen=True)
class Basis:
    """How an account is shared. `rule` is direct, traced_share, loss_ratio, hotchpot, given_shares or a method.

    `parts` by number of the claim, none of them zero; `numbers` are what an explanation tells beside them.
    """

    rule: str
    parts: Mapping[int, int]
    whole: int
    numbers: Mapping[str, int] = field(default_factory=dict)


def basis_of(facts: Facts, fund: int, principal: int, dues: Mapping[int, Due], policy: Policy) -> Basis:
    """The basis of a known frozen account (its place in `facts.known`) for the claims of this round."""
    if policy.method == DIRECT_FIRST and facts.stamps.holds[fund]:
        return _lying("direct", facts.certain[fund], principal, dues)
    if policy.method in ("haircut", "fifo", "lifo"):
        return _lying(policy.method, facts.held(policy.method)[fund], principal, dues)
    if policy.method == "libr_cap":
        return _lowest(facts, fund, principal, dues)
    if policy.method == "pari_passu":
        return _traced("pari_passu", facts, fund, principal, dues, hold=True)
    if policy.proportional == "traced_share":
        hold = policy.unidentified == "hold"
        return _traced("traced_share", facts, fund, principal, dues, hold=hold)
    if policy.prior_recovery == "hotchpot":
        return _hotchpot(facts, fund, principal, dues)
    return _loss_ratio(facts, fund, principal, dues)


def _parts(row: NDArray[np.int64], dues: Mapping[int, Due]) -> dict[int, int]:
    there = np.flatnonzero(row)
    return {
        claim: minor
        for claim, minor in zip(there.tolist(), row[there].tolist(), strict=True)
        if claim in dues
    }


def _lying(rule: str, row: NDArray[np.int64], principal: int, dues: Mapping[int, Due]) -> Basis:
    """What lies there by claim; if less is frozen, the claims share it in proportion."""
    parts = _parts(row, dues)
    return Basis(rule, parts, max(principal, sum(parts.values())))


def _traced(
    rule: str, facts: Facts, fund: int, principal: int, dues: Mapping[int, Due], *, hold: bool
) -> Basis:
    """Traced inflow since the account was last empty, of all inflow then, or of claims' inflow alone.

    Settled claims' inflow counts no more; frozen principal that the ledger does not explain counts as unidentified.
    """
    pot, came = facts.pots[facts.known[fund]], facts.inflows.came[fund]
    parts = _parts(came, dues)
    claimed = int(came[~facts.settled].sum())
    unexplained = max(0, principal - int(facts.books.balance[pot]))
    other = int(facts.books.inflow[pot]) - int(came.sum()) + unexplained
    numbers = {"claimed": claimed, "unidentified": other}
    return Basis(rule, parts, claimed + (other if hold else 0), numbers)


def _claimed(facts: Facts, fund: int, dues: Mapping[int, Due]) -> dict[int, int]:
    """Net losses of claims whose money came; where several accounts are frozen, no more than what came."""
    there = _parts(facts.inflows.came[fund], dues)
    came = {claim: minor for claim, minor in there.items() if dues[claim].net_minor}
    if len(facts.accounts) == 1:
        return {claim: dues[claim].net_minor for claim in came}
    return {claim: min(dues[claim].net_minor, minor) for claim, minor in came.items()}


def _loss_ratio(facts: Facts, fund: int, principal: int, dues: Mapping[int, Due]) -> Basis:
    parts = _claimed(facts, fund, dues)
    return Basis("loss_ratio", parts, max(principal, sum(parts.values())))


def _hotchpot(facts: Facts, fund: int, principal: int, dues: Mapping[int, Due]) -> Basis:
    """All claims get the same ratio of their losses, what came back before included: the highest that the fund pays.

    The ratio is numerator / denominator, one at most. Those who had more than that before get nothing.
    """
    own = _claimed(facts, fund, dues)
    before = {claim: dues[claim].recovered_minor for claim in own}
    loss = {claim: net + before[claim] for claim, net in own.items()}
    rising = sorted(own, key=lambda claim: Fraction(before[claim], loss[claim]))
    numerator, denominator = 1, 1
    pool, base = principal, 0
    for place, claim in enumerate(rising):
        pool, base = pool + before[claim], base + loss[claim]
        following = rising[place + 1] if place + 1 < len(rising) else None
        if following is None or pool * loss[following] <= before[following] * base:
            numerator, denominator = (pool, base) if pool < base else (1, 1)
            break
    parts = {claim: numerator * loss[claim] - denominator * before[claim] for claim in own}
    kept = {claim: part for claim, part in parts.items() if part > 0}
    return Basis(
        "hotchpot", kept, principal * denominator, {"numerator": numerator, "denominator": denominator}
    )


def _lowest(facts: Facts, fund: int, principal: int, dues: Mapping[int, Due]) -> Basis:
    """The lowest balance since each source came, scaled to the balance where they exceed it; the holder's own last."""
    lowest, pot = facts.lowest, int(facts.pots[facts.known[fund]])
    own = np.array([*own_pots(facts.ledger, facts.case.own), pot])
    slots = lowest.slots_of(fund)
    others = int(lowest.others[slots][~np.isin(lowest.pot[slots], own)].sum())
    parts = _parts(lowest.claims[fund], dues)
    whole, balance = int(lowest.claims[fund].sum()) + others, int(facts.books.balance[pot])
    numbers = {"lowest": whole, "balance": balance}
    if whole <= balance:
        return Basis("libr_cap", parts, max(principal, sum(parts.values())), numbers)
    scaled = {claim: minor * balance for claim, minor in parts.items()}
    return Basis("libr_cap", scaled, max(principal * whole, sum(scaled.values())), numbers)


def given_basis(parts: Mapping[int, int], principal: int) -> Basis:
    """Traced shares given by the caller; scaled where they exceed what is frozen."""
    kept = {claim: minor for claim, minor in parts.items() if minor}
    return Basis("given_shares", kept, max(principal, sum(kept.values())))
