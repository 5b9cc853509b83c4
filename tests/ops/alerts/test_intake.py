"""The door: accepted, joined, duplicate or quarantined, once each, and nothing lost."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.ops.alerts.intake import IntakeResult, take_in
from yipanqi.ops.alerts.models import Alert, Batch, QuarantinedRow, Signal
from yipanqi.ops.journal.models import Entry
from yipanqi.rehearsal.world import World

ID_NUMBER = "11010519491231002X"


def alerts() -> Any:
    return Alert.objects.for_system("the test counts")


def held() -> Any:
    return QuarantinedRow.objects.for_system("the test counts")


def fates(result: IntakeResult) -> list[str]:
    return [fate.fate for fate in result.fates]


def test_a_row_becomes_a_signal_on_an_alert(world: World) -> None:
    result = world.take_in([world.row(person_age=34, person_sex="f", suspect_account="6222021602001234567")])
    fate = result.fates[0]
    alert = alerts().select_related("person", "suspect_account").get(id=fate.alert_id)
    signal = Signal.objects.get(id=fate.signal_id)
    assert (fate.fate, fate.row_no) == ("accepted", 1)
    assert (alert.status, alert.signal_count, alert.amount_minor, alert.place_code) == (
        "received",
        1,
        500_000,
        "350104",
    )
    assert (alert.person.name.reveal(), alert.person.age, alert.person.sex) == ("林晓梅", 34, "f")
    assert alert.suspect_account.number.reveal() == "6222021602001234567"
    assert (signal.sender, signal.source, signal.received_at) == ("ccb", "bank", world.now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id DESC LIMIT 1")
        task, args = cursor.fetchone()
    assert task == "analytics.triage" and str(alert.id) in str(args)


def test_a_repeat_changes_nothing(world: World) -> None:
    row = world.row()
    first = world.take_in([row])
    again = world.take_in([row])
    within = world.take_in([other := world.row(), other, row])
    assert (fates(first), fates(again), fates(within)) == (
        ["accepted"],
        ["duplicate"],
        ["accepted", "duplicate", "duplicate"],
    )
    assert again.fates[0].alert_id == first.fates[0].alert_id
    assert again.fates[0].signal_id == first.fates[0].signal_id
    assert alerts().count() == Signal.objects.count() == 2
    assert alerts().aggregate(n=Sum("signal_count"))["n"] == 2


def test_another_senders_id_is_another_warning(world: World) -> None:
    row = world.row()
    assert fates(world.take_in([row], "ccb")) == ["accepted"]
    assert fates(world.take_in([row], "icbc")) == ["joined"]
    assert Signal.objects.count() == 2 and alerts().count() == 1


def test_the_same_id_with_other_content_is_kept_apart(world: World) -> None:
    row = world.row()
    world.take_in([row])
    result = world.take_in([row | {"amount": "9"}, world.row(), row])
    assert fates(result) == ["quarantined", "accepted", "duplicate"]
    assert [error["code"] for error in held().get().errors] == ["external_id_conflict"]
    twice = world.row()
    assert fates(world.take_in([twice, twice | {"text": "other"}])) == ["accepted", "quarantined"]


def test_a_person_warned_of_again_joins_within_the_window_only(world: World) -> None:
    phone = world.row()["person_phone"]
    first = world.take_in([world.row(person_phone=phone, amount="100", paid="false")]).fates[0]
    window = catalog.windows()["join_window"].duration
    world.advance(window)
    second = world.take_in([world.row(person_phone=phone, amount="50", paid="true", payment_count=2)], "icbc")
    assert (fates(second), second.fates[0].alert_id) == (["joined"], first.alert_id)
    alert = alerts().get()
    assert (alert.signal_count, alert.amount_minor, alert.paid, alert.payment_count) == (2, 10_000, True, 2)
    world.advance(window + timedelta(seconds=1))
    third = world.take_in([world.row(person_phone=phone)])
    assert fates(third) == ["accepted"] and third.fates[0].alert_id != first.alert_id


def test_a_person_is_known_by_id_number_under_another_phone(world: World) -> None:
    first = world.take_in([world.row(person_id_number=ID_NUMBER)]).fates[0]
    again = world.take_in([world.row(person_id_number=ID_NUMBER)]).fates[0]
    assert (again.fate, again.alert_id) == ("joined", first.alert_id)


def test_joined_within_one_delivery(world: World) -> None:
    phone = world.row()["person_phone"]
    result = world.take_in([world.row(person_phone=phone) for _ in range(3)])
    assert fates(result) == ["accepted", "joined", "joined"]
    assert alerts().get().signal_count == 3


def test_a_bad_row_waits_with_file_row_field_and_reason_and_the_rest_goes_on(world: World) -> None:
    channel = replace(world.channel(), label="march.csv")
    rows = [world.row(), world.row(person_phone="1"), "no row", world.row(zip="350000"), world.row()]
    result = take_in(rows, channel=channel, now=world.now, row_nos=[2, 3, 5, 6, 7])
    assert fates(result) == ["accepted", "quarantined", "quarantined", "quarantined", "accepted"]
    kept = [
        (item.file, item.row_no, item.errors[0]["field"], item.errors[0]["code"])
        for item in held().order_by("row_no")
    ]
    assert kept == [
        ("march.csv", 3, "person_phone", "phone_invalid"),
        ("march.csv", 5, "", "not_a_row"),
        ("march.csv", 6, "zip", "field_unknown"),
    ]
    assert '"person_phone": "1"' in held().get(row_no=3).row.reveal()
    batch = Batch.objects.for_system("the test looks").get(label="march.csv")
    assert (batch.rows, batch.accepted, batch.quarantined) == (5, 2, 3)
    assert Entry.objects.filter(event="signal.quarantined").count() == 3


@pytest.mark.parametrize("value", ["\x00", "\ud800", "a\x00b"])
def test_what_no_database_can_hold_is_quarantined_and_kept(world: World, value: str) -> None:
    rows = [world.row(external_id=value), world.row(**{value: "x"}), world.row(text=value), world.row()]
    assert fates(world.take_in(rows)) == ["quarantined"] * 3 + ["accepted"]
    assert held().count() == 3


def test_a_later_good_row_supersedes_what_was_held(world: World) -> None:
    row = world.row()
    world.take_in([row | {"amount": "x"}])
    world.take_in([world.row() | {"amount": "x"}])
    assert fates(world.take_in([row])) == ["accepted"]
    assert sorted(held().values_list("status", flat=True)) == ["held", "superseded"]


def test_a_delivery_larger_than_a_chunk(world: World) -> None:
    rows = [world.row() for _ in range(1100)]
    rows[700] = rows[10]
    rows[1050] = world.row(person_phone=rows[3]["person_phone"])
    assert Counter(fates(world.take_in(rows))) == {"accepted": 1098, "duplicate": 1, "joined": 1}


row_plans = st.lists(
    st.tuples(
        st.integers(0, 6),  # external id
        st.integers(0, 3),  # phone
        st.sampled_from(["", "100", "x"]),  # amount; x is no amount
        st.sampled_from([None, 0, 1]),  # ID number
    ),
    max_size=12,
)


def id_number(number: int) -> str:
    """A right ID number for each number, by the remainder rule of GB 11643."""
    body = f"35010419900101{number:03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def oracle(batches: list[list[tuple[int, int, str, int | None]]]) -> list[str]:
    """What becomes of each row, slowly and obviously, all within one window."""
    seen: dict[int, tuple[Any, ...]] = {}
    people: list[dict[str, Any]] = []
    wanted = []
    for plan in (plan for batch in batches for plan in batch):
        number, phone, amount, id_no = plan
        if amount == "x" or (number in seen and seen[number] != plan):
            wanted.append("quarantined")
            continue
        if number in seen:
            wanted.append("duplicate")
            continue
        seen[number] = plan
        mine = [p for p in people if p["phone"] == phone]
        if id_no is not None:
            by_id = [p for p in people if p["id"] == id_no] or [p for p in mine if p["id"] is None][:1]
        else:
            by_id = mine[-1:]
        if by_id:
            by_id[0]["id"] = id_no if by_id[0]["id"] is None else by_id[0]["id"]
            wanted.append("joined")
        else:
            people.append({"phone": phone, "id": id_no})
            wanted.append("accepted")
    return wanted


InThreads = Callable[[list[Callable[[], Any]]], list[Any]]
world_no = itertools.count()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(row_plans, min_size=1, max_size=3))
def test_nothing_is_lost_and_every_fate_is_the_oracles(world: World, plans: list[list[Any]]) -> None:
    own = next(world_no)  # people and a sender nobody has met before
    before = held().count(), alerts().count(), Signal.objects.count()
    occurred_at = world.now.isoformat()
    got: list[str] = []
    for batch in plans:
        rows = [
            world.row(
                external_id=f"E{number}",
                person_phone=f"139{own:04d}{phone:04d}",
                amount=amount,
                person_id_number=None if id_no is None else id_number(own * 2 + id_no),
                occurred_at=occurred_at,
            )
            for number, phone, amount, id_no in batch
        ]
        got += fates(world.take_in(rows, f"p{own}"))
    assert got == oracle(plans)
    count = Counter(got)
    assert held().count() - before[0] == count["quarantined"]
    assert alerts().count() - before[1] == count["accepted"]
    assert Signal.objects.count() - before[2] == count["accepted"] + count["joined"]


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_twice_at_once(world: World, in_threads: InThreads) -> None:
    rows, channel = [world.row() for _ in range(60)], world.channel()
    work = [lambda: take_in(rows, channel=channel, now=world.now)] * 3
    results = in_threads(work)
    total = Counter(fate for result in results for fate in fates(result))
    assert total == {"accepted": 60, "duplicate": 120}
    assert alerts().count() == Signal.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_one_person_from_many_senders_at_once_is_one_alert(world: World, in_threads: InThreads) -> None:
    phone, channels = world.row()["person_phone"], [world.channel(f"s{n}") for n in range(6)]
    for _ in range(3):  # the first time the person is new, then known without an open alert
        sent = [(channel, world.row(person_phone=phone)) for channel in channels]
        work = [lambda c=channel, r=row: take_in([r], channel=c, now=world.now) for channel, row in sent]
        assert Counter(fates(r)[0] for r in in_threads(work)) == {"accepted": 1, "joined": 5}
        assert alerts().get(opened_at=world.now).signal_count == 6
        world.advance(timedelta(days=4))


@pytest.mark.django_db(transaction=True)
def test_one_person_under_two_phones_at_once_is_one_alert(world: World, in_threads: InThreads) -> None:
    """Known by ID number A and by phone B alike: rows that share no phone and no ID still meet in the person."""
    phone = world.row()["person_phone"]
    world.take_in([world.row(person_phone=phone, person_id_number=ID_NUMBER)])
    world.advance(timedelta(days=4))
    channel = world.channel()
    for _ in range(5):
        rows = [world.row(person_phone=phone), world.row(person_id_number=ID_NUMBER)]
        in_threads([lambda r=row: take_in([r], channel=channel, now=world.now) for row in rows])
        latest = alerts().filter(opened_at=world.now)
        assert [alert.signal_count for alert in latest] == [2]
        world.advance(timedelta(days=4))
