"""The wall's open directives: counted fresh from the table, and folded on from the journal alike.

The state keeps every directive of its scope that waits to be checked, so that one that ends uncovers the next; the wall
shows `SHOWN` of them and says how many there are.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest

from yipanqi.ops.directives.enums import ON_THE_CLOCK
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.journal.queries import FeedItem

SHOWN = 30


@dataclass(frozen=True, slots=True)
class OpenDirective:
    """What the wall knows of a directive: codes and instants, never its title. `unit` is where it stands."""

    id: str
    kind: str
    issuer_kind: str
    issuer: str
    unit: str
    issued_at: datetime
    due_at: datetime
    urgent: bool
    status: str
    late: bool


def open_directives(scope_code: str) -> dict[str, OpenDirective]:
    """The directives of a scope that wait to be checked, by id."""
    rows = Directive.objects.in_scope(scope_code).filter(status__in=ON_THE_CLOCK)
    return {
        str(row.id): OpenDirective(
            str(row.id),
            row.kind,
            row.issuer_kind,
            row.issuer_code,
            row.place_code,
            row.issued_at,
            row.due_at,
            row.urgent,
            row.status,
            row.late_at is not None,
        )
        for row in rows.defer("title", "text", "report")
    }


def fold_directive(found: dict[str, OpenDirective], item: FeedItem) -> None:
    """Apply one entry about a directive of the scope.

    Each entry carries the whole of it, so a directive that is handed down into the scope comes in with that entry. The
    clock marks many at once, so its entry may be sealed before an act that came first: it only ever adds `late`.
    """
    known = found.get(item.subject_id)
    if item.after not in ON_THE_CLOCK:
        found.pop(item.subject_id, None)
    elif item.event == "directive.late" and known:
        found[item.subject_id] = replace(known, late=True)
    else:
        payload = item.payload
        found[item.subject_id] = OpenDirective(
            item.subject_id,
            str(payload["directive_kind"]),
            str(payload["issuer_kind"]),
            str(payload["issuer"]),
            item.place_code,
            datetime.fromisoformat(str(payload["issued_at"])),
            datetime.fromisoformat(str(payload["due_at"])),
            bool(payload["urgent"]),
            item.after,
            bool(payload["late"]) or (known is not None and known.late),
        )


def most_pressing(found: dict[str, OpenDirective]) -> list[OpenDirective]:
    """At most `SHOWN`: the overdue first, then the urgent ones, each by what is due first."""
    values = found.values()
    return nsmallest(SHOWN, values, key=lambda each: (not each.late, not each.urgent, each.due_at, each.id))
