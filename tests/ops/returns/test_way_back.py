"""A return from its opening to the decision, by the services: who may do what, and that money stays whole."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from tests.ops.returns.way import MULE, Way, refused
from yipanqi.analytics import dividing
from yipanqi.analytics.dividing import run_division
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.measures.deadlines import fire_due as fire_measures
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.returns import choosing, claiming, deadlines, deciding, objecting, signing, submitting
from yipanqi.ops.returns.claiming import ApplicationFacts
from yipanqi.ops.returns.keeping import methods_of
from yipanqi.ops.returns.models import Allocation, FundReturn, Objection
from yipanqi.ops.returns.opening import add_claim, open_return
from yipanqi.ops.returns.queries import allocations_of, claims_of, origins_of, waiting_signatures
from yipanqi.rehearsal.world import World


@pytest.fixture
def way(db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Way:
    monkeypatch.setattr(settings, "LEDGER_DIR", tmp_path / "ledger")
    return Way(World().load())


def papers(found: FundReturn) -> list[str]:
    rows = Paper.objects.for_system("the test looks").filter(subject_id=found.id).order_by("made_at", "id")
    return list(rows.values_list("kind", flat=True))


def test_mixed_money_is_announced_before_it_is_decided(way: Way) -> None:
    found = way.open()
    assert {claim.case_id for claim in claims_of(found)} == {case.id for case in way.cases}
    way.tell_all(found)
    first, _ = claims_of(found)
    way.apply(first)
    division = way.divide(found)
    results = {each.method: each for each in methods_of(division)}
    assert list(results)[:2] == ["direct_else_proportional", "loss_ratio"]
    assert {each.basis for each in results.values()} == {"proportional", "method"}
    way.choose(found, division)
    assert sorted(each.principal_minor for each in allocations_of(way.seen(found))) == [2_500_000, 2_500_000]
    assert [each.is_reserved for each in allocations_of(way.seen(found))].count(True) == 1
    assert all(each.lines for each in allocations_of(way.seen(found)))
    way.submit(found)
    assert papers(found)[:2] == ["flow_table", "return_report"]
    noticed = way.sign(found)
    assert (noticed.status, noticed.notice_last - noticed.notice_from) == ("noticed", timedelta(days=30))
    with refused("notice_running"):
        way.act(submitting.submit_decision, return_id=found.id, version=noticed.version)
    way.world.advance(timedelta(days=31))
    way.act(submitting.submit_decision, return_id=found.id, version=noticed.version)
    decided = way.sign(found)
    assert decided.status == "decided" and "刑返字" in decided.decision_number
    assert balance(Book.HOLDINGS, Kind.ATTRIBUTED, case_id=way.cases[0].id) == 5_000_000
    for case in way.cases:
        assert balance(Book.CLAIMS, Kind.ATTRIBUTED, case_id=case.id) == 2_500_000
    assert papers(found)[2:] == ["public_notice", "return_decision"]
    way.proven()


def test_a_direct_return_is_decided_by_its_report(
    db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LEDGER_DIR", tmp_path / "ledger")
    way = Way(World().load(), mixed=False)
    found = way.open()
    way.tell_all(found)
    division = way.divide(found)
    with refused("ground_unknown"):
        way.choose(found, division, "direct_else_proportional")
    way.choose(found, division, "direct_else_proportional", ground="single_credit", note="")
    assert way.seen(found).basis == "direct"
    way.submit(found)
    assert way.sign(found).status == "decided"
    way.proven()


def test_who_had_a_hand_in_it_signs_nothing_and_a_county_is_too_low(way: Way) -> None:
    found = way.open()
    way.tell_all(found)
    way.choose(found, way.divide(found))
    with refused("claim_not_ready"):
        way.act(submitting.submit, return_id=found.id, version=way.seen(found).version)
    way.submit(found)
    assert list(waiting_signatures(way.city)) == [way.waiting(found)]
    county = way.world.officer("county", roles=["approver"], unit="350104")
    with refused("tier_too_low"):
        way.sign(found, county)
    both = way.world.officer("both", roles=["approver", "funds_officer"], unit="350100")
    FundReturn.objects.for_system("as if").filter(id=found.id).update(submitted_by=both)
    with refused("second_person_needed"):
        way.sign(found, both)
    back = way.act(signing.decline, way.city, signature_id=way.waiting(found).id, reason="比例依据不足")
    assert (back.status, back.method) == ("divided", "loss_ratio")


def test_a_changed_claim_makes_a_division_old(way: Way) -> None:
    found = way.open()
    way.tell_all(found)
    division = way.divide(found)
    first, second = claims_of(found)
    way.act(claiming.exclude_claim, claim_id=second.id, version=second.version, reason="not_a_victim")
    with refused("division_outdated"):
        way.choose(found, division)
    way.choose(found, way.divide(found))
    way.act(claiming.restore_claim, claim_id=second.id, version=second.version + 1)
    assert (way.seen(found).status, way.seen(found).method) == ("open", "")
    with refused("claim_not_ready"):
        way.act(add_claim, return_id=found.id, version=way.seen(found).version, case_number=first.case.number)


def test_who_entered_an_application_does_not_verify_it(way: Way) -> None:
    found = way.open()
    way.tell_all(found)
    claim = claims_of(found)[0]
    with refused("destination_missing"):
        facts = ApplicationFacts()
        way.act(claiming.enter_application, claim_id=claim.id, version=claim.version, facts=facts)
    facts = ApplicationFacts(destination_id=origins_of(claim)[0].id)
    claim = way.act(claiming.enter_application, claim_id=claim.id, version=claim.version, facts=facts)
    with refused("second_person_needed"):
        way.act(claiming.verify_claim, claim_id=claim.id, version=claim.version)


def test_money_goes_into_one_return_and_only_when_found_to_be_of_the_case(way: Way) -> None:
    found = way.open()
    with refused("fund_in_other_return"):
        way.open()
    assert found.round == 1
    other = way.bench.freeze(7)
    with refused("fund_not_screened"):
        way.act(open_return, case_id=other.case_id, freeze_ids=[other.id])


def lodge(way: Way, found: FundReturn) -> Objection:
    given = {"kind": "holder", "name": "周二", "phone": "14000000001", "text": "其中两万元是货款"}
    return way.act(objecting.lodge_objection, return_id=found.id, **given)


def test_an_objection_is_decided_by_a_stranger_and_holds_the_decision_up(way: Way) -> None:
    found = way.noticed()
    objection = lodge(way, found)
    way.world.advance(timedelta(days=31))
    with refused("objection_open"):
        way.act(submitting.submit_decision, return_id=found.id, version=way.seen(found).version)
    deadlines.fire_due(now=way.world.now)
    deadlines.fire_due(now=way.world.now)
    late = Objection.objects.for_system("the test looks").get(id=objection.id)
    assert late.late_at == way.world.now
    FundReturn.objects.for_system("as if").filter(id=found.id).update(chosen_by=way.appeal)
    with refused("own_decision"):
        way.act(objecting.decide_objection, way.appeal, objection_id=objection.id, uphold=False, reason="x")
    FundReturn.objects.for_system("as if").filter(id=found.id).update(chosen_by=way.funds)
    given = {"objection_id": objection.id, "uphold": False, "reason": "未提供合同和物流凭证"}
    way.act(objecting.decide_objection, way.appeal, **given)
    way.act(submitting.submit_decision, return_id=found.id, version=way.seen(found).version)
    assert way.sign(found).status == "decided"
    with refused("objection_too_late"):
        lodge(way, found)


def test_an_upheld_objection_takes_the_return_up_again(way: Way) -> None:
    found = way.noticed()
    objection = lodge(way, found)
    given = {"objection_id": objection.id, "uphold": True, "reason": "货款凭证属实"}
    way.act(objecting.decide_objection, way.appeal, **given)
    again = way.seen(found)
    assert (again.status, again.method, again.notice_last) == ("open", "", None)
    way.choose(found, way.divide(found))
    assert Allocation.objects.filter(fund_return=found).values("division").distinct().count() == 2


def decided(way: Way) -> FundReturn:
    found = way.noticed()
    way.world.advance(timedelta(days=31))
    way.act(submitting.submit_decision, return_id=found.id, version=way.seen(found).version)
    return way.sign(found)


def test_a_revoked_decision_gives_the_money_its_name_back(way: Way) -> None:
    found = decided(way)
    way.act(deciding.revoke, return_id=found.id, version=found.version, reason="法院另有意见")
    assert way.seen(found).status == "open"
    assert balance(Book.HOLDINGS, Kind.ATTRIBUTED) == balance(Book.CLAIMS, Kind.ATTRIBUTED) == 0
    assert balance(Book.HOLDINGS, Kind.FROZEN, case_id=way.cases[0].id) == 5_000_000
    way.proven()


def test_a_freeze_that_lapses_takes_its_return_up_again(way: Way) -> None:
    found = decided(way)
    way.world.advance(timedelta(days=200))
    fire_measures(now=way.world.now)
    deadlines.fire_due(now=way.world.now)
    assert way.seen(found).status == "open"
    assert balance(Book.CLAIMS, Kind.ATTRIBUTED) == 0
    way.proven()


def test_a_case_that_is_not_filed_is_no_claim(way: Way) -> None:
    found = way.open()
    unfiled = way.world.case(payee_account=MULE)
    with refused("claim_not_ready"):
        way.act(add_claim, return_id=found.id, version=found.version, case_number=unfiled.number)
    investigator = way.world.officer("accepts", roles=["investigator"])
    for act, officer in (("accept", investigator), ("file", way.bench.desk.approver)):
        case_id, version = unfiled.id, unfiled.version
        unfiled = move_case(
            case_id=case_id, version=version, act=act, acting_officer=officer, now=way.world.now
        )
    claim = way.act(add_claim, return_id=found.id, version=found.version, case_number=unfiled.number)
    assert claim.status == "candidate"


def test_a_share_goes_to_the_victims_own_account_only(way: Way) -> None:
    found = way.open()
    way.tell_all(found)
    claim = claims_of(found)[0]
    name = claim.victim.name.reveal()
    other = {"account": "6217000010007777777", "bank": "ccb", "other_reason": "原卡已注销"}
    given = {"claim_id": claim.id, "version": claim.version}
    with refused("destination_of_another"):
        way.act(claiming.enter_application, facts=ApplicationFacts(holder_name="某第三人", **other), **given)
    spaced = ApplicationFacts(holder_name=f"{name[:1]} {name[1:]}", **other)
    assert way.act(claiming.enter_application, facts=spaced, **given).status == "applied"


def test_money_that_is_gone_is_not_announced(way: Way) -> None:
    found = way.open()
    way.tell_all(found)
    way.apply(claims_of(found)[0])
    way.choose(found, way.divide(found))
    way.submit(found)
    way.world.advance(timedelta(days=400))
    fire_measures(now=way.world.now)
    with refused("division_outdated"):
        way.sign(found)
    assert (way.seen(found).status, way.seen(found).notice_number) == ("submitted", "")


def test_who_signed_before_it_was_taken_up_again_is_no_stranger(way: Way) -> None:
    both = way.world.officer("both", roles=["approver", "appeal_officer"], unit="350100")
    found = way.noticed()
    way.world.advance(timedelta(days=31))
    way.act(submitting.submit_decision, return_id=found.id, version=way.seen(found).version)
    found = way.sign(found, both)
    way.act(deciding.revoke, return_id=found.id, version=found.version, reason="法院另有意见")
    way.choose(found, way.divide(found))
    way.submit(found)
    objection = lodge(way, way.sign(found))
    with refused("own_decision"):
        way.act(objecting.decide_objection, both, objection_id=objection.id, uphold=False, reason="x")


def test_a_claim_left_out_while_the_job_runs_makes_its_answer_old(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = way.open()
    way.tell_all(found)
    second = claims_of(found)[1]
    division = way.act(choosing.ask_division, return_id=found.id)
    real = dividing.divide

    def meanwhile(*given: Any) -> Any:
        results = real(*given)
        told = {"claim_id": second.id, "version": second.version, "reason": "not_a_victim"}
        way.act(claiming.exclude_claim, **told)
        return results

    monkeypatch.setattr(dividing, "divide", meanwhile)
    run_division(division.id, now=way.world.now)
    division.refresh_from_db()
    assert (division.status, division.error, division.results) == ("failed", "division_outdated", None)
