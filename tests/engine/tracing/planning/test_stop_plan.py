"""The stop plan: order by money saved per minute, batches of one bank, what is left out, reasons that can be said."""

import itertools
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.engine.tracing.planning import DwellCurves, LeftOut, Lot, StopRank, left_out, plan_stops
from yipanqi.engine.tracing.result import TracedAccount

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def account(
    name: str,
    held_minor: int | None,
    *,
    age: float = 0,
    bank: str = "",
    level: int = 1,
    currency: str = "CNY",
    sink: str | None = None,
) -> TracedAccount:
    moved = held_minor or 0
    return TracedAccount(name, currency, bank, level, moved, 0, held_minor, ago(age + 30), ago(age), sink)


def names(ranks: list[StopRank]) -> list[str]:
    return [each.account for each in ranks]


def codes(rank: StopRank) -> list[str]:
    return [reason.code for reason in rank.reasons]


def test_fresh_money_comes_before_more_money_that_will_be_gone() -> None:
    """An order takes 3 + 5 minutes. Of 100 that came now 39 % is left then; of 150 that waits 4 minutes, 17 %."""
    ranks = plan_stops([account("old", 15_000, age=4), account("new", 10_000)], now=NOW)
    assert names(ranks) == ["new", "old"]
    new, old = ranks
    assert new.chance == pytest.approx(1 - 0.85 * 5 / 7, abs=0.001)
    assert new.savable_minor == int(10_000 * new.chance) and new.score == pytest.approx(
        10_000 * new.chance / 3
    )
    assert old.chance == pytest.approx(0.15 / (1 - 0.85 / 7), abs=0.002)
    assert names(plan_stops([account("old", 30_000, age=4), account("new", 10_000)], now=NOW)) == [
        "old",
        "new",
    ]


def test_money_that_outlived_the_mules_haste_is_likely_to_stay() -> None:
    (rank,) = plan_stops([account("left behind", 10_000, age=60)], now=NOW)
    assert rank.chance > 0.98


def test_lots_tell_the_age_of_each_part() -> None:
    """Half came now, half 4 minutes ago: the account's last movement alone would call all of it fresh."""
    mixed = account("A", 20_000)
    lots = {("A", "CNY"): (Lot(ago(4), 10_000), Lot(ago(0), 10_000))}
    (by_lots,) = plan_stops([mixed], now=NOW, lots=lots)
    fresh, old = (plan_stops([account("A", 10_000, age=age)], now=NOW)[0].chance for age in (0, 4))
    assert by_lots.chance == pytest.approx((fresh + old) / 2)
    assert by_lots.reasons[1].detail == {"minutes": 2}


def test_a_slow_bank_and_dear_work_lower_an_account() -> None:
    both = [account("A", 10_000, bank="icbc"), account("B", 10_001, bank="abc")]
    assert names(plan_stops(both, now=NOW)) == ["B", "A"]
    assert names(plan_stops(both, now=NOW, answers={"abc": 7.0})) == ["A", "B"]
    assert names(plan_stops(both, now=NOW, effort={"abc": 4.0})) == ["A", "B"]
    slow = plan_stops(both, now=NOW, answers={"abc": 7.0})[1]
    assert {"minutes": 10, "percent": 15} in [reason.detail for reason in slow.reasons]


def test_a_second_account_of_the_bank_goes_along() -> None:
    """Alone C would come second; done along with A, B takes one minute of work instead of three and overtakes it."""
    traced = [
        account("A", 50_000, bank="icbc"), account("C", 20_000, bank="abc"), account("B", 10_000, bank="icbc")
    ]  # fmt: skip
    ranks = plan_stops(traced, now=NOW)
    assert names(ranks) == ["A", "B", "C"]
    assert [each.batch for each in ranks] == [1, 1, 2]
    assert [each.effort_minutes for each in ranks] == [3.0, 1.0, 3.0]
    assert "same_bank" in codes(ranks[1]) and "same_bank" not in codes(ranks[0]) + codes(ranks[2])
    assert ranks[1].chance == pytest.approx(1 - 0.85 * 3 / 7, abs=0.001)
    unknown = [account("A", 50_000), account("C", 20_000, bank="abc"), account("B", 10_000)]
    assert [(each.account, each.batch) for each in plan_stops(unknown, now=NOW)] == [
        ("A", 1),
        ("C", 2),
        ("B", 3),
    ]


