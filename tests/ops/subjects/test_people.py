"""People and accounts: one each, masked unless somebody who may asks, and each look in the journal."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.casework.authority import NotAllowed
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.subjects.models import Account, Person
from yipanqi.ops.subjects.queries import PersonNotFound, access_person
from yipanqi.ops.subjects.rules import SubjectError, normal_account, normal_id_number, normal_phone
from yipanqi.ops.subjects.services import FieldNotRevealable, unmask_account, unmask_person
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.rehearsal.world import World

ID_NUMBER = "11010519491231002X"
ACCOUNT = "6222021602001234567"


def people() -> Any:
    return Person.objects.for_system("the test looks")


def warned(world: World, **row: Any) -> Any:
    world.take_in([world.row(**row)])
    return people().order_by("created_at", "id").last()


def test_a_person_shows_masked(world: World) -> None:
    person = warned(world, person_name="王小明", person_phone="13800002207", person_id_number=ID_NUMBER)
    assert (str(person.name), str(person.phone), str(person.id_number)) == (
        "王*明",
        "138****2207",
        "110105****2X",
    )
    assert "13800002207" not in repr(vars(person))
    stored = people().values_list("name", "phone", "id_number", "phone_index", "identity").get()
    assert not any("王小明" in repr(value) or "13800002207" in repr(value) for value in stored)


def test_the_same_sealed_twice_differs_and_the_index_does_not(world: World) -> None:
    phone = world.row()["person_phone"]
    first = warned(world, person_phone=phone)
    world.advance(timedelta(days=9))
    assert warned(world, person_phone=phone).id == first.id and people().count() == 1


def test_a_person_known_by_phone_takes_the_id_number_on(world: World) -> None:
    phone = world.row()["person_phone"]
    first = warned(world, person_phone=phone)
    upgraded = warned(world, person_phone=phone, person_id_number=ID_NUMBER)
    assert upgraded.id == first.id and upgraded.id_number.reveal() == ID_NUMBER
    elsewhere = warned(world, person_id_number=ID_NUMBER)
    assert elsewhere.id == first.id and people().count() == 1


def test_the_latest_address_is_where_a_visit_goes(world: World) -> None:
    phone = world.row()["person_phone"]
    old, new = "福州市仓山区上渡路18号2座301室", "福州市鼓楼区东街8号"
    first = warned(world, person_phone=phone)
    assert not first.address
    for given_address, known in ((old, old), (None, old), (new, new)):
        warned(world, person_phone=phone, person_address=given_address, person_id_number=ID_NUMBER)
        person = people().get()
        assert (person.id, person.address.reveal()) == (first.id, known)
    assert (str(person.address), person.id_number.reveal()) == ("福州市鼓楼区****", ID_NUMBER)
    assert new not in repr(people().values_list("address").get())
    officer = world.officer(roles=["station_officer"])
    seen = unmask_person(officer=officer, person_id=person.id, field="address", ground="visit", now=world.now)
    assert seen == new and Entry.objects.get(event="person.unmasked").payload["field"] == "address"


def test_addresses_within_one_delivery(world: World) -> None:
    phone = world.row()["person_phone"]
    rows = [world.row(person_phone=phone, person_address=text) for text in ("南门1号", "北门2号")]
    world.take_in(rows)
    assert people().get().address.reveal() == "北门2号"


def test_two_people_behind_one_phone_stay_two(world: World) -> None:
    phone = world.row()["person_phone"]
    first = warned(world, person_phone=phone, person_id_number=ID_NUMBER)
    second = warned(world, person_phone=phone, person_id_number="440524188001010014")
    assert first.id != second.id
    assert people().filter(phone_index=first.phone_index).count() == 2


def test_upgraded_within_one_delivery(world: World) -> None:
    phone = world.row()["person_phone"]
    rows = [
        world.row(person_phone=phone),
        world.row(person_phone=phone, person_id_number=ID_NUMBER),
        world.row(person_id_number=ID_NUMBER),
    ]
    assert [fate.fate for fate in world.take_in(rows).fates] == ["accepted", "joined", "joined"]
    assert people().get().id_number.reveal() == ID_NUMBER


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ([None, "350104", "350104001"], "350104001"),
        ([None, "350104001"], "350104001"),
        (["350104001", "350104", None], "350104001"),
        (["350104", "350203"], "350104"),
        ([None, "350203", "350104"], "350203"),
        (["350100", "350203001"], "350100"),
    ],
)
@pytest.mark.parametrize("known_by", ["phone", "id_number"])
@pytest.mark.parametrize("together", [True, False], ids=["one delivery", "one by one"])
def test_a_person_is_placed_ever_finer(
    world: World, named: list[str | None], place: str, known_by: str, together: bool
) -> None:
    phone = world.row()["person_phone"]
    same = {"person_phone": phone} if known_by == "phone" else {"person_id_number": ID_NUMBER}
    rows = [world.row(jurisdiction_code=code, **same) for code in named]
    for delivery in [rows] if together else [[row] for row in rows]:
        world.take_in(delivery)
    assert people().get().place_code == place
    alert = Alert.objects.for_system("the test looks").get()
    assert (alert.status, alert.place_code, alert.signal_count) == ("received", place, len(rows))
    for found in (people(), Alert.objects):
        assert found.in_scope(place).count() == found.in_scope("350000").count() == 1
        assert not found.in_scope("350206").exists()


def test_after_triage_only_the_person_moves(world: World) -> None:
    phone = world.row()["person_phone"]
    world.take_in([world.row(person_phone=phone, jurisdiction_code=None)])
    world.triage()
    world.take_in([world.row(person_phone=phone, jurisdiction_code="350104")])
    alert = Alert.objects.for_system("the test looks").get()
    order = WorkOrder.objects.for_system("the test looks").get()
    assert people().get().place_code == "350104"
    assert (alert.status, alert.place_code, order.place_code) == ("triaged", "350000", "350000")
    world.advance(timedelta(days=9))
    world.take_in([world.row(person_phone=phone, jurisdiction_code=None)])
    assert Alert.objects.for_system("the test looks").latest("opened_at").place_code == "350104"


def test_an_account_is_stored_once(world: World) -> None:
    rows = [world.row(suspect_account=ACCOUNT, suspect_bank="ICBC") for _ in range(3)]
    world.take_in(rows)
    account = Account.objects.get()
    assert (account.number.reveal(), str(account.number), account.bank) == (ACCOUNT, "6222 **** 4567", "ICBC")


@pytest.mark.parametrize(
    ("field", "plain"), [("name", "林晓梅"), ("phone", "13800002207"), ("id_number", ID_NUMBER)]
)
def test_unmasking_is_written_down(world: World, field: str, plain: str) -> None:
    person = warned(world, person_phone="13800002207", person_id_number=ID_NUMBER)
    officer = world.officer(unit="350104")
    look = {"person_id": person.id, "field": field, "ground": "seat.call", "now": world.now}
    assert unmask_person(officer=officer, **look) == plain
    entry = Entry.objects.get(event="person.unmasked")
    assert (entry.actor_id, entry.subject_id, entry.ground) == (str(officer.id), str(person.id), "seat.call")
    assert entry.payload == {"person_id": str(person.id), "field": field} and entry.place_code == "350104"


def refused(
    world: World, error: type[Exception], officer: Any, person_id: uuid.UUID, field: str = "phone"
) -> None:
    with pytest.raises(error):
        unmask_person(officer=officer, person_id=person_id, field=field, ground="seat.call", now=world.now)
    assert not Entry.objects.filter(event="person.unmasked").exists()


def test_who_may_not_see_leaves_no_trace_of_having_seen(world: World) -> None:
    person = warned(world, jurisdiction_code="350104")
    elsewhere = world.officer("elsewhere", unit="350203")
    refused(world, PersonNotFound, elsewhere, person.id)
    refused(world, PersonNotFound, elsewhere, uuid.uuid4())
    refused(world, NotAllowed, world.officer("commander", roles=["commander"]), person.id)
    refused(world, FieldNotRevealable, world.officer("op"), person.id, "phone_index")
    with pytest.raises(PersonNotFound):
        access_person(elsewhere, person.id)


def test_an_account_unmasked_is_written_with_what_it_was_met_on(world: World) -> None:
    world.take_in([world.row(suspect_account=ACCOUNT)])
    account, subject = Account.objects.get(), uuid.uuid4()
    look = {
        "account": account,
        "subject_id": subject,
        "place_code": "350104",
        "ground": "seat.call",
        "now": world.now,
    }
    with pytest.raises(NotAllowed):
        unmask_account(officer=world.officer("auditor", roles=["auditor"]), **look)
    assert not Entry.objects.filter(event="account.unmasked").exists()
    assert unmask_account(officer=world.officer(), **look) == ACCOUNT
    assert Entry.objects.get(event="account.unmasked").payload["subject_id"] == str(subject)


FORMS: list[tuple[Callable[[str], str], str, str]] = [
    (normal_phone, "+86 138 0000 2207", "13800002207"),
    (normal_phone, "００８６１３８００００２２０７", "13800002207"),
    (normal_phone, "(0591) 8765-4321", "059187654321"),
    (normal_phone, "0044 20 7946 0958", "+442079460958"),
    (normal_id_number, "11010519491231002x", ID_NUMBER),
    (normal_account, "\t6222 0216 0200 1234 567", ACCOUNT),
    (normal_account, "alipay.user@example", "alipay.user@example"),
]


@pytest.mark.parametrize(("normal", "typed", "form"), FORMS, ids=[typed for _, typed, _ in FORMS])
def test_normal_forms(normal: Callable[[str], str], typed: str, form: str) -> None:
    assert normal(typed) == form == normal(form)


@given(st.sampled_from([normal_phone, normal_id_number, normal_account]), st.text(max_size=24))
def test_a_normal_form_is_its_own_or_there_is_none(normal: Callable[[str], str], typed: str) -> None:
    try:
        form = normal(typed)
    except SubjectError:
        return
    assert normal(form) == form and form.isascii() and " " not in form


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_of_an_id_number_is_seen(body: str, place: int, by: int) -> None:
    total = sum(int(digit) * (2 ** (17 - at) % 11) for at, digit in enumerate(body))
    whole = body + "10X98765432"[total % 11]
    assert normal_id_number(whole) == whole
    old = whole[place]
    new = str((int(old) + by) % 10) if old != "X" else str(by)
    with pytest.raises(SubjectError):
        normal_id_number(whole[:place] + new + whole[place + 1 :])
