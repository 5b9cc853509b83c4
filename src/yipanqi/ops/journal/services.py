"""Writing the journal, inside the caller's transaction. Sealing is in `sealing`, checking in `verifying`."""

import contextlib
import contextvars
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from yipanqi import catalog
from yipanqi.ops.journal.enums import ActorKind
from yipanqi.ops.journal.models import Entry

_correlation: contextvars.ContextVar[str] = contextvars.ContextVar("correlation_id", default="")


@dataclass(frozen=True)
class Actor:
    """Who acts: an officer's or partner's id, or the name of a system part."""

    kind: ActorKind
    id: str


SYSTEM = Actor(ActorKind.SYSTEM, "system")


@dataclass(frozen=True)
class Draft:
    """An entry before it is written. `payload` holds only what the catalog declares for the event."""

    event: str
    actor: Actor
    subject_kind: str
    subject_id: str
    recorded_at: datetime
    place_code: str = ""
    payload: dict[str, object] = field(default_factory=dict)
    occurred_at: datetime | None = None
    before: str = ""
    after: str = ""
    ground: str = ""


@contextlib.contextmanager
def correlated(correlation_id: str | None = None) -> Iterator[str]:
    """All entries written inside share one correlation id (a new one unless given)."""
    value = correlation_id or str(uuid.uuid4())  # the form that the log keeps, whatever digits are in it
    token = _correlation.set(value)
    try:
        yield value
    finally:
        _correlation.reset(token)


def current_correlation() -> str:
    """The correlation id of the running request or job; empty outside."""
    return _correlation.get()


def write_entry(draft: Draft) -> Entry:
    """Write one entry in the caller's transaction; raises when the payload is not as declared."""
    entry = _entry(draft)
    entry.save(force_insert=True)
    return entry


def write_entries(drafts: Iterable[Draft]) -> int:
    """Write many entries in order in the caller's transaction; returns how many."""
    entries = [_entry(draft) for draft in drafts]
    Entry.objects.bulk_create(entries, batch_size=1000)
    return len(entries)


def _entry(draft: Draft) -> Entry:
    catalog.check_payload(draft.event, draft.payload)
    return Entry(
        event=draft.event,
        version=catalog.events()[draft.event].version,
        actor_kind=draft.actor.kind,
        actor_id=draft.actor.id,
        subject_kind=draft.subject_kind,
        subject_id=str(draft.subject_id),
        place_code=draft.place_code,
        ground=draft.ground,
        before=draft.before,
        after=draft.after,
        payload=draft.payload,
        correlation_id=current_correlation(),
        occurred_at=draft.occurred_at or draft.recorded_at,
        recorded_at=draft.recorded_at,
    )
