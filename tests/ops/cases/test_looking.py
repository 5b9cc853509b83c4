"""Finding cases and looking into them: within the scope, by whole numbers only, and every look in full is journaled."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.cases.conftest import SUSPECT
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.exporting import export_cases
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.cases.queries import (
    CaseFilter,
    CaseNotFound,
    access_case,
    count_other_cases,
    late_cases,
    list_cases,
    list_payments,
    list_subjects,
    matching_cases,
)
from yipanqi.ops.cases.revealing import unmask_in_case
from yipanqi.ops.cases.services import add_suspects
from yipanqi.ops.journal.models import Entry
from yipanqi.rehearsal.world import World

OTHER = "6222020000000000009"


@pytest.fixture
def reader(world: World) -> Any:
    return world.officer("reader", roles=["duty_officer"])


def found(reader: Any, **wanted: Any) -> int:
    return int(matching_cases(reader, CaseFilter(**wanted)).count())


def test_filters_narrow(world: World, reader: Any) -> None:
    case = world.case()
    world.advance(timedelta(days=1))
    world.case(payee_account=OTHER)
    move_case(case_id=case.id, version=1, act="accept", acting_officer=reader, now=world.now)
    phone = case.victim.phone.reveal()
    assert found(reader) == 2 and found(reader, status="accepted") == 1 and found(reader, source="alert") == 0
    assert found(reader, fraud_type="T01") == 2 and found(reader, fraud_type="T02") == 0
    assert found(reader, phone=f"+86 {phone}") == 1 and found(reader, account=OTHER) == 1
    assert found(reader, district="350104") == 2 and found(reader, district="350200") == 0
    assert found(reader, reported_from=world.now) == found(reader, reported_to=world.now) == 1
    for wrong in ({"phone": "138"}, {"account": "62"}):
        with pytest.raises(YipanqiError):
            found(reader, **wrong)


def test_every_case_is_on_one_page(world: World, reader: Any) -> None:
    for number in range(5):
        world.case(payee_account=f"62220200000000{number:05}")
        world.advance(timedelta(seconds=number % 2))
    seen, after = [], ""
    while True:
        page = list_cases(reader, CaseFilter(), after=after, limit=2)
        seen += [case.id for case in page.rows]
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == 5
    with pytest.raises(YipanqiError):
        list_cases(reader, CaseFilter(), after="x")


def test_the_scope_and_the_role_decide_who_sees(world: World, reader: Any) -> None:
    case = world.case()
    far = world.officer("far", roles=["duty_officer"], unit="350200")
    near = world.officer("near", roles=["commander"], unit="350104")
    assert found(far) == 0 and found(near) == 1 and access_case(near, case.id).id == case.id
    for officer, error in ((far, CaseNotFound), (world.officer("aud", roles=["auditor"]), NotAllowed)):
        with pytest.raises(error):
            access_case(officer, case.id)
    with pytest.raises(CaseNotFound):
        access_case(reader, uuid.uuid4())


def test_overdue_are_open_cases_whose_clock_has_passed(world: World, reader: Any) -> None:
    case = world.case()
    assert not list(late_cases(reader, now=world.now + timedelta(minutes=1)))
    later = world.now + timedelta(minutes=1, seconds=1)
    assert [each.id for each in late_cases(reader, now=later)] == [case.id]
    assert not list(late_cases(world.officer("far", roles=["duty_officer"], unit="350200"), now=later))


def test_an_account_tells_in_how_many_other_cases_it_is(world: World) -> None:
    first, second, third = world.case(), world.case(), world.case(payee_account=OTHER)
    account = next(each.account for each in list_subjects(first) if each.account)
    other = next(each.account for each in list_subjects(third) if each.account)
    assert count_other_cases([account.id, other.id], case=first) == {account.id: 1, other.id: 1}
    assert count_other_cases([other.id], case=third) == {}
    duty = world.officer("duty", roles=["duty_officer"])
    move_case(case_id=second.id, version=1, act="withdraw", reason="误登", acting_officer=duty, now=world.now)
    assert count_other_cases([account.id], case=first) == {}


def test_the_file_is_journaled_with_its_rows(world: World, reader: Any) -> None:
    for _ in range(2):
        world.case()
    taken = list(export_cases(acting_officer=reader, wanted=CaseFilter(), now=world.now))
    entry = Entry.objects.get(event="cases.exported")
    assert len(taken) == entry.payload["rows"] == 2 and entry.subject_id == str(reader.id)
    with pytest.raises(NotAllowed):
        export_cases(acting_officer=world.officer("a", roles=["auditor"]), wanted=CaseFilter(), now=world.now)


def test_each_value_is_shown_through_the_case_and_journaled(world: World, reader: Any) -> None:
    case = world.case()
    add_suspects(
        case_id=case.id, phones=["+85251234567"], links=["pay.example/x"], acting_officer=reader, now=world.now
    )  # fmt: skip
    by_role = {each.role: each for each in list_subjects(case)}
    payment = list_payments(case)[0]
    looks = [
        ("name", None, "林晓梅", "person.unmasked"),
        ("phone", None, case.victim.phone.reveal(), "person.unmasked"),
        ("account", by_role["suspect_account"].account_id, SUSPECT, "account.unmasked"),
        ("suspect_phone", by_role["suspect_phone"].phone_id, "+85251234567", "phone.unmasked"),
        ("suspect_link", by_role["suspect_link"].link_id, "pay.example/x", "link.unmasked"),
        ("payee_name", payment.id, "周二", "payment.unmasked"),
    ]
    for field, ref, plain, event in looks:
        shown = unmask_in_case(case_id=case.id, field=field, ref=ref, acting_officer=reader, now=world.now)
        entry = Entry.objects.filter(event=event).latest("id")
        assert (shown, entry.ground, entry.actor_id) == (plain, "case.desk", str(reader.id)), field
        assert plain not in str(entry.payload)


def test_what_the_case_does_not_hold_is_not_shown(world: World, reader: Any) -> None:
    case, other = world.case(), world.case(payee_account=OTHER)
    foreign = next(each.account_id for each in list_subjects(other) if each.account)
    for field, ref in (("account", foreign), ("account", None), ("payee_name", uuid.uuid4())):
        with pytest.raises(CaseNotFound):
            unmask_in_case(case_id=case.id, field=field, ref=ref, acting_officer=reader, now=world.now)
    with pytest.raises(YipanqiError) as refusal:
        unmask_in_case(case_id=case.id, field="text", ref=None, acting_officer=reader, now=world.now)
    assert refusal.value.code == "field_unknown"
    boss = world.officer("boss", roles=["approver"])
    for field, ref in (("name", None), ("payee_name", list_payments(case)[0].id)):
        with pytest.raises(NotAllowed):
            unmask_in_case(case_id=case.id, field=field, ref=ref, acting_officer=boss, now=world.now)
    assert not Entry.objects.filter(event__endswith=".unmasked").exists()


def test_a_victim_who_lives_elsewhere_is_shown_through_the_case(world: World) -> None:
    case = world.case()
    case.victim.put_at("350203")
    case.victim.save()
    near = world.officer("near", roles=["duty_officer"], unit="350104")
    assert unmask_in_case(case_id=case.id, field="phone", ref=None, acting_officer=near, now=world.now)
