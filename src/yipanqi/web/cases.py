"""From cases, payments and stops to what the case desk shows: masked, in words, with both clocks and the next steps.

No decisions here: which acts there are comes from the lifecycle, who may do them from the table of acts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.casework.authority import roles_for
from yipanqi.casework.lifecycles.case import CASE
from yipanqi.casework.lifecycles.freeze import LIVE as LIVE_FREEZES
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.cases.moving import REASONED, ROLE_ACT
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.partners.queries import list_connected
from yipanqi.ops.staff.gates import may
from yipanqi.web import freezes, stops
from yipanqi.web import presenting as show
from yipanqi.web.views.policy import duration_in_words

GOES_ON = tuple(status for status in CASE.statuses if status not in CASE.resting)
# While a stop stands here somebody waits for the bank: the page looks again after so many seconds.
LOOKS = {"proposed": 2, "approved": 2, "sent": 2, "unanswered": 10, "lifting": 10, "releasing": 10}


@dataclass(frozen=True)
class Clock:
    """One clock of a case: its word, from when, until when, and when it was met (None: it runs)."""

    code: str
    word: str
    opened_at: datetime
    due_at: datetime
    met_at: datetime | None


def clocks(case: Any) -> list[Clock]:
    """The clocks of a case: the first stop and, where its pack has one, the entry of the level-1 account."""
    found = [Clock("stop", _("first stop out"), case.reported_at, case.stop_due_at, case.stop_sent_at)]
    if case.entry_due_at:
        found.append(
            Clock("entry", _("level-1 account"), case.reported_at, case.entry_due_at, case.entered_at)
        )
    return found


def clock(found: Clock, at: datetime) -> dict[str, object]:
    """A clock as a page shows it: running with number and bar, or met after so long."""
    return {
        "code": found.code,
        "word": found.word,
        "met": stops.span(int((found.met_at - found.opened_at).total_seconds())) if found.met_at else "",
        "late": (found.met_at or at) > found.due_at,
        "due_at": found.due_at,
        "total_seconds": max(1, int((found.due_at - found.opened_at) / timedelta(seconds=1))),
        "time_left": show.clock(found.due_at, found.opened_at, at),
    }


def running(case: Any, at: datetime) -> dict[str, object] | None:
    """The clock of an open case that ends first; None when none runs."""
    if case.status not in GOES_ON:
        return None
    left = [each for each in clocks(case) if each.met_at is None]
    return clock(min(left, key=lambda each: each.due_at), at) if left else None


def row(case: Any, at: datetime) -> dict[str, object]:
    """A case as the list shows it."""
    language = show.language()
    return {
        "id": case.id,
        "number": case.number,
        "reported_at": case.reported_at,
        "person_name": case.victim.name.masked or "—",
        "phone": case.victim.phone.masked,
        "fraud_type": show.fraud_type(case.fraud_type),
        "loss": show.money(case.loss_minor),
        "loss_full": show.amount(case.loss_minor),
        "status": stops.status_of("case", case.status),
        "source": stops.status_of("case_source", case.source)["name"],
        "place": full_name(case.place_code, language),
        "handler": case.handler.name if case.handler else "",
        "clock": running(case, at),
    }


def account(row: Any, bank: str = "") -> dict[str, object]:
    """An account, masked, with its bank as an officer calls it."""
    code = bank or row.bank_code
    return {"id": row.id, "number": row.number.masked, "bank": bank_name(code) or row.bank, "bank_code": code}


def bank_name(code: str) -> str:
    """A bank's short name; "" for a code that is none."""
    bank = catalog.banks().get(code)
    return bank.short_name.get(show.language()) if bank else ""


def bank_choices() -> list[dict[str, object]]:
    """The banks of a select in two groups: those that take our orders first."""
    language = show.language()
    connected = {partner.bank for partner in list_connected() if partner.bank}
    groups: dict[bool, list[dict[str, str]]] = {True: [], False: []}
    for bank in catalog.banks().values():
        groups[bank.code in connected].append({"code": bank.code, "name": bank.name.get(language)})
    return [
        {"name": _("Connected: the order leaves at once"), "banks": groups[True]},
        {"name": _("Not connected: on paper"), "banks": groups[False]},
    ]


def stop_shown(stop: Any) -> dict[str, object]:
    """A stop in one line: whose account, where it stands, what is held."""
    return {**stops.plain(stop), "live": stop.status in LIVE, "holds": stop.status == "stopped"}


def rules(pack: PolicyPack) -> dict[str, str]:
    """What a pack says of stops, in words: how long the second signature has ("" when it comes first), the terms."""
    within = pack.second_person("stop.second_person")
    terms = {
        target: duration_in_words(pack.duration(f"stop.{target}.duration"))
        for target in pack.choices("stop.targets")
    }
    return {"within": duration_in_words(within) if within else "", **terms}


def look_again(found: Iterable[Any]) -> int:
    """After how many seconds the stops are worth another look; 0 when nothing is under way."""
    return min((LOOKS[stop.status] for stop in found if stop.status in LOOKS), default=0)


