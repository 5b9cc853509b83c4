"""From directives to what their desk shows: titles for who passed the gate, names of units and partners, clocks, acts.

No decisions: what is allowed comes from `ops.directives.rules`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.ops.directives.enums import ON_THE_CLOCK, IssuerKind
from yipanqi.ops.directives.queries import list_remarks
from yipanqi.ops.directives.rules import is_own_report, open_acts, show_number, unit_of
from yipanqi.ops.journal.queries import list_entries_of
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.partners.queries import find_partners
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import lists
from yipanqi.web import presenting as show

# The act that the status waits for, and so the unit.
NEXT_ACT = {"issued": "accept", "accepted": "act", "acted": "verify", "verified": "feed_back"}
EVENT_OF_REMARK = {
    "act": "directive.acted",
    "send_back": "directive.sent_back",
    "withdraw": "directive.withdrawn",
}


def options() -> dict[str, object]:
    """The kinds, for filters and the form."""
    language = show.language()
    kinds = catalog.directive_kinds()
    return {
        "kinds": [
            {**each, "meaning": kinds[each["code"]].meaning.get(language), "icon": kinds[each["code"]].icon}
            for each in lists.options(kinds, language)
        ]
    }


def tab_name(tab: str) -> str:
    """What a tab of the desk is called."""
    return {
        "open": _("All open"),
        "to_accept": _("To accept"),
        "in_hand": _("In hand"),
        "to_verify": _("To verify and feed back"),
        "done": _("Done"),
    }[tab]


def rows_shown(rows: Iterable[Any], officer: Any, at: datetime) -> list[dict[str, object]]:
    """The rows of a list, with the names of all partners looked up at once."""
    rows = list(rows)
    issuers = issuer_names(rows)
    return [_row(row, issuers[row.id], officer, at) for row in rows]


def issuer_names(rows: Iterable[Any]) -> dict[Any, str]:
    """Who ordered, by the directive's id: a unit by its place, a partner by its own name."""
    rows, language = list(rows), show.language()
    partners = find_partners(row.issuer_code for row in rows if row.issuer_kind == IssuerKind.PARTNER)
    named = {code: partner.name(language) for code, partner in partners.items()}
    return {row.id: named.get(row.issuer_code) or full_name(row.issuer_code, language) for row in rows}


def _row(row: Any, issuer: str, officer: Any, at: datetime) -> dict[str, object]:
    language = show.language()
    kind, status = catalog.directive_kinds()[row.kind], catalog.statuses()[f"directive.{row.status}"]
    runs = row.status in ON_THE_CLOCK
    waits_for = unit_of(row, NEXT_ACT[row.status]) if row.status in NEXT_ACT else ""
    return {
        "id": row.id,
        "number": show_number(row.number),
        "title": row.title.reveal(),
        "kind": {"name": kind.name.get(language), "icon": kind.icon},
        "urgent": row.urgent,
        "issuer": issuer,
        "unit": full_name(row.place_code, language),
        "status": {"name": status.name.get(language), "tone": status.tone},
        "waits_for": full_name(waits_for, language) if waits_for else "",
        "is_ours": waits_for == officer.unit_id,
        "late": row.late_at is not None,
        "time_left": show.clock(row.due_at, row.issued_at, at) if runs else None,
        "issued_at": row.issued_at,
        "due_at": row.due_at,
        "total_seconds": max(1, int((row.due_at - row.issued_at) / timedelta(seconds=1))),
    }


def detail(row: Any, officer: Any, at: datetime) -> dict[str, object]:
    """One directive that passed its gate, with everything said and done."""
    language = show.language()
    issuer = issuer_names([row])[row.id]
    people = {
        name: getattr(row, name).name if getattr(row, name) else ""
        for name in ("issued_by", "accepted_by", "acted_by", "verified_by")
    }
    shown = {
        **_row(row, issuer, officer, at),
        **people,
        "version": row.version,
        "text": row.text.reveal(),
        "report": row.report.reveal(),
        "verifying": full_name(row.verifying_code, language),
        "by_partner": row.issuer_kind == IssuerKind.PARTNER,
        "accepted_at": row.accepted_at,
        "acted_at": row.acted_at,
        "fed_back_at": row.fed_back_at,
    }
    return {
        "directive": shown,
        "acts": set(open_acts(row, officer)),
        "own_report": row.status == "acted"
        and officer.unit_id == row.verifying_code
        and is_own_report(row, officer.id),
        "timeline": _timeline(row),
    }


def _timeline(row: Any) -> list[dict[str, object]]:
    """The acts by the journal, newest first; those that came with words with them."""
    language = show.language()
    said: dict[str, list[str]] = {}
    for remark in list_remarks(row):
        said.setdefault(EVENT_OF_REMARK[remark.act], []).append(remark.text.reveal())
    entries = list_entries_of("directive", str(row.id))
    officers = list_names({each.actor_id for each in entries if each.actor_kind == "officer"})
    partners = find_partners({each.actor_id for each in entries if each.actor_kind == "partner"})
    names = officers | {code: partner.name(language) for code, partner in partners.items()}
    return [
        {
            "at": each.recorded_at,
            "title": catalog.events()[each.event].name.get(language),
            "by": names.get(each.actor_id, ""),
            "unit": full_name(each.place_code, language) if each.event in _TO_A_UNIT else "",
            "kind": "outcome" if each.event in said else "act",
            "text": said[each.event].pop() if said.get(each.event) else "",  # newest first, as the entries
        }
        for each in entries
    ]


_TO_A_UNIT = {"directive.issued", "directive.handed_down"}
