"""Asking to change a running freeze: to renew it (续冻), to cut or release it (解除), to let it end; and its interest.

Each change waits for a signature of its own (`deciding`). Leaves alone: why (screening, returns), and what the bank
does with it (`answering`).
"""

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.casework.terms import ends_at
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.measures.approving import RANKS
from yipanqi.ops.measures.booking import book_interest
from yipanqi.ops.measures.enums import ChangeKind, Purpose
from yipanqi.ops.measures.freezing.moving import (
    FreezeRefused,
    attributed_minor,
    changes_under_way,
    freeze_draft,
    latest_renewal,
    least_tier,
    lock_freeze_of,
    no_longer_unattended,
)
from yipanqi.ops.measures.freezing.proposing import ask_signature, check_ground, check_text
from yipanqi.ops.measures.models import Freeze, FreezeChange
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.moneybook.enums import Part
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PURPOSES = {
    ChangeKind.RENEW: Purpose.RENEWAL,
    ChangeKind.CUT: Purpose.CUT,
    ChangeKind.RELEASE: Purpose.RELEASE,
}


@transaction.atomic
def ask_renewal(
    *,
    freeze_id: uuid.UUID,
    version: int,
    until_date: date,
    ground: str,
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> FreezeChange:
    """Ask for a later end, counted from the end the freeze has, while it has not come. Raises FreezeRefused."""
    freeze = lock_freeze_of(acting_officer, freeze_id, version=version)
    check_ground(ground, "renew", note)
    FREEZE.next(freeze.status, "renew")
    check_not_over(freeze, now)
    assert freeze.until_date is not None
    latest = latest_renewal(freeze)
    if not freeze.until_date < until_date <= latest:
        raise FreezeRefused(
            "longer than the pack allows, or no longer than now", code="term_too_long", until=str(latest)
        )
    change = _new_change(freeze, ChangeKind.RENEW, ground, note, acting_officer, now)
    change.from_date, change.until_date = freeze.until_date + timedelta(days=1), until_date
    return _asked(freeze, change, acting_officer, now)


@transaction.atomic
def ask_cut(
    *,
    freeze_id: uuid.UUID,
    version: int,
    minor: int,
    reason: str,
    due_at: datetime | None = None,
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> FreezeChange:
    """Ask to let go of a part; with `due_at` the law's clock runs for it. Raises FreezeRefused."""
    freeze = lock_freeze_of(acting_officer, freeze_id, version=version)
    _check_reason(reason, note)
    FREEZE.next(freeze.status, "cut")
    check_cut(freeze, minor)
    change = _new_change(freeze, ChangeKind.CUT, reason, note, acting_officer, now, due_at)
    change.minor = minor
    return _asked(freeze, change, acting_officer, now)


@transaction.atomic
def ask_release(
    *,
    freeze_id: uuid.UUID,
    version: int,
    reason: str,
    due_at: datetime | None = None,
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> FreezeChange:
    """Ask to let go of all; with `due_at` the law's clock runs for it. Raises FreezeRefused `money_attributed`."""
    freeze = lock_freeze_of(acting_officer, freeze_id, version=version)
    _check_reason(reason, note)
    check_release(freeze)
    change = _new_change(freeze, ChangeKind.RELEASE, reason, note, acting_officer, now, due_at)
    return _asked(freeze, change, acting_officer, now)


@transaction.atomic
def let_lapse(
    *, freeze_id: uuid.UUID, version: int, reason: str, acting_officer: "Officer", now: datetime
) -> Freeze:
    """Say that a freeze is meant to end by itself, and why. Raises FreezeRefused, `money_attributed` among others."""
    freeze = lock_freeze_of(acting_officer, freeze_id, version=version)
    if not reason.strip():
        raise FreezeRefused("a reason is needed", code="reason_missing")
    check_text(reason)
    FREEZE.next(freeze.status, "renew")  # who might renew it may say that nobody will
    check_not_over(freeze, now)
    if attributed_minor(freeze):
        raise FreezeRefused("money is attributed to victims", code="money_attributed")
    freeze.let_lapse_by, freeze.let_lapse_at = acting_officer, now
    freeze.let_lapse_reason = Sealed.of("text", reason)
    late = no_longer_unattended(freeze)
    freeze.version += 1
    freeze.save()
    told = {"until_at": freeze.expires_at.isoformat() if freeze.expires_at else None, "late": late}
    write_entries([freeze_draft(freeze, "freeze.let_lapse", as_actor(acting_officer), now, **told)])
    return freeze


@transaction.atomic
def note_interest(
    *, freeze_id: uuid.UUID, version: int, interest_minor: int, acting_officer: "Officer", now: datetime
) -> Freeze:
    """Write down the interest that the bank told of what it holds; posted. Raises FreezeRefused."""
    freeze = lock_freeze_of(acting_officer, freeze_id, version=version)
    FREEZE.next(freeze.status, "cut")  # only what is frozen bears interest
    if interest_minor < attributed_minor(freeze, Part.INTEREST):
        raise FreezeRefused("more interest is attributed than that", code="money_attributed")
    freeze.version += 1
    book_interest(freeze, interest_minor, acting=as_actor(acting_officer), now=now)
    freeze.save()
    return freeze


def check_not_over(freeze: Freeze, now: datetime) -> None:
    """Pass silently while the freeze's end has not come. Raises FreezeRefused `renewal_too_late`."""
    if freeze.expires_at is None or freeze.expires_at <= now:
        raise FreezeRefused("the freeze has ended", code="renewal_too_late")


def check_cut(freeze: Freeze, minor: int) -> None:
    """Pass silently when a part may go: less than is held, and nothing that is attributed. Raises FreezeRefused."""
    if not 0 < minor < freeze.frozen_minor:
        raise FreezeRefused("a part is less than the whole", code="cut_too_large")
    if minor > freeze.frozen_minor - attributed_minor(freeze):
        raise FreezeRefused("money is attributed to victims", code="money_attributed")


def check_release(freeze: Freeze) -> None:
    """Pass silently when all may go. Raises TransitionRefused, FreezeRefused `money_attributed`."""
    if freeze.status != "releasing":  # a release that the bank did not carry out may be asked once more
        FREEZE.next(freeze.status, "order_release")
    if attributed_minor(freeze):
        raise FreezeRefused("money is attributed to victims", code="money_attributed")


def _check_reason(reason: str, note: str) -> None:
    item = catalog.freeze_end_reasons().get(reason)
    if item is None or not item.chosen:
        raise FreezeRefused("no such reason", code="reason_unknown", reason=reason[:24])
    check_text(note)


def _new_change(
    freeze: Freeze,
    kind: ChangeKind,
    ground: str,
    note: str,
    officer: "Officer",
    now: datetime,
    due_at: datetime | None = None,
) -> FreezeChange:
    under_way = set(changes_under_way(freeze).values_list("kind", flat=True))
    if kind in under_way or (kind is ChangeKind.CUT and ChangeKind.RELEASE in under_way):
        raise FreezeRefused("such a change is under way", code="change_under_way", kind=str(kind))
    change = FreezeChange(
        id=new_id(now),
        freeze=freeze,
        kind=kind,
        ground=ground,
        note=Sealed.of("text", note),
        due_at=due_at,
        asked_by=officer,
        asked_at=now,
    )
    change.put_at(freeze.place_code)
    return change


def _asked(freeze: Freeze, change: FreezeChange, officer: "Officer", now: datetime) -> FreezeChange:
    change.save(force_insert=True)
    kind = ChangeKind(change.kind)
    if change.due_at is not None:
        freeze.release_due_at, freeze.release_minor = change.due_at, change.minor
        freeze.release_reason, freeze.release_late_at = change.ground, None
    due_at = now + pack_of(freeze).duration("stop.order_valid")
    if freeze.expires_at is not None:
        due_at = min(due_at, freeze.expires_at)
    tier, note = tier_to_sign(freeze, kind), change.note.reveal()
    ask_signature(freeze, PURPOSES[kind], tier, change.ground, note, officer, due_at, now, change)
    freeze.version += 1
    freeze.save()
    word = "ground" if kind is ChangeKind.RENEW else "reason"
    told = {
        "change_id": str(change.id),
        "kind": str(kind),
        word: change.ground,
        "released_minor": change.minor,
        "until_at": _until(freeze, change),
        "due_at": change.due_at.isoformat() if change.due_at else None,
    }
    write_entries([freeze_draft(freeze, "freeze.change_asked", as_actor(officer), now, **told)])
    return change


def _until(freeze: Freeze, change: FreezeChange) -> str | None:
    return ends_at(change.until_date, pack_of(freeze).zone).isoformat() if change.until_date else None


def tier_to_sign(freeze: Freeze, kind: ChangeKind) -> str:
    """A renewal is for the tier of its term, a cut or release for the tier that signed, where the pack says so."""
    pack = pack_of(freeze)
    least = least_tier(pack, freeze.term_kind)
    if (
        kind is ChangeKind.RENEW
        or pack.choice("freeze.release_tier") == "approver_min"
        or not freeze.signed_by
    ):
        return least
    return str(max(Tier(least), tier_of(freeze.signed_by.scope_code), key=RANKS.__getitem__))
