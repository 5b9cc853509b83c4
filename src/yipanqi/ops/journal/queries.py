"""Reading the feed in order, and telling which committed entries are not in it yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from yipanqi.kernel.clock import RealClock
from yipanqi.kernel.places import Tier, shared_digits, tier_of
from yipanqi.ops.journal.models import ClockRow, Entry, Seal, SealerMark


@dataclass(frozen=True)
class FeedItem:
    """One sealed entry as readers get it."""

    feed_no: int
    entry_id: int
    event: str
    place_code: str
    actor_kind: str
    actor_id: str
    subject_kind: str
    subject_id: str
    ground: str
    before: str
    after: str
    payload: dict[str, object]
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    hash: str


def list_feed(*, after: int, limit: int = 1000) -> list[FeedItem]:
    """Sealed entries with a feed number above `after`, in order, at most `limit`."""
    return [
        _item(s)
        for s in Seal.objects.select_related("entry").filter(feed_no__gt=after).order_by("feed_no")[:limit]
    ]


def list_latest(
    *,
    before: int | None = None,
    event: str = "",
    subject_id: str = "",
    subject_ids: Sequence[str] = (),
    actor_id: str = "",
    scope_code: str = "",
    recorded_from: datetime | None = None,
    recorded_to: datetime | None = None,
    limit: int = 50,
) -> list[FeedItem]:
    """The newest sealed entries below feed number `before`, newest first, for the auditor's page.

    With `scope_code` of a city, county or station only entries whose place lies there. The province and the empty
    scope see all, entries without a place too.
    """
    seals = Seal.objects.select_related("entry").order_by("-feed_no")
    if before is not None:
        seals = seals.filter(feed_no__lt=before)
    wanted = {
        "entry__event": event,
        "entry__subject_id": subject_id,
        "entry__subject_id__in": list(subject_ids),
        "entry__actor_id": actor_id,
        "entry__recorded_at__gte": recorded_from,
        "entry__recorded_at__lt": recorded_to,
    }
    seals = seals.filter(**{name: value for name, value in wanted.items() if value})
    if scope_code and tier_of(scope_code) is not Tier.PROVINCE:
        seals = seals.filter(entry__place_code__startswith=shared_digits(scope_code))
    return [_item(seal) for seal in seals[:limit]]


def list_entries_of(subject_kind: str, subject_id: str, *, limit: int = 100) -> list[Entry]:
    """The latest entries about one subject, newest first, sealed or not: what its own page tells."""
    rows = Entry.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return list(rows.order_by("-id")[:limit])


def head() -> FeedItem | None:
    """The newest sealed entry, None while the feed is empty."""
    return next(iter(list_latest(limit=1)), None)


def last_feed_no() -> int:
    """The highest number in the feed; 0 when it is empty."""
    last = Seal.objects.order_by("-feed_no").values_list("feed_no", flat=True).first()
    return last or 0


def unsealed_entry_ids() -> set[int]:
    """Ids of entries this snapshot sees that the feed does not number yet."""
    mark = SealerMark.objects.filter(id=1).first() or SealerMark(id=1)
    later = Entry.objects.extra(where=["(xid, id) > (%s, %s)"], params=[mark.last_xid, mark.last_entry_id])
    return set(later.values_list("id", flat=True))


def now() -> datetime:
    """The centre's time, the only source of `now`: the real clock's.

    Where the setting `VIRTUAL_CLOCK` allows it (rehearsal, drill, tests), the clock row's while that is virtual.
    """
    if not settings.VIRTUAL_CLOCK:
        return RealClock().now()
    row = ClockRow.objects.filter(id=1).first()
    return row.virtual_at if row and row.mode == "virtual" and row.virtual_at else RealClock().now()


def feed_pages(*, after: int) -> Iterator[list[FeedItem]]:
    """The feed above `after` in pages until its present end."""
    while page := list_feed(after=after):
        yield page
        after = page[-1].feed_no


def _item(seal: Seal) -> FeedItem:
    entry = seal.entry
    return FeedItem(
        feed_no=seal.feed_no,
        entry_id=entry.id,
        event=entry.event,
        place_code=entry.place_code,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        ground=entry.ground,
        before=entry.before,
        after=entry.after,
        payload=entry.payload,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        correlation_id=entry.correlation_id,
        hash=seal.hash,
    )
