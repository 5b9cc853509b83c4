"""What a split answers: who gets what from which account, what stays held, what is not recovered, and on what basis.

Plain records, and the black-box contract's JSON. Leaves how it is found to `splitting`, and why to `explaining`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yipanqi.engine.restitution.bases import Basis, Due
from yipanqi.engine.restitution.case import Case
from yipanqi.engine.restitution.facts import Facts
from yipanqi.engine.restitution.policy import DIRECT_FIRST, Policy
from yipanqi.engine.tracing.result import decimal_text

ZEROS_LISTED: Final = 10_000  # accounts times claims up to which a method's zeros are written out


@dataclass(frozen=True)
class AccountSplit:
    """One frozen account. `paid` (interest included), `principal_paid` and `dues` by claim, for those with a part."""

    account: str
    level: int
    basis: Basis
    principal_minor: int
    interest_minor: int
    paid: Mapping[str, int]
    principal_paid: Mapping[str, int]
    dues: Mapping[str, Due]

    @property
    def held_minor(self) -> int:
        """What stays frozen."""
        return self.principal_minor + self.interest_minor - sum(self.paid.values())

    @property
    def held_principal_minor(self) -> int:
        """The principal that stays frozen."""
        return self.principal_minor - sum(self.principal_paid.values())


@dataclass(frozen=True)
class Split:
    """A case split by a policy. `accounts` in the order in which they pay; `unrecovered` by claim: net loss not paid.

    `basis` is direct, proportional, method or given_shares. `facts` are None where shares were given.
    """

    case: Case
    policy: Policy
    basis: str
    accounts: tuple[AccountSplit, ...]
    unrecovered: Mapping[str, int]
    claims: tuple[str, ...]  # in the order in which ties are settled; a Basis counts them so
    facts: Facts | None

    @property
    def paid_minor(self) -> int:
        """All that is paid."""
        return sum(sum(each.paid.values()) for each in self.accounts)

    @property
    def held_minor(self) -> int:
        """All that stays frozen."""
        return sum(each.held_minor for each in self.accounts)


def split_json(split: Split) -> dict[str, Any]:
    """One run as `yipanqi split --json` prints it, by the black-box contract of the architecture.

    Zeros stand only under a method, where they are its answer.
    """
    currency, claims = split.case.currency, sorted(split.case.claims)
    zeros = split.policy.method != DIRECT_FIRST and len(claims) * len(split.accounts) <= ZEROS_LISTED
    accounts = sorted(split.accounts, key=lambda each: each.account)
    return {
        "basis": split.basis,
        "expect": {
            each.account: {
                claim: decimal_text(each.paid.get(claim, 0), currency)
                for claim in (claims if zeros else sorted(each.paid))
                if zeros or each.paid[claim]
            }
            for each in accounts
        },
        "held": {each.account: decimal_text(each.held_minor, currency) for each in accounts},
        "unrecovered": {claim: decimal_text(split.unrecovered[claim], currency) for claim in claims},
    }
