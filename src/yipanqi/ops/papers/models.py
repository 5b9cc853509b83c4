"""Tables of papers: `Paper`, whose content never changes, and `NumberSeries`, the last number given.

The content is sealed: it names people and accounts. Only the columns of rendering are written later, once; a trigger
refuses every other change. What a paper is about stands above in the line of apps, so it is named by kind and id.
"""

from django.db import models

from yipanqi.ops.jurisdictions.scoping import Placed
from yipanqi.ops.vault.fields import SealedField


class Paper(Placed):
    """One paper: canonical JSON as it was at the act, and the hashes of the Word and the PDF made of it once."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24)
    number = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    case_id = models.UUIDField()
    content = SealedField(kind="text")
    content_sha256 = models.CharField(max_length=64)
    drill = models.BooleanField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    word_sha256 = models.CharField(max_length=64, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    rendered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="paper_number_once")]
        indexes = [
            models.Index(fields=["subject_id", "made_at"], name="paper_of_subject"),
            models.Index(fields=["case_id", "made_at"], name="paper_of_case"),
        ]


class NumberSeries(models.Model):
    """The last number of a series in a unit and a year; its row is held until the paper is committed: no gaps."""

    series = models.CharField(max_length=16)
    place_code = models.CharField(max_length=12)
    year = models.SmallIntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "place_code", "year"], name="number_series_once")
        ]
