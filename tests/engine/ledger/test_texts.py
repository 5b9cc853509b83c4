"""Packed texts: what was put in comes out, is found and taken."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.texts import make_texts

WORDS = st.lists(st.text("ab账1", max_size=4), max_size=40)


def texts(words):
    return make_texts(pl.Series(words, dtype=pl.String))


@given(WORDS, WORDS)
def test_each_is_found_at_its_first_place(words, wanted):
    found = texts(words).find_all(texts(wanted)).tolist()
    assert found == [words.index(word) if word in words else -1 for word in wanted]
    assert [texts(words).find(word) for word in wanted] == [None if at < 0 else at for at in found]


@given(WORDS)
def test_twice_is_seen(words):
    assert texts(words).some_twice() == (len(set(words)) < len(words))


@given(WORDS, st.randoms())
def test_some_are_taken_in_any_order(words, random):
    at = random.sample(range(len(words)), random.randint(0, len(words)))
    taken = texts(words).take(np.array(at, np.int32))
    assert [taken[place] for place in range(len(taken))] == [words[place] for place in at]
    assert sorted(taken.by_hash.tolist()) == list(range(len(at)))
    assert all(
        taken[int(taken.find_all(texts([word]))[0])] == word for word in (words[place] for place in at)
    )


def test_many_among_many_and_few_among_many():
    words = [f"T{number:06}" for number in range(20_000)]
    own = texts(words)
    assert own.find_all(texts(words[::-1])).tolist() == list(range(19_999, -1, -1))
    assert own.find_all(texts(["T000000", "T019999", "T020000", ""])).tolist() == [0, 19_999, -1, -1]
