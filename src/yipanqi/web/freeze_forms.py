"""The forms of the acts on a freeze, in words: what each does and to whom, what follows, what is said when done.

No decisions here: whether an act may be done is the services' matter.
"""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yipanqi.ops.measures.enums import ChangeKind
from yipanqi.ops.measures.freezing.changing import tier_to_sign
from yipanqi.web import freezes, stops
from yipanqi.web import presenting as show

URLS = {
    "renew": "freeze_renew",
    "cut": "freeze_cut",
    "release": "freeze_release",
    "let_lapse": "freeze_let_lapse",
    "interest": "freeze_interest",
}
KINDS = {"renew": ChangeKind.RENEW, "cut": ChangeKind.CUT, "release": ChangeKind.RELEASE}


def form(name: str, freeze: Any, last: date | None) -> dict[str, object]:
    """The form of an act; `last` is the last day up to which it may be renewed."""
    facts = {
        "account": f"{stops.bank_name(freeze.partner)} {freeze.account.number.masked}",
        "sum": show.amount(freeze.frozen_minor),
        "until": freeze.until_date.isoformat() if freeze.until_date else "–",
        "last": last.isoformat() if last else "",
        "tier": freezes.tier_name(tier_to_sign(freeze, KINDS[name])) if name in KINDS else "",
    }
    made = {"renew": _renew, "cut": _cut, "release": _release, "let_lapse": _let_lapse, "interest": _interest}
    return {
        "name": name,
        "url": reverse(URLS[name], args=[freeze.id]),
        "last": facts["last"],
        "until": facts["until"],
        **made[name](facts),
    }


def said(name: str, freeze: Any) -> str:
    """What the desk says once an act was done."""
    account = {"account": f"{stops.bank_name(freeze.partner)} {freeze.account.number.masked}"}
    sentence = {
        "renew": _("Renewal asked for: %(account)s."),
        "cut": _("Release of a part asked for: %(account)s."),
        "release": _("Release asked for: %(account)s."),
        "let_lapse": _("Noted that it is meant to end: %(account)s."),
        "interest": _("Interest written down: %(account)s."),
    }[name]
    return sentence % account


def _renew(facts: dict[str, str]) -> dict[str, object]:
    return {
        "does": _("Renew the freeze of %(account)s") % facts,
        "follows": [
            _("It ends on %(until)s; the law lets it run until %(last)s at most, counted from there.")
            % facts,
            _("The order leaves once an approver has signed: %(tier)s.") % facts,
            _("The bank has to confirm it before the end, else the freeze ends all the same."),
        ],
        "button": _("Ask for the renewal"),
        "choices": freezes.grounds_for("renew"),
    }


def _cut(facts: dict[str, str]) -> dict[str, object]:
    return {
        "does": _("Release a part of the freeze of %(account)s") % facts,
        "follows": [
            _("The bank holds CNY %(sum)s; what is left stays frozen until %(until)s.") % facts,
            _("The order leaves once an approver has signed: %(tier)s.") % facts,
        ],
        "button": _("Ask for the release of this part"),
        "choices": freezes.reasons(),
    }


def _release(facts: dict[str, str]) -> dict[str, object]:
    return {
        "does": _("Release the freeze of %(account)s") % facts,
        "follows": [
            _("All of CNY %(sum)s can move again as soon as the bank has released it.") % facts,
            _("The order leaves once an approver has signed: %(tier)s.") % facts,
            _("The holder gets a notice when it is done."),
        ],
        "button": _("Ask for the release"),
        "choices": freezes.reasons(),
    }


def _let_lapse(facts: dict[str, str]) -> dict[str, object]:
    return {
        "does": _("Let the freeze of %(account)s end") % facts,
        "follows": [
            _("It ends by itself on %(until)s and CNY %(sum)s can move again; nobody is warned any more.")
            % facts,
            _("Until then it can still be renewed."),
        ],
        "button": _("Let it end"),
        "choices": [],
    }


def _interest(facts: dict[str, str]) -> dict[str, object]:
    return {
        "does": _("Interest on the freeze of %(account)s") % facts,
        "follows": [
            _("All the interest so far that the bank told of; it takes the place of the sum noted before."),
            _("It stands in the money ledger beside the principal and is returned with it."),
        ],
        "button": _("Write it down"),
        "choices": [],
    }
