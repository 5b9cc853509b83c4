"""Settling held rows: corrected and replayed, or discarded; each once, and only by who may and within the scope."""

from typing import Any

import pytest

from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert, QuarantinedRow, Signal
from yipanqi.ops.alerts.quarantine import AlreadySettled, discard_row, read_quarantined, replay_row
from yipanqi.ops.alerts.queries import NotFound
from yipanqi.ops.alerts.reading import RowRefused
from yipanqi.ops.journal.models import Entry
from yipanqi.rehearsal.world import World


@pytest.fixture
def duty(world: World) -> Any:
    return world.officer("duty", roles=["duty_officer"])


def bad_row(world: World, **flaw: Any) -> tuple[Any, dict[str, Any]]:
    row = world.row(**(flaw or {"amount": "x"}))
    held = world.take_in([row]).fates[0]
    return held.quarantined_id, row


def item(row_id: Any) -> Any:
    return QuarantinedRow.objects.for_system("the test looks").get(id=row_id)


def test_corrected_and_replayed_it_is_a_warning_of_its_sender(world: World, duty: Any) -> None:
    row_id, row = bad_row(world)
    assert read_quarantined(duty, row_id)[1] == row
    result = replay_row(row_id=row_id, corrected=row | {"amount": "5"}, acting_officer=duty, now=world.now)
    signal = Signal.objects.get()
    assert (result.fates[0].fate, signal.sender, signal.source, signal.amount_minor) == (
        "accepted",
        "ccb",
        "bank",
        500,
    )
    settled = item(row_id)
    assert (settled.status, settled.signal_id, settled.alert_id) == ("replayed", signal.id, signal.alert_id)
    entry = Entry.objects.get(event="signal.replayed")
    assert (entry.actor_id, entry.payload["outcome"]) == (str(duty.id), "accepted")


def test_a_second_replay_is_refused(world: World, duty: Any) -> None:
    row_id, row = bad_row(world)
    replay_row(row_id=row_id, corrected=row | {"amount": "5"}, acting_officer=duty, now=world.now)
    with pytest.raises(AlreadySettled):
        replay_row(row_id=row_id, corrected=row | {"amount": "5"}, acting_officer=duty, now=world.now)
    with pytest.raises(AlreadySettled):
        discard_row(row_id=row_id, reason="twice", acting_officer=duty, now=world.now)
    assert Signal.objects.count() == 1


def test_what_is_still_wrong_stays_held(world: World, duty: Any) -> None:
    row_id, row = bad_row(world)
    with pytest.raises(RowRefused) as refused:
        replay_row(row_id=row_id, corrected=row | {"person_phone": ""}, acting_officer=duty, now=world.now)
    assert {flaw.field for flaw in refused.value.flaws} == {"amount", "person_phone"}
    assert item(row_id).status == "held" and QuarantinedRow.objects.for_system("count").count() == 1


def test_an_id_that_is_taken_needs_another(world: World, duty: Any) -> None:
    first = world.row()
    world.take_in([first])
    row_id, row = bad_row(world, external_id=first["external_id"])
    with pytest.raises(RowRefused) as refused:
        replay_row(row_id=row_id, corrected=row, acting_officer=duty, now=world.now)
    assert refused.value.flaws[0].code == "external_id_conflict"
    assert item(row_id).status == "held" and QuarantinedRow.objects.for_system("count").count() == 1
    replay_row(row_id=row_id, corrected=row | {"external_id": "new"}, acting_officer=duty, now=world.now)
    assert item(row_id).status == "replayed"


def test_discarded_with_a_reason(world: World, duty: Any) -> None:
    row_id, row = bad_row(world)
    with pytest.raises(YipanqiError) as refused:
        discard_row(row_id=row_id, reason="", acting_officer=duty, now=world.now)
    assert refused.value.code == "reason_required"
    discard_row(row_id=row_id, reason="test row of the bank", acting_officer=duty, now=world.now)
    settled = item(row_id)
    assert settled.status == "discarded" and row["external_id"] in settled.row.reveal()
    with pytest.raises(AlreadySettled):
        replay_row(row_id=row_id, corrected=row | {"amount": "5"}, acting_officer=duty, now=world.now)
    assert Entry.objects.get(event="signal.replayed").payload["outcome"] == "discarded"
    assert Alert.objects.for_system("count").count() == 0


def test_the_senders_own_good_row_settles_it(world: World, duty: Any) -> None:
    row_id, row = bad_row(world)
    world.take_in([row | {"amount": "5"}])
    assert item(row_id).status == "superseded"
    with pytest.raises(AlreadySettled):
        replay_row(row_id=row_id, corrected=row | {"amount": "5"}, acting_officer=duty, now=world.now)


def test_only_who_may_and_only_at_home(world: World) -> None:
    world.partner("county", scope="350104")
    held = world.take_in([world.row(amount="x")], "county").fates[0]
    home = world.officer("home", roles=["duty_officer"], unit="350104")
    away = world.officer("away", roles=["duty_officer"], unit="350203")
    operator = world.officer("op", unit="350104")
    assert held.quarantined_id
    assert read_quarantined(home, held.quarantined_id)
    for act in (
        lambda who: read_quarantined(who, held.quarantined_id),
        lambda who: discard_row(row_id=held.quarantined_id, reason="x", acting_officer=who, now=world.now),
        lambda who: replay_row(row_id=held.quarantined_id, corrected={}, acting_officer=who, now=world.now),
    ):
        with pytest.raises(NotFound):
            act(away)
        with pytest.raises(NotAllowed):
            act(operator)
    assert item(held.quarantined_id).status == "held"


def test_a_correction_stays_within_the_senders_scope(world: World) -> None:
    world.partner("county", scope="350104")
    held = world.take_in([row := world.row(amount="x")], "county").fates[0]
    duty = world.officer("duty", roles=["duty_officer"])
    assert held.quarantined_id
    with pytest.raises(RowRefused) as refused:
        replay_row(
            row_id=held.quarantined_id,
            corrected=row | {"amount": "5", "jurisdiction_code": "350203"},
            acting_officer=duty,
            now=world.now,
        )
    assert [flaw.code for flaw in refused.value.flaws] == ["jurisdiction_outside"]
