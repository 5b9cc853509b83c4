"""A trace as a graph to show: accounts masked and with what became of them, flows between them, whom else they dealt
with.

Callers pass the gate first (`tracing.access_trace`): what is here works on a run that they may see. Nothing is
unmasked.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.utils.translation import get_language

from yipanqi import catalog
from yipanqi.analytics.models import LedgerRow, StopSuggestion, TraceRun
from yipanqi.analytics.results import unpack_trace
from yipanqi.engine.tracing.result import Trace, TracedTransfer
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.subjects.models import Account

CURRENCY = "CNY"  # stops are ordered in it
MOST_NODES = 1000
NEIGHBOURS = 50
TRANSFERS_SHOWN = 500
LATEST_ROWS = 20_000  # of an account's rows, those in which counterparties are looked for


def graph_of_run(run: TraceRun) -> dict[str, Any]:
    """The run and its answer as nodes and edges; while it has none, those of the last run of the case that has.

    At most `MOST_NODES` accounts: the victim's, pinned ones, and those that most traced money came to.
    """
    shown = _answered(run)
    trace = unpack_trace(bytes(shown.result)) if shown else None
    graph: dict[str, Any] = {"run": _run(run, shown, trace), "nodes": [], "edges": [], "stops": []}
    if shown is None or trace is None:
        return graph
    accounts = _accounts({t.payer for t in trace.transfers} | {a.account for a in trace.accounts})
    states = _States(run, [account.id for account in accounts.values()])
    nodes = _nodes(trace, accounts, states)
    kept = {node["id"] for node in nodes}
    graph["nodes"] = nodes
    graph["edges"] = [
        e for e in _edges(trace.transfers, accounts) if e["source"] in kept and e["target"] in kept
    ]
    graph["stops"] = [
        {
            "account": accounts[s.account].id,
            "why": s.why,
            "kind": s.kind,
            "tainted_in_minor": s.tainted_in_minor,
        }
        for s in trace.stops
    ]
    return graph


def holds_account(run: TraceRun, account_id: uuid.UUID) -> bool:
    """Whether an account is in the answer of a run, or of the last one of its case that has an answer."""
    shown = _answered(run)
    index = Account.objects.filter(id=account_id).values_list("number_index", flat=True).first()
    if shown is None or index is None:
        return False
    trace = unpack_trace(bytes(shown.result))
    return any(t.payer == index or t.payee == index for t in trace.transfers)


def last_arrival(run: TraceRun, account: Account) -> TracedTransfer | None:
    """The last transfer in yuan that brought traced money to an account of a run's answer."""
    shown = _answered(run)
    transfers = unpack_trace(bytes(shown.result)).transfers if shown else ()
    came = [t for t in transfers if (t.payee, t.currency) == (account.number_index, CURRENCY)]
    return came[-1] if came else None


def flows_between(run: TraceRun, payer_id: uuid.UUID, payee_id: uuid.UUID) -> list[dict[str, Any]]:
    """The latest transfers from one account of the trace to another, earliest first, and how much of each is traced
    money."""
    shown = _answered(run)
    traced = {t.id: t for t in unpack_trace(bytes(shown.result)).transfers} if shown else {}
    rows = LedgerRow.objects.filter(payer_id=payer_id, payee_id=payee_id, merged_into__isnull=True)
    if run.until:
        rows = rows.filter(booked_at__lte=run.until)
    latest = list(rows.order_by("-booked_at", "-seq")[:TRANSFERS_SHOWN])
    return [_transfer(row, traced.get(row.transfer_id), run) for row in reversed(latest)]


