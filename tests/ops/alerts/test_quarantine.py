"""Settling held rows: corrected and replayed, or discarded; each once, and only by who may and within the scope."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import take_in
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


def test_the_reason_is_kept_sealed_and_has_a_limit(world: World, duty: Any) -> None:
    row_id, _ = bad_row(world)
    with pytest.raises(YipanqiError) as refused:
        discard_row(row_id=row_id, reason="x" * 201, acting_officer=duty, now=world.now)
    assert (refused.value.code, refused.value.facts["limit"]) == ("field_too_long", 200)
    discard_row(row_id=row_id, reason="林晓梅本人来电\x00", acting_officer=duty, now=world.now)
    stored = item(row_id).discard_reason
    assert stored.reveal() == "林晓梅本人来电\ufffd" and "林晓梅" not in stored.token


def states(external_id: str) -> list[tuple[str, str]]:
    rows = QuarantinedRow.objects.for_system("the test looks").filter(external_id=external_id)
    return [
        (row.status, json.loads(row.row.reveal())["amount"]) for row in rows.order_by("received_at", "id")
    ]


def test_a_batch_sent_twice_holds_its_bad_rows_once(world: World) -> None:
    rows = [world.row(), world.row(amount="x"), world.row(amount="y"), world.row(amount="z")]
    world.take_in(rows)
    world.advance(timedelta(seconds=1))
    assert world.take_in(rows).count("quarantined") == 3
    held = QuarantinedRow.objects.for_system("the test counts").filter(status="held")
    assert held.count() == 3 and set(held.values_list("received_at", flat=True)) == {world.now}
    assert states(rows[1]["external_id"]) == [("superseded", "x"), ("held", "x")]
    world.advance(timedelta(seconds=1))
    world.take_in([rows[1] | {"amount": "w"}], "icbc")  # another sender's id is another warning
    assert [status for status, _ in states(rows[1]["external_id"])] == ["superseded", "held", "held"]


def test_within_one_delivery_only_the_last_of_an_id_is_held(world: World) -> None:
    row, late = world.row(), world.row()
    fates = world.take_in([row | {"amount": "x"}, row | {"amount": "y"}, late | {"amount": "x"}, late]).fates
    assert [fate.fate for fate in fates] == ["quarantined", "quarantined", "quarantined", "accepted"]
    assert states(row["external_id"]) == [("superseded", "x"), ("held", "y")]
    assert states(late["external_id"]) == [("superseded", "x")]
    world.take_in([late | {"amount": "9"}])  # a conflict that came after the good row waits for somebody
    assert states(late["external_id"])[-1] == ("held", "9")


def test_rows_without_a_whole_id_never_settle_each_other(world: World) -> None:
    long = "L" * 64
    rows = [world.row(external_id=long + "1"), world.row(external_id=long + "2"), world.row(external_id=long)]
    nameless = [world.row(external_id="", amount="x"), world.row(external_id=None, amount="x")]
    world.take_in([*rows[:2], rows[2] | {"amount": "x"}, *nameless])
    world.take_in([rows[2], *nameless])
    assert states(long) == [("superseded", "x")]
    assert [status for status, _ in states("")] == ["held"] * 6
    county = world.channel("county")
    for place in ("350104", "350203"):  # two counties' files count their rows alike
        take_in(
            [world.row(external_id="1", amount="x")], channel=replace(county, scope_code=place), now=world.now
        )
    assert states("1") == [("held", "x")] * 2
