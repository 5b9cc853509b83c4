"""What a decided signature does to a freeze: dates and paper are fixed and the order leaves, or it is dropped.

Who may sign, and that nobody signed in time, is `signing`'s matter.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi.casework.lifecycles.case import CASE
from yipanqi.casework.lifecycles.freeze import FREEZE
from yipanqi.ops.journal.services import Actor, Draft, write_entries
from yipanqi.ops.measures.enums import ChangeKind, OrderKind
from yipanqi.ops.measures.freezing.changing import check_cut, check_not_over, check_release
from yipanqi.ops.measures.freezing.facts import freeze_notice, release_notice
from yipanqi.ops.measures.freezing.moving import (
    FreezeRefused,
    first_day_end,
    freeze_draft,
    move_freeze,
    no_longer_unattended,
    set_end,
)
from yipanqi.ops.measures.freezing.warning import mark_unattended, set_warnings
from yipanqi.ops.measures.models import Freeze, FreezeChange, Signature
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.ordering import cancel_orders, give_order, place_order
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


def signed(signature: Signature, freeze: Freeze, *, acting_officer: "Officer", now: datetime) -> Freeze:
    """Do what a signature on a locked freeze was asked for: the order leaves with its paper. Raises FreezeRefused."""
    if freeze.case.status in CASE.resting and (signature.change is None or signature.change.kind == "renew"):
        raise FreezeRefused("the case has ended", code="case_ended", status=freeze.case.status)
    seconds = signature.seconds_to_sign
    if signature.change is None:
        drafts = _first(freeze, acting_officer, now, seconds)
    else:
        drafts = _changed(signature.change, freeze, acting_officer, now, seconds)
    freeze.save()
    write_entries(drafts)
    return freeze


def unsigned(signature: Signature, freeze: Freeze, *, reason: str, acting: Actor, now: datetime) -> None:
    """Drop what a locked freeze's signature was asked for: `reason` is declined, or unsigned when the time was over."""
    change = signature.change
    if change is None:
        drafts = [move_freeze(freeze, "decline", acting=acting, now=now, reason=reason)]
    else:
        change.status, change.done_at = "declined", now
        change.save()
        freeze.version += 1
        if change.due_at is not None and reason == "declined":
            freeze.release_due_at = freeze.release_minor = None
            freeze.release_reason = ""
        told = {"change_id": str(change.id), "kind": change.kind, "reason": reason}
        drafts = [freeze_draft(freeze, "freeze.change_declined", acting, now, **told)]
        drafts += mark_unattended(freeze, now)
    freeze.save()
    write_entries(drafts)


def _first(freeze: Freeze, officer: "Officer", now: datetime, seconds: int | None) -> list[Draft]:
    acting = as_actor(officer)
    freeze.signed_by, freeze.signed_at, freeze.ordered_at = officer, now, now
    freeze.from_date = now.astimezone(pack_of(freeze).zone).date()
    set_end(freeze, first_day_end(freeze, freeze.from_date))
    set_warnings(freeze, now)
    paper = freeze_notice(freeze, officers=[freeze.proposed_by.name, officer.name], acting=acting, now=now)
    freeze.document, freeze.paper_id = paper.number, paper.id
    assert freeze.expires_at is not None
    told = {"until_at": freeze.expires_at.isoformat(), "seconds_to_sign": seconds}
    draft = move_freeze(freeze, "sign", acting=acting, now=now, **told)
    freeze.save()
    return [draft, give_order(freeze, OrderKind.FREEZE, acting=acting, now=now)]


def _changed(
    change: FreezeChange, freeze: Freeze, officer: "Officer", now: datetime, seconds: int | None
) -> list[Draft]:
    acting, kind = as_actor(officer), ChangeKind(change.kind)
    people = [change.asked_by.name, officer.name]
    told = {"change_id": str(change.id), "kind": str(kind), "seconds_to_sign": seconds}
    drafts = [freeze_draft(freeze, "freeze.change_signed", acting, now, **told)]
    _check(change, freeze, now)
    if kind is ChangeKind.RENEW:
        paper = freeze_notice(freeze, officers=people, acting=acting, now=now, change=change)
    else:
        paper = release_notice(freeze, change, officers=people, acting=acting, now=now)
    change.document, change.paper_id = paper.number, paper.id
    freeze.version += 1
    if kind is ChangeKind.RELEASE and freeze.status != "releasing":
        drafts += _release(change, freeze, acting, now)
    if change.status == "asked":
        order, draft = place_order(freeze, OrderKind(kind), acting=acting, now=now)
        change.status, change.order = "ordered", order
        drafts.append(draft)
    change.save()
    return drafts


def _check(change: FreezeChange, freeze: Freeze, now: datetime) -> None:
    """What was so when the change was asked must be so still."""
    if change.kind == ChangeKind.RELEASE:
        check_release(freeze)
        return
    FREEZE.next(freeze.status, change.kind)
    if change.kind == ChangeKind.RENEW:
        check_not_over(freeze, now)
    else:
        assert change.minor is not None
        check_cut(freeze, change.minor)


def _release(change: FreezeChange, freeze: Freeze, acting: Actor, now: datetime) -> list[Draft]:
    """Order a release; where no order can have reached the bank there is nothing to order and the freeze is over."""
    told = {"change_id": str(change.id), "reason": change.ground}
    drafts = [move_freeze(freeze, "order_release", acting=acting, now=now, **told)]
    freeze.end_reason, freeze.warn_at = change.ground, None
    untouched = cancel_orders(freeze, acting=acting, now=now)
    if untouched and freeze.sent_at is None:
        change.status, change.done_at = "done", now
        late = no_longer_unattended(freeze)
        reason = {"reason": change.ground, "released_minor": 0, "late": late}
        drafts.append(move_freeze(freeze, "confirm_release", acting=acting, now=now, **reason))
    return drafts
