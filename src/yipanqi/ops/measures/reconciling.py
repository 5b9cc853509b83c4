"""Daily reconciliation: our stops and freezes against each bank's own lists. What disagrees is work for the desk.

The gateways fetch the list and call `compare`; a difference stays open until an officer settles it with a note, and one
that is gone at the next comparison is settled by that.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yipanqi.ops.journal.services import SYSTEM, Draft, write_entry
from yipanqi.ops.measures.differences import note_difference, write_difference
from yipanqi.ops.measures.enums import DifferenceKind
from yipanqi.ops.measures.freezing.reconciling import SLACK, BankFreeze, freeze_differences
from yipanqi.ops.measures.models import Answer, Difference, Freeze, Order, PaymentStop, Reconciliation
from yipanqi.ops.measures.moving import StopRefused
from yipanqi.ops.measures.queries import StopNotFound, open_differences, open_problems
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed, blind_index

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

RECONCILE_TASK = "gateways.reconcile"
NOTE_MAX = 500


@dataclass(frozen=True)
class BankStop:
    """One line of a bank's list: the order it stems from ("" for none of ours), the account, since and until when."""

    order_id: str
    account: str
    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def compare(
    *,
    partner: Partner,
    listed: Iterable[BankStop],
    freezes: Iterable[BankFreeze] | None = None,
    now: datetime,
) -> Reconciliation:
    """Compare what a bank says it holds now with what we know it holds; journaled. Safe to repeat.

    What ended or began within the last minute is left out on both sides: its messages are on the way. Without a list of
    `freezes` (None) nothing is said of them.
    """
    theirs = {_order_id(line): line for line in listed if line.ends_at > now}
    rows = PaymentStop.objects.for_system("the whole book of one bank").select_related("account")
    held = rows.filter(partner=partner, status__in=["stopped", "lifting"], stopped_at__isnull=False)
    ours = {stop.id: stop for stop in held}
    stops = dict(
        Order.objects.filter(partner=partner, kind="stop", id__in=[key for key in theirs if key]).values_list(
            "id", "stop_id"
        )
    )
    found: list[tuple[DifferenceKind, str, PaymentStop | Freeze | None, str, str]] = []
    matched = set()
    for order_id, line in theirs.items():
        stop_id = stops.get(order_id)
        stop = ours.get(stop_id) or (rows.filter(id=stop_id).first() if stop_id else None)
        if stop is not None:
            matched.add(stop.id)
        found += _line_differs(line, stop, now)
    for stop in ours.values():
        expected = stop.expires_at and stop.expires_at > now + SLACK and stop.stopped_at < now - SLACK
        if stop.id not in matched and expected and stop.status == "stopped":
            found.append((DifferenceKind.ONLY_OURS, str(stop.id), stop, "stopped", ""))
    lines, frozen = list(freezes or ()), 0
    if freezes is not None:
        of_freezes, frozen = freeze_differences(partner=partner, listed=lines, now=now)
        found += of_freezes
    for kind, reference, measure, our, their in found:
        note_difference(
            kind, partner=partner, reference=reference, measure=measure, ours=our, theirs=their, now=now
        )
    _settle_gone(partner, {(kind, reference) for kind, reference, *_ in found}, now, freezes is not None)
    run = Reconciliation.objects.create(
        partner=partner,
        run_at=now,
        ours=len(ours) + frozen,
        theirs=len(theirs) + len(lines),
        differences=len(found),
    )
    _journal(partner, run, now)
    return run


def note_failure(*, partner: Partner, error: str, now: datetime) -> Reconciliation:
    """Keep that a bank's list could not be had; the next run tries again."""
    return Reconciliation.objects.create(partner=partner, run_at=now, error=error[:64])


def ask_reconciliation(*, acting_officer: "Officer", now: datetime) -> int:
    """Ask for a comparison with every connected bank now; returns how many banks."""
    require(acting_officer, "stop.reconcile")
    banks = list(Partner.objects.filter(is_active=True).exclude(endpoint="").exclude(bank=""))
    for bank in banks:
        queue.configure_task(RECONCILE_TASK, queue="partners").defer(partner_code=bank.code)
    return len(banks)


