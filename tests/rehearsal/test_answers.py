"""How people answer a call: by what is true about them, and not before the call they would pick up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yipanqi.rehearsal.answers import People
from yipanqi.rehearsal.messages import Message, Truth

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PHONE = "14000000001"
VICTIM = Truth(is_true=True, answers_on_call=1, has_paid=False, would_pay_at=NOW + timedelta(hours=1))


def outcomes(truth: Truth, *, tries: int = 1, people: int = 200) -> set[str]:
    """What `people` of this truth say at their last of so many calls."""
    found = set()
    for number in range(people):
        phone = f"140{number:08d}"
        known = People(seed=5)
        known.hear(Message("ccb", NOW, {"person_phone": phone}, truth))
        found.add([known.answer(phone, "order", NOW) for _ in range(tries)][-1])
    return found


def test_a_victim_who_has_not_paid_is_dissuaded_or_refuses() -> None:
    assert outcomes(VICTIM) == {"dissuaded", "refused"}


def test_who_has_paid_all_there_was_has_paid() -> None:
    assert outcomes(replace(VICTIM, has_paid=True, would_pay_at=None)) == {"paid", "refused"}
    assert outcomes(replace(VICTIM, would_pay_at=NOW)) == {"paid", "refused"}


def test_who_would_pay_again_may_hold_back_the_rest() -> None:
    assert outcomes(replace(VICTIM, has_paid=True)) == {"dissuaded", "paid", "refused"}


def test_a_false_warning_is_not_as_warned() -> None:
    false = Truth(is_true=False, answers_on_call=1, has_paid=False, would_pay_at=None)
    assert outcomes(false) == {"mismatch", "duplicate"}


@pytest.mark.parametrize(("answers_on_call", "said"), [
    (0, ["not_found_yet", "not_found_yet", "unreachable"]),
    (1, ["answer", "answer", "answer"]),
    (2, ["not_found_yet", "answer", "answer"]),
    (3, ["not_found_yet", "not_found_yet", "answer"]),
])  # fmt: skip
def test_nobody_answers_before_their_call(answers_on_call: int, said: list[str]) -> None:
    missed = {"not_found_yet", "unreachable"}
    truth = replace(VICTIM, answers_on_call=answers_on_call)
    for tries, expected in enumerate(said, start=1):
        found = outcomes(truth, tries=tries, people=50)
        assert not found & missed if expected == "answer" else found == {expected}


def test_a_true_warning_outweighs_a_false_one_and_strangers_are_answered_too() -> None:
    people = People(seed=5)
    for is_true in (False, True):
        people.hear(Message("ccb", NOW, {"person_phone": PHONE}, replace(VICTIM, is_true=is_true)))
    people.hear(Message("ccb", NOW, {"person_phone": "14000000002"}, None))
    assert people.answer(PHONE, "a", NOW) in {"dissuaded", "refused"}
    assert people.answer("14000000002", "b", NOW) in {"dissuaded", "refused"}
