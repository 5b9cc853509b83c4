"""From a trace's graph to the cards and streams that the money page draws: texts made, states told, ids as strings.

Where they lie is `river.js`' matter, what the states mean `money`'s.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yipanqi.kernel.money import format_amount, format_short
from yipanqi.web import presenting as show
from yipanqi.web.money import accounts, level_name, sink_name, state_name, state_of


def drawing(graph: Mapping[str, Any]) -> dict[str, object]:
    """The graph as money.js draws it: texts made, states told, ids as strings."""
    nodes = {str(node["id"]): _card(node) for node in graph["nodes"]}
    ranked = accounts(graph["nodes"])
    return {
        "nodes": list(nodes.values()),
        "edges": streams(graph["edges"], nodes),
        "levels": {level: level_name(level) for level in {card["level"] for card in nodes.values()} | {0}},
        "first": str(ranked[0]["id"]) if ranked else "",
    }


def streams(
    edges: Iterable[Mapping[str, Any]], cards: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Streams between the given cards, coloured by what has become of the money where they end."""
    return [
        _stream(edge, cards)
        for edge in edges
        if str(edge["source"]) in cards and str(edge["target"]) in cards
    ]


def _stream(edge: Mapping[str, Any], cards: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    source, target = cards[str(edge["source"])], cards[str(edge["target"])]
    traced = edge["tainted_minor"] is None or edge["tainted_minor"] > 0 or edge["seed"]
    state = target["state"] if traced else "other"
    return {
        "id": f"{source['id']}-{target['id']}",
        "source": source["id"],
        "target": target["id"],
        "tainted": edge["tainted_minor"] or 0,
        "state": {"victim": "moved"}.get(state, state),
        "tip": stream_words(edge, source["name"], target["name"]),
    }


def stream_words(edge: Mapping[str, Any], source: str, target: str) -> str:
    """A stream in one line: from whom to whom, how often, how much of it is the victim's, when."""
    count = ngettext("%(n)s transfer", "%(n)s transfers", edge["count"]) % {"n": edge["count"]}
    words = [f"{source} → {target}", count]
    if edge["tainted_minor"] is not None:
        words.append(_("traced %(sum)s") % {"sum": format_amount(edge["tainted_minor"])})
    if edge["amount_minor"] != edge["tainted_minor"]:
        words.append(_("in all %(sum)s") % {"sum": format_amount(edge["amount_minor"])})
    words.append(
        " – ".join(dict.fromkeys(show.minute(edge[name]) for name in ("first_at", "last_at") if edge[name]))
    )
    return " · ".join(word for word in words if word)


def card_name(node: Mapping[str, Any]) -> str:
    """An account as a card names it: bank and last four."""
    tail = node["number"][-4:]
    return f"{node['bank_name']} {tail if tail.isalnum() else node['number']}".strip()


def _card(node: Mapping[str, Any]) -> dict[str, Any]:
    state, held, into = state_of(node), node["held_minor"], node["tainted_in_minor"]
    return {
        "id": str(node["id"]),
        "level": 0 if node["is_victim"] else node["level"],
        "victim": node["is_victim"],
        "in": into or 0,
        "out": node["tainted_out_minor"] or 0,
        "share": round(100 * held / into) if held and into else 0,
        "state": state,
        "name": card_name(node),
        "sum": _card_sum(node, state),
        "tip": _card_tip(node, state),
        "pinned": node["pinned"],
        "urgent": bool(node["suggestion"]),
    }


def _card_sum(node: Mapping[str, Any], state: str) -> str:
    """The second line of a card: what lies there, what has passed, or how it left."""
    minor = {"held": "held_minor", "stopped": "held_minor", "victim": "tainted_out_minor"}.get(
        state, "tainted_in_minor"
    )
    amount = _short(node[minor])
    if state == "out":
        return f"{sink_name(node['sink'])} {amount}".strip()
    words = {
        "victim": _("paid %(sum)s"),
        "held": _("holds %(sum)s"),
        "stopped": _("stopped %(sum)s"),
        "moved": _("sent on %(sum)s"),
    }
    return (words[state] % {"sum": amount}).strip()


def _card_tip(node: Mapping[str, Any], state: str) -> str:
    words = [f"{node['bank_name']} {node['number']}", state_name(state)]
    if node["tainted_in_minor"] is not None:
        words.append(_("in %(sum)s") % {"sum": format_amount(node["tainted_in_minor"])})
        words.append(_("there %(sum)s") % {"sum": format_amount(node["held_minor"] or 0)})
    if node["ambiguous"]:
        words.append(_("order of its transfers not certain"))
    return " · ".join(words)


def around(near: Mapping[str, Any], graph: Mapping[str, Any], account_id: object) -> dict[str, object]:
    """What an account dealt with besides, as cards and streams to add: who paid it a level nearer, whom it paid one
    further.
    """
    cards = {str(node["id"]): _card(node) for node in graph["nodes"]}
    level, paid = cards[str(account_id)]["level"], {str(edge["target"]) for edge in near["edges"]}
    fresh = {}
    for node in near["nodes"]:
        if str(node["id"]) not in cards:
            card = _card(node) | {"state": "other", "urgent": False, "sum": state_name("other")}
            card["level"] = level + 1 if card["id"] in paid else max(1, level - 1)
            fresh[card["id"]] = card
    return {"nodes": list(fresh.values()), "edges": streams(near["edges"], cards | fresh)}


def _short(minor: int | None) -> str:
    return "" if minor is None else format_short(minor, show.language())