def counterparties(run: TraceRun, account_id: uuid.UUID) -> dict[str, Any]:
    """Whom an account of the trace paid and was paid by beside the traced money: at most `NEIGHBOURS`, most money
    first."""
    sides = []
    for mine, other in (("payer_id", "payee_id"), ("payee_id", "payer_id")):
        rows = LedgerRow.objects.filter(**{mine: account_id}, merged_into__isnull=True)
        if run.until:
            rows = rows.filter(booked_at__lte=run.until)
        latest = rows.order_by("-booked_at").values("seq")[:LATEST_ROWS]
        found = LedgerRow.objects.filter(seq__in=latest).values(other)
        sums = found.annotate(
            minor=Sum("amount_minor"), n=Count("seq"), first=Min("booked_at"), last=Max("booked_at")
        )
        sides += [(mine, row[other], row) for row in sums.order_by("-minor")[:NEIGHBOURS]]
    sides.sort(key=lambda side: (-side[2]["minor"], str(side[1])))
    sides = [side for side in sides if side[1] != account_id][:NEIGHBOURS]
    accounts = {a.id: a for a in Account.objects.filter(id__in={side[1] for side in sides})}
    states = _States(run, list(accounts))
    return {
        "nodes": [_node(account, states, level=0) for account in accounts.values()],
        "edges": [
            {
                "source": account_id if mine == "payer_id" else other,
                "target": other if mine == "payer_id" else account_id,
                "amount_minor": row["minor"],
                "tainted_minor": 0,
                "count": row["n"],
                "first_at": row["first"],
                "last_at": row["last"],
                "seed": False,
            }
            for mine, other, row in sides
        ],
    }


class _States:
    """What became of accounts of a run's case: stops, suggestions, pins."""

    def __init__(self, run: TraceRun, ids: list[uuid.UUID]) -> None:
        self.pins, self.sinks = set(run.pins), run.sinks
        stops = PaymentStop.objects.for_system("shown beside an account of a case that passed its gate")
        rows = stops.filter(account_id__in=ids).order_by("proposed_at").values("account_id", "id", "status")
        self.stops = {row["account_id"]: {"id": row["id"], "status": row["status"]} for row in rows}
        open_ones = StopSuggestion.objects.for_system("the same").filter(case_id=run.case_id, status="open")
        self.suggestions = {
            each.account_id: _suggestion(each) for each in open_ones.filter(account_id__in=ids)
        }


def _answered(run: TraceRun) -> TraceRun | None:
    rows = TraceRun.objects.for_system("of a run that passed its gate").filter(
        case_id=run.case_id, status="done"
    )
    found: TraceRun | None = rows.filter(id=run.id).first() or (
        rows.filter(asked_at__lte=run.asked_at).order_by("-asked_at", "-id").first()
    )
    return found


def _run(run: TraceRun, shown: TraceRun | None, trace: Trace | None) -> dict[str, Any]:
    totals = trace.totals if trace else None
    told = shown or run
    return {
        "id": run.id,
        "status": run.status,
        "method": run.method,
        "until": run.until,
        "progress": {"done": run.done, "total": run.total, "stage": run.stage},
        "rows": told.rows,
        "ledger_digest": told.digest,
        "pack": f"{run.pack_id} {run.pack_version}",
        "asked_at": run.asked_at,
        "asked_by": run.asked_by.name if run.asked_by else "",
        "ended_at": run.ended_at,
        "error": run.error,
        "totals": totals
        and {
            "seeded_minor": totals.seeded_minor,
            "held_minor": totals.held_minor,
            "left_minor": totals.left_system_minor,
            "displaced_minor": totals.displaced_minor,
        },
        "accounts": len(trace.accounts) if trace else 0,
    }


def _accounts(indexes: Iterable[str]) -> dict[str, Account]:
    return {each.number_index: each for each in Account.objects.filter(number_index__in=list(indexes))}


