"""Tables of partners: `Partner` (who), `PartnerKey` (how they prove it), `PartnerUsage` (how much they sent),
`PartnerNonce` (which signed requests were seen).

A key's secret is never stored, only its SHA-256: it has 256 random bits, so a slow hash would add nothing.
"""

from django.db import models

from yipanqi.ops.jurisdictions.models import Jurisdiction


class Partner(models.Model):
    """A sender of warnings. `source` is a catalog code; rows without a place of their own fall to `scope`.

    One that takes orders is connected: `endpoint` is the address of its door, `public_key` its Ed25519 key as hex,
    `bank` the catalog bank it is, empty for a telecom.
    """

    code = models.CharField(max_length=32, unique=True)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=96)
    source = models.CharField(max_length=32)
    scope = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="+")
    rate_per_minute = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True)
    bank = models.CharField(max_length=32, blank=True, default="")
    endpoint = models.CharField(max_length=200, blank=True, default="")
    public_key = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank"], condition=~models.Q(bank=""), name="partners_one_per_bank"
            )
        ]

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


class PartnerNonce(models.Model):
    """The nonce of a signed request that was let in, kept while a repeat of it could still pass."""

    signer = models.CharField(max_length=32)
    nonce = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["signer", "nonce"], name="partners_nonce_once")]
        indexes = [models.Index(fields=["seen_at"], name="partners_nonce_age")]
