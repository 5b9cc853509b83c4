"""Letting a partner's call in: is the key good for the act, and is there room left in this minute.

Both run on every call and cost one statement each. What the call brings is the intake's matter.
"""

import math
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Sum

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.partners.keys import fits, read_key
from yipanqi.ops.partners.models import Partner, PartnerKey, PartnerUsage

USED_NOTED_EVERY = timedelta(minutes=1)
_NO_DIGEST = "0" * 64
_SPEND = """
INSERT INTO partners_partnerusage AS usage (partner_id, minute, rows) VALUES (%s, %s, %s)
ON CONFLICT (partner_id, minute) DO UPDATE SET rows = usage.rows + EXCLUDED.rows
WHERE usage.rows + EXCLUDED.rows <= %s
RETURNING rows
"""


class KeyInvalid(YipanqiError):
    """The key opens nothing: not ours, wrong, expired, revoked, of a closed partner, or not good for the act."""

    code = "key_invalid"


class RateExceeded(YipanqiError):
    """More rows than the partner may send. Facts: limit (rows a minute), retry_after and seconds (both the wait, in s).

    With the code batch_too_large the batch is larger than a whole minute's allowance: send it in parts.
    """

    code = "rate_exceeded"


def authenticate(*, key: str, act: str, now: datetime) -> Partner:
    """The partner whose key this is. Raises KeyInvalid, saying nothing of the reason.

    One query; the time of last use is written at most once a minute.
    """
    given = read_key(key)
    row = PartnerKey.objects.select_related("partner").filter(prefix=given.prefix).first() if given else None
    if given is None or not fits(given, row.digest if row else _NO_DIGEST) or row is None:
        raise _invalid()
    ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)
    if ended or not row.partner.is_active or act not in row.acts:
        raise _invalid()
    if row.last_used_at is None or now - row.last_used_at >= USED_NOTED_EVERY:
        PartnerKey.objects.filter(pk=row.pk, last_used_at=row.last_used_at).update(last_used_at=now)
    return row.partner


def spend(*, partner: Partner, rows: int, now: datetime) -> None:
    """Take `rows` (1 or more) off what the partner may send within this minute of the centre's clock: all or none.

    Runs in a transaction of its own, before the intake's, so that calls do not queue behind each other's work.
    Raises RateExceeded.
    """
    if rows < 1:
        raise ValueError(f"A call spends at least one row, not {rows}.")
    limit = partner.rate_per_minute
    minute = now.replace(second=0, microsecond=0)
    wait = math.ceil((minute + timedelta(minutes=1) - now).total_seconds())
    if rows > limit:
        message = f"A batch of {rows} rows is more than the {limit} a minute this partner may send."
        raise RateExceeded(
            message,
            code="batch_too_large",
            limit=limit,
            retry_after=wait,
            seconds=wait,
        )
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_SPEND, [partner.pk, minute, rows, limit])
        taken = cursor.fetchone() is not None
    if not taken:
        message = f"The {limit} rows of this minute are used up; try again in {wait} seconds."
        raise RateExceeded(message, limit=limit, retry_after=wait, seconds=wait)


def rows_since(*, partner: Partner, since: datetime) -> int:
    """How many rows the partner has sent since an instant, as far back as counts are kept."""
    sent = PartnerUsage.objects.filter(partner=partner, minute__gte=since).aggregate(total=Sum("rows"))
    return int(sent["total"] or 0)


def forget_usage(*, before: datetime) -> int:
    """Delete the counts of minutes before `before`; returns how many."""
    return PartnerUsage.objects.filter(minute__lt=before).delete()[0]


def _invalid() -> KeyInvalid:
    return KeyInvalid("The key is not valid for this call.")
