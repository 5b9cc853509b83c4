"""The pace of the live demo keeps the line between empty and endless."""

from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.province.streams import stream
from yipanqi.rehearsal.pacing import (
    CROWDED,
    LONGEST_GAP_S,
    LONGEST_TALK_S,
    LOW_MARK,
    MEAN_GAP_S,
    SHORTEST_TALK_S,
    gap_s,
    may_answer,
    talk_s,
)


@given(st.integers(0, 5000))
def test_a_longer_line_never_makes_operators_slower(waiting: int) -> None:
    assert SHORTEST_TALK_S <= talk_s(waiting + 1) <= talk_s(waiting) <= LONGEST_TALK_S


def test_warnings_come_every_four_seconds_and_slower_when_crowded() -> None:
    draws = stream(1, "gaps")
    calm = [gap_s(draws, 0) for _ in range(4000)]
    crowded = [gap_s(draws, CROWDED * 3) for _ in range(4000)]
    assert min(calm) > 0 and max(calm) <= LONGEST_GAP_S
    assert abs(sum(calm) / len(calm) - MEAN_GAP_S) < 0.4
    assert sum(crowded) > 1.5 * sum(calm)


def test_below_the_mark_a_call_is_left_to_the_person_but_not_for_ever() -> None:
    assert may_answer(LOW_MARK + 1, 0)
    assert not may_answer(LOW_MARK, 60)
    assert may_answer(0, 301)


def test_two_operators_hold_the_line_where_it_is_short() -> None:
    """Played without a centre: the line settles between the mark and the crowd."""
    draws, waiting, next_s, free_s = stream(2, "gaps"), 34, 0.0, [0.0, 0.0]
    seen = []
    for tick in range(3600 * 4):
        now_s = tick / 4
        if now_s >= next_s:
            waiting += 1
            next_s = now_s + gap_s(draws, waiting)
        for seat in range(2):
            if now_s >= free_s[seat] and waiting > LOW_MARK:
                waiting -= 1
                free_s[seat] = now_s + talk_s(waiting)
        seen.append(waiting)
    assert min(seen) >= LOW_MARK - 1
    assert max(seen) < CROWDED
