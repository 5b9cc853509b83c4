"""From what the returns app says of a claim to the sentences of the public page: what to do next, and the stages.

No names, no text of the case, nothing of other victims: none of that is in what comes here.
"""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yipanqi import catalog
from yipanqi.kernel.days import day_of
from yipanqi.kernel.money import format_amount
from yipanqi.ops.jurisdictions.queries import place_name
from yipanqi.ops.papers.numbering import issuing_place, unit_name
from yipanqi.ops.returns.following import Followed, RunningNotice, Stage
from yipanqi.web.presenting import language, named

STAGES = {
    "told": gettext_lazy("You were told"),
    "applied": gettext_lazy("You applied"),
    "verified": gettext_lazy("Your application was checked"),
    "divided": gettext_lazy("The money was divided"),
    "noticed": gettext_lazy("Public notice"),
    "decided": gettext_lazy("The return was decided"),
    "ordered": gettext_lazy("The bank was told to pay"),
    "paid": gettext_lazy("The bank paid"),
}
# What to do next: a headline and a sentence. The second of a pair may speak of {day} and {account}.
STEPS = {
    "apply": (
        gettext_lazy("Apply for your money"),
        gettext_lazy(
            "Bring your identity card and the card or account you paid from to the unit that gave you this code."
        ),
    ),
    "apply_later": (
        gettext_lazy("You can still apply"),
        gettext_lazy(
            "The return is decided and your share is kept for you. Bring your identity card and your bank card to the "
            "unit that gave you this code; the bank is told to pay once your application is checked."
        ),
    ),
    "wait_check": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy("A second officer checks your application."),
    ),
    "wait_division": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy(
            "Your application is complete. The unit works out what is returned to whom and submits it for approval."
        ),
    ),
    "notice": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy(
            "The division is announced until the end of {day}. Who disagrees may object in writing at the unit until "
            "then."
        ),
    ),
    "wait_decision": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy("The notice is over. The return goes to its decision."),
    ),
    "wait_order": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy("The return is decided. Two officers take it to the bank."),
    ),
    "wait_bank": (
        gettext_lazy("The money is on its way"),
        gettext_lazy("The bank pays it to your account ending in {account}."),
    ),
    "wait_bank_until": (
        gettext_lazy("The money is on its way"),
        gettext_lazy("The bank pays it to your account ending in {account}, by {day}."),
    ),
    "other_account": (
        gettext_lazy("Give another account"),
        gettext_lazy(
            "The bank could not pay to your account ending in {account}. Bring another bank card of your own to the "
            "unit that gave you this code."
        ),
    ),
    "received": (
        gettext_lazy("The money was paid"),
        gettext_lazy("It went to your account ending in {account}. Ask your bank for its record."),
    ),
    "ask_again": (
        gettext_lazy("Ask the unit"),
        gettext_lazy(
            "This return was closed before you had applied. The money is still held; the unit can return it in a "
            "further round."
        ),
    ),
    "ask_unit": (
        gettext_lazy("Ask the unit"),
        gettext_lazy(
            "The bank could not pay this money. The unit that gave you this code will tell you what follows."
        ),
    ),
    "no_share": (
        gettext_lazy("Nothing to do now"),
        gettext_lazy("No money of this return falls to you. The unit that gave you this code tells you why."),
    ),
}


def progress(found: Followed, *, now: datetime) -> dict[str, Any]:
    """The context of the page of one claim."""
    headline, sentence = STEPS[found.next_step]
    words = {"day": _day(found.until) if found.until else "", "account": found.account_end}
    return {
        "number": found.number,
        "unit": _unit(found.place_code),
        "headline": headline,
        "sentence": str(sentence).format(**words),
        "acts": found.next_step in {"apply", "apply_later", "other_account", "ask_again", "ask_unit"},
        "safe": found.next_step == "received",
        "amount": format_amount(found.principal_minor) if found.principal_minor else "",
        "interest": format_amount(found.interest_minor) if found.interest_minor else "",
        "paid": format_amount(found.paid_minor) if found.paid_minor else "",
        "account_end": found.account_end,
        "stages": [_stage(each, found) for each in found.stages],
        "as_of": now,
    }


def notice(found: RunningNotice) -> dict[str, Any]:
    """One running notice as the front page lists it."""
    return {
        "number": found.number,
        "unit": _unit(found.place_code),
        "accounts": [
            {"number": number, "bank": named(catalog.banks(), bank)["name"]}
            for number, bank in found.accounts
        ],
        "more": found.more_accounts,
        "total": format_amount(found.total_minor),
        "last_day": _day(found.last_day),
    }


def _stage(stage: Stage, found: Followed) -> dict[str, Any]:
    detail = ""
    if stage.code == "noticed" and stage.state != "later" and found.notice_last:
        detail = _("until the end of %(day)s, notice %(number)s") % {
            "day": _day(found.notice_last),
            "number": found.notice_number,
        }
    elif stage.code == "decided" and found.decision_number and stage.state == "done":
        detail = found.decision_number
    return {
        "name": STAGES[stage.code],
        "state": stage.state,
        "day": _day(day_of(stage.at)) if stage.at else "",
        "detail": detail,
    }


def _unit(place_code: str) -> str:
    """The unit that issues; in English the place and the word, for organs have no English names of their own."""
    if language().startswith("zh"):
        return unit_name(place_code)
    return _("Police of %(place)s") % {"place": place_name(issuing_place(place_code), language())}


def _day(day: date) -> str:
    return day.isoformat()
