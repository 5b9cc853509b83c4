"""One signature on a freeze as the approver reads it: what, to whom, on which ground, what backs it, what if not.

For freezing, renewing, cutting and releasing. The caller has passed the signature's gate; with it come the facts of the
case, of the screening and of the stop.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.casework.terms import last_day
from yipanqi.catalog import calendars
from yipanqi.kernel.days import day_of
from yipanqi.ops.cases.queries import count_other_cases
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.measures.enums import Purpose
from yipanqi.ops.measures.freezing.queries import attributed_of_freezes
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.screening.queries import count_evidence, finding_of
from yipanqi.web import freezes, sheets, stops
from yipanqi.web import presenting as show

TEMPLATE = "approvals/_sheet_freeze.html"


def short(signature: Any, at: datetime) -> dict[str, object]:
    """A signature as the queue shows it."""
    freeze = signature.freeze
    return {
        "id": signature.id,
        "account": stops.account(freeze),
        "kind": stops.status_of("order_kind", stops.ORDERED_BY.get(signature.purpose, signature.purpose))[
            "name"
        ],
        "fraud_type": show.fraud_type(freeze.fraud_type),
        "asked": show.money(_minor(signature)),
        "clock": stops.clock(stops.Clock("", signature.due_at, signature.asked_at), at),
    }


def does(signature: Any) -> str:
    """What is signed and to whom: 冻结：建行 6222 **** 8123."""
    change = signature.change
    facts = {
        "account": stops.account(signature.freeze),
        "until": change.until_date.isoformat() if change and change.until_date else "",
    }
    sentence = {
        Purpose.FREEZE: _("Freeze %(account)s"),
        Purpose.RENEWAL: _("Renew the freeze of %(account)s until %(until)s"),
        Purpose.CUT: _("Release a part of the freeze of %(account)s"),
        Purpose.RELEASE: _("Release the freeze of %(account)s"),
    }[Purpose(signature.purpose)]
    return sentence % facts


def sheet(signature: Any, at: datetime) -> dict[str, object]:
    """Everything the second person has to know of one signature."""
    freeze = signature.freeze
    attributed = attributed_of_freezes([freeze])[freeze.id]
    return {
        **short(signature, at),
        "template": TEMPLATE,
        "purpose": signature.purpose,
        "decided": decided(signature, at),
        "does": does(signature),
        "status": stops.status_of("freeze", freeze.status),
        "sum": show.amount(_minor(signature)),
        "freeze": freezes.plain(freeze)
        | {
            "holder": freeze.holder_name.masked,
            "traced": show.amount(freeze.traced_minor),
            "amount_note": freeze.amount_note.reveal(),
            "attributed": show.amount(attributed) if attributed else "",
            "covers_interest": freeze.covers_interest,
            "proposed_by": freeze.proposed_by.name,
            "signed_by": freeze.signed_by.name if freeze.signed_by else "",
            "periods": freeze.periods,
        },
        "left": show.amount(freeze.frozen_minor - _minor(signature))
        if signature.purpose == Purpose.CUT
        else "",
        "until": _until(signature, at),
        "due_at": signature.change.due_at if signature.change else None,
        "ground": freezes.ground(signature.ground),
        "note": signature.note.reveal(),
        "tier": freezes.tier_name(signature.tier),
        "asked_by": signature.asked_by.name,
        "asked_unit": full_name(signature.asked_by.unit_id, show.language()),
        "asked_at": signature.asked_at,
        "unsigned": _unsigned(signature, at),
        "signing": _("the notice is made and the order leaves at once"),
        "declining": _declining(signature),
        "finding": _finding(freeze),
        "stop": _stop(freeze, at),
        "case": _case(freeze),
    }


def decided(signature: Any, at: datetime) -> str:
    """Who decided meanwhile and how; "" while it waits."""
    if signature.status == "dropped":
        ended = show.moment(signature.decided_at, at) if signature.decided_at else ""
        return _("The freeze ended at %(at)s; no signature is needed any more.") % {"at": ended}
    return sheets.decided(signature, at)


def _minor(signature: Any) -> int:
    """What the signature is about: what is to be frozen, stays frozen or is let go."""
    freeze, change = signature.freeze, signature.change
    if change is None:
        return int(freeze.asked_minor)
    return int(change.minor if change.minor is not None else freeze.frozen_minor)


def _until(signature: Any, at: datetime) -> Any:
    """The last day of what is signed: of a first freeze, if it is signed now."""
    freeze, change = signature.freeze, signature.change
    if change is not None:
        return change.until_date or freeze.until_date
    if freeze.until_date is not None:
        return freeze.until_date
    pack = pack_of(freeze)
    period = pack.period(f"{freezes.TERMS[freeze.term_kind]}.first")
    return last_day(day_of(at), period, calendars()[pack.calendar])


def _unsigned(signature: Any, at: datetime) -> str:
    """What happens if nobody signs."""
    freeze = signature.freeze
    facts = {
        "at": show.moment(signature.due_at, at),
        "until": freeze.until_date.isoformat() if freeze.until_date else "",
    }
    sentence = {
        Purpose.FREEZE: _("If nobody signs by %(at)s, the proposal lapses and nothing ever leaves."),
        Purpose.RENEWAL: _("If nobody signs by %(at)s, the freeze ends with %(until)s by itself."),
        Purpose.CUT: _("If nobody signs by %(at)s, all of it stays frozen until %(until)s."),
        Purpose.RELEASE: _("If nobody signs by %(at)s, all of it stays frozen until %(until)s."),
    }[Purpose(signature.purpose)]
    return sentence % facts


def _declining(signature: Any) -> str:
    """What sending back does."""
    return {
        Purpose.FREEZE: _("nothing leaves"),
        Purpose.RENEWAL: _("the freeze ends at its term"),
        Purpose.CUT: _("all of it stays frozen"),
        Purpose.RELEASE: _("all of it stays frozen"),
    }[Purpose(signature.purpose)]


def _finding(freeze: Any) -> dict[str, object] | None:
    """What screening found, with its reasons and how many files back it."""
    found = finding_of([freeze.id]).get(freeze.id)
    if found is None:
        return None
    told: dict[str, object] = dict(freezes.finding_of(found) or {})
    files = count_evidence([freeze.id]).get(freeze.id, 0)
    return told | {"reasons": found.reasons.reveal(), "files": files}


def _stop(freeze: Any, at: datetime) -> dict[str, object] | None:
    """The stop that the freeze takes the place of, and how long that still runs."""
    stop = freeze.stop
    if stop is None or stop.status != "stopped" or stop.expires_at is None:
        return None
    return {
        "id": stop.id,
        "held": show.amount(stop.stopped_minor),
        "ends": show.moment(stop.expires_at, at),
    }


def _case(freeze: Any) -> dict[str, object]:
    case = freeze.case
    others = count_other_cases([freeze.account_id], case=case)
    return {
        "id": case.id,
        "number": case.number,
        "status": stops.status_of("case", case.status),
        "loss": show.amount(case.loss_minor),
        "filed_at": case.filed_at,
        "others": others.get(freeze.account_id, 0),
    }
