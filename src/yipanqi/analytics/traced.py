"""What an officer does with an account that a trace holds: propose its stop, or see its number in full.

An account that the chase suggests is stopped by taking the suggestion (`deciding`); any other by what the trace tells
of it.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.analytics.deciding import holder_of, take_suggestion, traced_stop
from yipanqi.analytics.graphs import graph_of_run, holds_account, last_arrival
from yipanqi.analytics.models import LedgerRow, StopSuggestion, TraceRun
from yipanqi.analytics.tracing import TraceNotFound, TraceRefused, access_trace
from yipanqi.ops.cases.services import note_level
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.measures.proposing import propose_stop
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.subjects.services import unmask_account

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

DESK = "money.trace"


@transaction.atomic
def stop_traced(
    *,
    run_id: uuid.UUID,
    account_id: uuid.UUID,
    holder_name: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> PaymentStop:
    """Propose the stop of an account of a trace where traced money lies, on the ground of the trace.

    The four elements are those of the last transfer of the trace that brought money there; the holder's name is what
    the officer gives, else what a transfer, a payment or an earlier stop named. Raises TraceRefused
    `account_not_traced`, `nothing_held` or `not_in_yuan`, and as `propose_stop`.
    """
    run = access_trace(acting_officer, run_id)
    graph = graph_of_run(run)
    node = next((each for each in graph["nodes"] if each["id"] == account_id), None)
    if node is None:
        raise TraceRefused("the trace does not hold this account", code="account_not_traced")
    if not node["held_minor"]:
        raise TraceRefused("no traced money lies there", code="nothing_held")
    account = Account.objects.get(id=account_id)
    suggestion = find_suggested(run, account_id)
    if suggestion:
        return take_suggestion(
            suggestion_id=suggestion.id,
            version=suggestion.version,
            holder_name=holder_name,
            acting_officer=acting_officer,
            now=now,
        )
    arrival = last_arrival(run, account)
    if arrival is None:
        raise TraceRefused("what lies there came in another currency", code="not_in_yuan")
    sender, _, external_id = arrival.id.partition(":")
    transfer = LedgerRow.objects.get(sender=sender, external_id=external_id)
    proposal = traced_stop(run.case, account, node["bank"], transfer, holder_name=holder_name)
    stop = propose_stop(proposal=proposal, acting_officer=acting_officer, now=now)
    note_level(run.case, account, level=node["level"])
    return stop


@transaction.atomic
def unmask_traced(
    *, run_id: uuid.UUID, account_id: uuid.UUID, acting_officer: "Officer", now: datetime
) -> str:
    """The plain number of an account that a trace holds; journaled. Raises TraceNotFound, NotAllowed."""
    run = access_trace(acting_officer, run_id)
    if not holds_account(run, account_id):
        raise TraceNotFound("the trace does not hold it")
    return unmask_account(
        officer=acting_officer,
        account=Account.objects.get(id=account_id),
        subject_id=run.id,
        place_code=run.place_code,
        ground=DESK,
        now=now,
    )


def knows_holder(account_id: uuid.UUID) -> bool:
    """Whether a transfer, a payment or an earlier stop named an account's holder, so that nobody has to type it."""
    return bool(holder_of(Account.objects.get(id=account_id)))


def find_suggested(run: TraceRun, account_id: uuid.UUID) -> StopSuggestion | None:
    """The open suggestion to stop an account in the case of a run that passed its gate."""
    rows = StopSuggestion.objects.for_system("of a case that passed its gate").filter(status="open")
    found: StopSuggestion | None = rows.filter(case_id=run.case_id, account_id=account_id).first()
    return found
