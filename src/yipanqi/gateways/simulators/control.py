"""The control door: whoever holds the token opens accounts, moves money, and sets faults and clocks.

For: reading what is asked and doing it to one institution or all. Leaves alone: HTTP (`app`) and who holds the
token. Moving money out meets the institution's own rules: a stopped account lets nothing out, frozen money stays.
"""

from datetime import timedelta
from typing import Any

from yipanqi.gateways.messages import Target
from yipanqi.gateways.reading import Fields, parse_object, refuse
from yipanqi.gateways.simulators.books import HeldAccount, HeldFreeze
from yipanqi.gateways.simulators.clock import InstitutionClock
from yipanqi.gateways.simulators.freezing import freeze_act
from yipanqi.gateways.simulators.institution import Institution

MAX_CONTROL_BYTES = 16 * 1024 * 1024
MAX_OFFSET_SECONDS = 86400 * 366
ALL = "*"


def control(body: bytes, institutions: dict[str, Institution]) -> dict[str, Any]:
    """Do what a message asks, in the order open, credit, foreign_freeze, move_out, faults, clock; say what came of it.

    Raises MessageRefused; what stands before the fault in that order is done then.
    """
    fields = parse_object(body, limit=MAX_CONTROL_BYTES)
    code = fields.choice("institution", (ALL, *institutions))
    asked = [institutions[code]] if code != ALL else list(institutions.values())
    opening, crediting, moving = (fields.find_objects(name) for name in ("open", "credit", "move_out"))
    freezing = fields.find_objects("foreign_freeze")
    if code == ALL and (opening or crediting or freezing or moving):
        refuse("institution", "accounts belong to one institution")
    faults, clock = fields.find_object("faults"), _clock(fields.find_object("clock"))
    fields.done()
    done: dict[str, Any] = {}
    for institution in asked[:1]:
        done["opened"] = sum(_open(institution, each) for each in opening)
        done["credited"] = [_credit(institution, each) for each in crediting]
        done["frozen"] = [_foreign_freeze(institution, each) for each in freezing]
        done["moved"] = [_move_out(institution, each) for each in moving]
    new = [each.faults.changed(faults.copy()) for each in asked] if faults else [None] * len(asked)
    for institution, changed in zip(asked, new, strict=True):
        if changed or clock:
            institution.set_up(faults=changed, clock=clock)
    for institution in asked:
        institution.sweep()
    return done


def show_books(institution: Institution, number: str = "") -> dict[str, Any]:
    """The books, or those of one account; what was counted; faults and clock in force. Amounts are in minor units."""
    books, now = institution.books, institution.clock.now()
    return {
        "accounts": [_account(each) for each in books.accounts.values() if number in {"", each.number}],
        "stops": [each for each in institution.list_stops(None) if number in {"", each["account_number"]}],
        "freezes": [institution.show_freeze(each, now) for each in books.all_freezes(number)],
        "orders": len(books.answers),
        "delivered": sum(kept.is_delivered for kept in books.answers.values()),
        "fell": dict(institution.dice.fell),
        "sent": dict(institution.answering.counts),
        "faults": institution.faults.as_dict(),
        "clock": institution.clock.as_dict() | {"now": now.isoformat()},
    }


def _account(account: HeldAccount) -> dict[str, Any]:
    return {
        "number": account.number,
        "name": account.name,
        "balance_minor": account.balance_minor,
        "credits": [[minor, at.isoformat()] for minor, at in account.credits],
    }


def _clock(fields: Fields | None) -> InstitutionClock | None:
    if fields is None:
        return None
    offset = fields.number("offset_seconds", -MAX_OFFSET_SECONDS, MAX_OFFSET_SECONDS, 0)
    clock = InstitutionClock(timedelta(seconds=offset), fields.find_instant("at"))
    fields.done()
    return clock


def _open(institution: Institution, fields: Fields) -> int:
    """Open an account; one that is open already stays as it is. Returns how many were opened."""
    number, name = fields.text("number", 64), fields.text("name", 100, needed=False)
    balance, transfers = fields.find_amount_minor("balance") or 0, fields.find_objects("transfers")
    entered = []
    for each in transfers:
        entered.append([_amount(each), each.instant("at").isoformat()])
        each.done()
    fields.done()
    if number in institution.books.accounts:
        return 0
    given = {"number": number, "name": name, "balance_minor": balance, "credits": entered}
    institution.enter({"open": given})
    return 1


def _credit(institution: Institution, fields: Fields) -> dict[str, Any]:
    """Book money in, stopped or not: its number and balance afterwards."""
    account, minor = _held(institution, fields), _amount(fields)
    at = fields.find_instant("at") or institution.clock.now()
    fields.done()
    institution.enter({"credit": {"number": account.number, "minor": minor, "at": at.isoformat()}})
    return {"number": account.number, "balance_minor": account.balance_minor}


def _move_out(institution: Institution, fields: Fields) -> dict[str, Any]:
    """Book money out, without an amount all that is not frozen: what was moved, and the cause when nothing was.

    Causes are stopped, short and frozen.
    """
    account = _held(institution, fields)
    asked = fields.find_amount_minor("amount")
    fields.done()
    available = institution.books.available_minor(account.number, institution.clock.now())
    minor = available if asked is None else asked
    cause = "frozen" if minor > available or (asked is None and minor == 0 < account.balance_minor) else ""
    if minor > account.balance_minor:
        cause = "short"
    if institution.books.live_stop(account.number, institution.clock.now()) is not None:
        cause = "stopped"
    if not cause:
        institution.enter({"debit": {"number": account.number, "minor": minor}})
    return {"number": account.number, "moved_minor": 0 if cause else minor, "cause": cause}


def _foreign_freeze(institution: Institution, fields: Fields) -> dict[str, Any]:
    """Another authority freezes, all there is without an amount: what its freeze holds."""
    account, minor = _held(institution, fields), fields.find_amount_minor("amount")
    ends_at, department = fields.instant("ends_at"), fields.text("department", 100)
    fields.done()
    now = institution.clock.now()
    before = institution.books.available_minor(account.number, now)
    freeze = HeldFreeze("", account.number, "", department, minor or 0, minor is None, 0, now, ends_at)
    institution.enter({"freeze": freeze_act(freeze)})
    frozen = before - institution.books.available_minor(account.number, now)
    return {"number": account.number, "frozen_minor": frozen}


def _held(institution: Institution, fields: Fields) -> HeldAccount:
    if institution.config.target is not Target.ACCOUNT:
        refuse("institution", "a telecom holds no money")
    found = institution.books.accounts.get(fields.text("number", 64))
    return found or refuse("number", "no such account")


def _amount(fields: Fields) -> int:
    found = fields.find_amount_minor("amount")
    return found if found is not None else refuse("amount", "missing")
