"""Tables of intake: `Batch` in, `Signal` (one warning of one sender), `Alert` (all about one person), quarantine."""

from django.conf import settings
from django.db import models

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.vault.fields import SealedField

SCOPE = [
    "province_code",
    "city_code",
    "county_code",
    "station_code",
]  # in an index: counts need not look at the rows


class Batch(Placed):
    """One delivery of rows: an API call, a dropped file, a hotline form."""

    id = models.UUIDField(primary_key=True)
    sender = models.CharField(max_length=64)
    source = models.CharField(max_length=32)
    label = models.CharField(max_length=200, blank=True)
    rows = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    joined = models.IntegerField(default=0)
    duplicate = models.IntegerField(default=0)
    quarantined = models.IntegerField(default=0)
    received_at = models.DateTimeField()


class Alert(Placed):
    """One person who may be being deceived: everything warned of within the joining window."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    suspect_account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=32)
    fraud_type = models.CharField(max_length=4)
    fraud_score_permille = models.SmallIntegerField(default=0)
    fraud_reasons = models.JSONField(default=list)
    triaged_type = models.CharField(max_length=4, blank=True)
    rules_version = models.CharField(max_length=32, blank=True)
    level = models.CharField(max_length=4)
    status = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, blank=True)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField(null=True)
    paid = models.BooleanField(default=False)
    payment_count = models.IntegerField(default=0)
    amount_minor = models.BigIntegerField(null=True)
    signal_count = models.IntegerField(default=1)
    first_occurred_at = models.DateTimeField()
    last_occurred_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    triaged_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-last_signal_at"], name="alert_of_person"),
            models.Index(fields=["-opened_at", "-id"], name="alert_newest"),
            models.Index(fields=["city_code", "-opened_at", "-id"], name="alert_newest_city"),
            models.Index(fields=["county_code", "-opened_at", "-id"], name="alert_newest_county"),
            models.Index(fields=["station_code", "-opened_at", "-id"], name="alert_newest_station"),
            models.Index(fields=["status", "-opened_at", "-id"], include=SCOPE, name="alert_newest_status"),
            models.Index(fields=["triaged_at"], include=["triaged_type", *SCOPE], name="alert_triaged"),
            models.Index(fields=["id"], name="alert_untriaged", condition=models.Q(status="received")),
            models.Index(fields=["paid_at"], name="alert_paid", condition=models.Q(paid_at__isnull=False)),
        ]


class Signal(models.Model):
    """One warning as one sender gave it. Never changed; `(sender, external_id)` arrives once."""

    id = models.UUIDField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="signals")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=64)
    source = models.CharField(max_length=32)
    external_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    text = SealedField(kind="text")
    fraud_type_hint = models.CharField(max_length=64, blank=True)
    level_hint = models.CharField(max_length=4, blank=True)
    amount_minor = models.BigIntegerField(null=True)
    paid = models.BooleanField(default=False)
    payment_count = models.IntegerField(default=0)
    suspect_account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "external_id"], name="signal_once")]


class QuarantinedRow(Placed):
    """A row that could not be read, kept whole and sealed until somebody corrects or discards it."""

    id = models.UUIDField(primary_key=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=64)
    source = models.CharField(max_length=32)
    file = models.CharField(max_length=200, blank=True)
    row_no = models.IntegerField()
    external_id = models.CharField(max_length=64, blank=True)
    errors = models.JSONField()
    row = SealedField(kind="row")
    status = models.CharField(max_length=12, default="held")
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    discard_reason = SealedField(kind="text")
    signal_id = models.UUIDField(null=True)
    alert_id = models.UUIDField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["status", "-received_at"], name="quarantine_open"),
            models.Index(
                fields=["sender", "external_id"], name="quarantine_held", condition=models.Q(status="held")
            ),
        ]
