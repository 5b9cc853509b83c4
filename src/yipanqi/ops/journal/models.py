"""Journal tables: `Entry` (what happened), `Seal` (its place in the feed), `ClockRow` (what time it is).

Entries and seals are only ever inserted; a database trigger refuses updates and deletes. Personal text
never enters an entry: payloads are checked against `catalog/events.yaml`.
"""

from django.db import models
from django.db.models.functions import Cast


class CurrentTransaction(models.Func):
    """The id of the running top-level transaction (`xid8`)."""

    function = "pg_current_xact_id"
    output_field = models.TextField()


class Entry(models.Model):
    """One act or fact. `xid` lets the sealer wait until everything older is committed or gone."""

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField(
        db_default=Cast(Cast(CurrentTransaction(), models.TextField()), models.BigIntegerField())
    )
    event = models.CharField(max_length=64)
    version = models.SmallIntegerField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    place_code = models.CharField(max_length=12, blank=True)
    ground = models.CharField(max_length=64, blank=True)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    payload = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="journal_unsealed"),
            models.Index(fields=["subject_kind", "subject_id"], name="journal_subject"),
        ]


class Seal(models.Model):
    """An entry's number in the feed, without gaps from 1, and the chain hash up to it."""

    feed_no = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()


class SealerMark(models.Model):
    """Where the sealer stands: the last (xid, entry id) it numbered. Always one row."""

    id = models.SmallIntegerField(primary_key=True)
    last_xid = models.BigIntegerField(default=0)
    last_entry_id = models.BigIntegerField(default=0)


class ClockRow(models.Model):
    """The centre's clock when it is not the wall clock: rehearsal and drills. Absent or `real` means real."""

    id = models.SmallIntegerField(primary_key=True)
    mode = models.CharField(max_length=8, default="real")
    virtual_at = models.DateTimeField(null=True)
