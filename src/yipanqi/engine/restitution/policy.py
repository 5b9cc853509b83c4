"""How a case is to be split: the choices of the contract, their defaults, and taking them from a policy pack.

Leaves what each choice does to `bases` and `splitting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from yipanqi.catalog import PolicyPack
from yipanqi.engine.restitution.case import CaseError

DIRECT_FIRST: Final = "none"
METHODS: Final = ("haircut", "fifo", "lifo", "pari_passu", "libr_cap")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "method": (DIRECT_FIRST, *METHODS),
        "proportional": ("traced_share", "loss_ratio"),
        "unidentified": ("hold", "redistribute"),
        "interest": ("follow_principal", "hold"),
        "prior_recovery": ("net_claim", "hotchpot"),
        "remainder": ("largest_remainder", "hold"),
        "multi_account": ("upstream_first",),
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to split. `method` none: direct where the timestamp test holds, else proportional."""

    method: str = DIRECT_FIRST
    proportional: str = "traced_share"
    unidentified: str = "hold"
    interest: str = "follow_principal"
    prior_recovery: str = "net_claim"
    remainder: str = "largest_remainder"
    multi_account: str = "upstream_first"

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value not in CHOICES[each.name]:
                allowed = ", ".join(CHOICES[each.name])
                raise CaseError(f"policy, field {each.name}: {value!r} is none of {allowed}", field=each.name)

    def chosen(self) -> dict[str, str]:
        """The choices by key."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def policy_of(given: Mapping[str, object], default: Policy | None = None) -> Policy:
    """The policy with some keys given, the others as in `default`. Raises CaseError for a key or value unknown."""
    chosen: dict[str, str] = (default or Policy()).chosen()
    for key, value in given.items():
        if key not in CHOICES:
            raise CaseError(f"policy, field {key}: unknown; known are {', '.join(CHOICES)}", field=key)
        if value is None and key == "method":
            value = DIRECT_FIRST
        if not isinstance(value, str):
            raise CaseError(f"policy, field {key}: {value!r} is no word", field=key)
        chosen[key] = value
    return Policy(**chosen)


def policy_from_pack(pack: PolicyPack) -> Policy:
    """The choices a pack holds under `return.`, the contract's defaults for the others.

    A method is chosen by a person, never by a pack.
    """
    held = {key: pack.choice(f"return.{key}") for key in CHOICES if pack.has(f"return.{key}")}
    return policy_of(held)
