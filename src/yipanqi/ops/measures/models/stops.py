"""The table of stops. What the law forbids, the database forbids too: one live stop per account, nothing under way
without an expiry and without a signature or its deadline, and never the same officer as proposer and signer.
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models.asking import by_officer
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.vault.fields import SealedField

UNDER_WAY = ("approved", "sent", "unanswered", "stopped", "lifting")


class PaymentStop(Placed):
    """One stop (止付) of one account at one bank.

    `target` is protective (the resident's own card) or suspect. `counts` is what it takes of the account's allowance:
    1 once its order has left, one more per extension, 0 again when the bank refused. `stopped_at` is the bank's
    instant, `confirmed_at` ours of the answer; `expires_at` runs from the bank's, and before the answer from the order.
    `ends_by_bank_at` is the end that the bank named.
    """

    id = models.UUIDField(primary_key=True)
    target = models.CharField(max_length=12)
    status = models.CharField(max_length=12)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="stops")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="stops")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="stops")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="stops")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    holder_name = SealedField(kind="name")
    fraud_type = models.CharField(max_length=4)
    asked_minor = models.BigIntegerField(null=True)
    transfer_at = models.DateTimeField(null=True)
    balance_minor = models.BigIntegerField(null=True)
    stopped_minor = models.BigIntegerField(null=True)
    coverage = models.CharField(max_length=8, blank=True)
    ground = models.CharField(max_length=24)
    note = SealedField(kind="text")
    pack_id = models.CharField(max_length=8)
    pack_version = models.CharField(max_length=16)
    counts = models.SmallIntegerField(default=0)
    periods = models.SmallIntegerField(default=0)
    proposed_by = by_officer()
    proposed_at = models.DateTimeField()
    sign_due_at = models.DateTimeField(null=True)
    signed_by = by_officer(null=True)
    signed_at = models.DateTimeField(null=True)
    ordered_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ends_by_bank_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=24, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(status__in=LIVE), name="one_live_stop_per_account"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY) | Q(expires_at__isnull=False), name="stop_has_expiry"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY)
                | Q(signed_by__isnull=False)
                | Q(sign_due_at__isnull=False),
                name="stop_has_second_person",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("proposed_by")), name="stop_two_people"
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False) | Q(alert__isnull=False), name="stop_has_origin"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-proposed_at", "-id"], name="stop_status"),
            models.Index(fields=["-proposed_at", "-id"], name="stop_newest"),
            models.Index(fields=["expires_at"], name="stop_expiry", condition=Q(status__in=LIVE)),
            models.Index(
                fields=["city_code", "expires_at", "id"], name="stop_city", condition=Q(status__in=LIVE)
            ),
            models.Index(
                fields=["county_code", "expires_at", "id"], name="stop_county", condition=Q(status__in=LIVE)
            ),
            models.Index(
                fields=["confirmed_at"], name="stop_confirmed", condition=Q(confirmed_at__isnull=False)
            ),
            models.Index(fields=["partner", "stopped_at"], name="stop_of_partner"),
        ]
