"""The comparison of stop policies on a quiet day: stops save what lay there, nothing vanishes, the chart is whole."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from benchmarks.policies import by_held, by_level, interval, picture, savable
from benchmarks.replay import Day, Outcome, Situation, play
from yipanqi.engine.tracing.planning import DEFAULT, DwellCurves

DAY = Day(seed=5, delay_minutes=1.0, operators=4, warnings=40)


@pytest.fixture(scope="module")
def idle() -> Outcome:
    """The day when nobody stops anything."""
    return play(replace(DAY, operators=0))


def test_without_operators_nothing_is_saved(idle: Outcome) -> None:
    assert idle.paid_minor > 0 and (idle.recovered_minor, idle.orders) == (0, 0)
    held = sum(each.held_minor or 0 for each in idle.trace.accounts)
    assert held < idle.paid_minor * 0.15  # commissions and small change


@pytest.mark.parametrize("policy", [by_level, by_held, savable(DEFAULT)])
def test_stops_save_what_lay_there_and_victims_pay_the_same(idle: Outcome, policy: object) -> None:
    found = play(replace(DAY, policy=policy))
    assert found.paid_minor == idle.paid_minor
    assert 0 < found.recovered_minor < found.paid_minor
    assert found.fruitful <= found.orders
    totals = found.trace.totals
    assert totals and totals.seeded_minor == found.paid_minor
    assert totals.held_minor + totals.left_system_minor + totals.displaced_minor == found.paid_minor
    assert found.recovered_minor <= totals.held_minor


def test_a_stopped_account_pays_nothing_and_gets_nothing_more(idle: Outcome) -> None:
    """Every account is ordered as soon as it is seen: whatever an heir holds, no account pays after the day's
    stops.
    """
    ordered: dict[str, object] = {}

    def first_seen(situation: Situation) -> str | None:
        for each in situation.trace.accounts:
            if each.sink is None and each.account not in situation.ordered:
                ordered[each.account] = situation.now
                return each.account
        return None

    found = play(replace(DAY, operators=50, policy=first_seen))
    last = {each.account: each.last_at for each in found.trace.accounts}
    longest_s = 3 * 60 + 8 * 60 * 1.5
    assert len(ordered) > 20
    assert all((last[account] - at).total_seconds() <= longest_s for account, at in ordered.items())
    assert any(account.endswith("'") for account in ordered)
    assert found.recovered_minor > 0


def test_a_day_repeats_and_its_curves_can_be_learned(idle: Outcome) -> None:
    again = play(replace(DAY, operators=0))
    assert again.trace == idle.trace
    curves = DwellCurves.learn([idle.trace], until=idle.end)
    assert curves.curves[None, None].arrivals > 200


def test_an_interval_is_students() -> None:
    """Mean 2, standard deviation 1, three days: half of the interval is 4.303 / sqrt(3)."""
    assert interval([1.0, 2.0, 3.0]) == [2.0, 2.48]


def test_the_picture_has_a_line_for_each_policy_and_starts_at_zero() -> None:
    rows = [
        {"policy": name, "operators": operators, "delay_minutes": delay, "recovered": [share, 2.0], "days": 3}
        for operators in (1, 3)
        for delay in (2.0, 5.0)
        for name, share in (("level", 10.0), ("largest", 11.0), ("savable", 33.0), ("assumed", 30.0))
    ]
    words = [each.text for each in ElementTree.fromstring(picture(rows)).iter() if each.tag.endswith("text")]
    assert words.count("level order") == words.count("savable per minute") == 2
    assert words.count("0 %") == 2 and words.count("40 %") == 2 and "50 %" not in words
    assert words.count("1 operator") == 1 and words.count("3 operators") == 1
