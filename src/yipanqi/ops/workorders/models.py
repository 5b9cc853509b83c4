"""Tables of work: `WorkOrder`, for every call made an `Attempt`, for every visit paid a `VisitReport`.

The three `key_*` columns are the time-invariant ranks of `casework.routing`, one per pace, null where a call
does not compete; each tier that takes calls has an index per pace over what waits.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.subjects.models import Person
from yipanqi.ops.vault.fields import SealedField
from yipanqi.ops.workorders.enums import Purpose

WAITING_CALL = Q(status="waiting", kind="call")
OPEN_STATUSES = ("waiting", "taken")
_TIERS = ("province", "city", "county")


def _waiting_indexes() -> list[models.Index]:
    indexes = [
        models.Index(
            f"{tier}_code",
            F(f"key_{pace}").desc(),
            name=f"call_{tier}_{pace}",
            condition=WAITING_CALL & Q(**{f"key_{pace}__isnull": False}),
        )
        for tier in _TIERS
        for pace in ("draining", "pressing", "steady")
    ]
    due = [
        models.Index(fields=[f"{tier}_code", "due_at"], name=f"call_{tier}_due", condition=WAITING_CALL)
        for tier in _TIERS
    ]
    return indexes + due


class WorkOrder(Placed):
    """One call or visit to make about an alert; `late_at` is set once, when its clock passed while it was open."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8)
    purpose = models.CharField(max_length=8, default=Purpose.DISSUADE.value)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="work_orders")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12)
    outcome = models.CharField(max_length=16, blank=True)
    fraud_type = models.CharField(max_length=4)
    level = models.CharField(max_length=4)
    key_draining = models.FloatField(null=True)
    key_pressing = models.FloatField(null=True)
    key_steady = models.FloatField(null=True)
    facts = models.JSONField(default=dict)
    attempts = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    not_before_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)
    hold_until_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    cancel_reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "kind"],
                condition=Q(status__in=["waiting", "taken"]),
                name="one_open_order_per_kind",
            ),
            models.UniqueConstraint(
                fields=["taken_by"], condition=Q(status="taken", kind="call"), name="one_call_per_operator"
            ),
        ]
        indexes = [
            *_waiting_indexes(),
            models.Index(fields=["hold_until_at"], name="order_held", condition=Q(status="taken")),
            models.Index(fields=["alert"], name="order_of_alert"),
            models.Index(
                fields=["due_at"],
                name="visit_open",
                condition=Q(kind="visit", status__in=OPEN_STATUSES),
            ),
            models.Index(
                fields=["due_at"],
                name="order_not_late_yet",
                condition=Q(status__in=OPEN_STATUSES, late_at__isnull=True),
            ),
        ]


class Attempt(Placed):
    """One call made and what came of it; undone attempts stay, marked. `order_due_at` is what undo gives back.

    `follow_up_id` is the visit or call-back that this attempt opened.
    """

    at_door = False

    id = models.UUIDField(primary_key=True)
    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="attempts_made")
    purpose = models.CharField(max_length=8, default=Purpose.DISSUADE.value)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16)
    counts_as = models.CharField(max_length=16)
    fraud_type = models.CharField(max_length=4)
    note = SealedField(kind="text")
    saved_minor = models.BigIntegerField(default=0)
    seconds_to_call = models.IntegerField()
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    follow_up_id = models.UUIDField(null=True)
    order_due_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["made_at"], name="attempt_day"),
            models.Index(fields=["officer", "-made_at"], name="attempt_of_officer"),
        ]


class VisitReport(Placed):
    """What an officer said about one visit, once per `submission_id` of the phone however often it is sent.

    `made_at` is the visit, `recorded_at` when the centre had it. `kept_because` is empty where the report moved the
    work; else the work had changed meanwhile, and the report stands beside it for people to read. `order_version` is
    the order's after this report: a phone that saw an older one has not seen this report.
    """

    at_door = True

    id = models.UUIDField(primary_key=True)
    submission_id = models.UUIDField(unique=True)
    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="reports")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16)
    counts_as = models.CharField(max_length=16)
    fraud_type = models.CharField(max_length=4)
    note = SealedField(kind="text")
    saved_minor = models.BigIntegerField(default=0)
    kept_because = models.CharField(max_length=16, blank=True)
    order_version = models.IntegerField()
    made_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    photo_type = models.CharField(max_length=16, blank=True)
    photo_bytes = models.IntegerField(default=0)
    photo_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at"], name="visit_report_day"),
            models.Index(fields=["officer", "-recorded_at"], name="visit_report_of_officer"),
        ]
