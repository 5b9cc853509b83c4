"""The table of objections (异议) to a return that is publicly noticed."""

from django.db import models
from django.db.models import Q

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import by_officer
from yipanqi.ops.returns.models.returns import FundReturn
from yipanqi.ops.vault.fields import SealedField


class Objection(Placed):
    """What somebody objects to, and what an officer decided who had no hand in the return. Kept for good."""

    id = models.UUIDField(primary_key=True)
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="objections")
    number = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    name = SealedField(kind="name")
    phone = SealedField(kind="phone")
    text = SealedField(kind="text")
    evidence_name = SealedField(kind="text")
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8)
    lodged_at = models.DateTimeField()
    entered_by = by_officer()
    due_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    decided_by = by_officer(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | Q(decided_by__isnull=False), name="objection_decided_by_a_person"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="objection_due", condition=Q(status="open"))]
