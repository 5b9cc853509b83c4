"""A return as its pages show it: whose turn it is, what comes next, and the twelve steps as a line.

No queries and no decisions here: what stands comes from the caller, what is allowed from the services. Claims, methods
and payouts have modules of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yipanqi import catalog
from yipanqi.kernel.money import format_amount
from yipanqi.ops.returns.standing import Standing
from yipanqi.web import presenting as show
from yipanqi.web import stops

TABS = ("prepare", "notice", "decide", "pay", "objections", "closed")
ENDED = frozenset({"closed", "withdrawn"})
PREPARED = frozenset({"open", "divided"})


@dataclass(frozen=True)
class Next:
    """The next step: whose turn, what, why, what then; `act` is done on the return's page, `page` says where to go."""

    title: str
    text: str = ""
    turn: str = ""
    follows: tuple[str, ...] = ()
    act: str = ""
    button: str = ""
    page: str = ""
    clock: stops.Clock | None = None


def tab_names() -> dict[str, str]:
    """The tabs of the desk, in their order."""
    return {
        "prepare": _("In preparation"),
        "notice": _("Announced"),
        "decide": _("To be signed"),
        "pay": _("To be paid"),
        "objections": _("Objections"),
        "closed": _("Ended"),
    }


def plain(found: Any) -> dict[str, object]:
    """What a return is, for its head and for lists."""
    return {
        "id": found.id,
        "number": found.number,
        "round": found.round,
        "case_id": found.case_id,
        "case": found.case.number,
        "status": stops.status_of("fund_return", found.status),
    }


def row(found: Any, standing: Standing, total_minor: int, accounts: int, at: datetime) -> dict[str, object]:
    """A return as the list shows it."""
    following = next_of(found, standing, at)
    return {
        **plain(found),
        "turn": following.turn,
        "next": following.title,
        "clock": stops.clock(following.clock, at) if following.clock else None,
        "total": show.money(total_minor),
        "accounts": accounts,
        "claims": claims_sentence(standing),
        "ended_at": found.closed_at,
    }


def claims_sentence(standing: Standing) -> str:
    """How many victims there are and how far they have come: 3 victims · 2 applied."""
    told = ngettext("%(n)s victim", "%(n)s victims", standing.taking_part) % {"n": standing.taking_part}
    applied = standing.count("applied", "verified")
    return f"{told} · {_('%(n)s applied') % {'n': applied}}" if standing.taking_part else told


def method_name(code: str) -> str:
    """A method, as the pack names it, in words."""
    item = catalog.split_words().get(f"name.{code}")
    return item.name.get(show.language()) if item else code


def ground(code: str) -> dict[str, object]:
    """A ground of a method with its law, and whether that was read in a source."""
    item, language = catalog.method_grounds()[code], show.language()
    return {
        "code": code,
        "name": item.name.get(language),
        "law": item.law.get(language),
        "verified": item.verified,
        "bases": " ".join(item.bases),
        "note_needed": item.note_needed,
    }


def fund_name(fund: Any) -> str:
    """Whose money it is: bank and masked account, or the unit's escrow."""
    if fund.freeze is None:
        return _("Paid back by the accused")
    return f"{stops.bank_name(fund.freeze.partner)} {fund.account.number.masked}"


def sum_text(principal_minor: int, interest_minor: int = 0) -> str:
    """Principal and interest as one sum."""
    return format_amount(principal_minor + interest_minor)


def next_of(found: Any, standing: Standing, at: datetime) -> Next:
    """What has to be done next, and by whom."""
    if found.status in PREPARED:
        return _preparing(found, standing)
    if found.status in {"submitted", "deciding"}:
        return _signing(found)
    if found.status == "noticed":
        return _announced(found, standing, at)
    if found.status in ENDED:
        return _ended(found)
    return _paying(found, standing)


def _preparing(found: Any, standing: Standing) -> Next:
    turn, candidates, applied = _("Funds desk"), standing.count("candidate"), standing.count("applied")
    if not standing.taking_part:
        return Next(
            _("Find the victims"),
            _("No case leads to these accounts yet. Add a case by its number."),
            turn,
        )
    if candidates:
        title = ngettext("Tell %(n)s victim", "Tell %(n)s victims", candidates) % {"n": candidates}
        return Next(
            title, _("Each gets a notice with a code to follow the return by."), turn, page="candidate",
            button=_("Tell the next victim"),
        )  # fmt: skip
    if applied:
        title = ngettext("Verify %(n)s application", "Verify %(n)s applications", applied) % {"n": applied}
        text = _("By another officer than the one who entered it.")
        return Next(title, text, turn, page="applied", button=_("To the next application"))
    if found.status == "divided":
        return _submitting(standing, turn)
    if standing.division == "done":
        text = _("All were computed; what each gives to whom lies side by side.")
        return Next(
            _("Choose a method"), text, turn, _waiting(standing), page="methods", button=_("To the methods")
        )
    return Next(
        _("Compare the methods"),
        _("Computed at once from the ledger, the claims and the frozen sums."),
        turn,
        _waiting(standing),
        page="methods",
        button=_("To the methods"),
    )


def _waiting(standing: Standing) -> tuple[str, ...]:
    """What becomes of those who were told and have not applied."""
    told = standing.count("notified")
    if not told:
        return ()
    said = ngettext(
        "%(n)s victim was told and has not applied: the share is reserved, nobody gains by it.",
        "%(n)s victims were told and have not applied: their shares are reserved, nobody gains by it.",
        told,
    )
    return (said % {"n": told},)


