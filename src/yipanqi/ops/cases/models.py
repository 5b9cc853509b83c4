"""Tables of cases: `Case`, its `Payment`s (the losses) and its `CaseSubject`s.

Subjects are the one person, account, phone or link of the subjects app; a row here only says which part it plays in
this case. The policy pack is pinned when the case is opened: law at the time of the act.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from yipanqi.casework.lifecycles.case import CASE
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.subjects.models import Account, Link, Person, Phone
from yipanqi.ops.vault.fields import SealedField


class Case(Placed):
    """One reported fraud. `loss_minor` is the sum of its payments.

    Two clocks run from `reported_at`: `stop_due_at` until the first suspect stop has left (`stop_sent_at`), and
    `entry_due_at` (null where the pack has no such clock) until a level-1 account stands with its four elements
    (`entered_at`). The `late_*` instants are set
    once, when a clock has passed.
    """

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=32, unique=True)
    status = models.CharField(max_length=12)
    source = models.CharField(max_length=12)
    sender = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="cases")
    victim = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    fraud_type = models.CharField(max_length=4)
    text = SealedField(kind="text")
    loss_minor = models.BigIntegerField(default=0)
    pack_id = models.CharField(max_length=8)
    pack_version = models.CharField(max_length=16)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    occurred_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stop_due_at = models.DateTimeField()
    stop_sent_at = models.DateTimeField(null=True)
    late_stop_at = models.DateTimeField(null=True)
    entry_due_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(null=True)
    late_entry_at = models.DateTimeField(null=True)
    reason = SealedField(kind="text")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "external_id"], condition=~Q(external_id=""), name="case_once_per_sender"
            ),
            models.UniqueConstraint(
                fields=["alert"],
                condition=Q(alert__isnull=False) & ~Q(status__in=CASE.resting),
                name="one_case_per_alert",
            ),
        ]
        indexes = [
            models.Index(fields=["-reported_at", "-id"], name="case_newest"),
            models.Index(fields=["city_code", "-reported_at", "-id"], name="case_newest_city"),
            models.Index(fields=["county_code", "-reported_at", "-id"], name="case_newest_county"),
            models.Index(fields=["victim"], name="case_of_victim"),
            models.Index(
                fields=["stop_due_at"],
                name="case_stop_due",
                condition=Q(stop_sent_at__isnull=True, late_stop_at__isnull=True),
            ),
            models.Index(
                fields=["entry_due_at"],
                name="case_entry_due",
                condition=Q(entered_at__isnull=True, late_entry_at__isnull=True),
            ),
        ]


class Payment(models.Model):
    """One payment of a victim to a level-1 account (一级账户): the four elements a bank checks, and who paid from where.

    A row is never edited: what was misheard is replaced by another one and keeps the instant of that.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="payments")
    victim = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    payee_name = SealedField(kind="name")
    payee_bank = models.CharField(max_length=32)
    payer_bank = models.CharField(max_length=32, blank=True)
    amount_minor = models.BigIntegerField()
    paid_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_above_zero"),
            models.UniqueConstraint(
                fields=["case", "payee", "amount_minor", "paid_at"],
                condition=Q(replaced_at__isnull=True),
                name="payment_once_per_case",
            ),
        ]


class CaseSubject(models.Model):
    """Which part a person, account, phone or link plays in a case; `role` is one of `enums.SubjectRole`."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="subjects")
    role = models.CharField(max_length=16)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    phone = models.ForeignKey(Phone, null=True, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Link, null=True, on_delete=models.PROTECT, related_name="+")
    level = models.SmallIntegerField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "role", "person", "account", "phone", "link"],
                nulls_distinct=False,
                name="subject_once_per_case",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="case_of_account"),
            models.Index(fields=["phone"], name="case_of_phone"),
            models.Index(fields=["link"], name="case_of_link"),
        ]