def _nodes(trace: Trace, accounts: Mapping[str, Account], states: _States) -> list[dict[str, Any]]:
    ambiguous = set(trace.ambiguous)
    nodes: dict[uuid.UUID, dict[str, Any]] = {}
    for seed in trace.transfers:
        if seed.is_seed:
            _add_victim(nodes, accounts[seed.payer], seed, states)
    for traced in trace.accounts:
        account = accounts[traced.account]
        if account.id in nodes:  # traced money that came back to the victim, or a further currency
            continue
        nodes[account.id] = _node(
            account,
            states,
            level=traced.level,
            bank=traced.bank,
            tainted_in_minor=traced.tainted_in_minor,
            tainted_out_minor=traced.tainted_out_minor,
            held_minor=traced.held_minor,
            first_at=traced.first_at,
            last_at=traced.last_at,
            sink=traced.sink,
            ambiguous=traced.account in ambiguous,
        )
    ranked = sorted(
        nodes.values(),
        key=lambda node: (
            not node["is_victim"], not node["pinned"], -(node["tainted_in_minor"] or 0), node["level"], str(node["id"]),
        ),
    )  # fmt: skip
    return ranked[:MOST_NODES]


def _add_victim(
    nodes: dict[uuid.UUID, dict[str, Any]], account: Account, seed: TracedTransfer, states: _States
) -> None:
    node = nodes.setdefault(
        account.id,
        _node(
            account, states, level=0, is_victim=True, tainted_in_minor=0, tainted_out_minor=0, held_minor=0
        ),
    )
    node["tainted_out_minor"] += seed.amount_minor
    node["first_at"] = node["first_at"] or seed.booked_at
    node["last_at"] = seed.booked_at


def _node(account: Account, states: _States, **told: Any) -> dict[str, Any]:
    code = account.bank_code or told.pop("bank", "") or account.bank
    bank = catalog.banks().get(code)
    key = str(account.id)
    return {
        "id": account.id,
        "number": account.number.masked,
        "bank": code,
        "bank_name": bank.short_name.get(get_language() or "zh-hans") if bank else code,
        "tainted_in_minor": None,
        "tainted_out_minor": None,
        "held_minor": None,
        "first_at": None,
        "last_at": None,
        "ambiguous": False,
        "is_victim": False,
        "sink": None,
        **{name: value for name, value in told.items() if name != "bank"},
        "pinned": key in states.pins,
        "stop": states.stops.get(account.id),
        "suggestion": states.suggestions.get(account.id),
    }


def _suggestion(found: StopSuggestion) -> dict[str, Any]:
    return {
        "id": found.id,
        "version": found.version,
        "savable_minor": found.savable_minor,
        "chance_permille": found.chance_permille,
        "reasons": found.reasons,
    }


def _edges(transfers: Iterable[TracedTransfer], accounts: Mapping[str, Account]) -> list[dict[str, Any]]:
    edges: dict[tuple[uuid.UUID, uuid.UUID], dict[str, Any]] = {}
    for each in transfers:
        source, target = accounts[each.payer].id, accounts[each.payee].id
        edge = edges.setdefault(
            (source, target),
            {"source": source, "target": target, "amount_minor": 0, "tainted_minor": 0, "count": 0,
             "first_at": each.booked_at, "last_at": each.booked_at, "seed": False},
        )  # fmt: skip
        edge["amount_minor"] += each.amount_minor
        edge["count"] += 1
        edge["last_at"] = each.booked_at
        edge["seed"] |= each.is_seed
        known = each.tainted_minor is not None and edge["tainted_minor"] is not None
        edge["tainted_minor"] = edge["tainted_minor"] + each.tainted_minor if known else None
    return list(edges.values())


def _transfer(row: LedgerRow, traced: TracedTransfer | None, run: TraceRun) -> dict[str, Any]:
    return {
        "id": row.transfer_id,
        "booked_at": row.booked_at,
        "amount_minor": row.amount_minor,
        "tainted_minor": traced.tainted_minor if traced else None if run.method == "poison" else 0,
        "currency": row.currency,
        "kind": row.kind,
        "channel": row.channel,
        "seed": traced is not None and traced.is_seed,
    }
