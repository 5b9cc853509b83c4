"""From a trace's graph to what the money page shows: where the money is in one line that adds up, each account in
words.

No decisions and no queries here: amounts, levels and what may be done come from the bridge's queries as plain
dicts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.money import format_amount
from yipanqi.web import presenting as show
from yipanqi.web import stops

METHODS = ("haircut", "fifo", "lifo", "poison")
UNDER_WAY = frozenset({"queued", "running"})
UNTOLD = frozenset({"held", "answer"})  # reasons that the panel tells otherwise, or that the chance contains
HOLDS = frozenset({"stopped", "lifting"})
# From how many minor units on a sum is told in a unit, and the unit's own size.
_UNITS = {
    "zh": ((10**10, 10**10, "亿"), (10**6, 10**6, "万")),
    "en": ((10**11, 10**11, "B"), (10**8, 10**8, "M"), (10**6, 10**5, "k")),
}
_MEANINGS = {
    "haircut": gettext_lazy(
        "Each payment takes its share of all the money in the account. The usual choice."
    ),
    "fifo": gettext_lazy("What came into an account first leaves it first."),
    "lifo": gettext_lazy("What came into an account last leaves it first."),
    "poison": gettext_lazy("Marks every account such money touched; says no sums."),
}
_SINKS = ("cash_out", "merchant", "clearing", "exchange", "foreign")
_DIGITS = "零一二三四五六七八九"


def methods(chosen: str) -> list[dict[str, object]]:
    """The ways of following money, each with one line of what it takes for granted."""
    return [
        {"code": code, "name": method_name(code), "meaning": _MEANINGS[code], "chosen": code == chosen}
        for code in METHODS
    ]


def method_name(code: str) -> str:
    """A method as an officer calls it."""
    return _word(f"method.{code}")


def sinks() -> list[dict[str, str]]:
    """The kinds of ends that an officer may mark an account as."""
    return [{"code": code, "name": sink_name(code)} for code in _SINKS]


def sink_name(kind: str) -> str:
    """How money left here, in words."""
    return _word(f"end.{kind}") if f"end.{kind}" in catalog.trace_words() else kind


def _word(code: str) -> str:
    return catalog.trace_words()[code].name.get(show.language())


def adding_up(parts: Sequence[int]) -> list[dict[str, str]]:
    """Sums that add up, with their total before them: short in one unit, rounded so that the shown parts add up too.

    Tenths of the unit go to the parts by largest remainder, ties to the earlier one.
    """
    total = sum(parts)
    units = _UNITS["zh" if show.language().startswith("zh") else "en"]
    _, size, unit = next((each for each in units if total >= each[0]), (0, 0, ""))
    if not size:
        return [{"short": format_amount(each), "full": format_amount(each)} for each in (total, *parts)]
    tenth = size // 10
    whole = (2 * total + tenth) // (2 * tenth)
    shares = [each // tenth for each in parts]
    for at in sorted(range(len(parts)), key=lambda at: -(parts[at] % tenth))[: whole - sum(shares)]:
        shares[at] += 1
    return [
        {"short": f"{count // 10:,}.{count % 10}{unit}", "full": format_amount(minor)}
        for count, minor in zip((whole, *shares), (total, *parts), strict=True)
    ]


def answer(graph: Mapping[str, Any]) -> dict[str, object] | None:
    """Where the money is: what was seeded, and the parts it is in now; None while sums are not known.

    `parts` holds [{code, name, sum, ratio}], of held money first what banks have stopped, then what is still open.
    """
    totals = graph["run"]["totals"]
    if not totals or totals["seeded_minor"] is None:
        return None
    stopped = sum(node["held_minor"] or 0 for node in graph["nodes"] if state_of(node) == "stopped")
    stopped = min(stopped, totals["held_minor"])
    minors = {
        "stopped": stopped,
        "held": totals["held_minor"] - stopped,
        "out": totals["left_minor"],
        "displaced": totals["displaced_minor"],
    }
    whole, *told = adding_up(list(minors.values()))
    seeded = max(1, totals["seeded_minor"])
    words = {
        "stopped": _("stopped by the banks"),
        "held": _("still in accounts"),
        "out": _("out of reach"),
        "displaced": _word("total.displaced"),
    }
    parts = [
        {"code": code, "name": words[code], "sum": text, "ratio": f"{minors[code] / seeded:.4f}"}
        for (code, text) in zip(minors, told, strict=True)
        if minors[code] or code == "held"
    ]
    return {"whole": whole, "parts": parts}


def run(told: Mapping[str, Any]) -> dict[str, Any]:
    """How a trace stands: its status, how far it is, with what it was made, why it failed."""
    progress = told["progress"]
    total = progress["total"] or 0
    under_way = told["status"] in UNDER_WAY
    return {
        "status": stops.status_of("trace_run", told["status"]),
        "method": method_name(told["method"]),
        "until": told["until"],
        "under_way": under_way,
        "progress": {
            "done": f"{progress['done']:,}",
            "total": f"{total:,}" if total else "",
            "ratio": f"{progress['done'] / total:.3f}" if total else "",
            "stage": stage_name(progress["stage"]),
        },
        "rows": f"{told['rows']:,}" if told["rows"] else "",
        "digest": told["ledger_digest"],
        "pack": told["pack"],
        "asked_at": told["asked_at"],
        "asked_by": told["asked_by"],
        "error": error_words(told["error"]) if told["error"] else "",
    }


def error_words(code: str) -> str:
    """Why a trace or a file failed, and what to do, in the catalog's words."""
    return catalog.error_text(code).get(show.language())


