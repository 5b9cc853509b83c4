"""How often codes may be looked up: so many times a minute from one address, so many in all.

Sixty random bits cannot be guessed at that pace. The address itself is kept nowhere.
"""

import hashlib
import hmac
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest

from yipanqi import catalog
from yipanqi.kernel.days import day_of
from yipanqi.public.models import PublicUsage

_ALL = ""
_SPEND = """
INSERT INTO public_publicusage AS usage (minute, key, count) VALUES (%s, %s, 1)
ON CONFLICT (minute, key) DO UPDATE SET count = usage.count + 1 WHERE usage.count < %s
RETURNING count
"""


def key_of(request: HttpRequest, *, now: datetime) -> str:
    """The address a request came from, as a keyed hash that is another one every day.

    Behind TLS a proxy of the house stands in between: then it is the address which that proxy has added last.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2].strip()
    secret = settings.KEY_RING.derive(f"public-usage:{day_of(now)}")
    return hmac.new(secret.encode(), address.encode(), hashlib.sha256).hexdigest()


def spend(key: str, *, now: datetime) -> bool:
    """Take one look-up off what `key`, and everybody together, may do in this minute; False when it is used up."""
    windows = catalog.windows()
    minute = now.replace(second=0, microsecond=0)
    limits = {key: windows["public_per_minute"].count, _ALL: windows["public_all_per_minute"].count}
    with transaction.atomic(), connection.cursor() as cursor:
        for each, limit in limits.items():
            cursor.execute(_SPEND, [minute, each, limit])
            if cursor.fetchone() is None:
                return False
    return True


def seconds_left(now: datetime) -> int:
    """How long this minute of the centre's clock lasts, in whole seconds."""
    minute = now.replace(second=0, microsecond=0)
    return math.ceil((minute + timedelta(minutes=1) - now).total_seconds())


def forget_usage(*, before: datetime) -> int:
    """Delete the counts of minutes before `before`; returns how many."""
    return PublicUsage.objects.filter(minute__lt=before).delete()[0]
