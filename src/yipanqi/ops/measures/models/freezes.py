"""Tables of freezes (冻结) and of the changes to them: renewals, cuts, releases, each with a signature of its own.

What the law forbids, the database forbids too: nothing under way without a case, an expiry, a second person and a
paper, and never two live freezes of one account in one case.
"""

from django.db import models
from django.db.models import F, Q

from yipanqi.casework.lifecycles.freeze import LIVE, UNDER_WAY
from yipanqi.ops.cases.models import Case
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.measures.models.asking import by_officer
from yipanqi.ops.measures.models.stops import PaymentStop
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import SealedField


class Freeze(Placed):
    """One freeze of one account at one bank, for one filed case.

    `asked_minor` is what the bank shall freeze, `frozen_minor` what it holds now, attributed money included;
    `interest_minor` is what the bank told of it. `until_date` is the last day, `expires_at` its end. `frozen_at` is the
    bank's instant, `confirmed_at` ours. `document` is the notice's number, `paper_id` the notice. `former_*` is the
    authority before us while it is queued. `warned_days` is the last warning written, `warn_at` the next.
    """

    id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=12)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="freezes")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="freezes")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    stop = models.ForeignKey(PaymentStop, null=True, on_delete=models.PROTECT, related_name="freezes")
    holder_name = SealedField(kind="name")
    fraud_type = models.CharField(max_length=4)
    kind = models.CharField(max_length=8, default="amount")
    term_kind = models.CharField(max_length=8, default="ordinary")
    asked_minor = models.BigIntegerField()
    traced_minor = models.BigIntegerField(null=True)
    trace_id = models.UUIDField(null=True)
    amount_note = SealedField(kind="text")
    covers_interest = models.BooleanField(default=True)
    ground = models.CharField(max_length=24)
    note = SealedField(kind="text")
    pack_id = models.CharField(max_length=8)
    pack_version = models.CharField(max_length=16)
    proposed_by = by_officer()
    proposed_at = models.DateTimeField()
    signed_by = by_officer(null=True)
    signed_at = models.DateTimeField(null=True)
    from_date = models.DateField(null=True)
    until_date = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    ordered_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ends_by_bank_at = models.DateTimeField(null=True)
    balance_minor = models.BigIntegerField(null=True)
    frozen_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    coverage = models.CharField(max_length=8, blank=True)
    former_department = SealedField(kind="text")
    former_minor = models.BigIntegerField(null=True)
    former_ends_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    queue_due_at = models.DateTimeField(null=True)
    moved_up_at = models.DateTimeField(null=True)
    periods = models.SmallIntegerField(default=0)
    warn_at = models.DateTimeField(null=True)
    warned_days = models.SmallIntegerField(null=True)
    let_lapse_by = by_officer(null=True)
    let_lapse_at = models.DateTimeField(null=True)
    let_lapse_reason = SealedField(kind="text")
    release_due_at = models.DateTimeField(null=True)
    release_minor = models.BigIntegerField(null=True)
    release_reason = models.CharField(max_length=24, blank=True)
    release_late_at = models.DateTimeField(null=True)
    unattended_at = models.DateTimeField(null=True)
    document = models.CharField(max_length=64, blank=True)
    paper_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=24, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "case"],
                condition=Q(status__in=LIVE),
                name="one_live_freeze_per_case_account",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY) | Q(expires_at__isnull=False), name="freeze_has_expiry"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY) | Q(signed_by__isnull=False), name="freeze_signed"
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("proposed_by")), name="freeze_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=UNDER_WAY) | ~Q(document=""), name="freeze_has_document"
            ),
            models.CheckConstraint(
                condition=~Q(status="queued") | Q(frozen_minor=0), name="freeze_queue_empty"
            ),
            models.CheckConstraint(
                condition=Q(frozen_minor__gte=0, interest_minor__gte=0, asked_minor__gt=0),
                name="freeze_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(let_lapse_by__isnull=True, let_lapse_at__isnull=True)
                | Q(let_lapse_by__isnull=False, let_lapse_at__isnull=False),
                name="freeze_letting",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at", "id"], name="freeze_expiry", condition=Q(status__in=LIVE)),
            models.Index(
                fields=["city_code", "expires_at", "id"], name="freeze_city", condition=Q(status__in=LIVE)
            ),
            models.Index(
                fields=["county_code", "expires_at", "id"], name="freeze_county", condition=Q(status__in=LIVE)
            ),
            models.Index(fields=["warn_at"], name="freeze_warning", condition=Q(warn_at__isnull=False)),
            models.Index(
                fields=["release_due_at"],
                name="freeze_release_due",
                condition=Q(release_due_at__isnull=False, release_late_at__isnull=True),
            ),
            models.Index(
                fields=["queue_due_at"], name="freeze_queue_due", condition=Q(queue_due_at__isnull=False)
            ),
            models.Index(fields=["status", "-proposed_at", "-id"], name="freeze_status"),
        ]


class FreezeChange(Placed):
    """What a signature on a running freeze is about: `renew` to a later day, `cut` to less, or `release`.

    `minor` is what a cut gives back. Rows are kept for good.
    """

    id = models.UUIDField(primary_key=True)
    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=8)
    ground = models.CharField(max_length=24)
    note = SealedField(kind="text")
    minor = models.BigIntegerField(null=True)
    from_date = models.DateField(null=True)
    until_date = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, default="asked")
    asked_by = by_officer()
    asked_at = models.DateTimeField()
    order = models.OneToOneField("measures.Order", null=True, on_delete=models.PROTECT, related_name="change")
    document = models.CharField(max_length=64, blank=True)
    paper_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["freeze", "kind"],
                condition=Q(status__in=["asked", "ordered"]),
                name="one_change_under_way",
            ),
        ]
