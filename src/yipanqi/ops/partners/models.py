"""Tables of partners: `Partner` (who), `PartnerKey` (how they prove it), `PartnerUsage` (how much they sent).

A key's secret is never stored, only its SHA-256: it has 256 random bits, so a slow hash would add nothing.
"""

from django.db import models

from yipanqi.ops.jurisdictions.models import Jurisdiction


class Partner(models.Model):
    """A sender of warnings. `source` is a catalog code; rows without a place of their own fall to `scope`."""

    code = models.CharField(max_length=32, unique=True)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=96)
    source = models.CharField(max_length=32)
    scope = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="+")
    rate_per_minute = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True)

    def name(self, language: str) -> str:
        """The partner's own name in Chinese or English."""
        return self.name_zh if language.startswith("zh") else self.name_en


class PartnerKey(models.Model):
    """One key: `prefix` may be shown, `digest` is the SHA-256 of the secret, `acts` what it is good for."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    acts = models.JSONField(default=list)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class PartnerUsage(models.Model):
    """Rows a partner sent within one minute of the centre's clock."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    rows = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "minute"], name="partners_usage_minute")]
        indexes = [models.Index(fields=["minute"], name="partners_usage_age")]
