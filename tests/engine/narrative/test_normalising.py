"""Normalising: same length, idempotent, full-width signs become ASCII."""

from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.narrative import normalise


@given(st.text())
def test_is_idempotent_and_keeps_every_place(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert len(once) == len(text)


def test_full_width_signs_become_small_ascii() -> None:
    assert normalise("６２２２　ＡＰＰ（刷单）") == "6222 app(刷单)"
