"""Positions in order: of whole numbers, and of rows that share an instant."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.columns import SERIAL
from yipanqi.engine.ledger.sorting import order_by_key, order_rows
from yipanqi.engine.ledger.texts import frozen, pack_texts

KEYS = st.one_of(
    st.integers(0, 5), st.integers(0, 2**64 - 1), st.sampled_from([0, 1 << 63, 1 << 11, 1 << 55])
)


@given(st.lists(KEYS, max_size=60))
def test_keys_are_sorted_and_equal_ones_keep_their_order(keys):
    array = frozen(np.array(keys, np.uint64))
    assert order_by_key(array).tolist() == sorted(range(len(keys)), key=keys.__getitem__)


ROW = st.tuples(st.integers(-2, 2), st.one_of(st.none(), st.integers(-1, 1)), st.text("aAé中", max_size=3))


@given(st.lists(ROW, max_size=120))
def test_rows_go_by_time_serial_and_the_bytes_of_their_id(rows):
    offsets, blob = pack_texts(pl.Series([row[2] for row in rows], dtype=pl.String))
    columns = (
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] or 0 for row in rows], np.int64),
        np.array([0 if row[1] is None else SERIAL for row in rows], np.uint8),
    )
    order = order_rows(*(frozen(column) for column in columns), offsets, blob)
    plain = sorted(
        range(len(rows)),
        key=lambda at: (rows[at][0], rows[at][1] is not None, rows[at][1] or 0, rows[at][2].encode()),
    )
    assert order.tolist() == plain


def test_one_instant_with_very_many_rows():
    ids = [f"{number * 7919 % 5000:04}" for number in range(5000)]
    offsets, blob = pack_texts(pl.Series(ids))
    nothing = frozen(np.zeros(5000, np.int64))
    order = order_rows(nothing, nothing, frozen(np.zeros(5000, np.uint8)), offsets, blob)
    assert [ids[at] for at in order] == sorted(ids)
