"""Tables of screening: `Screening` of one freeze, the `Evidence` handed in, and each `Finding` ever made.

A finding is a person's and is never changed: a later one supersedes it. Evidence is never deleted; the bytes lie
sealed in the vault under its id. Leaves alone: the freeze itself and what is asked of it (`measures`).
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import Freeze, FreezeChange, by_officer
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import SealedField


class Screening(Placed):
    """The screening (甄别) of one freeze, whose id it carries: there is never a second one, it is reopened.

    `due_at` is when a finding is due, or after a doubt when it is to be looked at again; `late_at` is set once when
    that has passed. `found_at` is the instant of the finding in force. Case, account and holder are the freeze's.
    """

    id = models.UUIDField(primary_key=True)
    freeze = models.OneToOneField(Freeze, on_delete=models.PROTECT, related_name="screening")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="screenings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="screenings")
    holder_name = SealedField(kind="name")
    status = models.CharField(max_length=8, default="open")
    opened_by = by_officer()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=F("freeze")), name="screening_id_of_freeze"),
            models.CheckConstraint(
                condition=Q(status="open", found_at__isnull=True) | Q(status="found", found_at__isnull=False),
                name="screening_found_at",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="screening_due", condition=Q(late_at__isnull=True)),
            models.Index(
                fields=["-found_at", "-id"], name="screening_found", condition=Q(found_at__isnull=False)
            ),
        ]


class Evidence(models.Model):
    """A file that a holder handed in: what it is by its content, its SHA-256, who took it; withdrawn with a reason."""

    id = models.UUIDField(primary_key=True)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=16)
    file_name = SealedField(kind="text")
    media_type = models.CharField(max_length=96)
    bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    handed_in_by = SealedField(kind="name")
    note = SealedField(kind="text")
    added_by = by_officer()
    added_at = models.DateTimeField()
    withdrawn_by = by_officer(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["screening", "sha256"],
                condition=Q(withdrawn_at__isnull=True),
                name="evidence_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="evidence_withdrawn",
            ),
        ]


class Finding(models.Model):
    """What an officer found, with the good-faith answers and the reasons; `change` is what it asked of the freeze.

    Reopening supersedes it, with a reason.
    """

    id = models.UUIDField(primary_key=True)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="findings")
    outcome = models.CharField(max_length=24)
    involved_minor = models.BigIntegerField(null=True)
    answers = models.JSONField(default=dict)
    reasons = SealedField(kind="text")
    found_by = by_officer()
    found_at = models.DateTimeField()
    change = models.ForeignKey(FreezeChange, null=True, on_delete=models.PROTECT, related_name="findings")
    superseded_at = models.DateTimeField(null=True)
    superseded_by = by_officer(null=True)
    superseded_reason = SealedField(kind="text")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["screening"], condition=Q(superseded_at__isnull=True), name="one_finding_in_force"
            ),
        ]
