"""A trace's answer as it is kept: the engine's records as columns of compressed JSON, and back.

The same trace, the same bytes.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from yipanqi.engine.tracing.result import (
    Owned,
    StoppedAt,
    Totals,
    Trace,
    TracedAccount,
    TracedTransfer,
)

_LISTS = {"accounts": TracedAccount, "transfers": TracedTransfer, "stops": StoppedAt, "owners": Owned}
_INSTANTS = {"first_at", "last_at", "booked_at"}
_PLAIN = ("seeds", "ambiguous", "void")


def pack_trace(trace: Trace) -> bytes:
    """The trace as compressed JSON."""
    told: dict[str, Any] = {
        "method": trace.method,
        "until": trace.until and trace.until.isoformat(),
        "digest": trace.digest,
        "rows": trace.rows,
        "totals": trace.totals and _values(trace.totals),
        **{name: list(getattr(trace, name)) for name in _PLAIN},
        **{name: [_values(each) for each in getattr(trace, name)] for name in _LISTS},
    }
    return zlib.compress(json.dumps(told, separators=(",", ":"), sort_keys=True).encode(), 6)


def unpack_trace(packed: bytes) -> Trace:
    """The trace that was packed."""
    told = json.loads(zlib.decompress(packed))
    return Trace(
        method=told["method"],
        until=told["until"] and datetime.fromisoformat(told["until"]),
        digest=told["digest"],
        rows=told["rows"],
        totals=Totals(*told["totals"]) if told["totals"] else None,
        **{name: tuple(told[name]) for name in _PLAIN},
        **{name: tuple(_records(kind, told[name])) for name, kind in _LISTS.items()},
    )


def _values(record: Any) -> list[Any]:
    values = [getattr(record, each.name) for each in fields(record)]
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def _records(kind: Any, rows: Iterable[list[Any]]) -> Iterable[Any]:
    instants = [place for place, each in enumerate(fields(kind)) if each.name in _INSTANTS]
    for row in rows:
        for place in instants:
            row[place] = datetime.fromisoformat(row[place])
        yield kind(*row)
