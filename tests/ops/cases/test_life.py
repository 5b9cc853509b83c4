"""A case along its life: who may take which step, two people on filing, and no step lost or made twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.cases.conftest import events, seen
from yipanqi.casework.authority import NotAllowed
from yipanqi.casework.lifecycles.case import CASE
from yipanqi.casework.machine import TransitionRefused
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.moving import REASON_MAX, REASONED, ROLE_ACT, CaseRefused, move_case
from yipanqi.ops.cases.queries import CaseNotFound
from yipanqi.rehearsal.world import World

EVERY_ROLE = ["operator", "duty_officer", "approver", "investigator"]
Move = Callable[..., Any]


@pytest.fixture
def move(world: World) -> Move:
    """Give a case an act at the version it stands at, for a reason where one is needed."""

    def give(
        case: Any, act: str, officer: Any, *, version: int | None = None, reason: str | None = None
    ) -> Any:
        return move_case(
            case_id=case.id,
            version=seen(case).version if version is None else version,
            act=act,
            reason=("说明" if act in REASONED else "") if reason is None else reason,
            acting_officer=officer,
            now=world.now,
        )

    return give


def code_of(refusal: Any) -> str:
    return str(refusal.value.code)


def test_every_act_has_its_role_and_every_reason_its_act() -> None:
    acts = {transition.act for transition in CASE.transitions}
    assert set(ROLE_ACT) == acts and acts > REASONED


def test_from_report_to_trial(world: World, move: Move) -> None:
    case = world.case()
    duty = world.officer("duty", roles=["duty_officer"])
    boss = world.officer("boss", roles=["approver"], unit="350104")
    detective = world.officer("det", roles=["investigator"])
    steps = [
        ("accept", duty),
        ("file", boss),
        ("solve", detective),
        ("prosecute", detective),
        ("try", detective),
    ]
    for act, officer in [*steps, ("close", detective)]:
        move(case, act, officer)
    found = seen(case)
    assert (found.status, found.accepted_by_id, found.handler_id) == ("closed", duty.id, duty.id)
    assert found.filed_at == found.ended_at == world.now and found.reason.reveal() == "说明"
    assert events(case)[-6:] == [
        "case.accepted", "case.filed", "case.solved", "case.prosecuted", "case.tried", "case.closed",
    ]  # fmt: skip
    with pytest.raises(TransitionRefused):
        move(case, "close", detective)


def test_who_accepted_does_not_file(world: World, move: Move) -> None:
    case = world.case()
    both = world.officer("both", roles=["duty_officer", "approver"])
    move(case, "accept", both)
    for act in ("file", "refuse"):
        with pytest.raises(CaseRefused) as refusal:
            move(case, act, both)
        assert code_of(refusal) == "second_person_needed"
    move(case, "file", world.officer("boss", roles=["approver"]))
    assert seen(case).status == "filed"


def test_a_station_does_not_decide_on_filing(world: World, move: Move) -> None:
    case = world.case()
    case.put_at("350104001")
    case.save()
    small = world.officer("small", roles=["approver"], unit="350104001")
    with pytest.raises(CaseRefused) as refusal:
        move(case, "refuse", small)
    assert code_of(refusal) == "tier_too_low"


@pytest.mark.parametrize(
    ("roles", "act"), [(["operator"], "accept"), (["investigator"], "file"), (["duty_officer"], "solve")]
)
def test_each_act_is_for_its_role(world: World, move: Move, roles: list[str], act: str) -> None:
    case = world.case()
    with pytest.raises(NotAllowed):
        move(case, act, world.officer("x", roles=roles))
    assert seen(case).status == "reported"


def test_elsewhere_it_does_not_exist(world: World, move: Move) -> None:
    with pytest.raises(CaseNotFound):
        move(world.case(), "accept", world.officer("far", roles=["duty_officer"], unit="350200"))


def test_a_stale_page_changes_nothing(world: World, move: Move) -> None:
    case, duty = world.case(), world.officer("duty", roles=["duty_officer"])
    move(case, "accept", duty)
    with pytest.raises(CaseRefused) as refusal:
        move(case, "refuse", world.officer("boss", roles=["approver"]), version=1)
    assert (code_of(refusal), refusal.value.facts["version"]) == ("version_conflict", 2)
    assert seen(case).status == "accepted"


@pytest.mark.parametrize("act", sorted(REASONED - {"close"}))
def test_a_reason_is_needed_and_not_too_long(world: World, move: Move, act: str) -> None:
    case, officer = world.case(), world.officer("x", roles=["operator", "approver"])
    for reason, code in (
        ("", "reason_missing"),
        ("  ", "reason_missing"),
        ("长" * (REASON_MAX + 1), "field_too_long"),
    ):
        with pytest.raises(CaseRefused) as refusal:
            move(case, act, officer, reason=reason)
        assert code_of(refusal) == code
    move(case, act, officer, reason="长" * REASON_MAX)
    assert len(seen(case).reason.reveal()) == REASON_MAX


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from([*ROLE_ACT, "fly"]), st.integers(0, 1)), max_size=12))
def test_any_acts_of_any_officers_follow_the_table(
    world: World, move: Move, steps: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        officers = [world.officer(f"h{n}", roles=EVERY_ROLE) for n in range(2)]
        case = world.case()
        first, done = len(events(case)), 0
        for act, who in steps:
            before = seen(case)
            try:
                move(case, act, officers[who])
            except (TransitionRefused, CaseRefused, YipanqiError) as refusal:
                after = seen(case)
                assert (after.status, after.version) == (before.status, before.version)
                by_self = act in {"file", "refuse"} and before.accepted_by_id == officers[who].id
                assert act not in CASE.allowed(before.status) or (
                    by_self and refusal.code == "second_person_needed"
                )
                continue
            done += 1
            after = seen(case)
            assert (
                after.status == CASE.next(before.status, act).target and after.version == before.version + 1
            )
            assert (after.ended_at is None) == (after.status not in CASE.resting)
        assert len(events(case)) == first + done
        found = seen(case)
        assert found.filed_at is None or found.status != "refused"
        transaction.set_rollback(True)
