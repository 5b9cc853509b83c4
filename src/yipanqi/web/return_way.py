"""The twelve steps of a return as a line: which are done, which is now, which are not needed, with their days."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.ops.returns.standing import Standing
from yipanqi.web.returns import PREPARED

STEPS = (
    "tell",
    "apply",
    "verify",
    "compare",
    "choose",
    "report",
    "notice",
    "objections",
    "decide",
    "order",
    "receipt",
    "close",
)
ONLY_ANNOUNCED = frozenset({"notice", "objections"})


def way(found: Any, standing: Standing, at: datetime) -> list[dict[str, object]]:
    """The twelve steps with their states and dates."""
    here, names, dates = _step(found, standing, at), _step_names(), _dates(found)
    told = standing.taking_part - standing.count("candidate")
    notes = {
        "tell": f"{told}/{standing.taking_part}" if standing.taking_part else "",
        "apply": f"{standing.count('applied', 'verified')}/{standing.taking_part}" if told else "",
        "verify": f"{standing.count('verified')}/{standing.taking_part}" if told else "",
    }
    skipped = ONLY_ANNOUNCED if found.basis == "direct" else frozenset()
    steps: list[dict[str, object]] = []
    for index, code in enumerate(STEPS):
        state = "done" if index < here else "now" if index == here else "later"
        steps.append(
            {
                "name": names[code],
                "state": "skipped" if code in skipped else state,
                "at": dates.get(code) if state == "done" else None,
                "note": notes.get(code, ""),
            }
        )
    return steps


def _step(found: Any, standing: Standing, at: datetime) -> int:
    """The index of the step that a return has come to; one beyond the last when it is closed."""
    if found.status == "closed":
        return len(STEPS)
    if found.status == "withdrawn":
        return -1
    return STEPS.index(_step_name(found, standing, at))


def _step_name(found: Any, standing: Standing, at: datetime) -> str:
    if found.status in PREPARED:
        if standing.count("candidate") or not standing.taking_part:
            return "tell"
        if standing.count("applied"):
            return "verify"
        if found.status == "divided":
            return "report"
        return "choose" if standing.division == "done" else "compare"
    if found.status == "noticed":
        over = at >= found.notice_ends_at
        return "objections" if standing.open_objections else "decide" if over else "notice"
    if found.status in {"decided", "ordered", "paid"}:
        if standing.payable or found.status == "decided":
            return "order"
        return "receipt" if found.status == "ordered" else "close"
    return {"submitted": "report", "deciding": "decide"}[found.status]


def _dates(found: Any) -> dict[str, datetime | date | None]:
    return {
        "choose": found.chosen_at,
        "report": found.approved_at,
        "notice": found.notice_from,
        "decide": found.decided_at,
        "close": found.closed_at,
    }


def _step_names() -> dict[str, str]:
    return {
        "tell": _("Victims told"),
        "apply": _("Applications"),
        "verify": _("Checked"),
        "compare": _("Comparison"),
        "choose": _("Choice"),
        "report": _("Report"),
        "notice": _("Public notice"),
        "objections": _("Objections"),
        "decide": _("Decision"),
        "order": _("Banks told"),
        "receipt": _("Receipts"),
        "close": _("Closing"),
    }
