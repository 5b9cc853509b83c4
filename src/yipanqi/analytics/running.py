"""The job behind a trace: reads the ledger, follows the money, writes the answer, and says how far it is.

It may run twice: what was found is written once. What cannot be followed ends the run with the reason; what fails by
accident is tried again by the queue and then noted.
"""

import time
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F

from yipanqi.analytics.chase import tokens_of
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.models import TraceRun
from yipanqi.analytics.pushing import tell
from yipanqi.analytics.results import pack_trace
from yipanqi.analytics.tracing import TraceRefused, move_run, seeds_of
from yipanqi.casework.lifecycles.trace_run import TRACE_RUN
from yipanqi.engine.tracing import Trace, trace
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import SYSTEM

MOST_TRANSFERS = 200_000  # more are no graph and no table any more
SPEAK_EVERY = 0.3  # seconds between two words of progress


def run_trace(run_id: uuid.UUID, *, now: datetime) -> None:
    """Follow the money of a run that was asked for; one that has ended already stays as it is."""
    run = _begin(run_id, now)
    if run is None:
        return
    try:
        found = _follow(run)
        if len(found.transfers) > MOST_TRANSFERS:
            raise TraceRefused("too many transfers", code="trace_too_wide", limit=MOST_TRANSFERS)
        _say(run_id, stage="writing")
    except YipanqiError as error:
        _end(run_id, "fail", now, error=error.code, payload={"reason": error.code})
        return
    told = {"rows": found.rows, "transfers": len(found.transfers), "accounts": len(found.accounts)}
    _end(run_id, "finish", now, result=pack_trace(found), rows=found.rows, digest=found.digest, payload=told)


def give_up(run_id: uuid.UUID, *, now: datetime) -> None:
    """Note that a run could not be done by accident."""
    _end(run_id, "fail", now, error="trace_failed", payload={"reason": "trace_failed"})


def _begin(run_id: uuid.UUID, now: datetime) -> TraceRun | None:
    with transaction.atomic():
        run = _locked(run_id)
        if run.status in TRACE_RUN.resting:
            return None
        move_run(run, "start", acting=SYSTEM, now=now)
        run.stage, run.done, run.total = "reading", 0, 0
        run.seeds = seeds_of(run.case_id) or run.seeds  # a bank's row may have taken a report's place
        run.save()
        return run


def _follow(run: TraceRun) -> Trace:
    ledger = fresh_store().ledger()
    _say(run.id, stage="following", total=len(ledger))
    spoken = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal spoken
        if time.monotonic() - spoken > SPEAK_EVERY:
            _say(run.id, stage="following", done=done, total=total)
            spoken = time.monotonic()

    sinks = tokens_of(run.sinks)
    return trace(
        ledger,
        list(dict.fromkeys(run.seeds)),
        method=run.method,
        until=run.until,
        sinks=sinks,
        progress=progress,
    )


def _say(run_id: uuid.UUID, **changed: object) -> None:
    rows = TraceRun.objects.for_system("a job tells how far its own run is").filter(id=run_id)
    rows.update(**changed, version=F("version") + 1)


@transaction.atomic
def _end(
    run_id: uuid.UUID, act: str, now: datetime, *, payload: dict[str, object], **changed: object
) -> None:
    run = _locked(run_id)
    if run.status in TRACE_RUN.resting:
        return
    for name, value in changed.items():
        setattr(run, name, value)
    run.stage, run.done = "", run.total
    move_run(run, act, acting=SYSTEM, now=now, **payload)
    run.save()
    tell(run.place_code)


def _locked(run_id: uuid.UUID) -> TraceRun:
    rows = TraceRun.objects.for_system("a job works on its own run").select_for_update(
        no_key=True, of=("self",)
    )
    run: TraceRun = rows.get(id=run_id)
    return run
