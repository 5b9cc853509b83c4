"""From what the chase has reached to suggested stops: made, changed, or passed when nothing is left to stop.

A model proposes, a person decides: nothing here gives an order. An account is suggested when at least
`suggestion_least` of traced money lies there and no stop of it is under way; one that an officer dismissed only when
more has come since. Which account first, and how much can still be saved, is the engine's stop plan, by what was
learned of this centre (`learning`). Taking and dismissing is `deciding`'s matter.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from yipanqi import catalog
from yipanqi.analytics.graphs import CURRENCY
from yipanqi.analytics.learning import Knowledge, known
from yipanqi.analytics.models import LedgerRow, StopSuggestion
from yipanqi.analytics.pushing import tell
from yipanqi.analytics.tracing import follow_on
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.casework.lifecycles.stop_suggestion import STOP_SUGGESTION
from yipanqi.engine.tracing.planning import Lot, StopRank, plan_stops
from yipanqi.engine.tracing.planning.stays import Pot
from yipanqi.engine.tracing.result import TracedAccount
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.models import Case
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entries
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import Sealed


@dataclass(frozen=True)
class Arrival:
    """The last transfer that brought traced money to an account."""

    transfer_id: str
    booked_at: datetime


@transaction.atomic
def suggest_stops(
    case_id: uuid.UUID,
    accounts: Sequence[TracedAccount],
    arrivals: Mapping[str, Arrival],
    lots: Mapping[Pot, Sequence[Lot]],
    *,
    now: datetime,
) -> int:
    """Bring a case's suggestions up to what the chase has reached; returns how many were made, changed or passed.

    `lots` say since when what lies in an account does. Journaled; viewers are told, and the case's open-ended trace is
    asked for anew. Safe to repeat.
    """
    cases = Case.objects.for_system("the chase looks at every place").select_for_update(no_key=True)
    case: Case = cases.get(id=case_id)
    least = catalog.windows()["suggestion_least"].count
    there = [each for each in accounts if each.currency == CURRENCY and (each.held_minor or 0) >= least]
    found = {a.number_index: a for a in Account.objects.filter(number_index__in=[t.account for t in there])}
    knowledge = known()
    ranks = _ranks([_at_its_bank(each, found) for each in there], knowledge, lots, now)
    rows = (
        StopSuggestion.objects.for_system("of a locked case").filter(case=case).order_by("created_at", "id")
    )
    before_by = {each.account_id: each for each in rows if each.status in {"open", "dismissed"}}
    drafts: list[Draft] = []
    wanted = set()
    for rank in ranks:
        account = found[rank.account]
        before = before_by.get(account.id)
        if before is not None and before.status == "dismissed" and rank.held_minor <= before.held_minor:
            continue
        wanted.add(account.id)
        if before is None or before.status == "dismissed":
            made = _make(case, account, rank, arrivals.get(rank.account), knowledge.named, now)
            drafts.append(made)
        elif (before.held_minor, before.level) != (rank.held_minor, rank.level):
            drafts.append(_change(before, rank, arrivals.get(rank.account), knowledge.named, now))
    for each in before_by.values():
        if each.status == "open" and each.account_id not in wanted:
            drafts.append(move(each, "pass", acting=SYSTEM, now=now))
            each.save()
    write_entries(drafts)
    if drafts:
        tell(case.place_code)
    follow_on(case, now=now)
    return len(drafts)


def move(suggestion: StopSuggestion, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked suggestion (not saved); returns the journal draft."""
    transition = STOP_SUGGESTION.next(suggestion.status, act)
    before, suggestion.status = suggestion.status, transition.target
    suggestion.version += 1
    suggestion.changed_at = now
    if transition.target in STOP_SUGGESTION.resting:
        suggestion.ended_at = now
    return draft_of(suggestion, transition.event, acting, now, before=before, **payload)


def draft_of(
    suggestion: StopSuggestion,
    event: str,
    acting: Actor,
    now: datetime,
    *,
    before: str = "",
    **payload: object,
) -> Draft:
    """The journal draft of one event of a suggestion."""
    body = {
        "suggestion_id": str(suggestion.id),
        "case_id": str(suggestion.case_id),
        "account_id": str(suggestion.account_id),
        "bank": suggestion.bank if suggestion.bank in catalog.banks() else "unknown",
        "level": suggestion.level,
        "amount_minor": suggestion.held_minor,
        "savable_minor": suggestion.savable_minor,
        **payload,
    }
    key, place = str(suggestion.id), suggestion.place_code
    after = suggestion.status
    return Draft(event, acting, "stop_suggestion", key, now, place, body, before=before, after=after)


def _at_its_bank(traced: TracedAccount, found: Mapping[str, Account]) -> TracedAccount:
    """The account with the bank that an order would go to, whatever name its transfers gave."""
    return replace(traced, bank=found[traced.account].bank_code or traced.bank)


def _ranks(
    accounts: Sequence[TracedAccount],
    knowledge: Knowledge,
    lots: Mapping[Pot, Sequence[Lot]],
    now: datetime,
) -> list[StopRank]:
    tokens = [each.account for each in accounts]
    live = PaymentStop.objects.for_system("an account is stopped once").filter(status__in=LIVE)
    stopped = set(
        live.filter(account__number_index__in=tokens).values_list("account__number_index", flat=True)
    )
    return plan_stops(
        accounts, now=now, curves=knowledge.curves, stopped=stopped, answers=knowledge.answers, lots=lots
    )


def _make(
    case: Case, account: Account, rank: StopRank, arrival: Arrival | None, curves: str, now: datetime
) -> Draft:
    suggestion = StopSuggestion(
        id=new_id(now),
        case=case,
        account=account,
        status=STOP_SUGGESTION.initial,
        created_at=now,
        reason=Sealed.of("text", ""),
    )
    suggestion.put_at(case.place_code)
    _fill(suggestion, rank, arrival, curves, now)
    suggestion.save(force_insert=True)
    return draft_of(suggestion, "suggestion.made", SYSTEM, now)


def _change(
    suggestion: StopSuggestion, rank: StopRank, arrival: Arrival | None, curves: str, now: datetime
) -> Draft:
    _fill(suggestion, rank, arrival, curves, now)
    draft = move(suggestion, "change", acting=SYSTEM, now=now)
    suggestion.save()
    return draft


def _fill(
    suggestion: StopSuggestion, rank: StopRank, arrival: Arrival | None, curves: str, now: datetime
) -> None:
    suggestion.bank, suggestion.curves = rank.bank, curves
    suggestion.level, suggestion.held_minor = rank.level, rank.held_minor
    suggestion.savable_minor, suggestion.chance_permille = rank.savable_minor, round(rank.chance * 1000)
    suggestion.reasons = [{"code": each.code, "detail": dict(each.detail)} for each in rank.reasons]
    suggestion.changed_at = now
    if arrival:
        sender, _, external_id = arrival.transfer_id.partition(":")
        suggestion.transfer = LedgerRow.objects.get(sender=sender, external_id=external_id)
        suggestion.came_at = arrival.booked_at
    elif suggestion.came_at is None:
        suggestion.came_at = now
