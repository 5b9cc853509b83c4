"""Largest remainder: nothing lost, ties in the order given, the held part last."""

from hypothesis import given, settings
from hypothesis import strategies as st

from yipanqi.engine.restitution.rounding import apportion


def test_ties_go_in_the_order_given_and_the_held_part_comes_last():
    assert apportion(100, [1, 1, 1], 3) == [34, 33, 33]
    assert apportion(3, [1, 1], 4) == [1, 1]  # 0.75, 0.75 and 1.5 held: the two come first
    assert apportion(1, [1], 2) == [1]  # a half each: the claim before what is held
    assert apportion(100, [1, 1, 1], 3, hold_remainder=True) == [33, 33, 33]


def test_nothing_to_share():
    assert apportion(5, [0, 0], 0) == [0, 0]
    assert apportion(5, [], 7) == []


@settings(deadline=None)
@given(st.integers(0, 10**20), st.lists(st.integers(0, 10**20), max_size=6), st.integers(0, 10**20))
def test_each_share_is_its_floor_or_one_more(total, weights, rest):
    whole = sum(weights) + rest
    if not whole:
        return
    shares = apportion(total, weights, whole)
    floors = [total * weight // whole for weight in weights]
    assert all(share - floor in (0, 1) for share, floor in zip(shares, floors, strict=True))
    held = total - sum(shares)
    assert held >= total * rest // whole
    assert all(
        share == floor for share, floor, weight in zip(shares, floors, weights, strict=True) if not weight
    )
