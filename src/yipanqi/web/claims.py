"""A victim's claim as the pages of a return show it: masked, with its loss, its share and what has to be done next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.casework.lifecycles.claim import CLAIM
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.queries import list_payments
from yipanqi.web import cases, stops
from yipanqi.web import presenting as show


def row(claim: Any, shares: Mapping[Any, tuple[int, int]], reserved: Iterable[Any]) -> dict[str, object]:
    """A claim as a line of the return's table; `shares` and `reserved` are of the allocation chosen."""
    principal, interest = shares.get(claim.id, (0, 0))
    return {
        "id": claim.id,
        "victim": claim.victim.name.masked or "—",
        "case": claim.case.number,
        "case_id": claim.case_id,
        "status": stops.status_of("claim", claim.status),
        "loss": format_amount(claim.loss_minor),
        "recovered": format_amount(claim.recovered_minor) if claim.recovered_minor else "–",
        "net": format_amount(net(claim)),
        "share": format_amount(principal) if claim.id in shares else "",
        "interest": format_amount(interest) if interest else "",
        "reserved": claim.id in set(reserved),
        "to": destination(claim),
    }


def net(claim: Any) -> int:
    """What is still lost: zero at least."""
    return max(0, int(claim.loss_minor - claim.recovered_minor))


def destination(claim: Any) -> str:
    """Where the money is paid: bank and masked account; "" before an application."""
    if claim.destination is None:
        return ""
    return f"{cases.bank_name(claim.destination_bank)} {claim.destination.number.masked}".strip()


def facts(claim: Any, shares: Mapping[Any, tuple[int, int]], reserved: Iterable[Any]) -> dict[str, object]:
    """Everything known of a claim."""
    language = show.language()
    excluded = catalog.exclude_reasons().get(claim.excluded_reason)
    agent = catalog.agent_grounds().get(claim.agent_ground)
    return {
        **row(claim, shares, reserved),
        "version": claim.version,
        "victim": show.person(claim.victim),
        "first_loss_at": claim.first_loss_at,
        "transfers": len(list_payments(claim.case)),
        "notified_at": claim.notified_at,
        "notified_by": claim.notified_by.name if claim.notified_by else "",
        "applied_at": claim.applied_at,
        "applicant": f"{claim.agent_name.masked} · {agent.name.get(language)}" if agent else _("the victim"),
        "to_name": claim.destination_name.masked,
        "other_reason": claim.other_reason.reveal(),
        "verified_at": claim.verified_at,
        "verified_by": claim.verified_by.name if claim.verified_by else "",
        "excluded": excluded.name.get(language) if excluded else "",
    }


def next_of(claim: Any) -> dict[str, str]:
    """The next step of a claim, in words."""
    return dict(zip(("title", "text"), _words()[claim.status], strict=True))


def acts(claim: Any, *, may_change: bool, may_redirect: bool) -> dict[str, bool]:
    """Which acts the page offers. `may_change`: the return still takes changes of its claims."""
    ways = CLAIM.allowed(claim.status)
    return {
        "notify": "notify" in ways,
        "apply": "apply" in ways,
        "redirect": "redirect" in ways and may_redirect,
        "verify": "verify" in ways,
        "code": claim.status in {"notified", "applied", "verified"},
        "exclude": "exclude" in ways and may_change,
        "restore": "restore" in ways and may_change,
    }


def form(claim: Any, origins: Sequence[Any], values: Mapping[str, str], error: str = "") -> dict[str, object]:
    """The application: the accounts the victim paid from, banks, authorities; `values` as typed before."""
    language = show.language()
    chosen = values.get("destination") or (str(origins[0].id) if origins else "other")
    return {
        "accounts": [cases.account(each) | {"here": str(each.id) == chosen} for each in origins],
        "banks": cases.bank_choices(),
        "grounds": [
            {"code": code, "name": item.name.get(language), "papers": item.papers.get(language)}
            for code, item in catalog.agent_grounds().items()
        ],
        "values": values,
        "error": error,
    }


def exclude_reasons() -> list[dict[str, str]]:
    """Why a claim may be left out, as the choices of a select."""
    items = catalog.exclude_reasons().items()
    return [{"code": code, "name": item.name.get(show.language())} for code, item in items]


def _words() -> dict[str, tuple[str, str]]:
    return {
        "candidate": (
            _("Tell the victim"),
            _("The notice says what is held, how to apply, and the code to follow the return by."),
        ),
        "notified": (
            _("Take the application"),
            _("The victim comes with the identity card and the card or account the money was paid from."),
        ),
        "applied": (
            _("Verify the application"),
            _("Identity, loss and account are compared with the papers by another officer."),
        ),
        "verified": (_("Verified"), _("Nothing to do for this victim until the money is paid.")),
        "excluded": (_("Left out"), _("This claim takes no part in the return.")),
    }
