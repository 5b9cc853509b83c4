"""The rulebook: the pattern finds what a plain search finds; unsound rules are refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.narrative.rulebook import RulebookError, compile_rulebook, load_rulebook

PHRASES = sorted(load_rulebook().rules_of)


@given(st.lists(st.one_of(st.sampled_from(PHRASES), st.text(max_size=3)), max_size=12))
def test_finds_exactly_the_phrases_a_plain_search_finds(parts: list[str]) -> None:
    text = "".join(parts)
    assert set(load_rulebook().phrases_in(text)) == {phrase for phrase in PHRASES if phrase in text}


def _book(rules: str) -> bytes:
    head = "version: t\nthreshold_ratio: 0.5\nfraud_types: [T01]\nhints: {}\nrules:\n"
    return (head + rules).encode()


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ("  - {id: a, type: T01, weight: 1.5, any: [x]}", "rule a: weight 1.5"),
        ("  - {id: b, type: T07, weight: 0.5, any: [x]}", "rule b: T07"),
        ("  - {id: c, type: T01, weight: 0.5, any: ['']}", "rule c: a phrase is empty"),
        ("  - {id: d, type: T01, weight: 0.5, any: [x]}\n" * 2, "same id"),
    ],
)
def test_unsound_rules_are_refused_by_name(rules: str, named: str) -> None:
    with pytest.raises(RulebookError, match=named):
        compile_rulebook(_book(rules))


def test_version_follows_the_content() -> None:
    one = compile_rulebook(_book("  - {id: a, type: T01, weight: 0.5, any: [x]}"))
    other = compile_rulebook(_book("  - {id: a, type: T01, weight: 0.6, any: [x]}"))
    assert one.version.startswith("t-")
    assert one.version != other.version
