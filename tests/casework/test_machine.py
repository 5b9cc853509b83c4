"""The table type refuses tables that contradict themselves, and acts that the table does not declare."""

from __future__ import annotations

import pytest

from yipanqi.casework.lifecycles.alert import ALERT
from yipanqi.casework.machine import Lifecycle, LifecycleError, Transition, TransitionRefused

OPEN = Transition("open", ("shut", "ajar"), "open", "door.opened")
SHUT = Transition("shut", ("open",), "shut", "door.shut")
PULL = Transition("pull", ("shut",), "ajar", "door.pulled")
BURN = Transition("burn", ("open",), "ash", "door.burnt")


def door(
    *transitions: Transition,
    initial: str = "shut",
    statuses: tuple[str, ...] = ("shut", "ajar", "open", "ash"),
    resting: tuple[str, ...] = ("ash",),
) -> Lifecycle:
    return Lifecycle("door", initial, statuses, transitions or (OPEN, SHUT, PULL, BURN), resting)


def test_a_declared_act_gives_its_transition() -> None:
    assert door().next("ajar", "open") is OPEN
    assert door().allowed("shut") == ("open", "pull")
    assert door().allowed("ash") == ()
    assert door() == door()


def test_a_refusal_names_status_act_and_what_is_allowed() -> None:
    with pytest.raises(TransitionRefused) as caught:
        door().next("shut", "burn")
    assert str(caught.value) == "A door that is shut cannot be given the act burn; allowed: open, pull."
    assert caught.value.code == "transition_refused"
    facts = {"lifecycle": "door", "status": "shut", "act": "burn", "allowed": ("open", "pull")}
    assert caught.value.facts == facts


def test_a_refusal_at_the_end_says_that_nothing_is_allowed() -> None:
    with pytest.raises(TransitionRefused, match="nothing is allowed any more"):
        door().next("ash", "open")


def test_a_foreign_status_is_an_error_of_the_caller() -> None:
    for ask in (lambda: door().next("gone", "open"), lambda: door().allowed("gone")):
        with pytest.raises(LifecycleError) as caught:
            ask()
        assert caught.value.code == "status_unknown"


@pytest.mark.parametrize(
    ("reason", "build"),
    [
        ("the status gone is not declared", lambda: door(initial="gone")),
        ("the status gone is not declared", lambda: door(resting=("gone",))),
        ("the status gone is not declared", lambda: door(Transition("go", ("shut",), "gone", "door.gone"))),
        ("the status gone is not declared", lambda: door(Transition("come", ("gone",), "shut", "door.come"))),
        (
            "the act open is declared twice for shut",
            lambda: door(OPEN, SHUT, PULL, BURN, Transition("open", ("shut",), "ajar", "door.opened")),
        ),
        ("the act go has no source", lambda: door(OPEN, Transition("go", (), "open", "door.gone"))),
        ("the status ajar cannot be reached", lambda: door(OPEN, SHUT, BURN)),
        (
            "the status ajar is a dead end",
            lambda: door(PULL, BURN, Transition("open", ("shut",), "open", "e")),
        ),
        ("a status is declared twice", lambda: door(statuses=("shut", "shut", "ajar", "open", "ash"))),
        ("it has no resting status", lambda: door(resting=())),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(reason: str, build: object) -> None:
    assert callable(build)
    with pytest.raises(LifecycleError) as caught:
        build()
    assert reason in str(caught.value)
    assert caught.value.code == "lifecycle_invalid"


def test_two_statuses_that_only_turn_in_a_circle_are_a_dead_end() -> None:
    with pytest.raises(LifecycleError, match="dead end"):
        door(OPEN, SHUT, PULL, Transition("melt", ("shut",), "ash", "door.melted"), resting=("ajar",))


def test_the_state_chart_shows_every_way() -> None:
    assert door().mermaid().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> shut",
        "    shut --> open: open",
        "    ajar --> open: open",
        "    open --> shut: shut",
        "    shut --> ajar: pull",
        "    open --> ash: burn",
        "    ash --> [*]",
    ]
    ways = sum(len(each.sources) for each in ALERT.transitions)
    assert len(ALERT.mermaid().splitlines()) == 2 + ways + len(ALERT.resting)
