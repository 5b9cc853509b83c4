"""Several ways to split one case side by side, before an officer chooses one.

Facts of the ledger are found once for all. Leaves the choice, and keeping it with its ground, to people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yipanqi.engine.restitution.case import Case
from yipanqi.engine.restitution.facts import Facts
from yipanqi.engine.restitution.policy import METHODS, Policy
from yipanqi.engine.restitution.result import Split
from yipanqi.engine.restitution.splitting import split

USUAL: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        "traced_share": Policy(),
        "loss_ratio": Policy(proportional="loss_ratio"),
        **{method: Policy(method=method) for method in METHODS},
    }
)


@dataclass(frozen=True)
class Compared:
    """An amount under each policy, in their order: paid to a claim from an account, or (claim None) held there."""

    account: str
    claim: str | None
    minor: tuple[int, ...]


@dataclass(frozen=True)
class Comparison:
    """`rows` by account, claims before what is held; `unrecovered` by claim, `splits` by the policy's name."""

    splits: Mapping[str, Split]
    rows: tuple[Compared, ...]
    unrecovered: Mapping[str, tuple[int, ...]]


def compare(case: Case, policies: Mapping[str, Policy] = USUAL) -> Comparison:
    """Split a case by each of some named policies. Raises CaseError as `split` does."""
    facts = Facts(case) if case.shares is None else None
    splits = {name: split(case, policy, facts) for name, policy in policies.items()}
    rows = []
    for account in sorted(case.frozen):
        found = [next(each for each in one.accounts if each.account == account) for one in splits.values()]
        for claim in sorted({claim for each in found for claim, minor in each.paid.items() if minor}):
            rows.append(Compared(account, claim, tuple(each.paid.get(claim, 0) for each in found)))
        rows.append(Compared(account, None, tuple(each.held_minor for each in found)))
    lost = {claim: tuple(one.unrecovered[claim] for one in splits.values()) for claim in sorted(case.claims)}
    return Comparison(MappingProxyType(splits), tuple(rows), MappingProxyType(lost))
