"""The door of the centre: rows in, each accepted, joined, a duplicate, or quarantined; the rest goes on.

Rows are taken in chunks, one transaction each: a chunk is committed whole before it is reported, and a repeat of
`(sender, external_id)` changes nothing. Triage is enqueued in the same transaction, by task name.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

from django.db import IntegrityError, OperationalError, connection, transaction
from procrastinate.contrib.django import app as queue
from psycopg.errors import DeadlockDetected

from yipanqi import catalog
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.joining import Arrival, join_alerts, person_facts
from yipanqi.ops.alerts.models import Batch, QuarantinedRow, Signal
from yipanqi.ops.alerts.reading import Flaw, RowRefused, WarningRow, printable, read_row
from yipanqi.ops.journal.services import Actor, Draft, write_entries, write_entry
from yipanqi.ops.subjects.services import lock_identities
from yipanqi.ops.vault.fields import Sealed

CHUNK_ROWS = 500
TRIAGE_TASK = "analytics.triage"
TRIAGE_CHUNK = 100
Fate = Literal["accepted", "joined", "duplicate", "quarantined"]


@dataclass(frozen=True)
class Channel:
    """By which way rows come: who sends, under which source, for which place, who acts, from which file."""

    sender: str
    source: str
    scope_code: str
    actor: Actor
    label: str = ""


@dataclass(frozen=True)
class RowFate:
    """What became of one row; `row_no` counts from 1 in the delivery."""

    row_no: int
    fate: Fate
    alert_id: uuid.UUID | None = None
    signal_id: uuid.UUID | None = None
    flaws: list[Flaw] = field(default_factory=list)
    quarantined_id: uuid.UUID | None = None


@dataclass(frozen=True)
class IntakeResult:
    """The fate of each row, in order, and the delivery's batch unless it was one row without a file."""

    batch_id: uuid.UUID | None
    fates: list[RowFate]

    def count(self, fate: Fate) -> int:
        """How many rows met this fate."""
        return sum(1 for item in self.fates if item.fate == fate)

    def counts(self) -> dict[str, int]:
        """How many rows met each fate."""
        return {fate: self.count(fate) for fate in get_args(Fate)}


def take_in(
    rows: Sequence[object],
    *,
    channel: Channel,
    now: datetime,
    row_nos: Sequence[int] = (),
    as_batch: bool = False,
) -> IntakeResult:
    """Take a delivery in. Returns after everything is committed. Bad rows are quarantined with their reasons.

    `row_nos` are the rows' numbers in their file; without them rows count from 1. One row without a file is a batch
    only when `as_batch` says so.
    """
    batch = _open_batch(len(rows), channel, now) if as_batch or len(rows) > 1 or channel.label else None
    fates: list[RowFate] = []
    numbers = row_nos or range(1, len(rows) + 1)
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        numbered = list(zip(numbers[chunk], rows[chunk], strict=True))
        try:
            fates += _take_chunk(numbered, batch, channel, now)
        except (IntegrityError, OperationalError) as error:
            if isinstance(error, OperationalError) and not isinstance(error.__cause__, DeadlockDetected):
                raise
            # The same id or person came in beside us, or we gave way to somebody: what is there now decides.
            fates += _take_chunk(numbered, batch, channel, now)
    result = IntakeResult(batch.id if batch else None, fates)
    if batch:
        _close_batch(batch, result, channel, now)
    return result


def _open_batch(rows: int, channel: Channel, now: datetime) -> Batch:
    batch = Batch(
        id=new_id(now), sender=channel.sender, source=channel.source, label=channel.label, rows=rows, received_at=now
    )  # fmt: skip
    batch.put_at(channel.scope_code)
    batch.save(force_insert=True)
    return batch


@transaction.atomic
def _close_batch(batch: Batch, result: IntakeResult, channel: Channel, now: datetime) -> None:
    counts = result.counts()
    Batch.objects.for_system("our own batch").filter(id=batch.id).update(**counts)
    payload = {"batch_id": str(batch.id), "source": channel.source, **counts}
    write_entry(
        Draft("batch.received", channel.actor, "batch", str(batch.id), now, batch.place_code, payload)
    )


@transaction.atomic
def _take_chunk(
    numbered: list[tuple[int, object]], batch: Batch | None, channel: Channel, now: datetime
) -> list[RowFate]:
    fates: dict[int, RowFate] = {}
    good: list[tuple[int, WarningRow]] = []
    for row_no, row in numbered:
        try:
            good.append((row_no, read_row(row, scope_code=channel.scope_code, now=now)))
        except RowRefused as refusal:
            fates[row_no] = RowFate(row_no, "quarantined", flaws=refusal.flaws)
    lock_identities([person_facts(row) for _, row in good])
    fresh = list(_fresh(good, channel, fates))
    arrivals = [Arrival(row_no, row) for row_no, row in fresh]
    signals = join_alerts(arrivals, batch=batch, channel=channel, now=now)
    for arrival, (signal, joined) in zip(arrivals, signals, strict=True):
        fate: Fate = "joined" if joined else "accepted"
        fates[arrival.row_no] = RowFate(arrival.row_no, fate, signal.alert_id, signal.id)
    bad = [(no, row, fates[no].flaws) for no, row in numbered if fates[no].flaws]
    newest = _newest({arrival.row.external_id: arrival.row_no for arrival in arrivals}, bad)
    _supersede(list(newest), channel, now)
    for held in _quarantine(bad, newest, batch, channel, now):
        fates[held.row_no] = replace(fates[held.row_no], quarantined_id=held.id)
    opened = [signal.alert_id for signal, joined in signals if not joined]
    known = set(opened)
    enqueue_triage(opened, [i for i in dict.fromkeys(s.alert_id for s, j in signals if j) if i not in known])
    return [fates[row_no] for row_no, _ in numbered]


