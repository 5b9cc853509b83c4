"""Asking for a trace of a case's money, and working in it: another method, another end, another account to look at.

What an officer marks as an end has the money followed anew. The job itself is in `running`, showing the answer in
`graphs`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from procrastinate.contrib.django import app as queue
from procrastinate.jobs import DEFAULT_PRIORITY

from yipanqi import catalog
from yipanqi.analytics.graphs import holds_account
from yipanqi.analytics.models import Seed, TraceRun
from yipanqi.casework.lifecycles.trace_run import TRACE_RUN
from yipanqi.engine.tracing import METHODS
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entry
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

TRACE_TASK = "analytics.trace"
SINKS = ("cash_out", "merchant", "clearing", "exchange", "foreign")
PINS_MAX = 50
_LATER = DEFAULT_PRIORITY - 1  # traces that no officer waits for let calls and orders go first
_GATHERS = {"seconds": 5}  # and take in what moves within these


class TraceRefused(YipanqiError):
    """A trace cannot be asked for or changed as asked.

    Codes: method_unknown, no_payment_known, sink_unknown, account_not_traced, too_many_pins (limit).
    """

    code = "trace_refused"


class TraceNotFound(YipanqiError):
    """No such trace within the officer's scope; the same answer whether absent or out of scope."""

    code = "not_found"


def access_trace(officer: "Officer", run_id: uuid.UUID, *, act: str = "trace.read") -> TraceRun:
    """The run, if the officer may do `act` and its case lies in the officer's scope."""
    require(officer, act)
    rows = TraceRun.objects.in_scope(officer.scope_code).select_related("case", "asked_by")
    run: TraceRun | None = rows.defer("result").filter(id=run_id).first()
    if run is None:
        raise TraceNotFound(f"trace {run_id} is not in your scope")
    return run


@transaction.atomic
def ask_trace(
    *, case_id: uuid.UUID, method: str, until: datetime | None, acting_officer: "Officer", now: datetime
) -> TraceRun:
    """Have a case's money followed by a method up to `until` (None: as far as the ledger goes); done by a job.

    Ends and pins of the run before stay. Raises TraceRefused.
    """
    case = access_case(acting_officer, case_id)
    require(acting_officer, "trace.ask")
    if method not in METHODS:
        raise TraceRefused("there is no such method", code="method_unknown")
    before = _latest(case)
    sinks, pins = (before.sinks, before.pins) if before else ({}, [])
    return _ask(case, method, until, sinks, pins, acting_officer, as_actor(acting_officer), now)


@transaction.atomic
def mark_sink(
    *, run_id: uuid.UUID, account_id: uuid.UUID, kind: str, acting_officer: "Officer", now: datetime
) -> TraceRun:
    """Say that an account of the trace is an end of a kind; the money is followed anew. Raises TraceRefused."""
    if kind not in SINKS:
        raise TraceRefused("there is no such end", code="sink_unknown")
    run = _locked(run_id, acting_officer)
    return _again(run, {**run.sinks, str(_traced(run, account_id)): kind}, acting_officer, now)


@transaction.atomic
def unmark_sink(
    *, run_id: uuid.UUID, account_id: uuid.UUID, acting_officer: "Officer", now: datetime
) -> TraceRun:
    """Say that an account is no end after all; the money is followed anew."""
    run = _locked(run_id, acting_officer)
    sinks = {key: kind for key, kind in run.sinks.items() if key != str(account_id)}
    return run if sinks == run.sinks else _again(run, sinks, acting_officer, now)