def test_an_account_may_go_along_with_the_order_just_made() -> None:
    traced = [account("C", 20_000, bank="abc"), account("B", 10_000, bank="icbc")]
    ranks = plan_stops(traced, now=NOW, open_bank="icbc")
    assert [(each.account, each.batch) for each in ranks] == [("B", 0), ("C", 1)]


def test_what_cannot_be_saved_is_left_out_and_said() -> None:
    traced = [
        account("open", 500),
        account("stopped", 500),
        account("empty", 0),
        account("cash", 0, sink="cash_out"),
        account("partly", 70, sink="cash_out"),
        account("marked", None),
    ]
    stopped = {"stopped"}
    assert names(plan_stops(traced, now=NOW, stopped=stopped)) == ["open", "partly"]
    assert left_out(traced, stopped=stopped) == [
        LeftOut("stopped", "CNY", "stopped"),
        LeftOut("empty", "CNY", "empty"),
        LeftOut("cash", "CNY", "end"),
        LeftOut("marked", "CNY", "unknown"),
    ]
    assert {f"out.{each.why}" for each in left_out(traced, stopped=stopped)} <= catalog.stop_reasons().keys()
    assert plan_stops([], now=NOW) == []


def test_equal_accounts_go_by_level_then_number() -> None:
    traced = [account("b", 500, level=2), account("c", 500), account("a", 500, level=2)]
    assert names(plan_stops(traced, now=NOW)) == ["c", "a", "b"]


def test_currencies_are_not_compared() -> None:
    traced = [account("usd", 900_000, currency="USD"), account("eur", 9, currency="EUR"), account("cny", 5)]
    assert names(plan_stops(traced, now=NOW)) == ["cny", "eur", "usd"]


facts = st.tuples(
    st.integers(0, 10**7), st.integers(0, 60), st.sampled_from(["", "icbc", "abc"]), st.integers(1, 4)
)


@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_the_accounts_come(
    drawn: list[tuple[int, int, str, int]], chance: random.Random
) -> None:
    traced = [
        account(f"A{n}", held, age=age, bank=bank, level=level)
        for n, (held, age, bank, level) in enumerate(drawn)
    ]
    ranks = plan_stops(traced, now=NOW)
    mixed = chance.sample(traced, len(traced))
    assert plan_stops(mixed, now=NOW) == ranks
    assert sorted(names(ranks)) == sorted(each.account for each in traced if each.held_minor)
    assert len(left_out(traced)) + len(ranks) == len(traced)
    for before, after in itertools.pairwise(ranks):
        assert before.score >= after.score or (
            before.bank == after.bank != "" and before.batch == after.batch
        )
    for rank in ranks:
        assert 0 <= rank.savable_minor <= rank.held_minor and 0 < rank.chance <= 1


@given(st.lists(facts, min_size=1, max_size=6))
def test_no_rank_without_reasons_that_the_catalog_can_say(drawn: list[tuple[int, int, str, int]]) -> None:
    traced = [account(f"A{n}", held + 1, age=age, bank=bank) for n, (held, age, bank, _) in enumerate(drawn)]
    for rank in plan_stops(traced, now=NOW):
        assert codes(rank)[:4] == ["held", "age", "chance", "answer"] and codes(rank)[-1] == "assumed"
        for reason in rank.reasons:
            sentence = catalog.stop_reasons()[reason.code]
            assert set(re.findall(r"{(\w+)}", sentence.name.zh)) == reason.detail.keys()
            assert sentence.fill(**reason.detail).zh


def test_a_plan_says_what_it_was_learned_from() -> None:
    curve = {"arrivals": 400, "effective": 90.0, "seconds": [30, 60], "still": [0.5, 0.1]}
    curves = DwellCurves.from_json(
        {"version": "dwell-1", "traces": 7, "curves": [{"bank": "icbc", "level": 1, **curve}]}
    )
    learned, assumed = plan_stops(
        [account("A", 10**6, bank="icbc", age=2), account("B", 10, bank="abc")], now=NOW, curves=curves
    )
    assert (learned.reasons[-1].code, learned.reasons[-1].detail) == ("learned_bank", {"count": 400})
    assert codes(assumed)[-1] == "assumed"
