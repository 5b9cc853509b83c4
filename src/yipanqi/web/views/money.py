"""The money page of a case: where the money is now, its graph as JSON, and what is known of one account or one
stream.

Reading only; asking for a trace and working in it are `money_acts`' matter, banks' files `money_files`'.
"""

import uuid
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yipanqi.analytics import queries
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount
from yipanqi.ops.cases.queries import access_case, pack_of
from yipanqi.ops.measures.queries import list_stops_of_case
from yipanqi.ops.staff.gates import may
from yipanqi.web import chase, money, river
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.reading import read_uuid
from yipanqi.web.views.case_money import can_freeze

LOOKS = {
    True: 1,
    False: 5,
}  # seconds until the page looks again: while a trace is under way, and while the chase may add
FLOWS = 8
TRANSFERS = 50
EXPORTS = ("xlsx", "svg", "png", "json")


@desk("trace.read")
@require_GET
def page(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The page: the answer, the river, the account to look at next, the table."""
    return page_of(request, access_case(request.user, case_id))


@desk("trace.read")
@require_GET
def state(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The answer and the table alone; 204 while nothing has changed since `seen`."""
    found = access_case(request.user, case_id)
    run = queries.latest_trace(request.user, case_id)
    seen = request.GET.get("seen", "")
    if run and seen.startswith("none-"):  # the first trace: the page itself is another
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if seen and seen == mark_of(request, found, run):
        return HttpResponse(status=204)
    return render(request, "money/_state.html", _state(request, found, run) | {"with_table": True})


@desk("trace.read")
@require_GET
def graph(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The latest trace as money.js draws it."""
    run = run_of(request, case_id)
    return _json(river.drawing(queries.graph_of(run, request.user)))


@desk("trace.read")
@require_GET
def near(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Whom else an account of the trace dealt with, as cards and streams to add to the drawing."""
    run, account_id = run_of(request, case_id), read_uuid(request.GET.get("account"))
    around = queries.neighbours(run, request.user, account_id)
    drawn = river.around(around, queries.graph_of(run, request.user), account_id)
    return _json(drawn | {"said": _("No other account is known to have dealt with it.")})


@desk("trace.read")
@require_GET
def account(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One account of the trace: what to do next with it, and why."""
    return panel(request, case_id, read_uuid(request.GET.get("account")))


@desk("trace.read")
@require_GET
def flow(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The transfers from one account to another, latest first."""
    run = run_of(request, case_id)
    payer, payee = (read_uuid(request.GET.get(name)) for name in ("payer", "payee"))
    names = {node["id"]: river.card_name(node) for node in queries.graph_of(run, request.user)["nodes"]}
    found = queries.transfers_between(run, request.user, payer, payee)
    latest = sorted(found, key=lambda each: each["booked_at"], reverse=True)
    context = {
        "payer": {"id": payer, "name": names.get(payer, "")},
        "payee": {"id": payee, "name": names.get(payee, "")},
        "transfers": [_transfer(each) for each in latest[:TRANSFERS]],
        "more": max(0, len(latest) - TRANSFERS),
    }
    return render(request, "money/_flow.html", context)


def page_of(request: HttpRequest, found: Any, *, refused: str = "", status: int = 200) -> HttpResponse:
    """The page of a case that passed its gate; `refused` says why the trace just asked for was not taken."""
    run = queries.latest_trace(request.user, found.id)
    context = _state(request, found, run)
    method = request.POST.get("method") or (run.method if run else "haircut")
    context |= {
        "methods": money.methods(method if method in money.METHODS else "haircut"),
        "until": request.POST.get("until", ""),
        "exports": [{"kind": kind, "name": _export_names()[kind]} for kind in EXPORTS]
        if context["rows"]
        else [],
        "refused": refused,
    }
    return render(request, "money/page.html", context, status=status)


def panel(
    request: HttpRequest, case_id: uuid.UUID, account_id: uuid.UUID, *, refused: str = "", status: int = 200
) -> HttpResponse:
    """The part about one account of the case's latest trace; `refused` says why an act on it was not taken."""
    found, run = access_case(request.user, case_id), run_of(request, case_id)
    drawn = queries.graph_of(run, request.user)
    node = next((each for each in drawn["nodes"] if each["id"] == account_id), None)
    if node is None:
        raise YipanqiError("the trace does not hold it", code="not_found")
    shown = money.account(node)
    context = {
        "case": {"id": case_id},
        "account": shown
        | {
            "dwell": money.dwell(node["first_at"], node["last_at"]),
            "marked": str(account_id) in run.sinks,
        },
        "flows": _flows(drawn, account_id),
        "stop_form": _stop_form(found, shown),
        "can_freeze": not shown["is_victim"] and bool(shown["held_minor"]) and can_freeze(request, found),
        "sinks": money.sinks(),
        "can": can(request),
        "refused": refused,
        "holder": request.POST.get("holder_name", ""),
    }
    return render(request, "money/_account.html", context, status=status)


def mark_of(request: HttpRequest, found: Any, run: Any) -> str:
    """What changes whenever the page would: the run, what the chase suggests, the stops."""
    if run is None:
        return f"none-{queries.known_transfers(request.user, found.id)}"
    stops = [f"{stop.id}{stop.version}" for stop in list_stops_of_case(request.user, found)]
    chased = [f"{each.id}{each.version}" for each in queries.list_suggestions(request.user, case_id=found.id)]
    told = blake2b("|".join([*stops, *chased]).encode(), digest_size=6).hexdigest()
    return f"{run.id}-{run.version}-{told}"


def can(request: HttpRequest) -> dict[str, bool]:
    """What this officer may do on the page."""
    acts = {
        "ask": "trace.ask",
        "mark": "trace.mark",
        "upload": "ledger.import",
        "stop": "stop.propose",
        "unmask": "person.unmask",
    }
    return {name: may(request.user, act) for name, act in acts.items()}


def run_of(request: HttpRequest, case_id: uuid.UUID) -> Any:
    """The latest trace of a case. Raises YipanqiError `not_found` before the first was asked for."""
    run = queries.latest_trace(request.user, case_id)
    if run is None:
        raise YipanqiError("the case was not traced yet", code="not_found")
    return run


def _state(request: HttpRequest, found: Any, run: Any) -> dict[str, Any]:
    drawn = queries.graph_of(run, request.user) if run else None
    rows = money.accounts(drawn["nodes"]) if drawn else []
    told = money.run(drawn["run"]) if drawn else None
    return {
        "case": {
            "id": found.id,
            "number": found.number,
            "person": found.victim.name.masked or "—",
            "fraud_type": show.fraud_type(found.fraud_type),
            "loss": show.money(found.loss_minor),
        },
        "run": told,
        "answer": money.answer(drawn) if drawn and rows else None,
        "rows": rows,
        "known": 0 if run else queries.known_transfers(request.user, found.id),
        "can": can(request),
        "mark": mark_of(request, found, run),
        "look_again": LOOKS[bool(told and told["under_way"])],
    }


def _flows(drawn: dict[str, Any], account_id: uuid.UUID) -> dict[str, object]:
    """Who paid an account and whom it paid, largest first."""
    names = {node["id"]: river.card_name(node) for node in drawn["nodes"]}
    sides: dict[str, object] = {}
    for side, mine, other in (("into", "target", "source"), ("out", "source", "target")):
        found = sorted(
            (edge for edge in drawn["edges"] if edge[mine] == account_id),
            key=lambda edge: (-(edge["tainted_minor"] or edge["amount_minor"]), str(edge[other])),
        )
        sides[side] = [
            {
                "id": edge[other],
                "name": names.get(edge[other], ""),
                "sum": format_amount(edge["tainted_minor"] or edge["amount_minor"]),
                "tip": river.stream_words(edge, names.get(edge["source"], ""), names.get(edge["target"], "")),
            }
            for edge in found[:FLOWS]
        ]
        sides[f"more_{side}"] = max(0, len(found) - FLOWS)
    return sides


def _stop_form(found: Any, account: dict[str, Any]) -> dict[str, object] | None:
    """What proposing the stop of an account does, in words; None where there is nothing to stop."""
    if account["state"]["code"] != "held" or (account["stop"] and account["stop"]["live"]):
        return None
    name = {"account": f"{account['bank']} {account['number']}", "sum": account["held"]["full"]}
    return {
        "title": _("Stop %(account)s, CNY %(sum)s") % name,
        "follows": chase.follows(pack_of(found)),
        "need_holder": not queries.knows_holder(account["id"]),
    }


def _transfer(each: dict[str, Any]) -> dict[str, object]:
    return {
        "booked_at": each["booked_at"],
        "amount": format_amount(each["amount_minor"]),
        "tainted": "" if each["tainted_minor"] is None else format_amount(each["tainted_minor"]),
        "seed": each["seed"],
    }


def _export_names() -> dict[str, str]:
    return {
        "xlsx": _("Flow of funds, Excel"),
        "svg": _("Picture, SVG"),
        "png": _("Picture, PNG"),
        "json": _("Evidence file, JSON"),
    }


def _json(drawn: dict[str, object]) -> HttpResponse:
    """JSON with Chinese as it is, at a third of the size of escapes."""
    return JsonResponse(drawn, json_dumps_params={"ensure_ascii": False})
