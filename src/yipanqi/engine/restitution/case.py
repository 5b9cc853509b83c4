"""What a split is asked about: the frozen accounts of a case, the claims of its victims, and the ledger between them.

Plain records; money in minor units. Leaves reading files to `reading`, and what follows from the ledger to `facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yipanqi.engine.ledger import Ledger
from yipanqi.kernel.errors import YipanqiError


class CaseError(YipanqiError):
    """A case cannot be split as it stands; the message names claim or account, field and reason."""

    code = "case_invalid"

    def within(self, where: str) -> "CaseError":
        """The same refusal with the place put before it."""
        told = CaseError(f"{where}{self}")
        told.facts = self.facts
        return told


@dataclass(frozen=True, slots=True)
class Claim:
    """A victim's verified loss, what of it came back before, and the transfers by which it was paid.

    Without `transfers` the claim's id is the account that paid.
    """

    loss_minor: int
    recovered_minor: int = 0
    transfers: tuple[str, ...] | None = None

    @property
    def net_minor(self) -> int:
        """What is still lost, never below zero."""
        return max(0, self.loss_minor - self.recovered_minor)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is frozen in an account: principal, and the interest on it."""

    principal_minor: int
    interest_minor: int = 0


@dataclass(frozen=True)
class Case:
    """Claims against frozen accounts. `ledger` holds the transfers up to the freeze, in one currency.

    `opening`: balances before the first transfer, else the smallest that suffice; `own`: payers that are the holder
    himself; `shares`: traced shares by account and claim, given instead of a ledger; `levels`: given with them;
    `settled`: claims of earlier rounds, whose money was dealt with.
    """

    id: str
    frozen: Mapping[str, Frozen]
    claims: Mapping[str, Claim]
    ledger: Ledger | None = None
    opening: Mapping[str, int] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    shares: Mapping[str, Mapping[str, int]] | None = None
    levels: Mapping[str, int] = field(default_factory=dict)
    settled: Mapping[str, Claim] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency of the transfers; CNY where there are none."""
        return self.ledger.pots.currencies[0] if self.ledger and self.ledger.pots.currencies else "CNY"
