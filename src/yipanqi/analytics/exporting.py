"""A trace as papers: flow table, picture, evidence file. They show full numbers and holders, so each taking is
journaled.

The evidence file names accounts as the ledger does, by token: another person can follow the same ledger again and
find the same. What stands on the papers is the engine's matter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from yipanqi.analytics.chase import tokens_of
from yipanqi.analytics.models import LedgerRow, TraceRun
from yipanqi.analytics.results import unpack_trace
from yipanqi.analytics.tracing import TraceRefused, access_trace, run_draft
from yipanqi.engine.tracing import Trace
from yipanqi.engine.tracing.evidence import (
    Provenance,
    Showing,
    evidence_json,
    flow_table,
    picture_png,
    picture_svg,
)
from yipanqi.ops.cases.models import Payment
from yipanqi.ops.journal.services import write_entry
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.models import Account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
}


@transaction.atomic
def export_trace(
    *, run: TraceRun, kind: str, lang: str, acting_officer: "Officer", now: datetime
) -> tuple[str, str, bytes]:
    """(file name, content type, bytes) of a finished run as one of `KINDS`; journaled. Raises TraceRefused.

    Needs `trace.export`, and `person.unmask` for all but the evidence file.
    """
    seen = access_trace(acting_officer, run.id, act="trace.export")
    if kind not in KINDS:
        raise TraceRefused("there is no such paper", code="export_unknown")
    if kind != "json":
        require(acting_officer, "person.unmask")
    if seen.status != "done":
        raise TraceRefused("the trace is not finished", code="trace_not_done")
    packed = (
        TraceRun.objects.in_scope(acting_officer.scope_code).values_list("result", flat=True).get(id=run.id)
    )
    trace = unpack_trace(bytes(packed))
    data = _paper(seen, trace, kind, lang)
    acting = as_actor(acting_officer)
    told = {"kind": kind, "accounts": len(trace.accounts)}
    write_entry(run_draft(seen, "trace.exported", acting, now, before=seen.status, **told))
    return f"{seen.case.number}-{seen.id.hex[-6:]}.{kind}", KINDS[kind], data


def _paper(run: TraceRun, trace: Trace, kind: str, lang: str) -> bytes:
    provenance = Provenance(
        run.pack_id, run.pack_version, ZoneInfo(settings.TIME_ZONE), sinks=tokens_of(run.sinks)
    )
    if kind == "json":
        return evidence_json(trace, provenance)
    accounts = {t.payer for t in trace.transfers} | {a.account for a in trace.accounts}
    numbers = {a.number_index: a for a in Account.objects.filter(number_index__in=accounts)}
    showing = Showing(
        lang="zh" if lang.startswith("zh") else "en",
        names=_holders(numbers),
        mask=lambda token: numbers[token].number.reveal() if token in numbers else token,
    )
    if kind == "xlsx":
        return flow_table(trace, provenance, showing)
    picture = picture_svg(trace, provenance, showing)
    return picture_png(picture) if kind == "png" else picture.encode()


def _holders(accounts: Mapping[str, Account]) -> dict[str, str]:
    """Holders' names by token, as transfers and payments named them; the latest telling counts."""
    ids = {account.id: token for token, account in accounts.items()}
    names: dict[str, str] = {}
    for side in ("payer", "payee"):
        rows = LedgerRow.objects.filter(**{f"{side}_id__in": ids}).exclude(**{f"{side}_name": ""})
        for account_id, name in rows.order_by("booked_at").values_list(f"{side}_id", f"{side}_name"):
            names[ids[account_id]] = name.reveal()
    for payment in Payment.objects.filter(payee_id__in=ids, replaced_at__isnull=True):
        names.setdefault(ids[payment.payee_id], payment.payee_name.reveal())
    return names
