"""From freezes, their changes and what they wait for to what the desks show: masked, in words, with the days left.

No decisions and no queries here: what is allowed comes from the lifecycle and from what the caller looked up.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE, LIVE, UNDER_WAY
from yipanqi.casework.terms import last_day
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.days import day_of
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.measures.freezing.queries import EXPIRING_WITHIN
from yipanqi.ops.measures.moving import pack_of
from yipanqi.web import presenting as show
from yipanqi.web import stops
from yipanqi.web.views.policy import period_in_words

# Bars count the last months alone, so that the last third of them is the month in which freezes are warned of.
SHOWN_OF_TERM = 3 * EXPIRING_WITHIN
TERMS = {"ordinary": "freeze", "complex": "freeze.complex"}


def ground(code: str) -> dict[str, object]:
    """A ground with its law and whether that was read in a source; of a release or cut the reason, which has no law."""
    item = catalog.freeze_grounds().get(code)
    if item is None:
        return {"code": code, "name": reason_name(code), "law": "", "verified": True}
    language = show.language()
    return {
        "code": code,
        "name": item.name.get(language),
        "law": item.law.get(language),
        "verified": item.verified,
    }


def grounds_for(act: str) -> list[dict[str, str]]:
    """The grounds good for `freeze` or `renew`, as the choices of a select."""
    items = catalog.freeze_grounds().items()
    return [
        {"code": code, "name": each.name.get(show.language())} for code, each in items if act in each.acts
    ]


def reasons() -> list[dict[str, str]]:
    """The reasons to let go that an officer may choose."""
    items = catalog.freeze_end_reasons().items()
    return [{"code": code, "name": each.name.get(show.language())} for code, each in items if each.chosen]


def reason_name(code: str) -> str:
    """Why a freeze was let go, ended or refused, in words; "" for no code."""
    item = catalog.freeze_end_reasons().get(code) or catalog.bank_failures().get(code)
    return item.name.get(show.language()) if item else code


def tier_name(tier: str) -> str:
    """The least tier that may sign, as an officer calls it."""
    return catalog.choice_names()[tier].name.get(show.language())


def terms(pack: PolicyPack, at: datetime) -> list[dict[str, object]]:
    """The terms a freeze may have: how long, until when if it were signed now, and who signs."""
    calendar = catalog.calendars()[pack.calendar]
    found = []
    for code, family in TERMS.items():
        period = pack.period(f"{family}.first")
        found.append(
            {
                **stops.status_of("term_kind", code),
                "length": period_in_words(period),
                "until": last_day(day_of(at), period, calendar),
                "signs": tier_name(pack.choice(f"{family}.approver_min")),
            }
        )
    return found


def clocks(freeze: Any, pending: Any, pack: PolicyPack) -> list[stops.Clock]:
    """Every clock that runs on a freeze, the one that ends first in front."""
    if freeze.status in FREEZE.resting:
        return []
    found = [stops.Clock(_("sign by"), each.due_at, each.asked_at) for each in pending.signatures]
    within = pack.duration("stop.answer_within")
    found += [
        stops.Clock(_("answer due"), order.created_at + within, order.created_at) for order in pending.orders
    ]
    if freeze.release_due_at:
        opened = freeze.release_due_at - timedelta(days=pack.period("freeze.unrelated_release").count)
        found.append(stops.Clock(_("release by"), freeze.release_due_at, opened))
    if term := term_clock(freeze):
        found.append(term)
    return sorted(found, key=lambda clock: clock.due_at)


def term_clock(freeze: Any) -> stops.Clock | None:
    """The days that a freeze under way still has."""
    if freeze.status not in UNDER_WAY or freeze.expires_at is None:
        return None
    opened = max(freeze.ordered_at or freeze.proposed_at, freeze.expires_at - SHOWN_OF_TERM)
    return stops.Clock(_("ends"), freeze.expires_at, opened)


def marks(freeze: Any, pending: Any, at: datetime) -> list[str]:
    """What an open freeze's status does not say; what presses most in front."""
    if freeze.status in FREEZE.resting:
        return []
    over = freeze.status == "queued" and freeze.former_ends_at is not None and freeze.former_ends_at <= at
    unanswered = freeze.status in {"queued", "frozen"} and any(
        order.status == "unanswered" for order in pending.orders
    )
    words = [
        (freeze.unattended_at is not None, _("nobody attends to it")),
        (freeze.release_late_at is not None, _("release overdue")),
        (over, _("ask the bank whose turn it is")),
        (unanswered, _("the bank has not answered")),
        (freeze.let_lapse_at is not None, _("meant to end")),
        (freeze.coverage == "short" and freeze.status == "frozen", _("less than asked for")),
    ]
    return [word for is_so, word in words if is_so] + [_under_way(change) for change in pending.changes]


