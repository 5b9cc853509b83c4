"""The sections of the funds desk, as the line at the head of each shows them: keys 1 to 5, and what waits in each.

A section stands here when its page exists and the officer may open it. Counts are of what wants somebody now, and stop
counting at a thousand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yipanqi.ops.journal.queries import now
from yipanqi.ops.measures.freezing.queries import FreezeFilter, matching_freezes
from yipanqi.ops.measures.queries import StopFilter, matching_stops
from yipanqi.ops.screening.queries import unscreened
from yipanqi.ops.staff.gates import may
from yipanqi.web.lists import count_text

COUNT_CAP = 1000


@dataclass(frozen=True)
class Section:
    """One section: its key, url name, name, the act that opens it, and what waits there (None: nothing)."""

    key: str
    route: str
    name: str | Promise
    act: str
    waits: Callable[[Any], Any] | None = None


SECTIONS = (
    Section(
        "1", "funds", _("Stops"), "stop.read", lambda u: matching_stops(u, StopFilter(tab="now"), now=now())
    ),
    Section(
        "2",
        "freezes",
        _("Freezes"),
        "freeze.read",
        lambda u: matching_freezes(u, FreezeFilter(tab="expiring"), now=now()),
    ),
    Section("3", "screenings", _("Screening"), "screening.read", unscreened),
    Section("4", "returns", _("Returns"), "return.read"),
    Section("5", "money_book", _("Books"), "money.read"),
)


def sections(officer: Any) -> list[dict[str, Any]]:
    """The sections that an officer may open: [{key, route, name, url, count}], `count` "" where nothing waits."""
    found = []
    for each in SECTIONS:
        if not may(officer, each.act):
            continue
        try:
            url = reverse(each.route)
        except NoReverseMatch:
            continue
        count = count_text(each.waits(officer), COUNT_CAP) if each.waits else ""
        found.append(
            {
                "key": each.key,
                "route": each.route,
                "name": each.name,
                "url": url,
                "count": count.strip("0") and count,
            }
        )
    return found
