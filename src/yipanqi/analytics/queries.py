"""What doors may look at of a case's money: traces and their graphs, suggested stops, banks' files.

Each through its gate.
"""

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Max, OuterRef

from yipanqi.analytics import graphs
from yipanqi.analytics.deciding import access_suggestion
from yipanqi.analytics.models import FlowImport, LedgerRow, StopSuggestion, TraceRun
from yipanqi.analytics.traced import knows_holder
from yipanqi.analytics.tracing import access_trace
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.ops.cases.models import CaseSubject
from yipanqi.ops.cases.queries import OPEN, access_case
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

__all__ = [
    "access_suggestion",
    "access_trace",
    "graph_of",
    "known_transfers",
    "knows_holder",
    "latest_trace",
    "list_imports",
    "list_suggestions",
    "neighbours",
    "open_suggestions",
    "suggestions_mark",
    "transfers_between",
]
SUGGESTIONS = 200
IMPORTS = 50
KNOWN_CAP = 10_000


def latest_trace(officer: "Officer", case_id: uuid.UUID) -> TraceRun | None:
    """The run of a case that was asked for last, whatever became of it; without its answer."""
    require(officer, "trace.read")
    access_case(officer, case_id)
    rows = TraceRun.objects.in_scope(officer.scope_code).select_related("case", "asked_by").defer("result")
    run: TraceRun | None = rows.filter(case_id=case_id).order_by("-asked_at", "-id").first()
    return run


def graph_of(run: TraceRun, officer: "Officer") -> dict[str, Any]:
    """The run with its nodes, edges and ends; while it has no answer yet, with those of the one before.

    See `graphs`.
    """
    return graphs.graph_of_run(access_trace(officer, run.id))


def transfers_between(
    run: TraceRun, officer: "Officer", payer_id: uuid.UUID, payee_id: uuid.UUID
) -> list[dict[str, Any]]:
    """The transfers from one account to another: [{id, booked_at, amount_minor, tainted_minor, currency, kind,
    channel, seed}]."""
    return graphs.flows_between(access_trace(officer, run.id), payer_id, payee_id)


def neighbours(run: TraceRun, officer: "Officer", account_id: uuid.UUID) -> dict[str, Any]:
    """Whom else an account of the trace dealt with, as nodes and edges; nothing for an account it does not hold."""
    seen = access_trace(officer, run.id)
    if not graphs.holds_account(seen, account_id):
        return {"nodes": [], "edges": []}
    return graphs.counterparties(seen, account_id)


def known_transfers(officer: "Officer", case_id: uuid.UUID) -> int:
    """How many transfers are known of the accounts that a case names, counted no further than ten thousand."""
    require(officer, "trace.read")
    case = access_case(officer, case_id)
    ids = list(
        CaseSubject.objects.filter(case=case, account__isnull=False).values_list("account_id", flat=True)
    )
    rows = LedgerRow.objects.filter(merged_into__isnull=True)
    found = rows.filter(payer_id__in=ids) | rows.filter(payee_id__in=ids)
    return found.exclude(sender="report")[:KNOWN_CAP].count()


def list_suggestions(officer: "Officer", *, case_id: uuid.UUID | None = None) -> list[StopSuggestion]:
    """Open suggestions of the officer's scope (or of one case of it), the most savable first; none of a stopped
    account."""
    rows = open_suggestions(officer)
    if case_id:
        rows = rows.filter(case_id=case_id)
    return list(rows.order_by("-savable_minor", "created_at", "id")[:SUGGESTIONS])


def suggestions_mark(officer: "Officer") -> str:
    """What changes whenever `list_suggestions` would."""
    rows = open_suggestions(officer)
    return f"{rows.count()}-{rows.aggregate(last=Max('changed_at'))['last'] or ''}"


def list_imports(officer: "Officer", case_id: uuid.UUID) -> list[FlowImport]:
    """Banks' files handed in on a case, newest first."""
    require(officer, "trace.read")
    access_case(officer, case_id)
    rows = FlowImport.objects.in_scope(officer.scope_code).select_related("asked_by").filter(case_id=case_id)
    return list(rows.order_by("-asked_at", "-id")[:IMPORTS])


def open_suggestions(officer: "Officer") -> Any:
    """The same as a lazy set, for counting."""
    require(officer, "stop.read")
    live = PaymentStop.objects.for_system("an account is stopped once").filter(status__in=LIVE)
    rows = StopSuggestion.objects.in_scope(officer.scope_code).select_related("case", "account")
    return rows.filter(status="open", case__status__in=OPEN).filter(
        ~Exists(live.filter(account=OuterRef("account")))
    )