def _fresh(
    good: list[tuple[int, WarningRow]], channel: Channel, fates: dict[int, RowFate]
) -> Iterator[tuple[int, WarningRow]]:
    """Rows not seen before; a repeat becomes a duplicate, the same id with other content is quarantined."""
    ids = [row.external_id for _, row in good]
    known = {
        external_id: (digest, alert_id, signal_id)
        for external_id, digest, alert_id, signal_id in Signal.objects.filter(
            sender=channel.sender, external_id__in=ids
        ).values_list("external_id", "digest", "alert_id", "id")
    }
    in_chunk: dict[str, str] = {}
    for row_no, row in good:
        seen = known.get(row.external_id, (in_chunk.get(row.external_id), None, None))
        if seen[0] is None:
            in_chunk[row.external_id] = row.digest
            yield row_no, row
        elif seen[0] == row.digest:
            fates[row_no] = RowFate(row_no, "duplicate", seen[1], seen[2])
        else:
            fates[row_no] = RowFate(
                row_no, "quarantined", flaws=[Flaw("external_id", "external_id_conflict", {})]
            )


def _newest(taken: Mapping[str, int], bad: list[tuple[int, object, list[Flaw]]]) -> dict[str, int]:
    """The last row of each external id that was taken or is to be held; ids that cannot be read whole are left out."""
    newest = dict(taken)
    for row_no, row, _ in bad:
        if external_id := _external_id(row):
            newest[external_id] = max(row_no, newest.get(external_id, row_no))
    return newest


def _quarantine(
    bad: list[tuple[int, object, list[Flaw]]],
    newest: Mapping[str, int],
    batch: Batch | None,
    channel: Channel,
    now: datetime,
) -> list[QuarantinedRow]:
    """Hold bad rows; one that its sender sent again further down (`newest` row by external id) is settled at once."""
    held, drafts = [], []
    for row_no, row, flaws in bad:
        item = QuarantinedRow(
            id=new_id(now),
            batch=batch,
            sender=channel.sender,
            source=channel.source,
            file=channel.label,
            row_no=row_no,
            external_id=_external_id(row),
            errors=[flaw.as_json() for flaw in flaws],
            row=Sealed.of("row", row_json(row)),
            received_at=now,
        )
        item.put_at(channel.scope_code)
        if newest.get(item.external_id, row_no) > row_no:
            item.status, item.settled_at = "superseded", now
        held.append(item)
        payload = {
            "signal_id": str(item.id),
            "source": channel.source,
            "reason": flaws[0].code,
            "row": row_no,
        }
        drafts.append(
            Draft(
                "signal.quarantined",
                channel.actor,
                "quarantined_row",
                str(item.id),
                now,
                channel.scope_code,
                payload,
            )
        )
    QuarantinedRow.objects.bulk_create(held)
    write_entries(drafts)
    return held


def _supersede(external_ids: list[str], channel: Channel, now: datetime) -> None:
    """Rows held earlier that their sender has now sent again, right or not, are settled. Plain SQL: on every intake."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alerts_quarantinedrow SET status = 'superseded', settled_at = %s "
            "WHERE sender = %s AND external_id = ANY(%s) AND status = 'held' AND place_code = %s",
            [now, channel.sender, external_ids, channel.scope_code],
        )


def _external_id(row: object) -> str:
    """The row's id where it can be stored as it is; else empty, so that no cut id is taken for another."""
    value = row.get("external_id") if isinstance(row, Mapping) else None
    external_id = value.strip() if isinstance(value, str) else ""
    return external_id if external_id == printable(external_id) else ""


def enqueue_triage(opened: Sequence[uuid.UUID], joined: Sequence[uuid.UUID] = ()) -> None:
    """Ask for the triage of new alerts and of those that got a further signal, within the caller's transaction."""
    for name, alert_ids in (("opened", opened), ("joined", joined)):
        for start in range(0, len(alert_ids), TRIAGE_CHUNK):
            ids = [str(alert_id) for alert_id in alert_ids[start : start + TRIAGE_CHUNK]]
            queue.configure_task(TRIAGE_TASK).defer(**{name: ids})


def row_json(row: object) -> str:
    """The row as it came, as JSON text in ASCII (a lone surrogate has no other form); the rest by its printed form."""
    return json.dumps(row, default=str)


def rows_limit() -> int:
    """How many rows one delivery may hold."""
    return catalog.windows()["batch_max_rows"].count
