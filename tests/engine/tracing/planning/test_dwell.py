"""Survival of dwell time: the product limit by hand and by an oracle, learning from traces, leaning, JSON."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.engine.tracing.planning import DEFAULT, Curve, DwellCurves, DwellError, survival
from yipanqi.engine.tracing.planning.dwell import LEAN, MAX_SECONDS, default_curve
from yipanqi.engine.tracing.result import Trace, TracedAccount, TracedTransfer

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
Observed = list[tuple[int, bool, int]]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def estimate(observed: Observed) -> tuple[list[float], list[float]]:
    seconds, left, weight = (np.array(column) for column in zip(*observed, strict=True))
    times, still = survival(seconds, left, weight)
    return times.tolist(), still.tolist()


def oracle(observed: Observed) -> dict[int, Fraction]:
    """Kaplan and Meier's product limit, term by term."""
    still, found = Fraction(1), {}
    for time in sorted({seconds for seconds, left, _ in observed if left}):
        at_risk = sum(weight for seconds, _, weight in observed if seconds >= time)
        gone = sum(weight for seconds, left, weight in observed if left and seconds == time)
        still *= 1 - Fraction(gone, at_risk)
        found[time] = still
    return found


def test_the_worked_example_of_kaplan_and_meier() -> None:
    """Their §1: deaths at 0.8, 3.1, 5.4, 9.2 and losses at 1.0, 2.7, 7.0, 12.1 of eight items."""
    deaths, losses = (8, 31, 54, 92), (10, 27, 70, 121)
    observed = [(each, True, 1) for each in deaths] + [(each, False, 1) for each in losses]
    times, still = estimate(observed)
    assert times == [8, 31, 54, 92]
    assert still == pytest.approx(
        [7 / 8, 7 / 8 * 4 / 5, 7 / 8 * 4 / 5 * 3 / 4, 7 / 8 * 4 / 5 * 3 / 4 * 1 / 2]
    )


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(1, 9)), min_size=1, max_size=60))
def test_survival_equals_the_product_limit(observed: Observed) -> None:
    times, still = estimate(observed)
    expected = oracle(observed)
    assert times == list(expected)
    assert still == pytest.approx([float(each) for each in expected.values()], abs=1e-12)


def test_what_is_censored_at_a_time_counts_as_there_at_that_time() -> None:
    assert estimate([(60, True, 1), (60, False, 1)]) == ([60.0], [0.5])


def test_without_censoring_survival_is_the_share_that_stayed_longer() -> None:
    curve = Curve(*survival(np.array([10, 20, 20, 40]), np.array([True] * 4), np.ones(4)))
    assert curve.at(np.array([0, 9, 10, 19, 20, 39, 40, 99])).tolist() == [1, 1, 0.75, 0.75, 0.25, 0.25, 0, 0]


def test_the_default_curve_says_what_was_published() -> None:
    """Mules drain 80 to 90 % in 3 to 10 minutes; the catalog calls the curve an assumption and names its source."""
    item = catalog.dwell_curves()["mule_default"]
    assert not item.verified and "peers.md" in item.source
    before, after = default_curve().at(np.array([3 * 60.0, 10 * 60.0]))
    assert before == 1.0 and 0.10 <= after <= 0.20
    many = default_curve().at(np.linspace(0, 10 * MAX_SECONDS, 999))
    assert np.all(np.diff(many) <= 0) and many[-1] > 0
    assert default_curve().at(np.array([390.0])) == pytest.approx(0.575)  # halfway


def test_nothing_learned_is_the_default() -> None:
    ages = np.array([0.0, 240.0])
    expected = default_curve().at(ages + 300) / default_curve().at(ages)
    assert DEFAULT.chance("icbc", 1, age_s=ages, lead_s=300.0) == pytest.approx(expected)
    assert DEFAULT.basis("icbc", 1) == ("assumed", 0)


def finished(arrivals: int, minutes: float, *, bank: str, level: int, number: int = 0) -> Trace:
    """A trace in which each arrival at an account of its own leaves as cash after some minutes."""
    accounts, transfers = [], []
    for place in range(arrivals):
        name = f"{bank}-{level}-{number}-{place}"
        came, left = at(place), at(place + minutes)
        both = {"currency": "CNY", "amount_minor": 1000, "tainted_minor": 1000}
        transfers.append(
            TracedTransfer(f"S{place}", "victim", name, came, kind="transfer", is_seed=True, **both)
        )
        transfers.append(
            TracedTransfer(f"C{place}", name, "ATM", left, kind="cash_out", is_seed=False, **both)
        )
        accounts.append(TracedAccount(name, "CNY", bank, level, 1000, 1000, 0, came, left, None))
    return Trace(("S",), "fifo", None, tuple(accounts), tuple(transfers), None, (), (), (), (), "", 0)


def test_learning_tells_banks_and_levels_apart() -> None:
    traces = [finished(400, 4, bank="icbc", level=1), finished(400, 9, bank="abc", level=1)]
    curves = DwellCurves.learn(traces, until=at(10_000))
    six = np.array([360.0])
    assert curves.traces == 2
    assert curves.still("icbc", 1, six) < 0.08 and curves.still("abc", 1, six) > 0.92
    assert curves.still("", 1, six) == pytest.approx(0.5, abs=0.05)  # bank unknown: the level's curve
    assert curves.still("boc", 7, six) == pytest.approx(0.5, abs=0.05)  # never seen: the curve of all
    assert curves.basis("icbc", 1) == ("learned_bank", 400)
    assert curves.basis("boc", 1) == ("learned_level", 800)
    assert curves.basis("boc", 2) == ("learned_all", 800)


