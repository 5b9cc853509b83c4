"""Names of things on papers: levels, tails, banks, times, ends."""

from datetime import UTC, datetime

import pytest

from tests.engine.tracing.evidence.sample import PROVENANCE
from yipanqi import catalog
from yipanqi.engine.ledger.columns import KIND_NAMES
from yipanqi.engine.tracing.evidence import Showing
from yipanqi.engine.tracing.evidence.wording import Wording
from yipanqi.engine.tracing.following import METHODS

ZH, EN = (Wording(Showing(lang), PROVENANCE.zone) for lang in ("zh", "en"))


@pytest.mark.parametrize(
    ("level", "zh"),
    [
        (1, "一级卡"),
        (2, "二级卡"),
        (10, "十级卡"),
        (11, "十一级卡"),
        (20, "二十级卡"),
        (35, "三十五级卡"),
        (100, "100级卡"),
    ],
)
def test_levels(level, zh):
    assert (ZH.level(level), EN.level(level)) == (zh, f"Level {level}")


def test_tails_are_of_numbers_only():
    assert ZH.tail("6222020000008123") == "尾号8123"
    assert (ZH.tail("A12"), ZH.tail("CASH-icbc-1"), EN.tail("622202000000 8123")) == (
        "A12",
        "CASH-icbc-1",
        "*8123",
    )


def test_banks_by_the_callers_name_the_catalogs_or_the_ledgers():
    named = Wording(Showing("zh", banks={"icbc": "某行"}), PROVENANCE.zone)
    assert (named.bank("icbc"), ZH.bank("icbc", short=True), ZH.bank("某信用社")) == (
        "某行",
        "工行",
        "某信用社",
    )


def test_times_are_in_the_packs_zone_with_a_fraction_only_where_there_is_one():
    at = datetime(2026, 3, 1, 16, 0, 5, 120_000, UTC)
    assert ZH.time(at) == "2026-03-02 00:00:05.12"
    assert ZH.time(at.replace(microsecond=0)) == "2026-03-02 00:00:05"


def test_ends_of_the_callers_own_kind_are_shown_as_they_are():
    assert (ZH.end("exchange"), EN.end("hub"), ZH.end("赌场")) == ("兑换", "Hub", "赌场")


def test_the_catalog_has_words_for_every_method_and_kind():
    words = catalog.trace_words()
    assert {f"method.{name}" for name in METHODS} | {f"rule.{name}" for name in METHODS} <= words.keys()
    assert {f"kind.{name}" for name in KIND_NAMES} <= words.keys()


def test_a_few_cents_are_not_shown_as_nothing():
    assert [ZH.short(minor, "CNY") for minor in (0, 7, 99, 100, 48_000_00)] == [
        "0",
        "0.07",
        "0.99",
        "1",
        "4.8万",
    ]
    assert EN.short(7, "JPY") == "7"
