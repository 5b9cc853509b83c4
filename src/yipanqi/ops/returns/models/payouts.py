"""Tables of paying: one `Payout` for each fund and order, one `PayoutLine` for each claim in it.

Leaves alone: who gets what (`claims.Allocation`), the order's own life (`measures`).
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import Order, by_officer
from yipanqi.ops.returns.models.claims import Allocation
from yipanqi.ops.returns.models.returns import FundReturn, ReturnFund
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import SealedField


class Payout(Placed):
    """One notice to a bank (协助返还通知书) to pay out of a fund, carried by two officers.

    Without an order it goes on paper only.
    """

    id = models.UUIDField(primary_key=True)
    fund_return = models.ForeignKey(FundReturn, on_delete=models.PROTECT, related_name="payouts")
    fund = models.ForeignKey(ReturnFund, on_delete=models.PROTECT, related_name="payouts")
    order = models.OneToOneField(Order, null=True, on_delete=models.PROTECT, related_name="payout")
    officer_a = by_officer()
    officer_b = by_officer()
    status = models.CharField(max_length=12)
    given_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    document = models.CharField(max_length=64, blank=True)
    paper_id = models.UUIDField(null=True)
    receipt_number = models.CharField(max_length=64, blank=True)
    receipt_file = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(officer_a=F("officer_b")), name="payout_two_officers"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="payout_due", condition=Q(status="given", late_at__isnull=True)
            ),
        ]


class PayoutLine(models.Model):
    """What one claim is paid in one payout. A line that failed may be paid by a later payout, to another account."""

    id = models.UUIDField(primary_key=True)
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="lines")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="payout_lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    bank = models.CharField(max_length=16, blank=True)
    name = SealedField(kind="name")
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8)
    failure = models.CharField(max_length=32, blank=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["allocation"], condition=~Q(status="failed"), name="allocation_paid_once"
            ),
            models.CheckConstraint(
                condition=Q(principal_minor__gte=0, interest_minor__gte=0), name="line_not_negative"
            ),
        ]
