"""Looking freezes, their changes and their signatures up: through a gate, within the officer's scope."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from yipanqi.casework.lifecycles.freeze import FREEZE, LIVE, UNDER_WAY
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.queries import Page, page_by_key
from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.measures.approving import tiers_up_to
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order, PaymentStop, Signature
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import standing
from yipanqi.ops.staff.gates import require
from yipanqi.ops.subjects.models import Account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20
EXPIRING_WITHIN = timedelta(days=30)
# What the desk shows under each tab; `expiring` is narrowed and `unanswered` widened in `_under`.
TABS = {
    "waiting": ("proposed", "approved", "sent"),
    "expiring": tuple(status for status in UNDER_WAY if status != "releasing"),
    "unanswered": ("unanswered", "releasing"),
    "queued": ("queued",),
    "frozen": ("frozen",),
    "ended": FREEZE.resting,
}
# By which instant a tab is sorted, and whether the newest stands first: what presses most is on top.
_SORTED = {
    "waiting": ("proposed_at", False),
    "expiring": ("expires_at", False),
    "unanswered": ("proposed_at", False),
    "queued": ("expires_at", False),
    "frozen": ("expires_at", False),
}
_BESIDE = ("account", "partner", "case", "stop", "proposed_by", "signed_by", "let_lapse_by")


class FreezeNotFound(YipanqiError):
    """No such freeze, change or signature within the officer's scope."""

    code = "not_found"


@dataclass(frozen=True)
class FreezeFilter:
    """What a list of freezes is narrowed by; empty means all. A finding is narrowed by whoever knows findings."""

    tab: str = ""
    bank: str = ""
    district: str = ""
    case: str = ""


@dataclass
class FreezePending:
    """What one freeze waits for: changes under way, signatures, and orders without an answer."""

    changes: list[FreezeChange] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def change(self, kind: str) -> FreezeChange | None:
        """The change of a kind that is under way."""
        return next((each for each in self.changes if each.kind == kind), None)


def access_freeze(officer: "Officer", freeze_id: uuid.UUID, *, act: str = "freeze.read") -> Freeze:
    """The freeze, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    freeze: Freeze | None = _freezes(officer).filter(id=freeze_id).first()
    if freeze is None:
        raise FreezeNotFound(f"freeze {freeze_id} is not in your scope")
    return freeze


def matching_freezes(officer: "Officer", wanted: FreezeFilter, *, now: datetime) -> Any:
    """The filtered freezes as a lazy set."""
    require(officer, "freeze.read")
    rows = _under(wanted.tab, _freezes(officer), now) if wanted.tab else _freezes(officer)
    if wanted.bank:
        rows = rows.filter(partner__code=wanted.bank)
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    if wanted.case:
        rows = rows.filter(case__number=wanted.case)
    return rows


def list_freezes(
    officer: "Officer", wanted: FreezeFilter, *, now: datetime, after: str = "", limit: int = PAGE
) -> Page:
    """Freezes of the officer's scope, paged by key: the most pressing first under an open tab, else the newest."""
    column, newest_first = _SORTED.get(wanted.tab, ("proposed_at", True))
    rows = matching_freezes(officer, wanted, now=now)
    return page_by_key(rows, column, after, limit, newest_first=newest_first)


def freezes_of_case(officer: "Officer", case: Case) -> list[Freeze]:
    """All freezes of a case that passed its gate, oldest first."""
    return list(_freezes(officer).filter(case=case).order_by("proposed_at", "id"))


def changes_of(freeze: Freeze) -> list[FreezeChange]:
    """All changes ever asked of a freeze that passed its gate, oldest first."""
    rows = FreezeChange.objects.for_system("the freeze has passed its gate").filter(freeze=freeze)
    return list(rows.select_related("asked_by", "order").order_by("asked_at", "id"))


def pending_of_freezes(freezes: Sequence[Freeze]) -> dict[uuid.UUID, FreezePending]:
    """What each of these freezes, which passed their gate, waits for; three queries however many they are."""
    found = {freeze.id: FreezePending() for freeze in freezes}
    changes = FreezeChange.objects.for_system("the freezes have passed their gate")
    for change in changes.filter(freeze__in=found, status__in=["asked", "ordered"]).order_by("asked_at"):
        found[change.freeze_id].changes.append(change)
    rows = Signature.objects.for_system("the freezes have passed their gate")
    for signature in rows.filter(freeze__in=found, status="waiting").order_by("due_at"):
        found[signature.freeze_id].signatures.append(signature)
    orders = Order.objects.filter(freeze__in=found, status__in=["waiting", "sent", "unanswered"])
    for order in orders.order_by("created_at", "id"):
        found[order.freeze_id].orders.append(order)
    return found


