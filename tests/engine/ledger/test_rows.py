"""Numbered rows: nothing of a frame is lost, and parts merged are the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.engine.ledger.frames import frame_from, in_order, records
from yipanqi.engine.ledger.rows import frame_of, merge_rows, rows_from_frame
from yipanqi.engine.ledger.table import index_rows


@given(records())
def test_a_frame_comes_back_in_order(rows):
    assert_frame_equal(frame_of(rows_from_frame(frame_from(rows))), frame_from(in_order(rows)))


@given(records(), st.data())
def test_some_rows_come_back(rows, data):
    at = data.draw(st.lists(st.sampled_from(range(len(rows))) if rows else st.nothing(), unique=True))
    found = frame_of(rows_from_frame(frame_from(rows)), np.array(at, np.int32))
    assert_frame_equal(found, frame_from([in_order(rows)[place] for place in at]))


@given(records(), st.data())
def test_parts_merged_are_the_whole(rows, data):
    part = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    parts = [[row for row, own in zip(rows, part, strict=True) if own == number] for number in range(3)]
    merged = merge_rows([rows_from_frame(frame_from(each)) for each in parts])
    whole = rows_from_frame(frame_from(rows))
    assert_frame_equal(frame_of(merged), frame_of(whole))
    assert index_rows(merged).digest == index_rows(whole).digest


def test_nothing_merged_is_empty():
    assert len(index_rows(merge_rows([]))) == 0