def test_little_data_leans_on_more_by_the_stated_weight() -> None:
    """20 arrivals weigh as much as what they lean on: here bank and level, level, and all hold the same 20."""
    curves = DwellCurves.learn([finished(int(LEAN), 4, bank="icbc", level=1)], until=at(10_000))
    learned, default = 0.0, default_curve().at(np.array([360.0]))[0]
    expected = learned + default / 2 / 2 / 2
    assert curves.still("icbc", 1, np.array([360.0])) == pytest.approx(expected)
    assert curves.still("boc", 2, np.array([360.0])) == pytest.approx(default / 2)
    few = DwellCurves.learn([finished(int(LEAN) - 1, 4, bank="icbc", level=1)], until=at(10_000))
    assert few.basis("icbc", 1) == ("assumed", 0)


def test_money_that_waited_already_is_judged_by_what_follows() -> None:
    """All leaves after four minutes: at three the next two are fatal; what outlived them goes by the default."""
    curves = DwellCurves.learn([finished(4000, 4, bank="icbc", level=1)], until=at(10_000))
    chance = curves.chance("icbc", 1, age_s=np.array([0.0, 180.0, 300.0]), lead_s=120.0)
    assert chance[0] > 0.99 and chance[1] < 0.01
    default = default_curve().at(np.array([300.0, 420.0]))
    assert chance[2] == pytest.approx(default[1] / default[0], abs=0.01)


def test_money_still_there_is_censored_and_not_forgotten() -> None:
    leaves, stays = (
        finished(100, 4, bank="icbc", level=1),
        finished(100, 5_000, bank="icbc", level=1, number=1),
    )
    seen_early = DwellCurves.learn([leaves, _without_leaving(stays)], until=at(102))
    share = seen_early.curves["icbc", 1].at(np.array([240.0]))[0]
    assert share == pytest.approx(oracle_share(leaves_at=240, arrivals=100, until_s=102 * 60), abs=1e-9)
    assert 0.49 < share < 0.5  # three were seen for less than four minutes and say nothing about them


def oracle_share(*, leaves_at: int, arrivals: int, until_s: int) -> float:
    observed = [(leaves_at, True, 1)] * arrivals + [(until_s - 60 * n, False, 1) for n in range(arrivals)]
    return float(oracle(observed)[leaves_at])


def _without_leaving(trace: Trace) -> Trace:
    accounts = tuple(_holding(account) for account in trace.accounts)
    transfers = tuple(each for each in trace.transfers if each.is_seed)
    return Trace(("S",), "fifo", None, accounts, transfers, None, (), (), (), (), "", 0)


def _holding(account: TracedAccount) -> TracedAccount:
    return TracedAccount(
        account.account, "CNY", account.bank, 1, 1000, 0, 1000, account.first_at, account.first_at, None
    )


def test_a_trace_that_ends_early_says_nothing_of_later() -> None:
    """All money lies there still after its minutes; seen for ten minutes only, the eleventh is not known."""
    still_there = _without_leaving(finished(30, 5_000, bank="icbc", level=1))
    gone = finished(30, 20, bank="icbc", level=1, number=1)
    whole = DwellCurves.learn([still_there, gone], until=at(100)).curves["icbc", 1]
    early = DwellCurves.learn([replace(still_there, until=at(30)), gone], until=at(100)).curves["icbc", 1]
    assert whole.at(np.array([1200.0])) == pytest.approx(0.5)
    assert early.at(np.array([1200.0])) == pytest.approx(
        1 - 30 / 41
    )  # eleven of the others were seen that long


def test_a_stay_of_more_than_a_day_is_censored_there() -> None:
    curves = DwellCurves.learn([finished(30, 60 * 30, bank="icbc", level=1)], until=at(10**5))
    assert len(curves.curves["icbc", 1].seconds) == 0
    assert curves.curves["icbc", 1].arrivals == 30


def test_curves_come_back_from_json() -> None:
    learned = DwellCurves.learn(
        [finished(30, 4, bank="icbc", level=1), finished(9, 7, bank="", level=2)], until=at(999)
    )
    text = json.dumps(learned.as_json(), sort_keys=True)
    again = DwellCurves.from_json(json.loads(text))
    assert json.dumps(again.as_json(), sort_keys=True) == text
    assert again.traces == 2 and {key: each.arrivals for key, each in again.curves.items()} == {
        ("icbc", 1): 30, (None, 1): 30, (None, 2): 9, (None, None): 39,
    }  # fmt: skip
    grid = np.linspace(0, 2000, 101)
    for bank, level in (("icbc", 1), ("", 2), ("abc", 5)):
        assert again.still(bank, level, grid) == pytest.approx(learned.still(bank, level, grid), abs=1e-5)


def broken(change: Callable[[dict[str, Any]], None]) -> Any:
    value = DwellCurves.learn([finished(30, 4, bank="icbc", level=1)], until=at(999)).as_json()
    change(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        [],
        broken(lambda value: value.update(version="dwell-0")),
        broken(lambda value: value.pop("traces")),
        broken(lambda value: value["curves"][0].update(still=[1.2])),
        broken(lambda value: value["curves"][0].update(still=[])),
        broken(lambda value: value["curves"][0].update(seconds=[20, 10], still=[0.5, 0.4])),
        broken(lambda value: value["curves"][0].update(still=[float("nan")])),
        broken(lambda value: value["curves"][0].update(seconds=["soon"])),
        broken(lambda value: value["curves"][0].update(level="one")),
        broken(lambda value: value["curves"][0].update(arrivals=-1)),
        broken(lambda value: value["curves"][0].update(effective=31)),
    ],
)
def test_what_is_not_curves_is_refused(value: Any) -> None:
    with pytest.raises(DwellError, match=re.compile("dwell curves")):
        DwellCurves.from_json(value)
