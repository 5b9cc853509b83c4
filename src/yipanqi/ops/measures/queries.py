"""Looking stops, signatures, orders and differences up: through a gate, within the officer's scope."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, Count, Exists, F, OuterRef, Q, Sum, Value
from django.db.models.functions import Coalesce

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.queries import Page, page_by_key
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import OPEN
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.measures.models import (
    Answer,
    Difference,
    Freeze,
    Order,
    PaymentStop,
    Reconciliation,
    Signature,
)
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.models import Account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20
# What the funds desk shows under each tab; `lapsing` is narrowed and `unanswered` widened in `_under`.
TABS = {
    "now": ("proposed", "approved", "sent"),
    "lapsing": ("stopped",),
    "unanswered": ("unanswered", "lifting"),
    "stopped": ("stopped",),
    "ended": ("refused", "declined", "lifted", "expired", "superseded"),
}
LAPSING_WITHIN = timedelta(hours=12)
# By which instant a tab is sorted, and whether the newest stands first: what presses most is on top.
_SORTED = {
    "now": ("proposed_at", False),
    "lapsing": ("expires_at", False),
    "unanswered": ("proposed_at", False),
    "stopped": ("expires_at", False),
}
_WAITED_FOR = ("fulfilled", "refused", "unanswered")


class _Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


class StopNotFound(YipanqiError):
    """No such stop, signature or difference within the officer's scope."""

    code = "not_found"


@dataclass(frozen=True)
class StopFilter:
    """What a list of stops is narrowed by; empty means all."""

    tab: str = ""
    target: str = ""
    bank: str = ""
    district: str = ""
    case: str = ""


def access_stop(officer: "Officer", stop_id: uuid.UUID, *, act: str = "stop.read") -> PaymentStop:
    """The stop, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    stop: PaymentStop | None = _stops(officer).filter(id=stop_id).first()
    if stop is None:
        raise StopNotFound(f"stop {stop_id} is not in your scope")
    return stop


def matching_stops(officer: "Officer", wanted: StopFilter, *, now: datetime) -> Any:
    """The filtered stops as a lazy set."""
    require(officer, "stop.read")
    rows = _under(wanted.tab, _stops(officer), now) if wanted.tab else _stops(officer)
    if wanted.target:
        rows = rows.filter(target=wanted.target)
    if wanted.bank:
        rows = rows.filter(partner__code=wanted.bank)
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    if wanted.case:
        rows = rows.filter(case__number=wanted.case)
    return rows


def list_stops(
    officer: "Officer", wanted: StopFilter, *, now: datetime, after: str = "", limit: int = PAGE
) -> Page:
    """Stops of the officer's scope, paged by key: the most pressing first under an open tab, else the newest."""
    column, newest_first = _SORTED.get(wanted.tab, ("proposed_at", True))
    rows = matching_stops(officer, wanted, now=now)
    return page_by_key(rows, column, after, limit, newest_first=newest_first)


def _under(tab: str, rows: Any, now: datetime) -> Any:
    if tab == "unanswered":  # of a stop in effect, its extension or its lift may be what the bank leaves open
        open_orders = Order.objects.filter(status="unanswered", stop__isnull=False).values("stop_id")
        by_status, by_order = (
            rows.filter(status__in=TABS[tab]),
            rows.filter(status="stopped", id__in=open_orders),
        )
        return rows.filter(id__in=by_status.values("id").union(by_order.values("id")))
    rows = rows.filter(status__in=TABS[tab])
    return rows.filter(expires_at__lte=now + LAPSING_WITHIN) if tab == "lapsing" else rows


def unstopped_cases(officer: "Officer") -> Any:
    """Open cases of the scope for which no stop has left or is under way, as a lazy set, soonest due first."""
    require(officer, "stop.read")
    rows = Case.objects.in_scope(officer.scope_code).filter(status__in=OPEN, stop_sent_at__isnull=True)
    under_way = PaymentStop.objects.for_system("stops of these cases").filter(status__in=LIVE)
    waiting = rows.filter(~Exists(under_way.filter(case=OuterRef("id"))))
    return waiting.select_related("victim").order_by("stop_due_at", "id")


def list_stops_of_case(officer: "Officer", case: Case) -> list[PaymentStop]:
    """All stops of a case that passed its gate, oldest first; those of its alert too."""
    rows = _stops(officer)
    origin = Q(case=case) | Q(alert_id=case.alert_id) if case.alert_id else Q(case=case)
    return list(rows.filter(origin).order_by("proposed_at", "id"))


def list_stops_of_alert(officer: "Officer", alert: Alert) -> list[PaymentStop]:
    """All stops that came from an alert which passed its gate, oldest first."""
    return list(_stops(officer).filter(alert=alert).order_by("proposed_at", "id"))


def list_orders(measure: PaymentStop | Freeze) -> list[Order]:
    """The orders of a stop or freeze that passed its gate, oldest first, with what the bank answered to each."""
    rows = measure.orders.select_related("partner").prefetch_related("answers")
    return list(rows.order_by("created_at", "id"))


def stop_order_id(stop: PaymentStop) -> uuid.UUID:
    """The id of the order that stops: what the bank knows the stop by."""
    found: uuid.UUID = stop.orders.values_list("id", flat=True).get(kind="stop")
    return found


def list_signatures(officer: "Officer", *, limit: int = 100) -> list[Signature]:
    """Signatures of stops that wait in the officer's scope and that another officer has to give, soonest due first."""
    return list(waiting_signatures(officer).order_by("due_at", "id")[:limit])


