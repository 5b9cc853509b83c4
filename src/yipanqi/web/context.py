"""What every page's frame shows: the officer, the desks open to them, the centre's time; at home, what waits."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from yipanqi import catalog
from yipanqi.analytics.queries import open_suggestions
from yipanqi.ops.alerts.queries import matching_quarantined
from yipanqi.ops.cases.queries import late_cases
from yipanqi.ops.directives.queries import waiting_for
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.measures.queries import StopFilter, matching_stops
from yipanqi.ops.staff.gates import may
from yipanqi.ops.workorders.queries import open_visits, waiting_calls
from yipanqi.web import books
from yipanqi.web.lists import count_text
from yipanqi.web.sections import sections

DESKS = {
    "seat": "seat.take",
    "directives": "directive.read",
    "approvals": "stop.sign",
    "funds": "stop.read",
    "visits": "visit.read",
    "alerts": "alert.read",
    "cases": "case.read",
    "hotline": "alert.intake",
    "quarantine": "quarantine.read",
    "imports": "alert.intake",
    "wall": "wall.read",
    "journal": "journal.read",
    "partners": "partner.read",
    "policy": "policy.read",
    "staff": "staff.manage",
}
# Parts of the funds desk that stand as desks of their own for who may not open it.
PARTS_OF_FUNDS = {"returns": "return.read", "money_book": "money.read"}
COUNT_CAP = 1000


def desk(request: HttpRequest) -> dict[str, object]:
    """Context of `base.html`; see the comment at its head."""
    shared = {"drill": settings.DRILL, "now_at": now(), "zone": settings.TIME_ZONE}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {**shared, "officer": None, "desks": set()}
    language = get_language() or "zh-hans"
    roles = "、" if language.startswith("zh") else ", "
    names = roles.join(catalog.roles()[role].name.get(language) for role in user.roles)
    officer = {"id": user.id, "name": user.name, "unit": full_name(user.unit_id, language), "roles": names}
    desks = set() if user.must_change else {"home"} | open_desks(user)
    at_home = bool(request.resolver_match and request.resolver_match.url_name == "home")
    counts = {"counts": _counts(user, desks)} if at_home else {}
    parts = {"sections": SimpleLazyObject(lambda: sections(user))}
    return {**shared, **counts, **parts, "officer": officer, "desks": desks}


def _counts(user: Any, desks: set[str]) -> dict[str, str]:
    """What waits on the officer's desks, counted up to a thousand; a desk where nothing waits is left out."""
    waiting = {
        "quarantine": lambda: matching_quarantined(user, status="held"),
        "seat": lambda: waiting_calls(user, now()),
        "cases": lambda: late_cases(user, now=now()),
        "visits": lambda: open_visits(user),
        "directives": lambda: waiting_for(user),
        "funds": lambda: matching_stops(user, StopFilter(tab="now"), now=now()),
        "chase": lambda: open_suggestions(user),
    }
    desks = desks | {"chase"} if "funds" in desks else desks
    texts = {name: count_text(rows(), COUNT_CAP) for name, rows in waiting.items() if name in desks}
    if "approvals" in desks:
        texts["approvals"] = books.count(user, COUNT_CAP)
    return {name: text for name, text in texts.items() if text != "0"}


def open_desks(user: object) -> set[str]:
    """Names of the desks an officer may open."""
    acts = DESKS if may(user, DESKS["funds"]) else DESKS | PARTS_OF_FUNDS  # type: ignore[arg-type]
    return {name for name, act in acts.items() if may(user, act)}  # type: ignore[arg-type]
