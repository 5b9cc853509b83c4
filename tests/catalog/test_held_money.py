"""The words of freezing, screening and returning: sources that can be looked up, and lists that fit one another."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from yipanqi import catalog
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.catalog.pack_files import _SOURCE
from yipanqi.catalog.packs import METHODS
from yipanqi.catalog.reading import CatalogError, parse_items, read_text

SOURCED: list[Callable[[], Mapping[str, Any]]] = [
    catalog.freeze_grounds,
    catalog.findings,
    catalog.good_faith,
    catalog.method_grounds,
    catalog.agent_grounds,
]
CODED = [*SOURCED, catalog.freeze_end_reasons, catalog.exclude_reasons, catalog.evidence_kinds]


@pytest.mark.parametrize("vocabulary", SOURCED, ids=lambda each: each.__name__)
def test_each_source_can_be_looked_up_and_only_what_was_read_is_verified(vocabulary: Any) -> None:
    for item in vocabulary().values():
        for part in item.source.split(", "):
            read = _SOURCE.fullmatch(part)
            assert read, (item.code, part)
            assert not read["key"] or read["key"] in catalog.citations(), item.code
        assert item.verified <= item.source.startswith("S:"), item.code


@pytest.mark.parametrize("vocabulary", CODED, ids=lambda each: each.__name__)
def test_codes_fit_their_columns(vocabulary: Any) -> None:
    assert all(re.fullmatch(r"[a-z_]{1,24}", code) for code in vocabulary())


def test_the_five_findings_and_what_they_ask() -> None:
    found = catalog.findings()
    assert [(each.code, each.key, each.asks, each.may_return) for each in found.values()] == [
        ("involved_full", "1", "nothing", True),
        ("involved_part", "2", "cut", True),
        ("unrelated_release", "3", "release", False),
        ("good_faith_release", "4", "release", False),
        ("doubtful_hold", "5", "renewal", False),
    ]
    assert found["involved_part"].needs == ("amount",)
    assert found["good_faith_release"].needs == ("evidence", "good_faith")


def test_the_four_cases_of_the_law_decide_over_good_faith() -> None:
    points = catalog.good_faith()
    decisive = [code for code, each in points.items() if each.decides]
    assert decisive == ["knew", "free_or_far_below_price", "illegal_debt_or_crime", "other_bad_faith"]
    assert all(points[code].verified and points[code].source == "S:SPC14 11" for code in decisive)
    assert not any(each.verified for code, each in points.items() if code not in decisive)
    knew, delivered = points["knew"], points["goods_delivered"]
    assert [knew.is_clean(answer) for answer in ("no", "yes", "unknown", "")] == [True, False, False, False]
    assert [delivered.is_clean(answer) for answer in ("no", "yes", "unknown")] == [False, True, False]


def test_a_direct_return_has_a_ground_of_its_own() -> None:
    grounds = catalog.method_grounds()
    assert [code for code, each in grounds.items() if each.bases == ("direct",)] == [
        "single_credit",
        "timestamp_unique",
    ]
    assert [code for code, each in grounds.items() if each.note_needed] == [
        "court_instruction",
        "all_victims_agree",
        "other",
    ]
    bases = {basis for each in grounds.values() for basis in each.bases}
    assert bases == {"direct", "proportional", "method", "given_shares"}
    assert all(
        any(basis in each.bases for each in grounds.values() if not each.note_needed)
        for basis in bases - {"method"}
    )
    assert METHODS[0] not in grounds


def test_a_freeze_has_grounds_to_begin_and_grounds_to_go_on() -> None:
    acts = {code: each.acts for code, each in catalog.freeze_grounds().items()}
    assert [code for code, each in acts.items() if "renew" in each] == [
        "still_investigating",
        "doubt_remains",
        "return_under_way",
        "other",
    ]
    assert set(acts) - {"still_investigating", "doubt_remains", "return_under_way"} == {
        code for code, each in acts.items() if "freeze" in each
    }


def test_reasons_that_stops_and_freezes_share_say_the_same() -> None:
    stops, freezes = catalog.lift_reasons(), catalog.freeze_end_reasons()
    shared = stops.keys() & freezes.keys()
    assert {"unrelated", "term_over", "unsigned"} <= shared
    assert all(stops[code] == freezes[code] for code in shared)
    assert "superseded" in PAYMENT_STOP.statuses  # a freeze takes a stop's place; nothing takes a freeze's
    assert "frozen" in stops and "frozen" not in freezes


def test_a_finding_that_asks_something_else_is_refused() -> None:
    text = read_text("findings.yaml").replace("asks: cut", "asks: burn")
    with pytest.raises(
        CatalogError, match=r"involved_part\.asks: 'burn' is none of nothing, cut, release, renewal"
    ):
        parse_items("findings.yaml", text, catalog.FindingKind)
