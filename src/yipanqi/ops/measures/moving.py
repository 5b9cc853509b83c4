"""What every act on a stop or an order shares: locking, moving along the lifecycle, the journal's draft.

Lock order: cases, accounts, stops, freezes, orders, signatures, each by id. Which act does what is in the modules
beside this one; what freezes share is in `freezing.moving`.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi import catalog
from yipanqi.casework.lifecycles.partner_order import PARTNER_ORDER
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.casework.terms import lifts_at
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.booking import book_stop
from yipanqi.ops.measures.models import Freeze, Order, PaymentStop
from yipanqi.ops.measures.queries import access_stop
from yipanqi.ops.subjects.models import Account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


class StopRefused(YipanqiError):
    """A stop cannot be proposed, signed, extended or lifted as asked.

    Codes: version_conflict, target_not_allowed, case_not_filed, ground_unknown, ground_of_other_target,
    bank_not_connected, stop_already_live (stop_id), stop_count_exceeded (limit), element_missing (field),
    origin_missing, reason_missing, reason_unknown, field_too_long, extension_too_late, freeze_already_live.
    """

    code = "stop_refused"


def pack_of(measure: PaymentStop | Freeze) -> PolicyPack:
    """The policy pack pinned on the stop or freeze."""
    return catalog.policy(measure.pack_id, measure.pack_version)


def naming(measure: PaymentStop | Freeze) -> dict[str, object]:
    """How an order or a difference names its measure in the journal."""
    return {"stop_id" if isinstance(measure, PaymentStop) else "freeze_id": str(measure.id)}


def term_end(stop: PaymentStop, began_at: datetime) -> datetime:
    """When a period of the stop that began at an instant is over, by the stop's pack."""
    return lifts_at(began_at, pack_of(stop).duration(f"stop.{stop.target}.duration"))


def lock_stop(stop_id: uuid.UUID) -> PaymentStop:
    """The stop, locked after its account, until the transaction ends."""
    rows = PaymentStop.objects.for_system("acts lock by id; gates stand at the doors")
    account_id = rows.values_list("account_id", flat=True).get(id=stop_id)
    lock_account(account_id)
    locked: PaymentStop = (
        rows.select_for_update(no_key=True, of=("self",))
        .select_related("account", "partner", "case", "alert")
        .get(id=stop_id)
    )
    return locked


def lock_account(account_id: uuid.UUID) -> None:
    """Hold an account: what decides how often it may be stopped happens one after the other."""
    lock_accounts([account_id])


def lock_accounts(account_ids: Iterable[uuid.UUID]) -> None:
    """Hold accounts, by id."""
    rows = Account.objects.filter(id__in=set(account_ids)).order_by("id").select_for_update(no_key=True)
    list(rows.values_list("id"))


def lock_stop_of(
    officer: "Officer", stop_id: uuid.UUID, *, act: str, version: int | None = None
) -> PaymentStop:
    """The stop, locked, if the officer may do `act` on it and saw it at `version` (None: at any)."""
    access_stop(officer, stop_id, act=act)
    stop = lock_stop(stop_id)
    if version is not None and stop.version != version:
        raise StopRefused("the stop was changed meanwhile", code="version_conflict", version=stop.version)
    return stop


def move_stop(stop: PaymentStop, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked stop (not saved), post what it holds by then, return the draft."""
    transition = PAYMENT_STOP.next(stop.status, act)
    before, stop.status = stop.status, transition.target
    stop.version += 1
    stop.ended_at = now if transition.target in PAYMENT_STOP.resting else None
    if transition.target in PAYMENT_STOP.resting and "reason" in payload:
        stop.end_reason = str(payload["reason"])
    book_stop(stop, act, before=before, acting=acting, now=now)
    return stop_draft(stop, transition.event, acting, now, before=before, **payload)


def move_order(order: Order, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the order's lifecycle (not saved) and return its journal draft."""
    transition = PARTNER_ORDER.next(order.status, act)
    before, order.status = order.status, transition.target
    measure = order.measure
    return Draft(
        transition.event,
        acting,
        "order",
        str(order.id),
        now,
        measure.place_code,
        {
            "order_id": str(order.id),
            "kind": order.kind,
            "bank": order.partner.code,
            **naming(measure),
            **payload,
        },
        before=before,
        after=order.status,
    )


def stop_draft(
    stop: PaymentStop, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one stop event."""
    body: dict[str, object] = {
        "stop_id": str(stop.id),
        "target": stop.target,
        "bank": stop.partner.code,
        "account_id": str(stop.account_id),
        "fraud_type": stop.fraud_type,
        "amount_minor": stop.asked_minor or 0,
        "case_id": str(stop.case_id) if stop.case_id else None,
        "alert_id": str(stop.alert_id) if stop.alert_id else None,
        **payload,
    }
    return Draft(
        event,
        acting,
        "payment_stop",
        str(stop.id),
        now,
        stop.place_code,
        body,
        before=before,
        after=stop.status,
        ground=stop.ground,
    )
