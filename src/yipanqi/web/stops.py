"""From stops, their orders and signatures to what the desks show: masked, in words, with every clock that runs.

No decisions and no queries here: what is allowed comes from the lifecycle and from what the caller looked up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.catalog import PolicyPack
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.web import presenting as show
from yipanqi.web.views.policy import duration_in_words

ORDERED_BY = {
    "extension": "extend",
    "renewal": "renew",
}  # purposes that are called otherwise than their orders


@dataclass(frozen=True)
class Clock:
    """One clock of a stop: until when, since when, and a word for what happens then."""

    word: str
    due_at: datetime
    opened_at: datetime


def bank_name(partner: Any) -> str:
    """A bank as an officer calls it (建行); a partner that is no catalog bank by its own name."""
    bank = catalog.banks().get(partner.bank)
    return bank.short_name.get(show.language()) if bank else partner.name(show.language())


def account(stop: Any) -> str:
    """Bank and masked account in one: 建行 6222 **** 8123."""
    return f"{bank_name(stop.partner)} {stop.account.number.masked}"


def status_of(noun: str, code: str) -> dict[str, str]:
    """Code, name and tone of a status; the tone as the chips know it."""
    item = catalog.statuses()[f"{noun}.{code}"]
    tone = "safe" if item.tone == "good" else item.tone
    return {"code": code, "name": item.name.get(show.language()), "tone": tone}


def reason_name(code: str) -> str:
    """Why a stop ended or a bank did not do it, in words; "" for no code."""
    item = catalog.lift_reasons().get(code) or catalog.bank_failures().get(code)
    return item.name.get(show.language()) if item else code


def ground(code: str) -> dict[str, object]:
    """A ground with its law, and whether that was read in a source."""
    item = catalog.stop_grounds()[code]
    language = show.language()
    return {
        "code": code,
        "name": item.name.get(language),
        "law": item.law.get(language),
        "verified": item.verified,
    }


def grounds_for(target: str) -> list[dict[str, str]]:
    """The grounds good for a kind of stop, as the choices of a select."""
    items = catalog.stop_grounds().values()
    return [
        {"code": each.code, "name": each.name.get(show.language())}
        for each in items
        if target in each.targets
    ]


def clocks(stop: Any, pending: Any, pack: PolicyPack) -> list[Clock]:
    """Every clock that runs on a stop, the one that ends first in front."""
    if stop.status in PAYMENT_STOP.resting:
        return []
    found = [Clock(_("sign by"), each.due_at, each.asked_at) for each in pending.signatures]
    within = pack.duration("stop.answer_within")
    found += [Clock(_("answer due"), order.created_at + within, order.created_at) for order in pending.orders]
    if stop.status == "stopped":
        found.append(Clock(_("lapses"), stop.expires_at, stop.stopped_at))
    return sorted(found, key=lambda clock: clock.due_at)


def clock(found: Clock, at: datetime) -> dict[str, object]:
    """A clock as a row shows it: number, bar, and the word for it."""
    return {
        "word": found.word,
        "due_at": found.due_at,
        "total_seconds": max(1, int((found.due_at - found.opened_at) / timedelta(seconds=1))),
        "time_left": show.clock(found.due_at, found.opened_at, at),
    }


def marks(stop: Any, pending: Any) -> list[str]:
    """What an open stop's status does not say: not yet signed, an extension under way, an order unanswered."""
    found = []
    if stop.status != "proposed" and any(each.purpose == "stop" for each in pending.signatures):
        found.append(_("not signed yet"))
    if pending.is_extending:
        found.append(_("extension under way"))
    if stop.status == "stopped" and any(order.status == "unanswered" for order in pending.orders):
        found.append(_("the bank has not answered"))
    return found


def acts(stop: Any, pending: Any, allowed: Collection[str], at: datetime) -> dict[str, bool]:
    """Which buttons a stop has for an officer who may do the acts in `allowed`."""
    ways = PAYMENT_STOP.allowed(stop.status)
    extendable = "extend" in ways and stop.expires_at > at and pending.used < pending.limit
    return {
        "lift": "lift" in ways and "stop.lift" in allowed,
        "extend": extendable and not pending.is_extending and "stop.propose" in allowed,
    }


def row(
    stop: Any, pending: Any, pack: PolicyPack, *, allowed: Collection[str], at: datetime
) -> dict[str, object]:
    """A stop as the list shows it."""
    running = clocks(stop, pending, pack)
    return {
        **plain(stop),
        "clock": clock(running[0], at) if running else None,
        "marks": marks(stop, pending),
        "can": acts(stop, pending, allowed, at),
    }


def plain(stop: Any) -> dict[str, object]:
    """What a stop is, without what it waits for: for lists and for the file."""
    language = show.language()
    return {
        "id": stop.id,
        "version": stop.version,
        "bank": bank_name(stop.partner),
        "account": stop.account.number.masked,
        "target": status_of("stop_target", stop.target),
        "asked": show.amount(stop.asked_minor),
        "held": show.amount(stop.stopped_minor),
        "coverage": status_of("coverage", stop.coverage) if stop.coverage else None,
        "case_id": stop.case_id,
        "case": stop.case.number if stop.case else "",
        "alert_id": stop.alert_id,
        "fraud_type": show.fraud_type(stop.fraud_type),
        "ground": ground(stop.ground),
        "status": status_of("payment_stop", stop.status),
        "place": full_name(stop.place_code, language),
        "proposed_at": stop.proposed_at,
        "stopped_at": stop.stopped_at,
        "expires_at": stop.expires_at,
        "ended_at": stop.ended_at,
        "end_reason": reason_name(stop.end_reason),
    }


def order(item: Any) -> dict[str, object]:
    """An order to a bank: how often it was sent, what came back; `answer` is the latest one, or None."""
    answers = sorted(item.answers.all(), key=lambda answer: answer.received_at)
    return {
        "answer": {"id": answers[-1].id} if answers else None,
        "kind": status_of("order_kind", item.kind)["name"],
        "status": status_of("partner_order", item.status),
        "created_at": item.created_at,
        "sent_at": item.sent_at,
        "answered_at": item.answered_at,
        "tries": item.tries,
        "last_error": item.last_error,
        "failure": reason_name(item.failure),
    }


def signature(item: Any) -> dict[str, object]:
    """A second signature: who asked, who decided and after how long."""
    return {
        "id": item.id,
        "purpose": status_of("order_kind", ORDERED_BY.get(item.purpose, item.purpose))["name"],
        "status": status_of("signature", item.status),
        "asked_by": item.asked_by.name,
        "asked_at": item.asked_at,
        "decided_by": item.decided_by.name if item.decided_by else "",
        "decided_at": item.decided_at,
        "took": span(item.seconds_to_sign) if item.seconds_to_sign is not None else "",
        "due_at": item.due_at,
        "reason": item.reason.reveal(),
    }


def span(seconds: int) -> str:
    """A length of time as minutes and seconds, or hours."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def term(stop: Any, pack: PolicyPack) -> str:
    """How long one period of this stop is, in words."""
    return duration_in_words(pack.duration(f"stop.{stop.target}.duration"))