def _under_way(change: Any) -> str:
    name = stops.status_of("order_kind", change.kind)["name"]
    return f"{name} · {stops.status_of('freeze_change', change.status)['name']}"


def acts(
    freeze: Any, pending: Any, allowed: Collection[str], attributed: int, at: datetime
) -> dict[str, bool]:
    """Which buttons a freeze has for an officer who may do the acts in `allowed`."""
    ways = FREEZE.allowed(freeze.status) if "freeze.propose" in allowed else ()
    runs = freeze.expires_at is not None and freeze.expires_at > at
    leaving = bool(pending.change("release"))
    soon = runs and freeze.expires_at <= at + EXPIRING_WITHIN
    return {
        "renew": "renew" in ways and runs and not pending.change("renew") and not leaving,
        "cut": "cut" in ways
        and not leaving
        and not pending.change("cut")
        and freeze.frozen_minor > max(1, attributed),
        "release": not leaving
        and not attributed
        and ("order_release" in ways or (freeze.status == "releasing" and bool(ways))),
        "let_lapse": "renew" in ways and soon and not attributed and freeze.let_lapse_at is None,
        "interest": "cut" in ways and freeze.covers_interest,
    }


def plain(freeze: Any) -> dict[str, object]:
    """What a freeze is, without what it waits for: for lists and for the file."""
    return {
        "id": freeze.id,
        "version": freeze.version,
        "bank": stops.bank_name(freeze.partner),
        "account": freeze.account.number.masked,
        "kind": stops.status_of("freeze_kind", freeze.kind),
        "term": stops.status_of("term_kind", freeze.term_kind),
        "asked": show.amount(freeze.asked_minor),
        "frozen": show.amount(freeze.frozen_minor) if freeze.confirmed_at else "",
        "interest": show.amount(freeze.interest_minor) if freeze.interest_minor else "",
        "coverage": stops.status_of("coverage", freeze.coverage) if freeze.coverage else None,
        "case_id": freeze.case_id,
        "case": freeze.case.number,
        "fraud_type": show.fraud_type(freeze.fraud_type),
        "ground": ground(freeze.ground),
        "status": stops.status_of("freeze", freeze.status),
        "place": full_name(freeze.place_code, show.language()),
        "document": freeze.document,
        "proposed_at": freeze.proposed_at,
        "from": freeze.from_date,
        "until": freeze.until_date,
        "frozen_at": freeze.frozen_at,
        "expires_at": freeze.expires_at,
        "ended_at": freeze.ended_at,
        "end_reason": reason_name(freeze.end_reason) if freeze.status in FREEZE.resting else "",
        "live": freeze.status in LIVE,
        "holds": freeze.status in {"frozen", "releasing"} and freeze.frozen_minor > 0,
        "queued": freeze.status == "queued",
    }


def row(
    freeze: Any,
    pending: Any,
    *,
    attributed: int,
    finding: Any,
    allowed: Collection[str],
    tab: str,
    at: datetime,
) -> dict[str, object]:
    """A freeze as the list shows it; under the tabs that are sorted by it, its clock is that of the term."""
    running = clocks(freeze, pending, pack_of(freeze))
    shown = term_clock(freeze) if tab in {"expiring", "queued", "frozen"} else None
    shown = shown or (running[0] if running else None)
    return {
        **plain(freeze),
        "attributed": show.amount(attributed) if attributed else "",
        "finding": finding_of(finding),
        "clock": stops.clock(shown, at) if shown else None,
        "marks": marks(freeze, pending, at),
        "can": acts(freeze, pending, allowed, attributed, at),
    }


def finding_of(finding: Any) -> dict[str, str] | None:
    """What screening found, in one word, who and when."""
    if finding is None:
        return None
    kind = catalog.findings()[finding.outcome]
    return {
        "name": kind.name.get(show.language()),
        "meaning": kind.meaning.get(show.language()),
        "tone": "safe" if kind.tone == "good" else kind.tone,
        "by": finding.found_by.name,
        "at": finding.found_at,
    }


def change(item: Any) -> dict[str, object]:
    """A renewal, cut or release that was asked for: what, why, by whom, and what became of it."""
    return {
        "kind": stops.status_of("order_kind", item.kind)["name"],
        "status": stops.status_of("freeze_change", item.status),
        "ground": ground(item.ground)["name"],
        "note": item.note.reveal(),
        "sum": show.amount(item.minor) if item.minor else "",
        "until": item.until_date,
        "due_at": item.due_at,
        "asked_by": item.asked_by.name,
        "asked_at": item.asked_at,
        "done_at": item.done_at,
        "document": item.document,
    }
