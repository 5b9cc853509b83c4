"""Transfers in: a partner's batch, each row accepted, merged with one that was here before, or rejected with its
reasons.

What is accepted is committed together with the job that puts it into the ledger; a repeat of `(partner, id)` changes
nothing. Rejected rows are not kept: the answer gives them back. Reading a row is `rows`' matter, the ledger
`settling`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from django.db import IntegrityError, transaction

from yipanqi.analytics.models import LedgerRow
from yipanqi.analytics.rows import TransferFacts, read_transfer
from yipanqi.ops.cases.services import ask_to_follow
from yipanqi.ops.journal.services import Draft, write_entry
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import as_actor
from yipanqi.ops.partners.rows import Flaw, RowRefused
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.ops.vault.fields import Sealed

CHUNK_ROWS = 1000
Fate = Literal["accepted", "merged", "rejected"]


@dataclass(frozen=True)
class TransferFate:
    """What became of one row; `row_no` counts from 1 in the delivery."""

    row_no: int
    fate: Fate
    flaws: list[Flaw] = field(default_factory=list)


def count_fates(fates: Sequence[TransferFate]) -> dict[Fate, int]:
    """How many rows met each fate."""
    return {fate: sum(each.fate == fate for each in fates) for fate in get_args(Fate)}


def take_transfers(rows: Sequence[object], *, partner: Partner, now: datetime) -> list[TransferFate]:
    """Take a partner's rows in. Returns after everything is committed, with the fate of each row in order."""
    fates: list[TransferFate] = []
    numbered = list(enumerate(rows, 1))
    for start in range(0, len(numbered), CHUNK_ROWS):
        chunk = numbered[start : start + CHUNK_ROWS]
        try:
            fates += _take_chunk(chunk, partner, now)
        except IntegrityError:  # the same id came in beside us: what is there now decides
            fates += _take_chunk(chunk, partner, now)
    return fates


@transaction.atomic
def _take_chunk(numbered: list[tuple[int, object]], partner: Partner, now: datetime) -> list[TransferFate]:
    fates: dict[int, TransferFate] = {}
    good: list[tuple[int, TransferFacts]] = []
    for row_no, raw in numbered:
        try:
            good.append((row_no, read_transfer(raw, now=now)))
        except RowRefused as refusal:
            fates[row_no] = TransferFate(row_no, "rejected", refusal.flaws)
    fresh = _fresh(good, partner, fates)
    accounts = resolve_accounts(_parties(fresh), now=now)
    LedgerRow.objects.bulk_create([_stored(facts, accounts, partner.code, now) for facts in fresh])
    counts = count_fates(list(fates.values()))
    payload: dict[str, object] = {"partner_id": partner.code, **counts}
    write_entry(
        Draft(
            "transfers.received", as_actor(partner), "partner", partner.code, now, partner.scope_id, payload
        )
    )
    if fresh:
        ask_to_follow()
    return [fates[row_no] for row_no, _ in numbered]


def _fresh(
    good: list[tuple[int, TransferFacts]], partner: Partner, fates: dict[int, TransferFate]
) -> list[TransferFacts]:
    """Rows not seen before; a repeat is merged, the same id with other content rejected."""
    rows = LedgerRow.objects.filter(sender=partner.code, external_id__in=[facts.id for _, facts in good])
    known = dict(rows.values_list("external_id", "digest"))
    fresh = []
    for row_no, facts in good:
        if facts.id not in known:
            known[facts.id] = facts.digest
            fresh.append(facts)
            fates[row_no] = TransferFate(row_no, "accepted")
        elif known[facts.id] == facts.digest:
            fates[row_no] = TransferFate(row_no, "merged")
        else:
            fates[row_no] = TransferFate(row_no, "rejected", [Flaw("id", "external_id_conflict", {})])
    return fresh


def _parties(fresh: Sequence[TransferFacts]) -> list[tuple[str, str]]:
    """Every account with its bank; one that some row names a bank of comes last, so that its bank is kept."""
    sides = [(f.payer, f.payer_bank) for f in fresh] + [(f.payee, f.payee_bank) for f in fresh]
    return sorted(sides, key=lambda side: bool(side[1]))


def _stored(facts: TransferFacts, accounts: Mapping[str, Account], sender: str, now: datetime) -> LedgerRow:
    return LedgerRow(
        sender=sender,
        external_id=facts.id,
        delivery=sender,
        digest=facts.digest,
        booked_at=facts.booked_at,
        serial=facts.serial,
        payer=accounts[facts.payer],
        payee=accounts[facts.payee],
        payer_name=Sealed.of("name", facts.payer_name),
        payee_name=Sealed.of("name", facts.payee_name),
        currency=facts.currency,
        amount_minor=facts.amount_minor,
        kind=facts.kind,
        payer_bank=facts.payer_bank,
        payee_bank=facts.payee_bank,
        channel=facts.channel,
        reverses=facts.reverses,
        received_at=now,
    )
