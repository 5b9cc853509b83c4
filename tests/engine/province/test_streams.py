"""Named streams: independent of each other, bounded, and pinned to their values."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.province.streams import Weighted, stream

PINNED = [318, 105, 346, 429, 452]


def test_the_numbers_of_a_stream_are_pinned() -> None:
    draws = stream(7, "pin", 3)
    assert [draws.whole(0, 999) for _ in range(5)] == PINNED


def test_reading_ahead_changes_nothing() -> None:
    near, far = stream(7, "a", ahead=1), stream(7, "a", ahead=500)
    assert [near.whole(0, 10**9) for _ in range(50)] == [far.whole(0, 10**9) for _ in range(50)]


def test_names_make_different_streams() -> None:
    first = {stream(7, *names).whole(0, 2**60) for names in (("a",), ("b",), ("a", 1), ("a", 2), (1,))}
    assert len(first) == 5


@given(st.integers(0, 2**63 - 1), st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_whole_numbers_stay_within_bounds(seed: int, low: int, width: int) -> None:
    assert low <= stream(seed, "w").whole(low, low + width) <= low + width


def test_weights_are_kept_to() -> None:
    draws, choice = stream(1, "weights", ahead=4096), Weighted("ab", (1, 3))
    counts = Counter(draws.weighted(choice) for _ in range(20_000))
    assert 0.73 < counts["b"] / 20_000 < 0.77


def test_shuffling_keeps_everything() -> None:
    assert sorted(stream(1, "s").shuffled(range(50))) == list(range(50))
