"""Tables of who claims: `Claim`, the `Division` that shares the funds out by each method, the `Allocation` chosen.

Leaves alone: how money is shared (`engine.restitution`, by the analytics), and paying it (`payouts`).
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import by_officer
from yipanqi.ops.returns.models.returns import FundReturn, ReturnFund
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.vault.fields import SealedField


class Claim(Placed):
    """One victim's claim by one case, at its own case.

    `code_index` is the blind index of the follow code. `destination` is where the money is to go: the account it came
    from (`is_origin`), or another of the victim's own with `other_reason`.
    """

    id = models.UUIDField(primary_key=True)
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="claims")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="claims")
    victim = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="claims")
    status = models.CharField(max_length=12)
    loss_minor = models.BigIntegerField()
    recovered_minor = models.BigIntegerField(default=0)
    first_loss_at = models.DateTimeField(null=True)
    code_index = models.CharField(max_length=96, null=True, unique=True)
    added_by = by_officer(null=True)
    added_at = models.DateTimeField()
    notified_by = by_officer(null=True)
    notified_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    applied_by = by_officer(null=True)
    applicant = models.CharField(max_length=8, blank=True)
    agent_name = SealedField(kind="name")
    agent_ground = models.CharField(max_length=24, blank=True)
    destination = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    destination_bank = models.CharField(max_length=16, blank=True)
    destination_name = SealedField(kind="name")
    is_origin = models.BooleanField(default=True)
    other_reason = SealedField(kind="text")
    verified_by = by_officer(null=True)
    verified_at = models.DateTimeField(null=True)
    excluded_reason = models.CharField(max_length=24, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund_return", "case"], name="claim_once"),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("applied_by")),
                name="claim_two_people",
            ),
            models.CheckConstraint(
                condition=Q(loss_minor__gte=0, recovered_minor__gte=0), name="claim_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["victim"], name="claim_victim")]


class Division(models.Model):
    """One sharing of a return's funds among its claims, by the default and every method; immutable once done.

    `results` is compressed JSON (`keeping`), `input_digest` says of what: other claims or funds need another.
    """

    id = models.UUIDField(primary_key=True)
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="divisions")
    status = models.CharField(max_length=8)
    policy = models.JSONField(default=dict)
    input_digest = models.CharField(max_length=64, blank=True)
    results = models.BinaryField(null=True)
    asked_by = by_officer()
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=32, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    error = models.CharField(max_length=64, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fund_return"],
                condition=Q(status__in=["queued", "running"]),
                name="one_division_under_way",
            ),
        ]


class Allocation(models.Model):
    """What one claim gets of one fund by the chosen method, with the lines that explain it; never changed.

    `is_reserved` while its victim has not applied: attributed, not paid.
    """

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="allocations")
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="allocations")
    fund = models.ForeignKey(ReturnFund, on_delete=models.PROTECT, related_name="allocations")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="allocations")
    method = models.CharField(max_length=32)
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)
    is_reserved = models.BooleanField(default=False)
    lines = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["division", "method", "fund", "claim"], name="allocation_once"),
            models.CheckConstraint(
                condition=Q(principal_minor__gte=0, interest_minor__gte=0), name="allocation_not_negative"
            ),
        ]
