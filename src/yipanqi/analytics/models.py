"""Tables of the money's way: `LedgerRow`, `Seed`, `TraceRun`, `StopSuggestion`, `Learned`, `FlowImport`.

The rows are the truth; the engine's ledger on disk is made of them and can be made anew. Accounts are those of the
subjects app: the ledger knows them by their blind index alone.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import SealedField


def _officer(**more: object) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **more)


def _account(**more: object) -> models.ForeignKey:
    return models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False, **more)


class LedgerRow(models.Model):
    """One transfer as somebody told it, once per teller and id.

    `sender` is a partner's code, `file` or `report`; `delivery` is whose telling it is (a partner, one file, a
    report): rows of one delivery are never the same transfer. `ledger_no` is its place in the feed, dense from 1,
    null while it waits to be settled. `merged_into` is the row that stands for it, null when it stands itself.
    `reverses` is an id of the same sender. Where a victim's report names no payer (`payer_known` false) an account of
    its own stands for it.
    """

    seq = models.BigAutoField(primary_key=True)
    ledger_no = models.BigIntegerField(null=True, unique=True)
    sender = models.CharField(max_length=64)
    external_id = models.CharField(max_length=96)
    delivery = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, blank=True)
    booked_at = models.DateTimeField()
    serial = models.BigIntegerField(null=True)
    payer = _account()
    payer_known = models.BooleanField(default=True)
    payee = _account()
    payer_name = SealedField(kind="name")
    payee_name = SealedField(kind="name")
    currency = models.CharField(max_length=3, default="CNY")
    amount_minor = models.BigIntegerField()
    kind = models.CharField(max_length=16, default="transfer")
    payer_bank = models.CharField(max_length=64, blank=True)
    payee_bank = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=32, blank=True)
    reverses = models.CharField(max_length=96, blank=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="aliases")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="transfer_once_per_sender"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transfer_above_zero"),
        ]
        indexes = [
            models.Index(fields=["payer", "booked_at"], name="transfer_of_payer"),
            models.Index(fields=["payee", "booked_at"], name="transfer_of_payee"),
            models.Index(fields=["seq"], name="transfer_waiting", condition=Q(ledger_no__isnull=True)),
        ]

    @property
    def transfer_id(self) -> str:
        """Its id in the ledger, when it stands itself."""
        return f"{self.sender}:{self.external_id}"


class Seed(models.Model):
    """The transfer by which a payment of a case's victim stands in the ledger: where following the money begins."""

    payment = models.OneToOneField(Payment, primary_key=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="seeds")
    row = models.ForeignKey(LedgerRow, on_delete=models.PROTECT, related_name="seeds")


class TraceRun(Placed):
    """One following of a case's money, asked by an officer or, without one, by the chase.

    `seeds` are ids of the ledger, `sinks` kinds by account id, `pins` account ids. `ledger_no` and `digest` name the
    ledger that was read; `result` is the answer as compressed JSON. `version` rises with every change that a page
    would show.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="traces")
    status = models.CharField(max_length=8)
    method = models.CharField(max_length=8)
    until = models.DateTimeField(null=True)
    seeds = models.JSONField(default=list)
    sinks = models.JSONField(default=dict)
    pins = models.JSONField(default=list)
    pack_id = models.CharField(max_length=8)
    pack_version = models.CharField(max_length=16)
    asked_by = _officer(null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=12, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    result = models.BinaryField(null=True)
    error = models.CharField(max_length=40, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["case", "-asked_at", "-id"], name="trace_latest")]


class StopSuggestion(Placed):
    """A stop that the chase would propose: traced money lies at an account, and some of it can still be saved.

    `reasons` are [{code, detail}] of the stop plan; `curves` names the version of the curves that gave the chance, and
    after a colon what was learned (`Learned.digest`); `transfer` is the last one that brought traced money, at
    `came_at`.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="suggestions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="suggestions")
    status = models.CharField(max_length=12)
    bank = models.CharField(max_length=64, blank=True)
    level = models.SmallIntegerField()
    held_minor = models.BigIntegerField()
    savable_minor = models.BigIntegerField()
    chance_permille = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    curves = models.CharField(max_length=16)
    transfer = models.ForeignKey(LedgerRow, null=True, on_delete=models.PROTECT, related_name="+")
    came_at = models.DateTimeField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = _officer(null=True)
    reason = SealedField(kind="text")
    stop = models.ForeignKey(PaymentStop, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "account"], condition=Q(status="open"), name="one_open_suggestion"
            ),
        ]
        indexes = [
            models.Index(fields=["-savable_minor"], name="suggestion_open", condition=Q(status="open")),
        ]


class Learned(models.Model):
    """What the stop plan has learned of this centre, in one row, and when it learns again.

    `answers` are minutes by bank, `curves` the engine's dwell curves as JSON, `digest` names these by their content;
    "" while none were learned.
    """

    id = models.SmallIntegerField(primary_key=True)
    due_at = models.DateTimeField()
    learned_at = models.DateTimeField(null=True)
    answers = models.JSONField(default=dict)
    curves = models.JSONField(default=dict)
    digest = models.CharField(max_length=8, blank=True)


class FlowImport(Placed):
    """A bank's file handed in on a case. The file and its rejects are kept sealed, under this row's id."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="imports")
    status = models.CharField(max_length=8)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    asked_by = _officer()
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=12, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    rows_in = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    merged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    breaks = models.BigIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["case", "-asked_at"], name="import_of_case")]
