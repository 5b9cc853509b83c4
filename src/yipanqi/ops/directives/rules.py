"""Which unit has to do what on a directive, and that nobody checks the own report. Pure: asks no table.

An act is open to an officer when the lifecycle allows it, the roles may do it and the officer belongs to the unit whose
turn it is. Seeing a directive is wider than acting on it and is the queries' matter.
"""

import uuid
from typing import TYPE_CHECKING

from yipanqi.casework.lifecycles.directive import DIRECTIVE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.directives.enums import IssuerKind
from yipanqi.ops.staff.gates import may

if TYPE_CHECKING:
    from yipanqi.ops.directives.models import Directive
    from yipanqi.ops.staff.models import Officer

# The act of the table of roles behind each act of the lifecycle.
GATES = {
    "accept": "directive.accept",
    "hand_down": "directive.issue",
    "act": "directive.act",
    "verify": "directive.verify",
    "send_back": "directive.verify",
    "feed_back": "directive.verify",
    "withdraw": "directive.withdraw",
}
CHECKING = frozenset({"verify", "send_back"})


class NotYours(YipanqiError):
    """Another unit has to do this. Facts: act, unit (empty when no officer may)."""

    code = "directive_not_yours"


class OwnReport(YipanqiError):
    """The officer who acted cannot check what was done."""

    code = "directive_own_report"


def unit_of(directive: "Directive", act: str) -> str:
    """The code of the unit that has to do `act`; empty where it is no officer's matter."""
    if act == "withdraw":
        return directive.issuer_code if directive.issuer_kind == IssuerKind.OFFICER else ""
    return directive.verifying_code if act in {"verify", "send_back", "feed_back"} else directive.place_code


def check_turn(directive: "Directive", act: str, officer: "Officer") -> None:
    """Pass quietly when it is the officer's turn. Raises NotYours, TransitionRefused or OwnReport."""
    unit = unit_of(directive, act)
    if officer.unit_id != unit:
        raise NotYours(f"the act {act} belongs to {unit or 'the issuer'}", act=act, unit=unit)
    DIRECTIVE.next(directive.status, act)
    if act in CHECKING and is_own_report(directive, officer.id):
        raise OwnReport("who acted cannot check the report")


def is_own_report(directive: "Directive", officer_id: uuid.UUID) -> bool:
    """Whether this officer made the report that stands on the directive."""
    return bool(directive.acted_by_id == officer_id)


def open_acts(directive: "Directive", officer: "Officer") -> list[str]:
    """The acts the officer may do on the directive now, in the lifecycle's order, for buttons."""
    found = []
    for act in DIRECTIVE.allowed(directive.status):
        if act == "hand_down" and tier_of(officer.unit_id) is Tier.STATION:
            continue
        if officer.unit_id != unit_of(directive, act) or not may(officer, GATES[act]):
            continue
        if not (act in CHECKING and is_own_report(directive, officer.id)):
            found.append(act)
    return found


def show_number(number: int) -> str:
    """A directive's number as officers say it: year and count, 2026-00012."""
    year, count = divmod(number, PER_YEAR)
    return f"{year}-{count:05}"


PER_YEAR = 10_000_000
