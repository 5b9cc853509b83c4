"""From checked rows to signals on alerts: one alert per person within the joining window.

Callers hold the people's identity locks, so that two intakes about one person cannot open two alerts.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yipanqi import catalog
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import lies_below
from yipanqi.ops.alerts.models import Alert, Batch, Signal
from yipanqi.ops.alerts.reading import WarningRow
from yipanqi.ops.journal.services import Draft, write_entries
from yipanqi.ops.jurisdictions.scoping import TIER_COLUMNS
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.subjects.services import (
    PersonFacts,
    lock_people,
    refine_places,
    resolve_accounts,
    resolve_people,
)
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.alerts.intake import Channel

UNTRIAGED_TYPE = "T99"
UNTRIAGED_LEVEL = "mid"


@dataclass(frozen=True)
class Arrival:
    """A checked row with its number in the delivery."""

    row_no: int
    row: WarningRow


def join_alerts(
    arrivals: Sequence[Arrival], *, batch: Batch | None, channel: "Channel", now: datetime
) -> list[tuple[Signal, bool]]:
    """Store each row as a signal on a new or an existing alert; (signal, joined) in order, journaled."""
    if not arrivals:
        return []
    rows = [arrival.row for arrival in arrivals]
    people, known = resolve_people([person_facts(row) for row in rows], now=now)
    lock_people({person.id: person for person in people if person.id in known and person.id_index}.values())
    refine_places([(person, row.place_code) for person, row in zip(people, rows, strict=True)])
    accounts = resolve_accounts([(row.suspect_account, row.suspect_bank) for row in rows], now=now)
    current = _joinable(known, now) if known else {}
    opened: dict[uuid.UUID, Alert] = {}
    touched: dict[uuid.UUID, Alert] = {}
    result: list[tuple[Signal, bool]] = []
    for row, person in zip(rows, people, strict=True):
        account = accounts.get(row.suspect_account)
        alert = current.get(person.id)
        joined = alert is not None
        if alert is None:
            alert = current[person.id] = _open(row, person, account, channel.source, now)
            opened[alert.id] = alert
        else:
            _absorb(alert, row, person, account, now)
            if alert.id not in opened:
                touched[alert.id] = alert
        result.append((_signal(row, alert, account, batch, channel, now), joined))
    Alert.objects.bulk_create(opened.values(), batch_size=1000)
    Alert.objects.write_back(
        touched.values(),
        ["signal_count", "last_signal_at", "last_occurred_at", "paid", "payment_count", "amount_minor",
         "suspect_account", "version", "place_code", *TIER_COLUMNS.values()],
    )  # fmt: skip
    Signal.objects.bulk_create([signal for signal, _ in result], batch_size=1000)
    write_entries(_drafts(result, channel, now))
    return result


def person_facts(row: WarningRow) -> PersonFacts:
    """What a checked row says of its person."""
    return PersonFacts(
        row.person_name,
        row.person_phone,
        row.person_id_number,
        row.place_code,
        row.person_age,
        row.person_sex,
        row.person_address,
    )


def _joinable(person_ids: set[uuid.UUID], now: datetime) -> dict[uuid.UUID, Alert]:
    since = now - catalog.windows()["join_window"].duration
    alerts = (
        Alert.objects.for_system("joining looks across all places")
        .select_for_update(no_key=True)
        .filter(person__in=person_ids, last_signal_at__gte=since)
        .order_by("id")
    )
    return {alert.person_id: alert for alert in alerts}


def _open(row: WarningRow, person: Person, account: Account | None, source: str, now: datetime) -> Alert:
    alert = Alert(
        id=new_id(now),
        person=person,
        suspect_account=account,
        source=source,
        fraud_type=UNTRIAGED_TYPE,
        level=row.level_hint or UNTRIAGED_LEVEL,
        status="received",
        paid=row.paid,
        payment_count=row.payment_count,
        amount_minor=row.amount_minor,
        first_occurred_at=row.occurred_at,
        last_occurred_at=row.occurred_at,
        last_signal_at=now,
        opened_at=now,
    )
    alert.put_at(person.place_code)
    return alert


def _absorb(alert: Alert, row: WarningRow, person: Person, account: Account | None, now: datetime) -> None:
    """Add what the row says; facts only grow, so that a priority never falls because of another warning.

    Before triage the alert follows its person to a finer place. After it the alert stays: its place is counted.
    """
    alert.signal_count += 1
    alert.last_signal_at = now
    alert.last_occurred_at = max(alert.last_occurred_at, row.occurred_at)
    alert.paid = alert.paid or row.paid
    alert.payment_count = max(alert.payment_count, row.payment_count)
    amounts = [amount for amount in (alert.amount_minor, row.amount_minor) if amount is not None]
    alert.amount_minor = max(amounts) if amounts else None
    alert.suspect_account = alert.suspect_account or account
    if alert.status == "received" and lies_below(person.place_code, alert.place_code):
        alert.put_at(person.place_code)
    alert.version += 1


def _signal(
    row: WarningRow,
    alert: Alert,
    account: Account | None,
    batch: Batch | None,
    channel: "Channel",
    now: datetime,
) -> Signal:
    return Signal(
        id=new_id(now),
        alert=alert,
        batch=batch,
        sender=channel.sender,
        source=channel.source,
        external_id=row.external_id,
        digest=row.digest,
        text=Sealed.of("text", row.text),
        fraud_type_hint=row.fraud_type_hint,
        level_hint=row.level_hint,
        amount_minor=row.amount_minor,
        paid=row.paid,
        payment_count=row.payment_count,
        suspect_account=account,
        occurred_at=row.occurred_at,
        received_at=now,
        recorded_at=now,
    )


def _drafts(result: Iterable[tuple[Signal, bool]], channel: "Channel", now: datetime) -> Iterable[Draft]:
    for signal, joined in result:
        alert = signal.alert
        payload = {**alert_payload(alert), "signal_id": str(signal.id)}
        if joined:
            payload |= {"signal_count": alert.signal_count, "payment_count": alert.payment_count}
        yield Draft(
            "alert.joined" if joined else "alert.opened",
            channel.actor,
            "alert",
            str(alert.id),
            now,
            place_code=alert.place_code,
            payload=payload,
            occurred_at=signal.occurred_at,
            after=alert.status,
        )


def alert_payload(alert: Alert) -> dict[str, object]:
    """What every alert event says of its alert."""
    return {
        "alert_id": str(alert.id),
        "fraud_type": alert.fraud_type,
        "level": alert.level,
        "source": alert.source,
        "amount_minor": alert.amount_minor or 0,
        "paid": alert.paid,
    }