def stage_name(stage: str) -> str:
    """What a trace that is under way is doing."""
    return {
        "": _("Waits for its turn"),
        "reading": _("Reading the ledger"),
        "following": _("Following the money, transfer by transfer"),
        "writing": _("Writing the answer down"),
    }[stage]


def state_of(node: Mapping[str, Any]) -> str:
    """What has become of the money at an account: victim, stopped, held, moved or out (of reach)."""
    if node["is_victim"]:
        return "victim"
    if node["stop"] and node["stop"]["status"] in HOLDS:
        return "stopped"
    if node["sink"]:
        return "out"
    return "held" if node["held_minor"] else "moved"


def state_name(state: str) -> str:
    """The same in words."""
    return {
        "victim": _("whose money it was"),
        "stopped": _("stopped"),
        "held": _("holds money"),
        "moved": _("passed it on"),
        "out": _("out of reach"),
        "other": _("not traced"),
    }[state]


def level_name(level: int) -> str:
    """一级卡, 二级卡: how many hops from the victim; 0 is the victim's own."""
    if level == 0:
        return _word("level.payer")
    sentence = catalog.trace_words()["level.number"]
    return sentence.fill(number=_numeral(level)).get(show.language())


def _numeral(number: int) -> str:
    if not show.language().startswith("zh") or number > 99:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def account(node: Mapping[str, Any]) -> dict[str, Any]:
    """An account of the trace as the table and the panel show it."""
    state = state_of(node)
    return {
        "id": node["id"],
        "bank": node["bank_name"],
        "number": node["number"],
        "level": node["level"],
        "level_name": level_name(0 if node["is_victim"] else node["level"]),
        "state": {"code": state, "name": state_name(state)},
        "in": _sum(node["tainted_in_minor"]),
        "out": _sum(node["tainted_out_minor"]),
        "held": _sum(node["held_minor"]),
        "in_minor": node["tainted_in_minor"] or 0,
        "held_minor": node["held_minor"] or 0,
        "first_at": node["first_at"],
        "last_at": node["last_at"],
        "sink": sink_name(node["sink"]) if node["sink"] else "",
        "pinned": node["pinned"],
        "ambiguous": node["ambiguous"],
        "stop": node["stop"]
        and {
            "id": node["stop"]["id"],
            "status": stops.status_of("payment_stop", node["stop"]["status"]),
            "live": node["stop"]["status"] in LIVE,
        },
        "suggestion": suggestion(node["suggestion"]) if node["suggestion"] else None,
        "is_victim": node["is_victim"],
    }


def accounts(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The table's rows: first what the chase would stop, then by what lies there, by level and by what came in."""
    rows = [account(node) for node in nodes]
    return sorted(
        rows,
        key=lambda row: (
            row["is_victim"],
            -(row["suggestion"] or {"savable_minor": -1})["savable_minor"],
            -row["held_minor"] if row["state"]["code"] == "held" else 0,
            row["level"],
            -row["in_minor"],
            str(row["id"]),
        ),
    )


def suggestion(found: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal of the chase: how much can still be saved, how likely, and why."""
    return {
        "id": found["id"],
        "version": found["version"],
        "savable": _sum(found["savable_minor"]),
        "savable_minor": found["savable_minor"],
        "chance": round(found["chance_permille"] / 10),
        "reasons": [reason_words(each) for each in found["reasons"] if each["code"] not in UNTOLD],
    }


def dwell(first_at: datetime | None, last_at: datetime | None) -> str:
    """How long money has moved at an account, from the first that came to the last that moved."""
    return stops.span(int((last_at - first_at).total_seconds())) if first_at and last_at else ""


def _sum(minor: int | None) -> dict[str, str] | None:
    return show.money(minor)


def reason_words(reason: Mapping[str, Any]) -> str:
    """Why the chase would stop an account, as a sentence."""
    return catalog.stop_reasons()[reason["code"]].fill(**reason["detail"]).get(show.language())