def _submitting(standing: Standing, turn: str) -> Next:
    follows = (
        *_waiting(standing),
        _("The flow table and the report are made, with the methods that were not chosen."),
        _("The report goes to an approver of the tier that the policy pack names."),
    )
    return Next(
        _("Submit the report"),
        _("The amounts are fixed; from here on nothing changes without being sent back."),
        turn,
        follows,
        act="submit",
        button=_("Submit the report for approval"),
    )


def _signing(found: Any) -> Next:
    turn = _("Approver of the higher unit")
    if found.status == "submitted":
        follows = (
            (_("Signed, the return is decided: its decision gets a number."),)
            if found.basis == "direct"
            else (_("Signed, the division is announced to the public."),)
        )
        return Next(
            _("The report waits for its signature"), _("It lies on the approver's desk."), turn, follows
        )
    follows = (_("Signed, the decision gets its number and the money has owners."),)
    return Next(
        _("The decision waits for its signature"), _("It lies on the approver's desk."), turn, follows
    )


def _announced(found: Any, standing: Standing, at: datetime) -> Next:
    if standing.open_objections:
        n = standing.open_objections
        title = ngettext("Decide %(n)s objection", "Decide %(n)s objections", n) % {"n": n}
        text = _("By an officer who had no hand in this return.")
        return Next(
            title, text, _("Appeal officer"), page="objections", button=_("To the objections"),
            clock=_notice_clock(found, at),
        )  # fmt: skip
    if at < found.notice_ends_at:
        text = _("Until the end of %(day)s victims and others concerned may object.")
        return Next(
            _("The public notice runs"),
            text % {"day": found.notice_last.isoformat()},
            _("The public"),
            clock=_notice_clock(found, at),
        )
    return Next(
        _("Ask for the decision"),
        _("The notice is over and no objection is open."),
        _("Funds desk"),
        (_("The decision goes to an approver of the tier that the policy pack names."),),
        act="submit_decision",
        button=_("Submit the decision for signature"),
    )


def _notice_clock(found: Any, at: datetime) -> stops.Clock | None:
    if at >= found.notice_ends_at:
        return None
    return stops.Clock(_("notice ends"), found.notice_ends_at, found.approved_at)


def _paying(found: Any, standing: Standing) -> Next:
    turn = _("Funds desk")
    if standing.payable:
        n = standing.payable
        title = ngettext("Order %(n)s payment", "Order %(n)s payments", n) % {"n": n}
        text = _("Two officers take the notice to each bank.")
        return Next(
            title, text, turn, page="payouts", button=_("To the payouts"), clock=_bank_clock(standing)
        )
    if standing.given:
        return Next(
            _("The bank pays"),
            _("Its receipt comes by message, or is entered from paper."),
            _("The bank"),
            page="payouts",
            button=_("To the payouts"),
            clock=_bank_clock(standing),
        )
    if found.status == "paid":
        follows = (_("The list of what was returned is made."),)
        if standing.reserved:
            said = ngettext(
                "%(n)s reserved share loses its name and stays frozen; who applies later gets a new round.",
                "%(n)s reserved shares lose their names and stay frozen; who applies later gets a new round.",
                standing.reserved,
            )
            follows += (said % {"n": standing.reserved},)
        text = _("Every share that could be paid was paid, or failed for good.")
        return Next(_("Close the return"), text, turn, follows, act="close", button=_("Close the return"))
    text = _("No share can be paid yet: the victims have to apply and be verified.")
    return Next(_("Wait for applications"), text, turn)


def _bank_clock(standing: Standing) -> stops.Clock | None:
    if not standing.due_at or not standing.given_at:
        return None
    return stops.Clock(_("bank's receipt due"), standing.due_at, standing.given_at)


def _ended(found: Any) -> Next:
    if found.status == "withdrawn":
        return Next(_("Withdrawn"), _("The money stays frozen in its term; a new return can be opened."))
    return Next(
        _("Closed"), _("What was not returned stays frozen in its term; a new victim gets a new round.")
    )


def facts(found: Any) -> list[dict[str, str]]:
    """The numbers and days of a return that are there already."""
    days = {
        _("Opened on"): found.opened_at and show.minute(found.opened_at),
        _("Basis"): method_name(found.basis) if found.basis else "",
        _("Public notice"): found.notice_number,
        _("Notice until"): found.notice_last and found.notice_last.isoformat(),
        _("Decision"): found.decision_number,
        _("Policy pack"): f"{found.pack_id} {found.pack_version}",
    }
    return [{"name": name, "value": str(value)} for name, value in days.items() if value]


def people(found: Any) -> list[dict[str, object]]:
    """Who did what in a return, in the order of its steps."""
    hands = (
        (_("Opened by"), found.opened_by, found.opened_at),
        (_("Method chosen by"), found.chosen_by, found.chosen_at),
        (_("Submitted by"), found.submitted_by, found.submitted_at),
        (_("Report signed by"), found.approved_by, found.approved_at),
        (_("Decided by"), found.decided_by, found.decided_at),
    )
    return [{"word": word, "who": who.name, "at": at} for word, who, at in hands if who]


def of_case(
    found: list[Any], standing: dict[Any, Standing], sums: dict[Any, tuple[int, int]], at: datetime
) -> list[dict[str, object]]:
    """The returns of a case, a line each."""
    return [
        {
            **plain(each),
            "total": format_amount(sums[each.id][0]),
            "next": next_of(each, standing[each.id], at).title,
        }
        for each in found
    ]
