"""Who may do what: one table of acts, each with the roles that may do it.

Doors and services ask `require` before an act. On which objects an officer may act (district, unit, own orders) is
settled by the scoped queries and gates of the ops apps; the names of roles in both languages stand in the catalog.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from yipanqi.kernel.errors import YipanqiError


class Role(StrEnum):
    """The desks of the centre; an officer may hold several."""

    OPERATOR = "operator"
    STATION_OFFICER = "station_officer"
    DUTY_OFFICER = "duty_officer"
    FUNDS_OFFICER = "funds_officer"
    APPROVER = "approver"
    APPEAL_OFFICER = "appeal_officer"
    ALLIANCE_OFFICER = "alliance_officer"
    INVESTIGATOR = "investigator"
    PREVENTION_OFFICER = "prevention_officer"
    PILOT = "pilot"
    COMMANDER = "commander"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class NotAllowed(YipanqiError):
    """None of the officer's roles may do the act. Facts: act, allowed_roles (a sorted tuple)."""

    code = "not_allowed"


class ActUnknown(YipanqiError):
    """The act stands in no table: a programming error, never an officer's. Facts: act."""

    code = "act_unknown"


_CALLS = frozenset({Role.OPERATOR})
_VISITS = frozenset({Role.STATION_OFFICER})
_READS_ALERTS = frozenset(
    {
        Role.OPERATOR,
        Role.STATION_OFFICER,
        Role.DUTY_OFFICER,
        Role.FUNDS_OFFICER,
        Role.INVESTIGATOR,
        Role.PREVENTION_OFFICER,
        Role.COMMANDER,
    }
)
_DIRECTS = frozenset({Role.DUTY_OFFICER, Role.COMMANDER})
_DIRECTED = _DIRECTS | {
    Role.STATION_OFFICER,
    Role.FUNDS_OFFICER,
    Role.INVESTIGATOR,
    Role.PREVENTION_OFFICER,
}
_ENTERS_CASES = frozenset({Role.OPERATOR, Role.STATION_OFFICER, Role.DUTY_OFFICER, Role.FUNDS_OFFICER})
_READS_CASES = _ENTERS_CASES | {Role.APPROVER, Role.INVESTIGATOR, Role.COMMANDER}
_CORRECTS = frozenset({Role.DUTY_OFFICER, Role.ALLIANCE_OFFICER})
_TRACES = frozenset({Role.FUNDS_OFFICER, Role.INVESTIGATOR})
_FREEZES = frozenset({Role.FUNDS_OFFICER, Role.INVESTIGATOR})
_READS_FREEZES = _READS_CASES - {Role.OPERATOR}
_READS_MONEY = _FREEZES | {Role.APPROVER, Role.COMMANDER, Role.AUDITOR}
_READS_RETURNS = _READS_MONEY | {Role.DUTY_OFFICER, Role.APPEAL_OFFICER}

