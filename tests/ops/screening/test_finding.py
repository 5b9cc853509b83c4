"""Findings: who makes them, what each needs, what it asks of the freeze in the same transaction, and reopening."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.ops.screening.conftest import CLEAN, DOCX, Bench, refused
from yipanqi import catalog
from yipanqi.casework.machine import TransitionRefused
from yipanqi.casework.terms import ends_at
from yipanqi.kernel.days import ZONE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.freezing.moving import free_minor
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order, Signature
from yipanqi.ops.measures.signing import decline
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.screening.deadlines import fire_due
from yipanqi.ops.screening.models import Finding, Screening
from yipanqi.ops.screening.queries import (
    ScreeningFilter,
    finding_of,
    findings_of,
    list_found,
    may_enter_return,
    unscreened,
)
from yipanqi.ops.screening.services import find, reopen, withdraw_evidence

REASONS = "合同、出库单与到账金额和时间相符，系正常货款。"
WEEK = timedelta(days=7)


def found(bench: Bench, screening: Screening, outcome: str = "involved_full", **more: Any) -> Finding:
    """A finding on the screening as it stands."""
    answers: Mapping[str, str] = {}
    given: dict[str, Any] = {
        "version": bench.seen(screening).version,
        "reasons": REASONS,
        "answers": answers,
        "acting_officer": bench.officer,
        "now": bench.world.now,
    } | more
    return find(screening_id=screening.id, outcome=outcome, **given)


def asked(screening: Screening) -> Signature:
    """The signature that what was asked waits for."""
    rows = Signature.objects.for_system("the test looks")
    return rows.get(freeze_id=screening.id, status="waiting")


def test_all_of_it_asks_nothing_and_may_be_returned(bench: Bench) -> None:
    screening = bench.open()
    finding = found(bench, screening)
    assert (finding.change, finding.involved_minor, finding.found_by) == (None, 5_000_000, bench.officer)
    assert not FreezeChange.objects.for_system("t").exists() and Order.objects.count() == 1
    seen = bench.seen(screening)
    assert (seen.status, seen.found_at) == ("found", bench.world.now)
    assert finding_of([screening.id])[screening.id].id == finding.id
    assert may_enter_return(bench.held(screening)) and unscreened(bench.officer).count() == 0
    (entry,) = Entry.objects.filter(event="screening.found")
    assert entry.payload["outcome"] == "involved_full" and entry.payload["late"] is False
    assert REASONS not in str(entry.payload) and REASONS not in str(Finding.objects.values()[0])


def test_a_part_asks_to_release_the_rest_within_three_days(bench: Bench) -> None:
    screening = bench.open()
    for wrong in (None, 0, -1, 5_000_000, 5_000_001):
        with refused("involved_out_of_range"):
            found(bench, screening, "involved_part", involved_minor=wrong)
    assert bench.seen(screening).status == "open" and not Finding.objects.exists()
    finding = found(bench, screening, "involved_part", involved_minor=1_240_000)
    change = bench.change(screening)
    assert change.id == finding.change_id and (change.kind, change.status) == ("cut", "asked")
    assert (change.minor, change.ground) == (3_760_000, "part_involved")
    assert change.due_at == ends_at(date(2026, 3, 5), ZONE) == bench.held(screening).release_due_at
    assert asked(screening).change_id == change.id and Order.objects.count() == 1
    assert not may_enter_return(bench.held(screening))
    bench.sign(screening)
    assert not may_enter_return(bench.held(screening))
    bench.answer(screening, "cut", released_minor=3_760_000, frozen_minor=1_240_000)
    held = bench.held(screening)
    assert (
        may_enter_return(held) and held.frozen_minor == 1_240_000 and unscreened(bench.officer).count() == 0
    )
    assert free_minor(held) == (1_240_000, 0)


@pytest.mark.parametrize(
    ("outcome", "reason"), [("unrelated_release", "unrelated"), ("good_faith_release", "good_faith")]
)
def test_what_is_not_of_the_case_is_asked_to_be_released(bench: Bench, outcome: str, reason: str) -> None:
    screening = bench.open()
    bench.hand_in(screening)
    finding = found(bench, screening, outcome, answers=CLEAN)
    change = bench.change(screening)
    assert (change.id, change.kind, change.ground) == (finding.change_id, "release", reason)
    assert change.due_at == ends_at(date(2026, 3, 5), ZONE) and finding.involved_minor is None
    assert bench.held(screening).status == "frozen" and Order.objects.count() == 1
    assert not may_enter_return(bench.held(screening))
    bench.sign(screening)
    bench.answer(screening, "release", released_minor=5_000_000)
    held = bench.held(screening)
    assert held.status == "released" and not may_enter_return(held)
    assert Paper.objects.for_system("look").filter(kind="owner_notice").exists()


def test_good_faith_needs_evidence_and_every_case_of_the_law_ruled_out(bench: Bench) -> None:
    screening = bench.open()
    with refused("evidence_missing"):
        found(bench, screening, "good_faith_release", answers=CLEAN)
    file = bench.hand_in(screening)
    for code in CLEAN:
        for answer in ("yes", "unknown"):
            with refused("checklist_against"):
                found(bench, screening, "good_faith_release", answers=CLEAN | {code: answer})
        with refused("checklist_against"):
            found(
                bench,
                screening,
                "good_faith_release",
                answers={key: value for key, value in CLEAN.items() if key != code},
            )
    given: dict[str, Any] = {"acting_officer": bench.officer, "now": bench.world.now}
    withdraw_evidence(evidence_id=file.id, reason="交错案件", **given)
    with refused("evidence_missing"):
        found(bench, screening, "good_faith_release", answers=CLEAN)
    bench.hand_in(screening, DOCX)
    house = {"goods_delivered": "no", "price_usual": "unknown"}  # these only help to weigh
    finding = found(bench, screening, "good_faith_release", answers=CLEAN | house)
    assert finding.answers == dict.fromkeys(catalog.good_faith(), "unknown") | CLEAN | house


def test_a_doubt_waits_and_comes_back(bench: Bench) -> None:
    screening = bench.open()
    bench.world.advance(timedelta(days=6))
    finding = found(bench, screening, "doubtful_hold")
    seen = bench.seen(screening)
    assert finding.change is None and seen.due_at == bench.world.now + WEEK
    assert unscreened(bench.officer).count() == 0 and not may_enter_return(bench.held(screening))
    bench.world.advance(WEEK)
    assert fire_due(now=bench.world.now) == 1
    assert [each.id for each in unscreened(bench.officer)] == [screening.id]
    again = reopen(
        screening_id=screening.id,
        version=seen.version,
        reason="又到期",
        acting_officer=bench.officer,
        now=bench.world.now,
    )
    assert again.late_at is None and again.due_at == bench.world.now + WEEK


def test_a_doubt_near_the_end_asks_for_a_renewal_once(bench: Bench) -> None:
    screening = bench.open()
    ends = bench.held(screening).expires_at
    assert ends is not None
    bench.world.advance(ends - timedelta(days=30) - bench.world.now - timedelta(seconds=1))
    assert found(bench, screening, "doubtful_hold").change is None
    bench.world.advance(timedelta(seconds=1))
    version = bench.seen(screening).version
    given: dict[str, Any] = {"acting_officer": bench.officer, "now": bench.world.now}
    reopen(screening_id=screening.id, version=version, reason="临近到期", **given)
    finding = found(bench, screening, "doubtful_hold")
    change = bench.change(screening)
    assert (change.id, change.kind, change.ground) == (finding.change_id, "renew", "doubt_remains")
    until = bench.held(screening).until_date
    assert until is not None and change.until_date == until.replace(year=2027, month=3)
    assert asked(screening).purpose == "renewal"


def test_every_finding_has_reasons_and_a_known_outcome(bench: Bench) -> None:
    screening = bench.open()
    for more, code in (
        ({"reasons": "太短了"}, "reasons_too_short"),
        ({"reasons": " " * 40 + "太短了"}, "reasons_too_short"),
        ({"reasons": "字" * 2001}, "field_too_long"),
        ({"outcome": "guilty"}, "outcome_unknown"),
        ({"answers": {"knew": "perhaps"}}, "answer_unknown"),
        ({"answers": {"whim": "yes"}}, "answer_unknown"),
        ({"version": 77}, "version_conflict"),
    ):
        with refused(code):
            found(bench, screening, **more)
    assert not Finding.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.create(
            id=screening.id, screening=screening, outcome="involved_full", found_at=bench.world.now
        )


def test_who_may_find(bench: Bench) -> None:
    screening = bench.open()
    for roles, unit, code in (
        (["approver"], "350000", "not_allowed"),
        (["station_officer"], "350000", "not_allowed"),
        (["investigator"], "350203", "not_found"),
    ):
        officer = bench.world.officer(f"x{roles[0]}", roles=roles, unit=unit)
        with refused(code):
            found(bench, screening, acting_officer=officer)
    investigator = bench.world.officer("inv", roles=["investigator"], unit="350104")
    assert found(bench, screening, acting_officer=investigator).found_by == investigator


def test_a_finding_is_made_on_the_evidence_that_was_seen(bench: Bench) -> None:
    screening = bench.open()
    bench.hand_in(screening)
    with refused("version_conflict"):
        found(bench, screening, version=screening.version)
    found(bench, screening)
    with pytest.raises(TransitionRefused):
        found(bench, screening)
    with refused("screening_settled"):
        bench.hand_in(screening, DOCX)


def test_the_record_says_all_of_it(bench: Bench) -> None:
    screening = bench.open()
    file = bench.hand_in(screening, file_name="购销合同.pdf", kind="contract")
    gone = bench.hand_in(screening, DOCX)
    given: dict[str, Any] = {"acting_officer": bench.officer, "now": bench.world.now}
    withdraw_evidence(evidence_id=gone.id, reason="交错案件", **given)
    found(bench, screening, "involved_part", involved_minor=1_240_000, answers={"knew": "no"})
    paper = Paper.objects.for_system("look").get(kind="screening_record")
    text = paper.content.reveal()
    for word in ("周二", "6222021602001234567", "50,000.00元", "涉案-部分", "12,400.00元", REASONS, "购销合同.pdf",
                 file.sha256, "合同、订单", "不清楚", bench.officer.name, screening.case.number):  # fmt: skip
        assert word in text, word
    assert gone.sha256 not in text
    assert (paper.subject_kind, paper.subject_id) == ("screening", screening.id)


def test_what_was_sent_back_comes_back_to_the_desk_and_is_opened_again(bench: Bench) -> None:
    screening = bench.open()
    finding = found(bench, screening, "unrelated_release")
    version = bench.seen(screening).version
    given: dict[str, Any] = {
        "screening_id": screening.id,
        "version": version,
        "acting_officer": bench.officer,
        "now": bench.world.now,
    }
    with refused("change_under_way"):
        reopen(reason="想改", **given)
    assert unscreened(bench.officer).count() == 0
    signature = asked(screening)
    decline(
        signature_id=signature.id,
        reason="出库单没有签收人",
        acting_officer=bench.desk.approver,
        now=bench.world.now,
    )
    assert [each.id for each in unscreened(bench.officer)] == [screening.id]
    with refused("reason_missing"):
        reopen(reason=" ", **given)
    with refused("version_conflict"):
        reopen(reason="补充材料", **(given | {"version": version - 1}))
    bench.world.advance(timedelta(days=1))
    again = reopen(reason="补充材料", **(given | {"now": bench.world.now}))
    assert (again.status, again.found_at, again.due_at) == ("open", None, bench.world.now + WEEK)
    (old,) = findings_of(screening)
    assert old.superseded_at == bench.world.now and old.superseded_reason.reveal() == "补充材料"
    assert old.superseded_by == bench.officer and finding_of([screening.id]) == {}
    with pytest.raises(TransitionRefused):
        reopen(reason="再来", **(given | {"version": again.version}))
    newer = found(bench, screening, "involved_full")
    assert [each.id for each in findings_of(screening)] == [newer.id, finding.id]
    assert list_found(bench.officer, ScreeningFilter(tab="found")).rows[0].id == screening.id
    assert Entry.objects.filter(event="screening.reopened").count() == 1


def test_an_overdue_finding_says_so(bench: Bench) -> None:
    screening = bench.open()
    bench.world.advance(WEEK)
    found(bench, screening)
    assert Entry.objects.get(event="screening.found").payload["late"] is True


def test_nothing_is_found_where_nothing_is_held(bench: Bench) -> None:
    screening = bench.open()
    Freeze.objects.for_system("it ends").filter(id=screening.id).update(status="lapsed")
    with refused("freeze_not_held"):
        found(bench, screening)


@pytest.mark.django_db(transaction=True)
def test_two_officers_find_at_once_and_one_finding_stands(
    bench: Bench, in_threads: Callable[..., list[Any]]
) -> None:
    screening = bench.open()
    other = bench.world.officer("other", roles=["investigator"])
    version = bench.seen(screening).version

    def try_it(outcome: str, officer: Any) -> str:
        try:
            found(bench, screening, outcome, acting_officer=officer, version=version)
        except YipanqiError as error:
            return error.code
        return "found"

    work = [
        lambda: try_it("unrelated_release", bench.officer),
        lambda: try_it("involved_full", other),
        lambda: try_it("doubtful_hold", other),
    ]
    assert sorted(in_threads(work)) == ["found", "version_conflict", "version_conflict"]
    assert (
        Finding.objects.count() == 1
        and Paper.objects.for_system("look").filter(kind="screening_record").count() == 1
    )
