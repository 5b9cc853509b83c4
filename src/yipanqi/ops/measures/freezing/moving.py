"""What every act on a freeze shares: locking, moving along the lifecycle, its end anew, the journal's draft.

Lock order as in `measures.moving`: case, account, freeze, orders, signatures.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from yipanqi import catalog
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.casework.terms import ends_at, last_day
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.enums import TermKind
from yipanqi.ops.measures.freezing.queries import access_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange, Signature
from yipanqi.ops.measures.moving import lock_account, lock_accounts, pack_of
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


class FreezeRefused(YipanqiError):
    """A freeze cannot be proposed, signed, changed or left to end as asked.

    Codes: version_conflict, freeze_not_in_pack, case_not_filed, freeze_of_own_card, freeze_already_live,
    bank_not_connected, ground_unknown, reason_unknown, reason_missing, amount_note_missing, element_missing (field),
    field_too_long (limit), not_found, case_ended, term_too_long, renewal_too_late, change_under_way, money_attributed,
    cut_too_large.
    """

    code = "freeze_refused"


def lock_freeze(freeze_id: uuid.UUID) -> Freeze:
    """The freeze, locked after its account, until the transaction ends."""
    rows = _rows()
    lock_account(rows.values_list("account_id", flat=True).get(id=freeze_id))
    locked: Freeze = _locking(rows).get(id=freeze_id)
    return locked


def lock_freezes(ids: Iterable[uuid.UUID]) -> list[Freeze]:
    """Freezes, locked by id after their accounts; the caller holds the cases and has passed the gate."""
    rows = _rows().filter(id__in=set(ids))
    lock_accounts(rows.values_list("account_id", flat=True))
    return list(_locking(rows).order_by("id"))


def lock_freeze_of(
    officer: "Officer", freeze_id: uuid.UUID, *, act: str = "freeze.propose", version: int | None = None
) -> Freeze:
    """The freeze, locked, if the officer may do `act` on it and saw it at `version` (None: at any)."""
    access_freeze(officer, freeze_id, act=act)
    freeze = lock_freeze(freeze_id)
    if version is not None and freeze.version != version:
        raise FreezeRefused("the freeze was changed", code="version_conflict", version=freeze.version)
    return freeze


def move_freeze(freeze: Freeze, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked freeze (not saved) and return its journal draft."""
    transition = FREEZE.next(freeze.status, act)
    before, freeze.status = freeze.status, transition.target
    freeze.version += 1
    over = transition.target in FREEZE.resting
    freeze.ended_at = now if over else None
    if over:
        freeze.warn_at = freeze.queue_due_at = freeze.release_due_at = None
        freeze.end_reason = str(payload.get("reason", freeze.end_reason))
    return freeze_draft(freeze, transition.event, acting, now, before=before, **payload)


def freeze_draft(
    freeze: Freeze, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one freeze event."""
    body: dict[str, object] = {
        "freeze_id": str(freeze.id),
        "case_id": str(freeze.case_id),
        "account_id": str(freeze.account_id),
        "bank": freeze.partner.code,
        "fraud_type": freeze.fraud_type,
        "amount_minor": freeze.asked_minor,
        **payload,
    }
    key, place = str(freeze.id), freeze.place_code
    return Draft(
        event,
        acting,
        "freeze",
        key,
        now,
        place,
        body,
        before=before,
        after=freeze.status,
        ground=freeze.ground,
    )


def set_end(freeze: Freeze, until: date) -> None:
    """Let a locked freeze (not saved) end with the day `until`, by the pack's zone."""
    freeze.until_date, freeze.expires_at = until, ends_at(until, pack_of(freeze).zone)


def first_day_end(freeze: Freeze, start: date) -> date:
    """The last day of a first term that starts on `start`; holidays extend nothing."""
    return _term(freeze, "first", start)


def latest_renewal(freeze: Freeze) -> date:
    """The last day up to which a freeze may be renewed now, counted from the end it has."""
    assert freeze.until_date is not None
    return _term(freeze, "renew_max", freeze.until_date)


def least_tier(pack: PolicyPack, term_kind: str) -> str:
    """The least tier that may sign a freeze of this term, or its renewal."""
    is_complex = term_kind == TermKind.COMPLEX
    return pack.choice("freeze.complex.approver_min" if is_complex else "freeze.approver_min")


def no_longer_unattended(freeze: Freeze) -> bool:
    """Take the mark off a locked freeze (not saved) that nobody attended to it; whether it was there."""
    was, freeze.unattended_at = freeze.unattended_at is not None, None
    return was


def attributed_minor(freeze: Freeze, part: Part = Part.PRINCIPAL) -> int:
    """How much of what a freeze holds is attributed to victims and not paid yet."""
    return balance(
        Book.HOLDINGS, Kind.ATTRIBUTED, case_id=freeze.case_id, account_id=freeze.account_id, part=part
    )


def free_minor(freeze: Freeze) -> tuple[int, int]:
    """Principal and interest of a locked freeze that are neither attributed nor asked or ordered to be let go."""
    if freeze.status != "frozen":
        return 0, 0
    leaving = 0
    for change in changes_under_way(freeze):
        if change.kind == "release":
            return 0, 0
        leaving += change.minor or 0
    principal = freeze.frozen_minor - attributed_minor(freeze) - leaving
    return max(0, principal), max(0, freeze.interest_minor - attributed_minor(freeze, Part.INTEREST))


def changes_under_way(freeze: Freeze) -> Any:
    """The changes of a freeze that are asked or ordered, as a lazy set."""
    rows = FreezeChange.objects.for_system("of a locked freeze")
    return rows.filter(freeze=freeze, status__in=["asked", "ordered"])


def drop_what_waits(freeze: Freeze, now: datetime) -> None:
    """Signatures and changes that still wait on an ended freeze are wanted no more."""
    waiting = Signature.objects.for_system("of a locked freeze").filter(freeze=freeze, status="waiting")
    waiting.update(status="dropped", decided_at=now)
    changes_under_way(freeze).update(status="dropped", done_at=now)


def _term(freeze: Freeze, key: str, start: date) -> date:
    family = "freeze.complex" if freeze.term_kind == TermKind.COMPLEX else "freeze"
    pack = pack_of(freeze)
    return last_day(start, pack.period(f"{family}.{key}"), catalog.calendars()[pack.calendar])


def _rows() -> Any:
    return Freeze.objects.for_system("acts lock by id; gates stand at the doors")


def _locking(rows: Any) -> Any:
    locking = rows.select_for_update(no_key=True, of=("self",))
    return locking.select_related("account", "partner", "case", "proposed_by", "signed_by")