def waiting_freeze_signatures(officer: "Officer") -> Any:
    """Signatures of freezes that wait in the officer's scope and that the officer may give, as a lazy set."""
    require(officer, "freeze.sign")
    own = Q(asked_by=officer) | Q(freeze__proposed_by=officer)
    rows = _signatures(officer).filter(status="waiting", tier__in=tiers_up_to(officer.scope_code))
    return rows.exclude(own)


def list_freeze_signatures(officer: "Officer", *, limit: int = 100) -> list[Signature]:
    """The same, soonest due first."""
    return list(waiting_freeze_signatures(officer).order_by("due_at", "id")[:limit])


def access_freeze_signature(officer: "Officer", signature_id: uuid.UUID) -> Signature:
    """The signature of a freeze, if the officer may sign such and it lies in the officer's scope."""
    require(officer, "freeze.sign")
    signature: Signature | None = _signatures(officer).filter(id=signature_id).first()
    if signature is None:
        raise FreezeNotFound(f"signature {signature_id} is not in your scope")
    return signature


def unattended_freezes(officer: "Officer") -> Any:
    """Freezes about to end that nobody has attended to, soonest end first, as a lazy set."""
    require(officer, "freeze.read")
    rows = _freezes(officer).filter(status__in=UNDER_WAY, unattended_at__isnull=False)
    return rows.order_by("expires_at", "id")


def attributed_of_freezes(freezes: Sequence[Freeze]) -> dict[uuid.UUID, int]:
    """How much of what each of these freezes holds is attributed to victims and not paid yet; one query for all."""
    legs = standing(
        book=Book.HOLDINGS,
        kind=Kind.ATTRIBUTED,
        part=Part.PRINCIPAL,
        case_id__in={freeze.case_id for freeze in freezes},
        account_id__in={freeze.account_id for freeze in freezes},
    )
    sums: dict[tuple[uuid.UUID, uuid.UUID | None], int] = {}
    for key, each in legs.items():
        sums[key.case_id, key.account_id] = sums.get((key.case_id, key.account_id), 0) + each.minor
    return {freeze.id: sums.get((freeze.case_id, freeze.account_id), 0) for freeze in freezes}


def find_live_freeze(case: Case, account: Account) -> Freeze | None:
    """The live freeze of an account in a case, or None."""
    rows = Freeze.objects.for_system("one live freeze per case and account").filter(
        case=case, account=account
    )
    freeze: Freeze | None = rows.filter(status__in=LIVE).first()
    return freeze


def freezes_under_way_of(stops: Sequence[PaymentStop]) -> dict[uuid.UUID, Freeze]:
    """The freeze that is to take the place of each of these stops, which passed their gate."""
    rows = Freeze.objects.for_system("the stops have passed their gate").filter(status__in=LIVE)
    return {freeze.stop_id: freeze for freeze in rows.filter(stop__in=[stop.id for stop in stops])}


def freeze_order_id(freeze: Freeze) -> uuid.UUID:
    """The id of the order that freezes: what the bank knows the freeze by."""
    found: uuid.UUID = freeze.orders.values_list("id", flat=True).get(kind="freeze")
    return found


def signer_of(order: Order) -> "Officer":
    """Who signed what an order about a freeze carries out: the change it was given for, else the freeze."""
    rows = Signature.objects.for_system("the order names its signer")
    signed = rows.filter(change__order=order, status="signed").select_related("decided_by").first()
    signer: Officer = signed.decided_by if signed else order.freeze.signed_by
    return signer


def _under(tab: str, rows: Any, now: datetime) -> Any:
    if tab == "unanswered":  # of a freeze in effect, its renewal or its cut may be what the bank leaves open
        open_orders = Order.objects.filter(status="unanswered", freeze__isnull=False).values("freeze_id")
        by_status = rows.filter(status__in=TABS[tab])
        by_order = rows.filter(status__in=["queued", "frozen"], id__in=open_orders)
        return rows.filter(id__in=by_status.values("id").union(by_order.values("id")))
    rows = rows.filter(status__in=TABS[tab])
    return rows.filter(expires_at__lte=now + EXPIRING_WITHIN) if tab == "expiring" else rows


def _signatures(officer: "Officer") -> Any:
    rows = Signature.objects.in_scope(officer.scope_code).filter(freeze__isnull=False)
    beside = ("account", "partner", "case", "stop", "proposed_by", "signed_by")
    return rows.select_related(
        "change", *(f"freeze__{name}" for name in beside), "asked_by", "asked_by__unit", "decided_by"
    )


def _freezes(officer: "Officer") -> Any:
    return Freeze.objects.in_scope(officer.scope_code).select_related(*_BESIDE)
