"""Looking at what is sealed and at what waits: only by who may, always written down, for one stop and for many."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ops.measures.conftest import ACCOUNT, OWN_CARD, Desk
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.exporting import export_stops
from yipanqi.ops.measures.models import Answer, Signature
from yipanqi.ops.measures.queries import StopFilter, StopNotFound, access_answer, list_signatures
from yipanqi.ops.measures.revealing import unmask_answer, unmask_stop
from yipanqi.ops.measures.signing import sign
from yipanqi.ops.measures.waiting import pending_of, signing_day, waiting_mark


def test_every_look_needs_the_act_and_is_written_down(desk: Desk) -> None:
    stop = desk.propose()
    desk.send(desk.order(stop))
    desk.answer(desk.order(stop))
    answer, now = Answer.objects.get(), desk.world.now
    looks: list[Any] = [
        lambda officer: unmask_stop(stop_id=stop.id, field="account", acting_officer=officer, now=now),
        lambda officer: unmask_stop(stop_id=stop.id, field="holder_name", acting_officer=officer, now=now),
        lambda officer: unmask_answer(answer_id=answer.id, acting_officer=officer, now=now),
    ]
    before = Entry.objects.count()
    for look in looks:
        with pytest.raises(NotAllowed):
            look(desk.approver)
    assert Entry.objects.count() == before
    away = desk.world.officer("away", roles=["funds_officer"], unit="350203")
    for look in looks:
        with pytest.raises(StopNotFound):
            look(away)
    assert [look(desk.funds) for look in looks[:2]] == [ACCOUNT, "周二"]
    assert ACCOUNT in looks[2](desk.funds)
    written = list(Entry.objects.order_by("id").values_list("event", flat=True))[before + 1 :]
    assert written == ["account.unmasked", "stop.unmasked", "answer.unmasked"]
    with pytest.raises(YipanqiError, match="not a field") as refused:
        unmask_stop(stop_id=stop.id, field="note", acting_officer=desk.funds, now=now)
    assert refused.value.code == "field_unknown"
    with pytest.raises(NotAllowed):
        access_answer(desk.world.officer("nobody", roles=["auditor"]), answer.id)


def test_a_file_is_written_down_before_its_first_row(desk: Desk) -> None:
    stop = desk.propose()
    rows = export_stops(acting_officer=desk.funds, wanted=StopFilter(), now=desk.world.now)
    assert Entry.objects.get(event="stops.exported").payload["rows"] == 1
    assert [each.id for each in rows] == [stop.id]


def test_what_stops_wait_for(desk: Desk) -> None:
    first, second = desk.propose(), desk.propose(desk.case(payee_account=OWN_CARD), account=OWN_CARD)
    found = pending_of([first, second])
    assert {len(each.signatures) for each in found.values()} == {1} and found[first.id].limit == 2
    assert [order.id for order in found[first.id].orders] == [desk.order(first).id]
    assert found[second.id].used == 1 and not found[second.id].is_extending
    sign(signature_id=found[first.id].signatures[0].id, acting_officer=desk.approver, now=desk.world.now)
    assert pending_of([first])[first.id].signatures == [] and pending_of([]) == {}


def test_the_mark_moves_with_what_waits_and_the_day_is_measured(desk: Desk) -> None:
    nothing = waiting_mark(desk.approver)
    assert signing_day(desk.approver, now=desk.world.now).median_seconds is None
    stops = [
        desk.propose(desk.case(payee_account=f"{ACCOUNT[:-1]}{n}"), account=f"{ACCOUNT[:-1]}{n}")
        for n in range(3)
    ]
    three = waiting_mark(desk.approver)
    assert three != nothing and waiting_mark(desk.approver) == three
    for seconds, stop in zip((10, 20, 300), stops, strict=True):
        desk.world.advance(timedelta(seconds=seconds))
        waiting = Signature.objects.for_system("look").get(stop=stop)
        sign(signature_id=waiting.id, acting_officer=desk.approver, now=desk.world.now)
    day = signing_day(desk.approver, now=desk.world.now)
    assert (day.signed, day.median_seconds) == (3, 30)
    assert waiting_mark(desk.approver) == nothing and list_signatures(desk.approver) == []
    desk.world.advance(timedelta(days=1))
    assert signing_day(desk.approver, now=desk.world.now).signed == 0
    with pytest.raises(NotAllowed):
        signing_day(desk.funds, now=desk.world.now)
