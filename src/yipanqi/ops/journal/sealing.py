"""The sealer: numbers committed entries without gaps, chains their hashes and notifies readers.

One sealer runs at a time (advisory lock). An entry is sealed once every transaction that could still
bring an older one has ended: `xid < pg_snapshot_xmin(...)`. Order within the feed is (xid, id).
"""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import OperationalError, connection, transaction

from yipanqi import catalog
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.journal.models import Entry, Seal, SealerMark

CHANNEL = "yipanqi_journal"
LOCK_KEY = 0x79697061  # "yipa"
BATCH = 5000
GENESIS = "0" * 64
log = structlog.get_logger(__name__)


def entry_hash(previous: str, feed_no: int, entry: Entry) -> str:
    """SHA-256 over the previous hash and the entry's canonical JSON (sorted keys, UTC instants)."""
    body = json.dumps(
        {
            "feed_no": feed_no,
            "entry_id": entry.id,
            "event": entry.event,
            "version": entry.version,
            "actor": [entry.actor_kind, entry.actor_id],
            "subject": [entry.subject_kind, entry.subject_id],
            "place_code": entry.place_code,
            "ground": entry.ground,
            "change": [entry.before, entry.after],
            "payload": entry.payload,
            "correlation_id": entry.correlation_id,
            "occurred_at": entry.occurred_at.timestamp(),
            "recorded_at": entry.recorded_at.timestamp(),
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def seal_once(*, now: datetime) -> int:
    """Seal what is ready, at most `BATCH` entries, in one transaction; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK_KEY])
        if not cursor.fetchone()[0]:
            return 0
        mark, _ = SealerMark.objects.get_or_create(id=1)
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
        entries = list(
            Entry.objects.extra(  # row comparison, which the query builder cannot say
                where=["(xid, id) > (%s, %s)", "xid < %s"],
                params=[mark.last_xid, mark.last_entry_id, horizon],
            ).order_by("xid", "id")[:BATCH]
        )
        if not entries:
            return 0
        _append(entries, now)
        mark.last_xid, mark.last_entry_id = entries[-1].xid, entries[-1].id
        mark.save()
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return len(entries)


def _append(entries: list[Entry], now: datetime) -> None:
    last = Seal.objects.order_by("-feed_no").first()
    feed_no, chain = (last.feed_no, last.hash) if last else (0, GENESIS)
    seals = []
    for entry in entries:
        feed_no += 1
        chain = entry_hash(chain, feed_no, entry)
        seals.append(Seal(feed_no=feed_no, entry=entry, hash=chain, sealed_at=now))
    Seal.objects.bulk_create(seals, batch_size=1000)


def run_sealer(*, stop: Callable[[], bool]) -> None:
    """Seal for ever until `stop()`; survives a restarted database."""
    clock = RealClock()
    pause_seconds = catalog.windows()["journal_seal"].duration.total_seconds()
    while not stop():
        try:
            sealed = seal_once(now=clock.now())
        except OperationalError as error:
            log.warning("sealer.database_lost", error=type(error).__name__)
            connection.close()
            time.sleep(1)
            continue
        if sealed < BATCH:
            time.sleep(pause_seconds)