def money(
    payments: Sequence[Any],
    cards: Sequence[Any],
    suspects: Sequence[Any],
    found: Sequence[Any],
    known: Mapping[Any, int],
    frozen: Sequence[Any] = (),
) -> dict[str, object]:
    """The money of a case: its payments with the stops on the payees, the victim's cards, other suspects' accounts.

    `found` are its stops, `frozen` its freezes. `cards` and `suspects` are accounts noted on the case, `known` in how
    many other cases a suspect's account is. A card that was protected before anything was paid is told with the noted
    ones.
    """
    by_account: dict[Any, list[dict[str, object]]] = {}
    for stop in found:
        by_account.setdefault(stop.account_id, []).append(stop_shown(stop))
    frozen_by: dict[Any, list[dict[str, object]]] = {}
    for freeze in frozen:
        frozen_by.setdefault(freeze.account_id, []).append(freezes.plain(freeze))
    paid = {payment.payee_id for payment in payments}
    noted = {card.account_id for card in cards}
    protected = {stop.account_id: stop for stop in found if stop.target == "protective"}
    protected = {key: stop for key, stop in protected.items() if key not in noted}
    return {
        "payments": [
            _payment(payment, by_account, known) | _frozen(payment.payee_id, frozen_by)
            for payment in payments
        ],
        "cards": [_noted(card, by_account, known) for card in cards]
        + [_noted(stop, by_account, known) | {"can_stop": False} for stop in protected.values()],
        "others": [
            _noted(each, by_account, known) | _frozen(each.account_id, frozen_by)
            for each in suspects
            if each.account_id not in paid
        ],
        "total": show.amount(sum(payment.amount_minor for payment in payments)),
        "held": show.amount(
            sum(stop.stopped_minor or 0 for stop in found if _holds_loss(stop))
            + sum(freeze.frozen_minor for freeze in frozen if freeze.status in LIVE_FREEZES)
        ),
    }


def _frozen(account_id: Any, frozen_by: Mapping[Any, list[dict[str, object]]]) -> dict[str, object]:
    laid = frozen_by.get(account_id, [])
    return {
        "account_id": account_id,
        "freezes": laid,
        "can_freeze": not any(freeze["live"] for freeze in laid),
    }


def _holds_loss(stop: Any) -> bool:
    """Whether a stop holds money that a victim paid, and not the victim's own."""
    return bool(stop.status == "stopped" and stop.target == "suspect")


def _payment(
    payment: Any, by_account: Mapping[Any, list[dict[str, object]]], known: Mapping[Any, int]
) -> dict[str, object]:
    laid = by_account.get(payment.payee_id, [])
    return {
        "id": payment.id,
        "payer": account(payment.payer, payment.payer_bank) if payment.payer else None,
        "payee": account(payment.payee, payment.payee_bank),
        "payee_name": payment.payee_name.masked,
        "amount": show.amount(payment.amount_minor),
        "paid_at": payment.paid_at,
        "stops": laid,
        "known": known.get(payment.payee_id, 0),
        "can_stop": not any(stop["live"] for stop in laid),
    }


def _noted(
    subject: Any, by_account: Mapping[Any, list[dict[str, object]]], known: Mapping[Any, int]
) -> dict[str, object]:
    laid = by_account.get(subject.account_id, [])
    return {
        **account(subject.account),
        "stops": laid,
        "known": known.get(subject.account_id, 0),
        "can_stop": bool(subject.account.bank_code) and not any(stop["live"] for stop in laid),
    }


def steps(case: Any, officer: Any) -> list[dict[str, object]]:
    """What can be done with a case next: each act with its words, or why this officer does not do it."""
    return [_step(act, case, officer) for act in CASE.allowed(case.status)]


def _step(act: str, case: Any, officer: Any) -> dict[str, object]:
    name, meaning = _words()[act]
    return {
        "act": act,
        "name": name,
        "meaning": meaning,
        "reason": act in REASONED,
        "why_not": _why_not(act, case, officer),
    }


def _why_not(act: str, case: Any, officer: Any) -> str:
    needed = ROLE_ACT[act]
    if not may(officer, needed):
        language = show.language()
        names = [catalog.roles()[role].name.get(language) for role in sorted(roles_for(needed))]
        joined = ("、" if language.startswith("zh") else ", ").join(names)
        return _("done by: %(roles)s") % {"roles": joined}
    if act in {"file", "refuse"}:
        if tier_of(officer.scope_code) is Tier.STATION:
            return _("a county or higher decides on filing")
        if case.accepted_by_id == officer.id:
            return _("you accepted the case: another approver decides")
    return ""


def _words() -> dict[str, tuple[str, str]]:
    return {
        "accept": (_("Accept the case"), _("Take the case up; the victim gets the receipt.")),
        "withdraw": (
            _("Withdraw the report"),
            _("Entered by mistake: takes the report back, the journal keeps it."),
        ),
        "file": (_("File the case"), _("Open the criminal case; from here on accounts may be frozen.")),
        "refuse": (_("Refuse filing"), _("No criminal case; the victim can ask for a review.")),
        "solve": (_("Case solved"), _("The suspects are known.")),
        "prosecute": (_("To the prosecutor"), _("Hand the case and its property over.")),
        "try": (_("Judged by the court"), _("The court has given its judgement.")),
        "close": (_("Close the case"), _("Nothing is left to be done.")),
    }