@transaction.atomic
def settle_difference(
    *, difference_id: uuid.UUID, note: str, acting_officer: "Officer", now: datetime
) -> Difference:
    """Close a difference with a note of what was found. Raises StopNotFound, StopRefused `reason_missing`."""
    require(acting_officer, "stop.reconcile")
    if open_differences(acting_officer).filter(id=difference_id).first() is None:
        raise StopNotFound(f"difference {difference_id} is not in your scope")
    _check_note(note)
    locked = Difference.objects.select_for_update().select_related("partner").get(id=difference_id)
    locked.status, locked.settled_by, locked.settled_at = "settled", acting_officer, now
    locked.note = Sealed.of("text", note)
    locked.save()
    write_difference("difference.settled", locked, as_actor(acting_officer), now)
    return locked


@transaction.atomic
def settle_problem(*, answer_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> None:
    """Take an unusable answer off the desk once somebody has seen to it; the answer itself is kept."""
    require(acting_officer, "stop.reconcile")
    if open_problems(acting_officer).filter(id=answer_id).first() is None:
        raise StopNotFound(f"answer {answer_id} is not in your scope")
    answer = Answer.objects.select_for_update().select_related("partner").get(id=answer_id)
    answer.settled_at, answer.settled_by = now, acting_officer
    answer.save(update_fields=["settled_at", "settled_by"])
    payload: dict[str, object] = {
        "answer_id": str(answer.id),
        "bank": answer.partner.code,
        "reason": answer.problem,
    }
    write_entry(
        Draft("answer.settled", as_actor(acting_officer), "answer", str(answer.id), now, payload=payload)
    )


def _order_id(line: BankStop) -> uuid.UUID | str:
    try:
        return uuid.UUID(line.order_id)
    except ValueError:
        return ""


def _line_differs(
    line: BankStop, stop: PaymentStop | None, now: datetime
) -> list[tuple[DifferenceKind, str, PaymentStop | None, str, str]]:
    theirs = line.ends_at.isoformat()
    if stop is None:
        return [(DifferenceKind.ONLY_THEIRS, line.order_id[:64] or "none", None, "", theirs)]
    if blind_index("account", line.account) != stop.account.number_index:
        return [(DifferenceKind.ACCOUNT_DIFFERS, str(stop.id), stop, "", "")]
    if stop.status not in {"stopped", "lifting"}:
        if line.starts_at > now - SLACK or (stop.ended_at and stop.ended_at > now - SLACK):
            return []
        if stop.status == "superseded" and stop.expires_at and stop.expires_at > now:
            return []  # the bank may let it run out beside the freeze
        return [(DifferenceKind.ONLY_THEIRS, str(stop.id), stop, stop.status, theirs)]
    if stop.expires_at and abs(line.ends_at - stop.expires_at) > SLACK:
        return [(DifferenceKind.END_DIFFERS, str(stop.id), stop, stop.expires_at.isoformat(), theirs)]
    return []


def _settle_gone(
    partner: Partner, found: set[tuple[DifferenceKind, str]], now: datetime, with_freezes: bool
) -> None:
    known = Difference.objects.filter(partner=partner, status="open").exclude(kind=DifferenceKind.ANSWER)
    if not with_freezes:
        known = known.filter(freeze__isnull=True).exclude(reference__startswith="freeze:")
    for difference in known.select_related("partner"):
        if (difference.kind, difference.reference) not in found:
            difference.status, difference.settled_at = "settled", now
            difference.save(update_fields=["status", "settled_at"])
            write_difference("difference.settled", difference, SYSTEM, now)


def _journal(partner: Partner, run: Reconciliation, now: datetime) -> None:
    payload: dict[str, object] = {"bank": partner.code, "rows": run.theirs, "differences": run.differences}
    draft = Draft("bank.reconciled", SYSTEM, "partner", partner.code, now, partner.scope_id, payload)
    write_entry(draft)


def _check_note(note: str) -> None:
    if not note.strip():
        raise StopRefused("a note is needed", code="reason_missing")
    if len(note) > NOTE_MAX:
        raise StopRefused("the note is too long", code="field_too_long", limit=NOTE_MAX)
