"""Tables of measures: `PaymentStop`, `Signature`, `Order`, `Answer`, `Difference`.

What the law forbids, the database forbids too: one live stop per account, nothing under way without an expiry and
without a signature or its deadline, and never the same officer as proposer and signer.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.vault.fields import SealedField

UNDER_WAY = ("approved", "sent", "unanswered", "stopped", "lifting")


def _officer(**more: object) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **more)


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
    proposed_by = _officer()
    proposed_at = models.DateTimeField()
    sign_due_at = models.DateTimeField(null=True)
    signed_by = _officer(null=True)
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
                fields=["confirmed_at"], name="stop_confirmed", condition=Q(confirmed_at__isnull=False)
            ),
            models.Index(fields=["partner", "stopped_at"], name="stop_of_partner"),
        ]


class Signature(Placed):
    """A second signature asked for: to stop, or to extend a stop. Without it the measure ends at `due_at`."""

    id = models.UUIDField(primary_key=True)
    stop = models.ForeignKey(PaymentStop, on_delete=models.PROTECT, related_name="signatures")
    purpose = models.CharField(max_length=12)
    status = models.CharField(max_length=12, default="waiting")
    ground = models.CharField(max_length=24)
    note = SealedField(kind="text")
    asked_by = _officer()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = _officer(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    seconds_to_sign = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stop", "purpose"], condition=Q(status="waiting"), name="one_signature_asked"
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


class Order(models.Model):
    """An order to a partner. Its id goes on the wire: whatever is sent again under it takes effect once.

    `tries` counts transmissions, `asks` how often an answer was waited for in vain; `due_at` is when the clock looks at
    it again: to send it once more, or because no answer came.
    """

    id = models.UUIDField(primary_key=True)
    stop = models.ForeignKey(PaymentStop, on_delete=models.PROTECT, related_name="orders")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    status = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    valid_until_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    asks = models.IntegerField(default=0)
    last_tried_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["partner", "created_at"], name="order_waiting", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["due_at"], name="order_due", condition=Q(status__in=["waiting", "sent", "unanswered"])
            ),
            models.Index(fields=["partner", "-created_at"], name="order_of_partner"),
        ]


class Answer(models.Model):
    """What a partner said, whole and sealed. One row per order and content; what fits no order keeps its problem."""

    id = models.UUIDField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="answers")
    digest = models.CharField(max_length=64)
    body = SealedField(kind="text")
    received_at = models.DateTimeField()
    repeats = models.IntegerField(default=0)
    effect = models.CharField(max_length=16)
    problem = models.CharField(max_length=32, blank=True)
    field = models.CharField(max_length=64, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = _officer(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "digest"], name="answer_once"),
        ]
        indexes = [
            models.Index(
                fields=["-received_at"],
                name="answer_problem",
                condition=~Q(problem="") & Q(settled_at__isnull=True),
            ),
        ]


class Difference(models.Model):
    """Where our stops and a bank's list disagree: work for the funds officer until somebody has settled it."""

    id = models.UUIDField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    stop = models.ForeignKey(PaymentStop, null=True, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=64)
    ours = models.CharField(max_length=64, blank=True)
    theirs = models.CharField(max_length=64, blank=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    status = models.CharField(max_length=8, default="open")
    settled_by = _officer(null=True)
    settled_at = models.DateTimeField(null=True)
    note = SealedField(kind="text")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "kind", "reference"],
                condition=Q(status="open"),
                name="difference_once",
            ),
        ]
        indexes = [models.Index(fields=["-found_at"], name="difference_open", condition=Q(status="open"))]


class Reconciliation(models.Model):
    """One comparison with one bank: when, how many stops on either side, how many differences; or why it failed."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    run_at = models.DateTimeField()
    ours = models.IntegerField(default=0)
    theirs = models.IntegerField(default=0)
    differences = models.IntegerField(default=0)
    error = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["partner", "-run_at"], name="reconciled")]
