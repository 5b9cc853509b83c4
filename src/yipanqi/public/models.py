"""The one table of the public door: `PublicUsage`, how often somebody looked a code up within a minute.

Who that was is not kept: the key is a hash of the address that changes every day.
"""

from django.db import models


class PublicUsage(models.Model):
    """Look-ups within one minute of the centre's clock under one key; the empty key counts all of them."""

    minute = models.DateTimeField()
    key = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minute", "key"], name="public_usage_once")]
