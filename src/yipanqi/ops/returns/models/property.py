"""Tables of property handed in and over: `Repayment` (退赃退赔), `HandOver` (随案移送) with its lines."""

from django.db import models
from django.db.models import F, Q

from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import Freeze, by_officer
from yipanqi.ops.subjects.models import Person
from yipanqi.ops.vault.fields import SealedField


class Repayment(Placed):
    """What the accused pays back: `surrendered` into the unit's escrow, or `compensated` straight to a victim."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="repayments")
    kind = models.CharField(max_length=12)
    stage = models.CharField(max_length=16)
    payer_name = SealedField(kind="name")
    amount_minor = models.BigIntegerField()
    received_at = models.DateTimeField()
    receipt_number = models.CharField(max_length=64, blank=True)
    victim = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    evidence_name = SealedField(kind="text")
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12)
    entered_by = by_officer()
    entered_at = models.DateTimeField()
    confirmed_by = by_officer(null=True)
    confirmed_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="repayment_positive"),
            models.CheckConstraint(
                condition=Q(kind="surrendered", victim__isnull=True)
                | Q(kind="compensated", victim__isnull=False),
                name="repayment_to_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="confirmed")
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("entered_by"))),
                name="repayment_two_people",
            ),
        ]


class HandOver(Placed):
    """Held money that goes with the file to the procuratorate or the court."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="hand_overs")
    to = models.CharField(max_length=16)
    receiver = SealedField(kind="text")
    stage = models.CharField(max_length=16)
    status = models.CharField(max_length=12)
    proposed_by = by_officer()
    proposed_at = models.DateTimeField()
    signed_by = by_officer(null=True)
    signed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    receipt_number = models.CharField(max_length=64, blank=True)
    document = models.CharField(max_length=64, blank=True)
    paper_id = models.UUIDField(null=True)
    reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "received"])
                | (Q(signed_by__isnull=False) & ~Q(signed_by=F("proposed_by"))),
                name="hand_over_two_people",
            ),
        ]


class HandOverLine(models.Model):
    """One holding that goes along: a freeze as a whole, or a sum of the escrow (exactly one)."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="lines")
    freeze = models.ForeignKey(Freeze, null=True, on_delete=models.PROTECT, related_name="hand_over_lines")
    escrow_minor = models.BigIntegerField(null=True)
    minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(freeze__isnull=True, escrow_minor__isnull=False)
                | Q(freeze__isnull=False, escrow_minor__isnull=True),
                name="hand_over_line_of_one",
            ),
        ]