def waiting_signatures(officer: "Officer") -> Any:
    """The same as a lazy set, for counting."""
    require(officer, "stop.sign")
    own = Q(asked_by=officer) | Q(stop__proposed_by=officer)
    return _signatures(officer).filter(status="waiting").exclude(own)


def access_signature(officer: "Officer", signature_id: uuid.UUID) -> Signature:
    """The signature, if the officer may sign and it lies in the officer's scope."""
    require(officer, "stop.sign")
    signature: Signature | None = _signatures(officer).filter(id=signature_id).first()
    if signature is None:
        raise StopNotFound(f"signature {signature_id} is not in your scope")
    return signature


def access_any_signature(officer: "Officer", signature_id: uuid.UUID) -> Signature:
    """The signature of a stop or of a freeze, if the officer may sign such and it lies in the officer's scope."""
    rows = Signature.objects.in_scope(officer.scope_code).filter(id=signature_id)
    signature: Signature | None = rows.first()
    require(officer, "freeze.sign" if signature and signature.freeze_id else "stop.sign")
    if signature is None:
        raise StopNotFound(f"signature {signature_id} is not in your scope")
    return signature


def signatures_of(measure: PaymentStop | Freeze) -> list[Signature]:
    """All signatures asked for on a stop or freeze that passed its gate, oldest first."""
    which = {"stop": measure} if isinstance(measure, PaymentStop) else {"freeze": measure}
    rows = Signature.objects.for_system("the measure has passed its gate").filter(**which)
    return list(rows.select_related("asked_by", "decided_by").order_by("asked_at"))


def answer_minutes(*, now: datetime) -> dict[str, float]:
    """Minutes from an order to stop until the bank's answer, by catalog bank: the median of the last days.

    An order that was not answered counts with the time it has waited. Banks with few orders are left out.
    """
    windows = catalog.windows()
    rows = Order.objects.filter(kind="stop", created_at__gte=now - windows["answers_within"].duration)
    rows = rows.filter(status__in=_WAITED_FOR).exclude(partner__bank="").values("partner__bank")
    waited = Coalesce("answered_at", Value(now)) - F("created_at")
    found = rows.annotate(median=_Median(waited), n=Count("id")).filter(n__gte=windows["answers_least"].count)
    return {row["partner__bank"]: round(row["median"].total_seconds() / 60, 2) for row in found}


def used_count(account: Account) -> int:
    """How much of an account's allowance of stops is used, over all cases."""
    rows = PaymentStop.objects.for_system("the allowance is the account's").filter(account=account)
    return int(rows.aggregate(n=Sum("counts"))["n"] or 0)


def find_live_stop(account: Account) -> PaymentStop | None:
    """The account's live stop, or None."""
    rows = PaymentStop.objects.for_system("one live stop per account").filter(account=account)
    stop: PaymentStop | None = rows.filter(status__in=LIVE).first()
    return stop


def open_differences(officer: "Officer") -> Any:
    """Differences with banks that wait for somebody, newest first, as a lazy set.

    A difference about a stop or freeze is seen where that is; one about none of ours by the province alone.
    """
    require(officer, "stop.read")
    seen = _about_own(officer)
    if officer.unit.parent_id is None:
        seen |= Q(stop__isnull=True, freeze__isnull=True)
    rows = Difference.objects.filter(seen, status="open")
    rows = rows.select_related("partner", "stop__account", "freeze__account")
    return rows.order_by("-found_at", "id")


def open_problems(officer: "Officer") -> Any:
    """Answers of banks that could not be used and wait for somebody, newest first, as a lazy set."""
    require(officer, "stop.read")
    rows = _answers(officer).filter(settled_at__isnull=True).exclude(problem="")
    return rows.order_by("-received_at", "id")


def access_answer(officer: "Officer", answer_id: uuid.UUID) -> Answer:
    """A bank's answer to an order of the officer's scope; one that fits no order is the province's to see."""
    require(officer, "stop.read")
    answer: Answer | None = _answers(officer).filter(id=answer_id).first()
    if answer is None:
        raise StopNotFound(f"answer {answer_id} is not in your scope")
    return answer


def list_reconciliations(officer: "Officer") -> list[Reconciliation]:
    """The latest comparison with each bank."""
    require(officer, "stop.read")
    rows = Reconciliation.objects.select_related("partner")
    return list(rows.order_by("partner", "-run_at", "-id").distinct("partner"))


def _answers(officer: "Officer") -> Any:
    seen = _about_own(officer, "order__")
    if officer.unit.parent_id is None:
        seen |= Q(order__isnull=True)
    return Answer.objects.filter(seen).select_related("partner", "order__stop", "order__freeze")


def _about_own(officer: "Officer", through: str = "") -> Q:
    """What is about a stop or a freeze of the officer's scope."""
    stops = PaymentStop.objects.in_scope(officer.scope_code).values("id")
    freezes = Freeze.objects.in_scope(officer.scope_code).values("id")
    return Q(**{f"{through}stop__in": stops}) | Q(**{f"{through}freeze__in": freezes})


def _signatures(officer: "Officer") -> Any:
    stop = ("account", "partner", "case", "alert", "person", "payment", "proposed_by", "signed_by")
    return (
        Signature.objects.in_scope(officer.scope_code)
        .filter(stop__isnull=False)
        .select_related(
            "stop", *(f"stop__{name}" for name in stop), "asked_by", "asked_by__unit", "decided_by"
        )
    )


def _stops(officer: "Officer") -> Any:
    return PaymentStop.objects.in_scope(officer.scope_code).select_related(
        "account", "partner", "case", "alert", "person", "proposed_by", "signed_by"
    )
