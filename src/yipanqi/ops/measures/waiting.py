"""What stops wait for, for a whole page of them at once, and what the approver's desk has to know between two looks."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, Count, IntegerField, Max, Sum

from yipanqi.kernel.days import day_start
from yipanqi.ops.measures.enums import OrderKind, Purpose
from yipanqi.ops.measures.models import Order, PaymentStop, Signature
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.ordering import OPEN
from yipanqi.ops.measures.queries import waiting_signatures
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@dataclass
class Pending:
    """What one stop waits for: signatures, orders without an answer; `used` of its account's allowance `limit`."""

    used: int
    limit: int
    signatures: list[Signature] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def is_extending(self) -> bool:
        """Whether one more period is asked for or ordered already."""
        return any(each.purpose == Purpose.EXTENSION for each in self.signatures) or any(
            order.kind == OrderKind.EXTEND for order in self.orders
        )


@dataclass(frozen=True)
class SigningDay:
    """Signatures given today in the officer's scope, and the median of the seconds each took (None: none yet)."""

    signed: int
    median_seconds: int | None


class _Median(Aggregate):
    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()


def pending_of(stops: Sequence[PaymentStop]) -> dict[uuid.UUID, Pending]:
    """What each of these stops, which passed their gate, waits for; three queries however many they are."""
    accounts = PaymentStop.objects.for_system("the allowance is the account's, over all places")
    accounts = accounts.filter(account__in={stop.account_id for stop in stops})
    used = dict(accounts.values_list("account_id").annotate(n=Sum("counts")).order_by())
    found = {
        stop.id: Pending(used.get(stop.account_id, 0), pack_of(stop).count(f"stop.{stop.target}.max_count"))
        for stop in stops
    }
    rows = Signature.objects.for_system("the stops have passed their gate")
    for signature in rows.filter(stop__in=found, status="waiting").order_by("due_at"):
        found[signature.stop_id].signatures.append(signature)
    for order in Order.objects.filter(stop__in=found, status__in=OPEN).order_by("created_at", "id"):
        found[order.stop_id].orders.append(order)
    return found


def waiting_mark(officer: "Officer") -> str:
    """What changes whenever a signature of a stop comes to wait in the officer's scope, or waits no more."""
    return mark_of(waiting_signatures(officer))


def mark_of(waiting: Any) -> str:
    """A short text that changes whenever a signature comes to wait in a lazy set of signatures, or waits no more."""
    seen = waiting.aggregate(n=Count("id"), newest=Max("asked_at"))
    return f"{seen['n']}-{seen['newest'].timestamp() if seen['newest'] else 0}"


def signing_day(officer: "Officer", *, of: str = "stop", now: datetime) -> SigningDay:
    """How fast the signatures of stops, or those of freezes, were given today. Raises NotAllowed."""
    require(officer, f"{of}.sign")
    rows = Signature.objects.in_scope(officer.scope_code).filter(
        **{f"{of}__isnull": False}, status="signed", decided_at__gte=day_start(now)
    )
    seen = rows.aggregate(n=Count("id"), median=_Median("seconds_to_sign"))
    return SigningDay(seen["n"], seen["median"])
