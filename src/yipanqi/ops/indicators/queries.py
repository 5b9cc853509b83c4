"""Counting the wall fresh from the tables, in one snapshot of the database."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractHour

from yipanqi.kernel.days import ZONE, day_of, day_start
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case
from yipanqi.ops.indicators.directives import open_directives
from yipanqi.ops.indicators.folding import WallState, fold
from yipanqi.ops.indicators.freezes import count_freezes
from yipanqi.ops.indicators.money import count_money
from yipanqi.ops.journal.queries import last_feed_no, list_feed, unsealed_entry_ids
from yipanqi.ops.workorders.models import Attempt, WorkOrder

TICKER_LOOKBACK = 400


def wall_snapshot(scope_code: str, *, now: datetime) -> WallState:
    """The wall's state of a scope, counted from the tables as of one database snapshot.

    Entries this snapshot sees but the feed does not number yet are noted in `seen`.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:  # one snapshot for all counts; inside another transaction its own rules hold
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        state = WallState(scope_code, day_of(now), now, feed_no=last_feed_no(), seen=unsealed_entry_ids())
        _count_alerts(state, scope_code, now)
        _count_cases(state, scope_code, now)
        _count_work(state, scope_code, now)
        state.money = count_money(scope_code, now=now)
        state.freezes = count_freezes(scope_code, now=now)
        state.directives = open_directives(scope_code)
        state.ticker = _ticker(state)
    return state


def _count_alerts(state: WallState, scope_code: str, now: datetime) -> None:
    midnight = day_start(now)
    alerts = Alert.objects.in_scope(scope_code)
    triaged = alerts.filter(triaged_at__gte=midnight, triaged_at__lt=midnight + timedelta(days=1))
    rows = triaged.values("triaged_type").annotate(n=Count("id"))
    state.classes = {row["triaged_type"]: row["n"] for row in rows}


def _count_cases(state: WallState, scope_code: str, now: datetime) -> None:
    midnight = day_start(now)
    cases = Case.objects.in_scope(scope_code).exclude(status="withdrawn")
    for start, curve in (
        (midnight, state.cases_today),
        (midnight - timedelta(days=1), state.cases_yesterday),
    ):
        found = cases.filter(reported_at__gte=start, reported_at__lt=start + timedelta(days=1))
        for row in found.values(hour=ExtractHour("reported_at", tzinfo=ZONE)).annotate(n=Count("id")):
            curve[row["hour"]] = row["n"]


def _count_work(state: WallState, scope_code: str, now: datetime) -> None:
    midnight = day_start(now)
    state.waiting = (
        WorkOrder.objects.in_scope(scope_code)
        .filter(status="waiting", kind="call", purpose="dissuade")
        .count()
    )
    made = Attempt.objects.in_scope(scope_code).filter(
        Q(made_at__gte=midnight),
        Q(made_at__lt=midnight + timedelta(days=1)),
        undone_at__isnull=True,
        purpose="dissuade",
    )
    for row in made.values("outcome").annotate(n=Count("id"), saved=Sum("saved_minor")):
        state.outcomes[row["outcome"]] = row["n"]
        state.saved_minor += row["saved"] or 0


def _ticker(state: WallState) -> list[dict[str, object]]:
    shadow = WallState(
        state.scope_code, state.day, state.as_of, feed_no=max(0, state.feed_no - TICKER_LOOKBACK)
    )
    return fold(shadow, list_feed(after=shadow.feed_no, limit=TICKER_LOOKBACK)).ticker
