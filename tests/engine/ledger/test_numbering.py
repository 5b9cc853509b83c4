"""Texts get their place among the distinct ones."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.numbering import number_texts

WORDS = st.lists(st.text("ab账1", max_size=4), max_size=40)


@given(WORDS)
def test_numbers_are_places_among_the_distinct(words):
    codes, distinct = number_texts(pl.Series(words, dtype=pl.String))
    assert distinct.to_list() == sorted(set(words), key=str.encode)
    assert [distinct[code] for code in codes.tolist()] == words


def test_more_than_the_first_table_holds():
    words = [f"T{number:06}" for number in range(20_000)]
    codes, distinct = number_texts(pl.Series(words * 2))
    assert distinct.to_list() == words and codes.tolist() == list(range(20_000)) * 2
