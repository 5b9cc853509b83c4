"""Policy packs: what the law and practice of one place ask, as named values with their sources.

For: the keys a pack may hold (`PACK_KEYS`) and asking a pack for its values. Every value says whether it was read in
a source (`verified`), was remembered, or was chosen by the house. Leaves alone: reading pack files (`pack_files`),
acting on a value (ops), what day a period ends on (`casework.terms`), and whether the law is right: no lawyer has
checked a pack.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from yipanqi.catalog.items import CatalogError, SecondPerson, Text
from yipanqi.kernel.durations import Period

T = TypeVar("T")
Kind = Literal["duration", "period", "periods", "count", "flag", "choice", "choices", "second_person"]
Value = timedelta | Period | int | bool | str | tuple[str, ...] | tuple[Period, ...] | SecondPerson


class PolicyError(CatalogError):
    """There is no such pack or version, or the pack does not hold the value asked for."""

    code = "policy_unknown"


@dataclass(frozen=True, slots=True)
class PackKey:
    """What a value must be. `target`: needed where `stop.targets` names it, refused where not. `family`: the key that
    brings this one along; needed where the pack holds that key, refused where not."""

    kind: Kind
    required: bool = True
    choices: tuple[str, ...] = ()
    target: str = ""
    family: str = ""


TARGETS = ("protective", "suspect")
METHODS = ("direct_else_proportional", "haircut", "fifo", "lifo", "pari_passu", "libr_cap")
_TIERS = ("county", "city", "province")
_FREEZE, _RETURN = "freeze.first", "return.approver_min"
PACK_KEYS: Mapping[str, PackKey] = MappingProxyType(
    {
        "stop.targets": PackKey("choices", choices=TARGETS),
        "stop.second_person": PackKey("second_person"),
        "stop.approver_min": PackKey("choice", choices=_TIERS),
        "stop.pre_filing": PackKey("flag"),
        "stop.match_fields": PackKey("choices", choices=("name", "account", "amount", "time")),
        "stop.protective.duration": PackKey("duration", target="protective"),
        "stop.protective.max_count": PackKey("count", target="protective"),
        "stop.suspect.duration": PackKey("duration", target="suspect"),
        "stop.suspect.max_count": PackKey("count", target="suspect"),
        "stop.first_within": PackKey("duration"),
        "stop.answer_within": PackKey("duration"),
        "stop.order_valid": PackKey("duration"),
        "stop.level1_within": PackKey("duration", target="suspect"),
        "dissuade.call.high": PackKey("duration"),
        "dissuade.call.mid": PackKey("duration"),
        "dissuade.call.low": PackKey("duration"),
        "dissuade.visit.high": PackKey("duration"),
        "dissuade.visit.mid": PackKey("duration"),
        "dissuade.visit.low": PackKey("duration", required=False),
        "freeze.first": PackKey("period", required=False),
        "freeze.renew_max": PackKey("period", family=_FREEZE),
        "freeze.complex.first": PackKey("period", family=_FREEZE),
        "freeze.complex.renew_max": PackKey("period", family=_FREEZE),
        "freeze.complex.approver_min": PackKey("choice", choices=_TIERS, family=_FREEZE),
        "freeze.approver_min": PackKey("choice", choices=_TIERS, family=_FREEZE),
        "freeze.requires_filed": PackKey("flag", family=_FREEZE),
        "freeze.queue": PackKey("flag", family=_FREEZE),
        "freeze.unrelated_release": PackKey("period", family=_FREEZE),
        "freeze.release_tier": PackKey("choice", choices=("approved_tier", "approver_min"), family=_FREEZE),
        "freeze.amount": PackKey("choice", choices=("traced", "full"), family=_FREEZE),
        "freeze.covers_interest": PackKey("flag", family=_FREEZE),
        "freeze.queue_term": PackKey("choice", choices=("from_effect", "from_order"), family=_FREEZE),
        "freeze.warn": PackKey("periods", family=_FREEZE),
        "screen.within": PackKey("duration", family=_FREEZE),
        "return.approver_min": PackKey("choice", required=False, choices=_TIERS),
        "return.proportional": PackKey("choice", choices=("traced_share", "loss_ratio"), family=_RETURN),
        "return.unidentified": PackKey("choice", choices=("hold", "redistribute"), family=_RETURN),
        "return.interest": PackKey("choice", choices=("follow_principal", "hold"), family=_RETURN),
        "return.prior_recovery": PackKey("choice", choices=("net_claim", "hotchpot"), family=_RETURN),
        "return.remainder": PackKey("choice", choices=("largest_remainder", "hold"), family=_RETURN),
        "return.multi_account": PackKey("choice", choices=("upstream_first",), family=_RETURN),
        "return.methods": PackKey("choices", choices=METHODS, family=_RETURN),
        "return.notice": PackKey("period", family=_RETURN),
        "return.objection_within": PackKey("period", family=_RETURN),
        "return.bank_within": PackKey("period", family=_RETURN),
        "return.officers_min": PackKey("count", family=_RETURN),
        "return.unclaimed": PackKey("period", family=_RETURN),
        "appeal.to": PackKey("choice", required=False, choices=("deciding_unit", "commissioner")),
        "appeal.suspensive": PackKey("flag", required=False),
    }
)


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One value of a pack. `source`: read in S:KEY, a memory (M .85) or the house's choice (D), with commas."""

    code: str
    value: Value
    name: Text
    verified: bool
    source: str
    note: Text | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The parts of `source`; the first is what the value rests on, the others what it leans on."""
        return tuple(self.source.split(", "))


@dataclass(frozen=True, slots=True)
class PackHead:
    """Whose law a pack is, from when to when (the last day, or None), and its money, clock zone and calendar."""

    id: str
    version: str
    name: Text
    effective_from: date
    effective_to: date | None
    currency: str
    time_zone: str
    calendar: str


@dataclass(frozen=True, slots=True)
class PolicyPack(PackHead):
    """A version of a pack with its values by key. The accessors raise PolicyError for a value it does not hold."""

    values: Mapping[str, PolicyValue]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the pack's days begin and end."""
        return ZoneInfo(self.time_zone)

    def in_force(self, at: datetime) -> bool:
        """Whether the pack applies at an aware instant."""
        day = at.astimezone(self.zone).date()
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def has(self, key: str) -> bool:
        """Whether the pack holds a value for `key`."""
        return key in self.values

    def duration(self, key: str) -> timedelta:
        """A length of fixed time."""
        return self._of(key, "duration", timedelta)

    def period(self, key: str) -> Period:
        """A period of the calendar."""
        return self._of(key, "period", Period)

    def periods(self, key: str) -> tuple[Period, ...]:
        """One or more periods of one unit, the longest first."""
        return self._of(key, "periods", tuple)

    def count(self, key: str) -> int:
        """A whole number, one or more."""
        return self._of(key, "count", int)

    def flag(self, key: str) -> bool:
        """Yes or no."""
        return self._of(key, "flag", bool)

    def choice(self, key: str) -> str:
        """One of the words that `PACK_KEYS` allows."""
        return self._of(key, "choice", str)

    def choices(self, key: str) -> tuple[str, ...]:
        """One or more of the words that `PACK_KEYS` allows, in the file's order."""
        return self._of(key, "choices", tuple)

    def second_person(self, key: str) -> timedelta | None:
        """None: the second person signs before the act leaves; a time: at the latest so long after."""
        return self._of(key, "second_person", SecondPerson).within

    def call_within(self, level: str) -> timedelta:
        """How soon a warning of this level (high, mid, low) is called."""
        return self.duration(f"dissuade.call.{level}")

    def visit_within(self, level: str) -> timedelta | None:
        """How soon somebody stands at the door once a visit is needed; None where the level has no visit by itself."""
        key = f"dissuade.visit.{level}"
        return self.duration(key) if self.has(key) else None

    def _of(self, key: str, kind: Kind, wanted: type[T]) -> T:
        if key not in self.values:
            message = f"the policy pack {self.id} {self.version} holds no {key}"
            raise PolicyError(
                message, code="policy_value_missing", pack=self.id, version=self.version, key=key
            )
        value = self.values[key].value
        if PACK_KEYS[key].kind != kind or not isinstance(value, wanted):
            raise PolicyError(
                f"{key} is a {PACK_KEYS[key].kind}, not asked for as one", pack=self.id, key=key
            )
        return value