ROLES_BY_ACT: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "seat.take": _CALLS,
        "seat.record": _CALLS,
        "seat.undo": _CALLS,
        "work_order.read": _CALLS | _VISITS | {Role.DUTY_OFFICER},
        "work_order.take": _CALLS | _VISITS,
        "work_order.give_back": _CALLS | _VISITS,
        "work_order.complete": _CALLS | _VISITS,
        "work_order.undo": _CALLS | _VISITS,
        "work_order.cancel": frozenset({Role.DUTY_OFFICER}),
        "visit.read": _VISITS | {Role.DUTY_OFFICER},
        "visit.take": _VISITS,
        "visit.give_back": _VISITS,
        "visit.record": _VISITS,
        "alert.read": _READS_ALERTS,
        "alert.intake": frozenset({Role.OPERATOR, Role.DUTY_OFFICER}),
        "alert.dismiss": frozenset({Role.DUTY_OFFICER}),
        "directive.read": _DIRECTED,
        "directive.issue": _DIRECTS,
        "directive.accept": _DIRECTS | _VISITS,
        "directive.act": _DIRECTED,
        "directive.verify": _DIRECTS,
        "directive.withdraw": _DIRECTS,
        "person.unmask": frozenset(
            {Role.OPERATOR, Role.STATION_OFFICER, Role.DUTY_OFFICER, Role.FUNDS_OFFICER, Role.INVESTIGATOR}
        ),
        "case.read": _READS_CASES,
        "case.report": frozenset({Role.OPERATOR, Role.DUTY_OFFICER, Role.STATION_OFFICER}),
        "case.enter": _ENTERS_CASES,
        "case.accept": frozenset({Role.DUTY_OFFICER, Role.INVESTIGATOR}),
        "case.file": frozenset({Role.APPROVER}),
        "case.advance": frozenset({Role.INVESTIGATOR}),
        "stop.read": _READS_CASES,
        "stop.propose": _ENTERS_CASES,
        "stop.sign": frozenset({Role.APPROVER}),
        "stop.lift": frozenset({Role.DUTY_OFFICER, Role.FUNDS_OFFICER, Role.APPROVER}),
        "stop.reconcile": frozenset({Role.FUNDS_OFFICER}),
        "freeze.read": _READS_FREEZES,
        "freeze.propose": _FREEZES,
        "freeze.sign": frozenset({Role.APPROVER}),
        "screening.read": _READS_FREEZES,
        "screening.enter": _FREEZES,
        "screening.find": _FREEZES,
        "return.read": _READS_RETURNS,
        "return.manage": frozenset({Role.FUNDS_OFFICER}),
        "return.pay": frozenset({Role.FUNDS_OFFICER}),
        "return.sign": frozenset({Role.APPROVER}),
        "objection.enter": frozenset({Role.FUNDS_OFFICER, Role.DUTY_OFFICER}),
        "objection.decide": frozenset({Role.APPEAL_OFFICER}),
        "repayment.enter": _FREEZES,
        "hand_over.propose": _FREEZES,
        "money.read": _READS_MONEY,
        "paper.read": _READS_FREEZES | _READS_RETURNS,
        "trace.read": _TRACES | {Role.DUTY_OFFICER, Role.APPROVER, Role.COMMANDER},
        "trace.ask": _TRACES,
        "trace.mark": _TRACES,
        "trace.export": _TRACES,
        "ledger.import": _TRACES,
        "quarantine.read": _CORRECTS,
        "quarantine.correct": _CORRECTS,
        "partner.read": frozenset({Role.ALLIANCE_OFFICER, Role.ADMINISTRATOR}),
        "partner.manage": frozenset({Role.ALLIANCE_OFFICER, Role.ADMINISTRATOR}),
        "wall.read": frozenset(Role),
        "policy.read": frozenset(Role),
        "journal.read": frozenset({Role.AUDITOR}),
        "staff.manage": frozenset({Role.ADMINISTRATOR}),
    }
)


def roles_for(act: str) -> frozenset[Role]:
    """Return the roles that may do `act`; raise ActUnknown for an act that is not in the table."""
    try:
        return ROLES_BY_ACT[act]
    except KeyError:
        raise ActUnknown(f"There is no act {act!r}.", act=act) from None


def may(roles: Iterable[str], act: str) -> bool:
    """Return whether any of `roles` may do `act`; roles this table does not know may do nothing."""
    return not roles_for(act).isdisjoint(roles)


def require(roles: Iterable[str], act: str) -> None:
    """Return quietly when any of `roles` may do `act`; else raise NotAllowed naming the roles that may."""
    if not may(roles, act):
        allowed = tuple(sorted(roles_for(act)))
        message = f"The act {act} needs one of these roles: {', '.join(allowed)}."
        raise NotAllowed(message, act=act, allowed_roles=allowed)


def acts_of(roles: Iterable[str]) -> frozenset[str]:
    """Return every act that `roles` together may do, for menus and buttons."""
    held = frozenset(roles)
    return frozenset(act for act, allowed in ROLES_BY_ACT.items() if not allowed.isdisjoint(held))
