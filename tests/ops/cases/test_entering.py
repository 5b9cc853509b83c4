"""Opening cases and entering payments: once each, with the clocks, and nothing into a case that has ended."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.cases.conftest import OWN_CARD, SUSPECT, case_of, events, facts, seen
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.alerts.queries import access_alert
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.cases.moving import CaseRefused, move_case
from yipanqi.ops.cases.queries import CaseNotFound, list_payments, list_subjects
from yipanqi.ops.cases.reading import read_report
from yipanqi.ops.cases.registering import enter_once, fill_known
from yipanqi.ops.cases.services import add_suspects, correct_payment, enter_payment, report_case
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.outcomes import UndoExpired, undo_outcome
from yipanqi.ops.workorders.services import take_next
from yipanqi.ops.workorders.visits import Told, record_visit
from yipanqi.rehearsal.world import PROVINCE, World

Paid = Callable[..., Any]


def cases() -> Any:
    return Case.objects.for_system("the test looks")


def accounts(case: Any, role: str) -> list[tuple[str, int | None]]:
    return [(each.account.number.reveal(), each.level) for each in list_subjects(case) if each.role == role]


def test_found_paid_opens_the_case(world: World, paid_call: Paid) -> None:
    alert = paid_call()
    case = case_of(alert)
    assert (case.status, case.source, case.fraud_type) == ("reported", "alert", alert.fraud_type)
    assert (case.victim_id, case.place_code, case.version) == (alert.person_id, alert.place_code, 1)
    assert (case.stop_due_at, case.entry_due_at) == (
        world.now + timedelta(minutes=1),
        world.now + timedelta(minutes=30),
    )
    assert (case.pack_id, case.loss_minor, case.occurred_at) == ("CN", 0, alert.last_occurred_at)
    assert accounts(case, "suspect_account") == [(SUSPECT, 1)] and events(case) == ["case.reported"]
    assert case.number == "A350104-260302-" + case.number[-6:]


def test_every_account_that_a_warning_named_is_noted(world: World, paid_call: Paid) -> None:
    row = world.row(suspect_account="6222029999999999999")
    world.take_in([row])
    alert = paid_call(person_phone=row["person_phone"])
    noted = accounts(case_of(alert), "suspect_account")
    assert {number for number, _ in noted} == {SUSPECT, "6222029999999999999"} and len(noted) == 2


def test_a_visit_that_finds_it_paid_opens_the_case_too(world: World) -> None:
    from tests.ops.workorders.conftest import record  # inline: a word of another room

    world.take_in([world.row(jurisdiction_code="350104001", level_hint="high")])
    world.triage()
    seat, station = world.officer(), world.officer("st", roles=["station_officer"], unit="350104001")
    held = take_next(acting_officer=seat, now=world.now)
    assert held
    record(world, WorkOrder.objects.for_system("t").get(id=held[0].id), "unreachable", seat)
    visit = WorkOrder.objects.for_system("t").get(kind="visit")
    told = Told("paid", uuid.uuid4(), world.now)
    record_visit(
        work_order_id=visit.id, version=visit.version, told=told, acting_officer=station, now=world.now
    )
    case = cases().get()
    assert (case.status, case.alert.status) == ("reported", "paid")
    assert Entry.objects.get(event="case.reported").actor_id == str(station.id)


def test_undo_takes_the_case_back_and_a_second_outcome_opens_another(world: World, paid_call: Paid) -> None:
    officer = world.officer()
    alert = paid_call(officer)
    first = case_of(alert)
    world.advance(timedelta(seconds=5))
    order = undo_outcome(acting_officer=officer, now=world.now)
    assert (seen(first).status, Alert.objects.for_system("t").get().status) == ("withdrawn", "contacting")
    assert events(first) == ["case.reported", "case.withdrawn"]
    from tests.ops.workorders.conftest import record  # inline: a word of another room

    record(world, order, "paid", officer)
    assert [case.status for case in cases().order_by("reported_at")] == ["withdrawn", "reported"]


def test_what_was_entered_keeps_the_outcome(world: World, paid_call: Paid) -> None:
    officer = world.officer()
    case = case_of(paid_call(officer))
    enter_payment(case_id=case.id, facts=facts(world), acting_officer=officer, now=world.now)
    with pytest.raises(UndoExpired):
        undo_outcome(acting_officer=officer, now=world.now)
    assert seen(case).status == "reported" and access_alert(officer, case.alert_id).status == "paid"


def test_one_case_of_an_alert_at_a_time(world: World, paid_call: Paid) -> None:
    officer, duty = world.officer(), world.officer("duty", roles=["duty_officer"])
    alert = paid_call(officer)
    case = case_of(alert)
    move_case(case_id=case.id, version=1, act="accept", acting_officer=duty, now=world.now)
    world.advance(timedelta(minutes=20))
    again = paid_call(officer, person_phone=alert.person.phone.reveal())
    assert again.id == alert.id and cases().count() == 1
    undo_outcome(
        acting_officer=officer, now=world.now
    )  # the case was there before this outcome: undo leaves it
    assert (seen(case).status, seen(case).version) == ("accepted", 2)


def test_after_a_refused_case_a_new_one_opens(world: World, paid_call: Paid) -> None:
    officer, boss = world.officer(), world.officer("boss", roles=["approver"])
    alert = paid_call(officer)
    case = case_of(alert)
    move_case(case_id=case.id, version=1, act="refuse", reason="纠纷", acting_officer=boss, now=world.now)
    world.advance(timedelta(minutes=20))
    paid_call(officer, person_phone=alert.person.phone.reveal())
    assert sorted(cases().values_list("status", flat=True)) == ["refused", "reported"]


def test_the_alert_is_settled_once_somebody_has_the_case(world: World, paid_call: Paid) -> None:
    duty = world.officer("duty", roles=["duty_officer"])
    for act, reason in (("accept", ""), ("withdraw", "误登")):
        case = case_of(paid_call())
        move_case(case_id=case.id, version=1, act=act, reason=reason, acting_officer=duty, now=world.now)
        alert = Alert.objects.for_system("t").get(id=case.alert_id)
        assert (alert.status, alert.outcome) == ("closed", "paid") and alert.closed_at == world.now
        assert alert.paid_at and events(alert)[-1] == "alert.settled"


def report(world: World, external_id: str = "D1", **fields: Any) -> Any:
    raw: dict[str, Any] = {
        "external_id": external_id,
        "occurred_at": (world.now - timedelta(hours=1)).isoformat(),
        "person_phone": "13800002207",
        "text": "冒充客服",
    }
    read = read_report(raw | fields, scope_code=PROVINCE, now=world.now, needs_id=True)
    acting = as_actor(world.officer(f"o{uuid.uuid4().hex[:8]}"))
    return report_case(facts=read, source=CaseSource.REPORT, acting=acting, now=world.now, sender="desk")


def test_a_report_is_taken_once(world: World) -> None:
    case, is_new = report(world)
    again, is_new_again = report(world)
    assert (is_new, is_new_again, again.id) == (True, False, case.id) and cases().count() == 1
    with pytest.raises(CaseRefused) as refusal:
        report(world, text="另一件事")
    assert refusal.value.code == "external_id_conflict"
    assert report(world, "D2")[0].victim_id == case.victim_id
    assert case.text.reveal() == "冒充客服" and "冒充" not in str(
        Entry.objects.get(subject_id=str(case.id)).payload
    )


@pytest.mark.django_db(transaction=True)
def test_a_report_sent_twice_at_once_is_one_case(world: World, in_threads: Any) -> None:
    officers = [world.officer(f"t{n}") for n in range(4)]
    raw = {"external_id": "D9", "occurred_at": world.now.isoformat(), "person_phone": "13800002207"}
    read = read_report(raw, scope_code=PROVINCE, now=world.now)
    made = in_threads(
        [
            lambda officer=officer: report_case(
                facts=read, source=CaseSource.REPORT, acting=as_actor(officer), now=world.now, sender="desk"
            )
            for officer in officers
        ]
    )
    assert len({case.id for case, _ in made}) == 1 and sorted(new for _, new in made) == [False] * 3 + [True]


def test_a_payment_ends_the_entry_clock_and_adds_to_the_loss(world: World) -> None:
    case, _ = report(world)
    funds = world.officer("funds", roles=["funds_officer"])
    world.advance(timedelta(seconds=30))
    payment = enter_payment(case_id=case.id, facts=facts(world), acting_officer=funds, now=world.now)
    now = seen(case)
    assert (now.entered_at, now.loss_minor, now.version) == (world.now, 3_000_000, 2)
    assert payment.payee_name.reveal() == "周二" and accounts(case, "suspect_account") == [(SUSPECT, 1)]
    enter_payment(case_id=case.id, facts=facts(world, amount="1"), acting_officer=funds, now=world.now)
    entered = [e.payload for e in Entry.objects.filter(event="case.payment_entered").order_by("id")]
    assert [(each["entered"], each["loss_minor"], each["amount_minor"]) for each in entered] == [
        (True, 3_000_000, 3_000_000), (False, 100, 3_000_100),
    ]  # fmt: skip
    with pytest.raises(CaseRefused) as refusal:
        enter_payment(case_id=case.id, facts=facts(world), acting_officer=funds, now=world.now)
    assert (refusal.value.code, refusal.value.facts["payment_id"]) == ("payment_known", str(payment.id))
    assert seen(case).loss_minor == 3_000_100


def test_a_form_sent_again_enters_once_and_corrects_what_it_says_otherwise(world: World) -> None:
    case, _ = report(world)
    funds = world.officer("funds", roles=["funds_officer"])

    def send(corrects: Any = None, **fields: Any) -> Payment:
        told = facts(world, **fields)
        return enter_once(case=seen(case), facts=told, acting_officer=funds, now=world.now, corrects=corrects)

    first = send()
    named = send(payer_account=OWN_CARD, payer_bank="建行")
    assert named.id != first.id and named.payer and named.payer.number.reveal() == OWN_CARD
    assert send().id == named.id == send(payer_account=OWN_CARD).id, "what is left out is no other word"
    renamed = send(payee_name="周小二", payee_bank="ccb")
    assert (renamed.payee_name.reveal(), renamed.payee_bank, renamed.payer) == ("周小二", "ccb", None)
    right = send(corrects=renamed.id, amount="3000", payee_name="周小二", payee_bank="ccb")
    assert send(corrects=renamed.id, amount="3000", payee_name="周小二", payee_bank="ccb").id == right.id
    assert [payment.id for payment in list_payments(seen(case))] == [right.id]
    assert seen(case).loss_minor == 300_000 and Payment.objects.count() == 4
    replaced = Entry.objects.filter(event="case.payment_replaced").order_by("id")
    assert [entry.payload["payment_id"] for entry in replaced] == [str(p.id) for p in (first, named, renamed)]
    assert send(amount="1").id != right.id and seen(case).loss_minor == 300_100
    with pytest.raises(CaseRefused) as refusal:
        send(corrects=right.id, amount="1")
    assert refusal.value.code == "payment_known" and len(list_payments(seen(case))) == 2


def test_only_what_stands_in_the_case_is_corrected(world: World) -> None:
    case, other = report(world)[0], world.case()
    funds = world.officer("funds", roles=["funds_officer"])
    for payment in (other.payments.get().id, uuid.uuid4()):
        with pytest.raises(CaseNotFound):
            correct_payment(
                case_id=case.id, payment_id=payment, facts=facts(world), acting_officer=funds, now=world.now
            )  # fmt: skip
    assert (
        seen(other).loss_minor == 5_000_000
        and not Entry.objects.filter(event="case.payment_replaced").exists()
    )


def test_what_the_case_knows_need_not_be_typed(world: World, paid_call: Paid) -> None:
    case = case_of(paid_call(person_name="林晓梅"))
    funds = world.officer("funds", roles=["funds_officer"])
    known = str(list_subjects(case)[1].account_id)
    filled = fill_known(case, {"payee_account": "", "payee_ref": known, "payee_bank": "", "payee_name": ""})
    assert (filled["payee_account"], filled["payee_bank"], filled["payee_name"]) == (SUSPECT, "icbc", "")
    assert filled["holder_name"] == "林晓梅" and not any(name.endswith("_ref") for name in filled)
    enter_payment(case_id=case.id, facts=facts(world), acting_officer=funds, now=world.now)
    assert fill_known(case, {"payee_ref": known})["payee_name"] == "周二"
    typed = fill_known(case, {"payee_account": "1234567890", "payee_ref": known, "holder_name": "李四"})
    assert (typed["payee_account"], typed["holder_name"]) == ("1234567890", "李四")
    foreign = str(list_subjects(world.case(payee_account="6222020000000000001"))[1].account_id)
    assert "payee_account" not in fill_known(case, {"payee_ref": foreign})


def test_suspects_are_noted_once(world: World) -> None:
    case, _ = report(world, suspect_phones=["+85251234567"])
    duty = world.officer("duty", roles=["duty_officer"])
    for _ in range(2):
        phones = ["+85251234567", "17000000001"]
        add_suspects(case_id=case.id, phones=phones, links=["x.example"], acting_officer=duty, now=world.now)
    roles = sorted(each.role for each in list_subjects(case))
    assert roles == ["suspect_link", "suspect_phone", "suspect_phone", "victim"] and seen(case).version == 2
    assert Entry.objects.get(event="case.subjects_added").payload["rows"] == 2


def test_nothing_is_entered_by_who_may_not_nor_after_the_end(world: World) -> None:
    case, _ = report(world, jurisdiction_code="350104")
    far = world.officer("far", roles=["funds_officer"], unit="350203")
    reader = world.officer("reader", roles=["investigator"])
    duty = world.officer("duty", roles=["duty_officer"])
    for officer, error in ((far, CaseNotFound), (reader, NotAllowed)):
        with pytest.raises(error):
            enter_payment(case_id=case.id, facts=facts(world), acting_officer=officer, now=world.now)
    move_case(case_id=case.id, version=1, act="withdraw", reason="误登", acting_officer=duty, now=world.now)
    with pytest.raises(YipanqiError) as refusal:
        enter_payment(case_id=case.id, facts=facts(world), acting_officer=duty, now=world.now)
    assert refusal.value.code == "case_ended"
    with pytest.raises(YipanqiError):
        add_suspects(case_id=case.id, phones=["17000000001"], acting_officer=duty, now=world.now)
    assert not Payment.objects.exists()
