"""Place codes: the digits alone give tier and line of parents, and a malformed code is refused everywhere."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.kernel.places import (
    PlaceError,
    Tier,
    ancestor_codes,
    lies_below,
    parent_code,
    shared_digits,
    tier_of,
)

PAIR = st.integers(1, 99).map("{:02d}".format)
STATIONS = st.builds("{:02d}{}{}{:03d}".format, st.integers(10, 99), PAIR, PAIR, st.integers(1, 999))


@pytest.mark.parametrize(
    ("code", "tier", "parent"),
    [
        ("350000", Tier.PROVINCE, None),
        ("350100", Tier.CITY, "350000"),
        ("350104", Tier.COUNTY, "350100"),
        ("350104001", Tier.STATION, "350104"),
    ],
)
def test_the_tiers_of_fujian(code: str, tier: Tier, parent: str | None) -> None:
    assert tier_of(code) is tier
    assert parent_code(code) == parent


def test_the_line_of_parents_runs_from_the_province_down() -> None:
    assert ancestor_codes("350104001") == ["350000", "350100", "350104", "350104001"]
    assert ancestor_codes("350000") == ["350000"]


@given(STATIONS)
def test_every_line_has_each_tier_once_and_ends_in_itself(code: str) -> None:
    line = ancestor_codes(code)
    assert [tier_of(each) for each in line] == list(Tier)
    assert line[-1] == code
    for above, below in itertools.pairwise(line):
        assert parent_code(below) == above
        assert ancestor_codes(below) == [*ancestor_codes(above), below]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "35",
        "3501",
        "35010",
        "3501041",
        "35010400",
        "3501040011",
        "350001",
        "000000",
        "050000",
        "350104000",
    ]
    + ["350100001", "350000001", "35010a", "３５０１００", "350100\n", " 350100", "-50100"],
)
def test_malformed_codes_are_refused(code: str) -> None:
    for call in (tier_of, parent_code, ancestor_codes):
        with pytest.raises(PlaceError) as caught:
            call(code)
        assert (caught.value.code, caught.value.facts) == ("place_code_invalid", {"value": code})


@given(st.text("0123456789", max_size=12))
def test_any_digits_are_placed_or_refused(code: str) -> None:
    try:
        tier = tier_of(code)
    except PlaceError:
        return
    assert len(code) == (9 if tier is Tier.STATION else 6)
    assert not code.startswith("0")


@pytest.mark.parametrize(
    ("code", "digits"),
    [("350000", "35"), ("350100", "3501"), ("350104", "350104"), ("350104001", "350104001")],
)
def test_codes_in_a_place_share_its_digits_and_no_others(code: str, digits: str) -> None:
    everywhere = [
        "350000",
        "350100",
        "350104",
        "350104001",
        "350104002",
        "350105",
        "350203",
        "360000",
        "360104",
    ]
    inside = [other for other in everywhere if code in ancestor_codes(other)]
    assert shared_digits(code) == digits
    assert [other for other in everywhere if other.startswith(digits)] == inside
    assert [other for other in everywhere if lies_below(other, code)] == [o for o in inside if o != code]
