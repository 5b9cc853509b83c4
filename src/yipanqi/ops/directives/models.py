"""Tables of directives: `Directive`, and a `Remark` for every act that came with words.

A directive stands at the unit that has to act on it (`place_code`); handing down moves it to a unit below, so whoever
saw it once goes on seeing it. `verifying_code` is the unit that checks the report and feeds back: the issuer's own, or
for a partner's directive the unit the partner addressed. Titles and texts are sealed: both may name a person.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yipanqi.ops.directives.enums import ON_THE_CLOCK
from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.vault.fields import SealedField

_TIERS = ("province", "city", "county", "station")


def _officer() -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Directive(Placed):
    """One order. `(issuer_kind, issuer_code, external_id)` arrives once; `late_at` is set once, by the clock."""

    id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=32)
    issuer_kind = models.CharField(max_length=8)
    issuer_code = models.CharField(max_length=32)
    issued_by = _officer()
    verifying_code = models.CharField(max_length=12)
    external_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    title = SealedField(kind="text")
    text = SealedField(kind="text")
    report = SealedField(kind="text")
    urgent = models.BooleanField(default=False)
    subject_kind = models.CharField(max_length=16, blank=True)
    subject_id = models.UUIDField(null=True)
    status = models.CharField(max_length=12)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = _officer()
    acted_at = models.DateTimeField(null=True)
    acted_by = _officer()
    verified_at = models.DateTimeField(null=True)
    verified_by = _officer()
    fed_back_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer_kind", "issuer_code", "external_id"], name="directive_once"
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("acted_by")),
                name="directive_two_people",
            ),
        ]
        indexes = [
            *(
                models.Index(fields=[f"{tier}_code", "status", "due_at", "id"], name=f"directive_{tier}")
                for tier in _TIERS
            ),
            models.Index(
                fields=["due_at"],
                name="directive_clock",
                condition=Q(status__in=ON_THE_CLOCK, late_at__isnull=True),
            ),
        ]


class Remark(models.Model):
    """The words that came with an act: a report, or why it was sent back or withdrawn. Never changed."""

    id = models.UUIDField(primary_key=True)
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="remarks")
    act = models.CharField(max_length=16)
    text = SealedField(kind="text")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["directive", "made_at"], name="remark_of_directive")]
