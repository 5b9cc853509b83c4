"""Second signatures that are asked for: of stops and freezes here, of whatever else by the apps above.

Leaves alone: which act asks, who may sign it, and what follows (`signing`, `freezing.deciding`).
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.vault.fields import SealedField


def by_officer(**more: Any) -> models.ForeignKey:
    """A column that names an officer and keeps him from being deleted."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **more)


class AskedSignature(Placed):
    """A second signature asked for. `tier` is the least tier that may give it; at `due_at` it lapses."""

    id = models.UUIDField(primary_key=True)
    purpose = models.CharField(max_length=12)
    tier = models.CharField(max_length=8, blank=True)
    status = models.CharField(max_length=12, default="waiting")
    ground = models.CharField(max_length=24)
    note = SealedField(kind="text")
    asked_by = by_officer()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = by_officer(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    seconds_to_sign = models.IntegerField(null=True)

    class Meta:
        abstract = True


class Signature(AskedSignature):
    """The signature of a stop or of a freeze (exactly one): for the measure itself or for a change of it.

    A blank `tier` is the pack's for stops.
    """

    stop = models.ForeignKey(
        "measures.PaymentStop", null=True, on_delete=models.PROTECT, related_name="signatures"
    )
    freeze = models.ForeignKey(
        "measures.Freeze", null=True, on_delete=models.PROTECT, related_name="signatures"
    )
    change = models.ForeignKey(
        "measures.FreezeChange", null=True, on_delete=models.PROTECT, related_name="signatures"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stop", "purpose"], condition=Q(status="waiting"), name="one_signature_asked"
            ),
            models.UniqueConstraint(
                fields=["freeze", "purpose"], condition=Q(status="waiting"), name="one_freeze_signature_asked"
            ),
            models.CheckConstraint(
                condition=Q(stop__isnull=True, freeze__isnull=False)
                | Q(stop__isnull=False, freeze__isnull=True, change__isnull=True),
                name="signature_of_one_measure",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")) | ~Q(status="signed"),
                name="signature_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="signature_due", condition=Q(status="waiting")),
            models.Index(fields=["decided_at"], name="signature_signed", condition=Q(status="signed")),
        ]
