"""What the stop plan learns of this centre: how fast each bank answers orders, and how long money stays.

Answers are those of this centre's own orders, curves are made of the latest finished trace of each case. The tick
asks for it (`fire_due`), a job does it (`learn`), and whoever plans reads what is known by then. What a curve or an
answer is worth, and what counts where too little was learned, is the engine's matter.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yipanqi import catalog
from yipanqi.analytics.models import Learned, TraceRun
from yipanqi.analytics.results import unpack_trace
from yipanqi.engine.tracing.planning import DEFAULT, DwellCurves
from yipanqi.engine.tracing.planning.dwell import DWELL_VERSION
from yipanqi.engine.tracing.result import Trace
from yipanqi.ops.measures.queries import answer_minutes

LEARN_TASK = "analytics.learn"
MOST_TRANSFERS = 200_000  # of all traces together; older ones are left out
METHOD = "haircut"  # of the traces that curves are made of, as the chase follows
_ROW = 1


@dataclass(frozen=True)
class Knowledge:
    """What a plan goes by: curves, their name for the record, and minutes until the answer by bank."""

    curves: DwellCurves
    named: str
    answers: Mapping[str, float]


def known() -> Knowledge:
    """What was learned last; the engine's defaults until then."""
    rows = Learned.objects.filter(id=_ROW).values_list("digest", "answers")
    while True:
        digest, answers = rows.first() or ("", {})
        if not digest:
            return Knowledge(DEFAULT, DWELL_VERSION, answers)
        with suppress(Learned.DoesNotExist):  # others took their place between the two looks
            return Knowledge(_curves(digest), f"{DWELL_VERSION}:{digest}", answers)


@transaction.atomic
def fire_due(*, now: datetime, limit: int = 500) -> int:
    """Ask for what is to be learned when it is time; returns how often. A new centre has nothing to learn at first."""
    later = now + catalog.windows()["learn_every"].duration
    row, made = Learned.objects.select_for_update().get_or_create(id=_ROW, defaults={"due_at": later})
    if made or row.due_at > now:
        return 0
    row.due_at = later
    row.save(update_fields=["due_at"])
    queue.configure_task(LEARN_TASK, queue="trace", lock=LEARN_TASK).defer()
    return 1


def learn(*, now: datetime) -> None:
    """Learn from orders and traces as they are now. Safe to repeat."""
    curves = DwellCurves.learn(_finished(), until=now)
    told = curves.as_json() if curves.curves else {}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8] if told else ""
    rows = Learned.objects.filter(id=_ROW)
    rows.update(learned_at=now, answers=answer_minutes(now=now), curves=told, digest=digest)


def _finished() -> Iterator[Trace]:
    """The latest finished trace of each of the cases traced last, each as far as the ledger was known when it was
    asked for."""
    runs = TraceRun.objects.for_system("what is learned is of no place").filter(status="done", method=METHOD)
    latest = runs.order_by("case_id", "-asked_at", "-id").distinct("case_id").values("id")
    limit, read = catalog.windows()["traces_learned"].count, 0
    for run in runs.filter(id__in=latest).order_by("-asked_at", "-id")[:limit].iterator(chunk_size=1):
        found = unpack_trace(bytes(run.result))
        read += len(found.transfers)
        if read > MOST_TRANSFERS:
            return
        yield replace(found, until=min(found.until or run.asked_at, run.asked_at))


@lru_cache(maxsize=1)
def _curves(digest: str) -> DwellCurves:
    return DwellCurves.from_json(Learned.objects.get(id=_ROW, digest=digest).curves)
