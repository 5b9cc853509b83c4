"""Tables of what goes to a bank and comes back: `Order`, `Answer`, `Difference`, `Reconciliation`.

Leaves alone: the measures they are about, and the acts (`ordering`, `answering`, `reconciling`).
"""

from django.db import models
from django.db.models import Q

from yipanqi.ops.measures.models.asking import by_officer
from yipanqi.ops.measures.models.freezes import Freeze
from yipanqi.ops.measures.models.stops import PaymentStop
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.vault.fields import SealedField


class Order(models.Model):
    """An order to a partner, for one stop or one freeze. Its id goes on the wire: whatever is sent again under it
    takes effect once.

    `tries` counts transmissions, `asks` how often an answer was waited for in vain; `due_at` is when the clock looks at
    it again: to send it once more, or because no answer came.
    """

    id = models.UUIDField(primary_key=True)
    stop = models.ForeignKey(PaymentStop, null=True, on_delete=models.PROTECT, related_name="orders")
    freeze = models.ForeignKey(Freeze, null=True, on_delete=models.PROTECT, related_name="orders")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
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
        constraints = [
            models.CheckConstraint(
                condition=Q(stop__isnull=True, freeze__isnull=False)
                | Q(stop__isnull=False, freeze__isnull=True),
                name="order_of_one_measure",
            ),
        ]
        indexes = [
            models.Index(
                fields=["partner", "created_at"], name="order_waiting", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["due_at"], name="order_due", condition=Q(status__in=["waiting", "sent", "unanswered"])
            ),
            models.Index(fields=["partner", "-created_at"], name="order_of_partner"),
            models.Index(fields=["stop"], name="order_stop_unanswered", condition=Q(status="unanswered")),
            models.Index(fields=["freeze"], name="order_freeze_unanswered", condition=Q(status="unanswered")),
        ]

    @property
    def measure(self) -> PaymentStop | Freeze:
        """The stop or the freeze that the order belongs to."""
        measure = self.stop or self.freeze
        assert measure is not None
        return measure


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
    settled_by = by_officer(null=True)

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
    """Where our measures and a bank's list disagree: work for the funds officer until somebody has settled it."""

    id = models.UUIDField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    stop = models.ForeignKey(PaymentStop, null=True, on_delete=models.PROTECT, related_name="differences")
    freeze = models.ForeignKey(Freeze, null=True, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=64)
    ours = models.CharField(max_length=64, blank=True)
    theirs = models.CharField(max_length=64, blank=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    status = models.CharField(max_length=8, default="open")
    settled_by = by_officer(null=True)
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
