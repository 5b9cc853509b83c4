"""Tables of a return (返还): the return itself, the held money it gives back, the signatures asked for it.

Leaves alone: who claims and how much (`claims`), what banks paid (`payouts`).
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import AskedSignature, Freeze, by_officer
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import SealedField


class FundReturn(Placed):
    """One return of held money, at the freezing case; a later victim's is a further `round`.

    `basis` and `method` are those chosen of `division`. The notice runs from `notice_from` to the end of
    `notice_last`; a return without notice has neither.
    """

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=64, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="returns")
    round = models.SmallIntegerField(default=1)
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="following")
    status = models.CharField(max_length=12)
    basis = models.CharField(max_length=16, blank=True)
    method = models.CharField(max_length=32, blank=True)
    method_ground = models.CharField(max_length=24, blank=True)
    method_note = SealedField(kind="text")
    division = models.ForeignKey(
        "returns.Division", null=True, on_delete=models.PROTECT, related_name="chosen_by"
    )
    pack_id = models.CharField(max_length=8)
    pack_version = models.CharField(max_length=16)
    opened_by = by_officer()
    opened_at = models.DateTimeField()
    chosen_by = by_officer(null=True)
    chosen_at = models.DateTimeField(null=True)
    submitted_by = by_officer(null=True)
    submitted_at = models.DateTimeField(null=True)
    approved_by = by_officer(null=True)
    approved_at = models.DateTimeField(null=True)
    notice_number = models.CharField(max_length=64, blank=True)
    notice_from = models.DateField(null=True)
    notice_last = models.DateField(null=True)
    notice_ends_at = models.DateTimeField(null=True)
    decision_number = models.CharField(max_length=64, null=True, unique=True)
    decided_by = by_officer(null=True)
    decided_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="return_round_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["decided", "ordered", "paid", "closed"])
                | Q(decided_by__isnull=False, decision_number__isnull=False),
                name="return_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("opened_by")), name="return_two_people"
            ),
            models.CheckConstraint(
                condition=Q(chosen_by__isnull=True) | ~Q(method_ground=""), name="return_method_has_ground"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "opened_at", "id"], name="return_status"),
            models.Index(fields=["notice_ends_at"], name="return_notice", condition=Q(status="noticed")),
        ]


class ReturnFund(models.Model):
    """Held money that goes into a return: of a freeze, or what the accused paid into the unit's escrow (exactly one).

    Sums are as of the division. `is_open` until the return is closed, withdrawn or taken up again without it.
    """

    id = models.UUIDField(primary_key=True)
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="funds")
    freeze = models.ForeignKey(Freeze, null=True, on_delete=models.PROTECT, related_name="funds")
    escrow_case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="escrow_funds")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    level = models.SmallIntegerField(default=1)
    principal_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["freeze"], condition=Q(is_open=True), name="fund_in_one_return"),
            models.UniqueConstraint(
                fields=["escrow_case"], condition=Q(is_open=True), name="escrow_in_one_return"
            ),
            models.CheckConstraint(
                condition=Q(freeze__isnull=True, escrow_case__isnull=False)
                | Q(freeze__isnull=False, escrow_case__isnull=True, account__isnull=False),
                name="fund_of_one_holding",
            ),
            models.CheckConstraint(
                condition=Q(principal_minor__gte=0, interest_minor__gte=0), name="fund_not_negative"
            ),
        ]


class ReturnSignature(AskedSignature):
    """The signature of a return, a hand-over or a repayment (exactly one); `purpose` says of what."""

    fund_return = models.ForeignKey(
        FundReturn, null=True, on_delete=models.PROTECT, related_name="signatures"
    )
    hand_over = models.ForeignKey(
        "returns.HandOver", null=True, on_delete=models.PROTECT, related_name="signatures"
    )
    repayment = models.ForeignKey(
        "returns.Repayment", null=True, on_delete=models.PROTECT, related_name="signatures"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fund_return", "purpose"],
                condition=Q(status="waiting"),
                name="one_return_signature_asked",
            ),
            models.CheckConstraint(
                condition=Q(fund_return__isnull=False, hand_over__isnull=True, repayment__isnull=True)
                | Q(fund_return__isnull=True, hand_over__isnull=False, repayment__isnull=True)
                | Q(fund_return__isnull=True, hand_over__isnull=True, repayment__isnull=False),
                name="return_signature_of_one",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")) | ~Q(status="signed"),
                name="return_signature_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="return_signature_due", condition=Q(status="waiting")),
        ]
