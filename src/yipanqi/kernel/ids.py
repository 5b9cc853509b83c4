"""Identifiers: UUID version 7 (RFC 9562), so that ids sort by time and say nothing else.

After the 48 bits of milliseconds come a 32-bit counter, seeded at random for each millisecond and raised by one for
each further id of it, and 42 fresh random bits. A virtual clock may stand still for a whole batch; the counter keeps
the order of making even then. Forked processes share a counter at most, never the random bits.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from uuid import UUID

from yipanqi.kernel.clock import as_utc
from yipanqi.kernel.errors import YipanqiError

_EPOCH_AT = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_COUNTER_BITS = 32
_RANDOM_BITS = 42
_REMEMBERED = 1024  # milliseconds whose counters are kept; threads may hold a `now` that is slightly apart

_lock = threading.Lock()
_counters: OrderedDict[int, int] = OrderedDict()


class IdError(YipanqiError):
    """No id can be made for this instant."""

    code = "id_error"


def new_id(now: datetime) -> UUID:
    """Return a new id for the instant `now` (aware, 1970 or later).

    Within a process, ids of one millisecond rise in the order they were made, ids of different milliseconds by time.
    Raises ClockError for a naive instant, IdError `id_before_epoch` and, after two thousand million ids in one
    millisecond, `id_exhausted`.
    """
    milliseconds = (as_utc(now) - _EPOCH_AT) // _MILLISECOND
    if milliseconds < 0:
        raise IdError(f"No id can be made for {now.isoformat()}, before 1970.", code="id_before_epoch")
    tail = (_next_counter(milliseconds) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    high = tail >> 62  # the 12 bits before the variant
    low = tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


def _next_counter(milliseconds: int) -> int:
    with _lock:
        last = _counters.pop(milliseconds, None)
        counter = secrets.randbits(_COUNTER_BITS - 1) if last is None else last + 1
        _counters[milliseconds] = counter
        if len(_counters) > _REMEMBERED:
            _counters.popitem(last=False)
    if counter >> _COUNTER_BITS:
        raise IdError("No more ids can be made for this millisecond.", code="id_exhausted")
    return counter