def pin(*, run_id: uuid.UUID, account_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> TraceRun:
    """Keep an account of the trace in sight. Raises TraceRefused."""
    return _pin(run_id, account_id, True, acting_officer, now)


def unpin(*, run_id: uuid.UUID, account_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> TraceRun:
    """Let go of a pinned account."""
    return _pin(run_id, account_id, False, acting_officer, now)


def follow_on(case: Case, *, now: datetime) -> TraceRun | None:
    """Have a case's latest trace made anew because its money has moved, unless it ends at a chosen instant or one
    waits.

    Within the caller's transaction. A case that nobody asked a trace of gets its first one by this.
    """
    latest = _latest(case)
    if latest and (latest.status == TRACE_RUN.initial or latest.until):
        return None
    method, sinks, pins = (latest.method, latest.sinks, latest.pins) if latest else ("haircut", {}, [])
    return _ask(case, method, None, sinks, pins, None, SYSTEM, now)


def move_run(run: TraceRun, act: str, *, acting: Actor, now: datetime, **payload: object) -> None:
    """Apply one act of the lifecycle to a locked run (not saved) and journal it."""
    transition = TRACE_RUN.next(run.status, act)
    before, run.status = run.status, transition.target
    run.version += 1
    if transition.target in TRACE_RUN.resting:
        run.ended_at = now
    write_entry(run_draft(run, transition.event, acting, now, before=before, method=run.method, **payload))


def run_draft(
    run: TraceRun, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a trace."""
    body = {"trace_id": str(run.id), "case_id": str(run.case_id), **payload}
    return Draft(
        event, acting, "trace_run", str(run.id), now, run.place_code, body, before=before, after=run.status
    )


def seeds_of(case_id: uuid.UUID) -> list[str]:
    """The ids in the ledger of the transfers that the payments of a case's victim stand for now."""
    rows = Seed.objects.filter(case_id=case_id).order_by("payment_id")
    return [
        f"{sender}:{external_id}"
        for sender, external_id in rows.values_list("row__sender", "row__external_id")
    ]


def _latest(case: Case) -> TraceRun | None:
    rows = TraceRun.objects.for_system("of a case that passed its gate").filter(case=case)
    run: TraceRun | None = rows.defer("result").order_by("-asked_at", "-id").first()
    return run


def _ask(
    case: Case,
    method: str,
    until: datetime | None,
    sinks: Mapping[str, str],
    pins: Sequence[str],
    officer: "Officer | None",
    acting: Actor,
    now: datetime,
) -> TraceRun:
    ids = seeds_of(case.id)
    if not ids:
        raise TraceRefused("no payment of the victim is known", code="no_payment_known")
    pack = catalog.policy(case.pack_id, case.pack_version)
    run = TraceRun(
        id=new_id(now),
        case=case,
        status=TRACE_RUN.initial,
        method=method,
        until=until,
        seeds=ids,
        sinks=dict(sinks),
        pins=list(pins),
        pack_id=pack.id,
        pack_version=pack.version,
        asked_by=officer,
        asked_at=now,
    )
    run.put_at(case.place_code)
    run.save(force_insert=True)
    write_entry(run_draft(run, "trace.asked", acting, now, method=method))
    when: dict[str, Any] = {} if officer else {"priority": _LATER, "schedule_in": _GATHERS}
    task = queue.configure_task(TRACE_TASK, queue="trace", lock=f"trace:{case.id}", **when)
    task.defer(run_id=str(run.id))
    return run


def _again(run: TraceRun, sinks: Mapping[str, str], officer: "Officer", now: datetime) -> TraceRun:
    return _ask(run.case, run.method, run.until, sinks, run.pins, officer, as_actor(officer), now)


@transaction.atomic
def _pin(
    run_id: uuid.UUID, account_id: uuid.UUID, pinned: bool, officer: "Officer", now: datetime
) -> TraceRun:
    run = _locked(run_id, officer)
    key = str(_traced(run, account_id))
    if pinned == (key in run.pins):
        return run
    if pinned and len(run.pins) >= PINS_MAX:
        raise TraceRefused("too many accounts are pinned", code="too_many_pins", limit=PINS_MAX)
    run.pins = [*run.pins, key] if pinned else [each for each in run.pins if each != key]
    run.version += 1
    run.save(update_fields=["pins", "version"])
    write_entry(run_draft(run, "trace.pinned", as_actor(officer), now, account_id=key, pinned=pinned))
    return run


def _locked(run_id: uuid.UUID, officer: "Officer") -> TraceRun:
    access_trace(officer, run_id, act="trace.mark")
    rows = TraceRun.objects.in_scope(officer.scope_code).select_for_update(no_key=True, of=("self",))
    run: TraceRun = rows.select_related("case").defer("result").get(id=run_id)
    return run


def _traced(run: TraceRun, account_id: uuid.UUID) -> uuid.UUID:
    if not holds_account(run, account_id):
        raise TraceRefused("the trace does not hold this account", code="account_not_traced")
    return account_id
