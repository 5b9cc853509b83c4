"""`split`: from a case and a policy to what each account pays each claim, to the minor unit, and what stays held.

Accounts pay upstream first; what one pays is lost no longer for the next. Rounds once for each account. A second round
deals with what the first left. Leaves the measure of each account's shares to `bases`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from yipanqi.engine.restitution.bases import Basis, Due, basis_of, given_basis
from yipanqi.engine.restitution.case import Case, CaseError, Claim, Frozen
from yipanqi.engine.restitution.facts import Facts
from yipanqi.engine.restitution.policy import DIRECT_FIRST, Policy
from yipanqi.engine.restitution.result import AccountSplit, Split
from yipanqi.engine.restitution.rounding import apportion

UNTOUCHED = "untouched"
_LAST = 1 << 31  # accounts that claims' money never reached pay last: nothing


class _Grounds(Protocol):
    """Where parts come from: a ledger's facts, or shares given."""

    claims: list[str]

    def level(self, account: str) -> int:
        """How far upstream an account lies: 1 is the first; 0 where claims' money never came."""

    def basis(self, account: str, principal: int, dues: Mapping[int, Due], policy: Policy) -> Basis:
        """How the account is shared."""


class _Traced:
    """A ledger's facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self.claims = facts, facts.claims
        self._place = {facts.accounts[known]: place for place, known in enumerate(facts.known)}

    def level(self, account: str) -> int:
        place = self._place.get(account)
        if place is None or not self._facts.books.reached[self._facts.pots[self._facts.known[place]]]:
            return 0
        return self._facts.level(place) or _LAST

    def basis(self, account: str, principal: int, dues: Mapping[int, Due], policy: Policy) -> Basis:
        if not self.level(account):
            return Basis(UNTOUCHED, {}, 0)
        return basis_of(self._facts, self._place[account], principal, dues, policy)


class _Given:
    """Shares given by the caller; a ledger, if there is one, only settles ties."""

    def __init__(self, case: Case, shares: Mapping[str, Mapping[str, int]]) -> None:
        self._case, self._shares = case, shares
        self.claims = sorted(case.claims)
        if case.ledger is not None:
            first = Facts(case).claims
            self.claims = [claim for claim in first if claim in case.claims]
        for account, parts in shares.items():
            for claim in parts:
                if claim not in case.claims:
                    raise CaseError(f"shares, account {account}: there is no claim {claim}", account=account)
        self._number = {claim: number for number, claim in enumerate(self.claims)}

    def level(self, account: str) -> int:
        return self._case.levels.get(account, 1 if account in self._shares else 0)

    def basis(self, account: str, principal: int, dues: Mapping[int, Due], policy: Policy) -> Basis:
        parts = self._shares.get(account, {})
        return given_basis({self._number[claim]: minor for claim, minor in parts.items()}, principal)


def split(case: Case, policy: Policy, facts: Facts | None = None) -> Split:
    """Split a case by a policy. `facts`: those of the same case, found before; else they are found now.

    Raises CaseError when the case does not fit together.
    """
    grounds: _Grounds
    if case.shares is not None:
        grounds = _Given(case, case.shares)
    else:
        facts = facts or Facts(case)
        grounds = _Traced(facts)
    accounts = _pay_all(grounds, case, policy)
    lost = {claim: given.net_minor for claim, given in case.claims.items()}
    for each in accounts:
        for claim, minor in each.principal_paid.items():
            lost[claim] -= minor
    return Split(
        case, policy, _named(case, policy, accounts), tuple(accounts), lost, tuple(grounds.claims), facts
    )


def _pay_all(grounds: _Grounds, case: Case, policy: Policy) -> list[AccountSplit]:
    """Let all accounts pay, upstream first; what one pays came back before the next."""
    number = {claim: at for at, claim in enumerate(grounds.claims)}
    dues = {
        number[claim]: Due(given.net_minor, given.recovered_minor) for claim, given in case.claims.items()
    }
    levels = {account: grounds.level(account) for account in case.frozen}
    accounts = []
    for account in sorted(case.frozen, key=lambda each: (levels[each] or _LAST, each)):
        found = _pay(grounds, account, levels[account], case.frozen[account], dues, policy)
        accounts.append(found)
        for claim, minor in found.principal_paid.items():
            due = dues[number[claim]]
            dues[number[claim]] = Due(due.net_minor - minor, due.recovered_minor + minor)
    return accounts


def _named(case: Case, policy: Policy, accounts: list[AccountSplit]) -> str:
    """The basis of the whole run: direct only where every account is that claims' money reached."""
    if case.shares is not None:
        return "given_shares"
    if policy.method != DIRECT_FIRST:
        return "method"
    return "direct" if all(each.basis.rule in ("direct", UNTOUCHED) for each in accounts) else "proportional"


def _pay(
    grounds: _Grounds, account: str, level: int, frozen: Frozen, dues: Mapping[int, Due], policy: Policy
) -> AccountSplit:
    """Let one account pay: each claim its part of the principal up to what it lacks, interest in the same weights."""
    principal, interest = frozen.principal_minor, frozen.interest_minor
    basis = grounds.basis(account, principal, dues, policy)
    order = sorted(basis.parts)
    weights = [min(dues[each].net_minor * basis.whole, principal * basis.parts[each]) for each in order]
    hold, whole = policy.remainder == "hold", principal * basis.whole
    own = apportion(principal, weights, whole, hold_remainder=hold)
    paid = own
    if interest and policy.interest == "follow_principal":
        paid = apportion(principal + interest, weights, whole, hold_remainder=hold)
        own = [min(one, both) for one, both in zip(own, paid, strict=True)]
    names = [grounds.claims[each] for each in order]
    return AccountSplit(
        account=account,
        level=0 if level == _LAST else level,
        basis=basis,
        principal_minor=principal,
        interest_minor=interest,
        paid=dict(zip(names, paid, strict=True)),
        principal_paid=dict(zip(names, own, strict=True)),
        dues={grounds.claims[each]: dues[each] for each in order},
    )


def second_round(
    first: Split, claims: Mapping[str, Claim], frozen: Mapping[str, Frozen] | None = None
) -> Case:
    """The case of a new round for claims that were found later; the first round stays as it is.

    `frozen`: what is frozen now, else what the first round left. Claims of the first round have had theirs; one that
    comes again lacks what it lacked then, less what it was paid.
    """
    case = first.case
    left = {
        each.account: Frozen(each.held_principal_minor, each.held_minor - each.held_principal_minor)
        for each in first.accounts
    }
    again = {claim: _less(given, claim, first) for claim, given in claims.items()}
    settled = {**case.settled, **case.claims}
    shares = case.shares
    if shares is not None:
        shares = {
            account: {claim: minor for claim, minor in parts.items() if claim in again}
            for account, parts in shares.items()
        }
    return replace(
        case,
        claims=again,
        frozen=left if frozen is None else frozen,
        settled={claim: given for claim, given in settled.items() if claim not in again},
        shares=shares,
    )


def _less(given: Claim, claim: str, first: Split) -> Claim:
    """A claim less what it was paid."""
    paid = sum(each.principal_paid.get(claim, 0) for each in first.accounts)
    return replace(given, recovered_minor=given.recovered_minor + paid)
