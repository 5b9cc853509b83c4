"""The order of calls equals a slow oracle that recomputes every call at the instant, and priorities only rise."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.casework.routing import (
    FAIR_EVERY,
    HALF_LIFE,
    CallFacts,
    Head,
    Pace,
    Rank,
    RoutingError,
    choose_next,
    log_score,
    rank_call,
    reasons_at,
    savable_minor,
)
from yipanqi.kernel.clock import ClockError

START = datetime(2023, 9, 1, 8, tzinfo=UTC)
CHANCE = {"high": 0.5, "mid": 0.25, "low": 0.1}
SHARE = {Pace.DRAINING: 1.0, Pace.PRESSING: 0.5, Pace.STEADY: 0.25}
MINUTES = {Pace.DRAINING: 4, Pace.PRESSING: 30, Pace.STEADY: 360}
LATER = st.timedeltas(timedelta(0), timedelta(days=2))


@st.composite
def facts(draw: st.DrawFn) -> CallFacts:
    signal_at = START + draw(st.timedeltas(timedelta(0), timedelta(hours=12)))
    paid_ago = draw(st.none() | st.timedeltas(timedelta(0), timedelta(hours=3)))
    payment_count = draw(st.integers(0, 4))
    return CallFacts(
        level=draw(st.sampled_from(sorted(CHANCE))),
        paid=payment_count > 0 or draw(st.booleans()),
        payment_count=payment_count,
        amount_minor=draw(st.none() | st.integers(0, 10**10)),
        typical_loss_minor=draw(st.integers(0, 10**8)),
        signal_count=draw(st.integers(1, 6)),
        signal_at=signal_at,
        paid_at=None if paid_ago is None else signal_at - paid_ago,
        suspect_known=draw(st.booleans()),
        handling_minutes=draw(st.sampled_from([2.0, 5.0, 12.5])),
    )


def oracle_scores(call: CallFacts, now: datetime) -> dict[Pace, float]:
    """Minor units saved per minute, pace by pace, straight from the model: no logarithm, nothing kept."""
    signs = call.signal_count + max(call.payment_count, int(call.paid)) + call.suspect_known
    doubt = 1.0
    for _ in range(signs):
        doubt *= 1.0 - CHANCE[call.level]
    at_risk = max(call.amount_minor or 0, call.typical_loss_minor, 1)
    scores = {}
    for pace in Pace:
        if pace is Pace.DRAINING and not call.paid:
            continue
        if pace is Pace.PRESSING and not call.paid and call.level != "high":
            continue
        start = call.paid_at if pace is Pace.DRAINING and call.paid_at else call.signal_at
        minutes = (now - start).total_seconds() / 60
        left = at_risk * SHARE[pace] * (1.0 - doubt) * 0.5 ** (minutes / MINUTES[pace])
        scores[pace] = left / call.handling_minutes
    return scores


def oracle_score(call: CallFacts, now: datetime) -> float:
    return max(oracle_scores(call, now).values())


def log2_score(rank: Rank, now: datetime) -> float:
    return max(log_score(pace, key, now) for pace, key in rank.keys.items())


@given(facts(), LATER)
def test_each_key_gives_the_score_of_the_model_at_any_instant(call: CallFacts, later: timedelta) -> None:
    now = call.signal_at + later
    rank = rank_call(call)
    expected = oracle_scores(call, now)
    assert list(rank.keys) == list(expected)
    for pace, score in expected.items():
        assert 2.0 ** log_score(pace, rank.keys[pace], now) == pytest.approx(score, rel=1e-5, abs=1e-300)


@given(st.lists(facts(), min_size=2, max_size=12), LATER)
def test_the_order_by_key_is_the_order_of_the_model_within_each_pace(
    calls: list[CallFacts], later: timedelta
) -> None:
    now = START + timedelta(hours=12) + later
    for pace in Pace:
        here = [call for call in calls if pace in rank_call(call).keys]
        by_key = sorted(here, key=lambda call: -rank_call(call).keys[pace])
        scores = [oracle_scores(call, now)[pace] for call in by_key]
        for first, second in itertools.pairwise(scores):
            assert first >= second * (1 - 1e-5)


@given(st.lists(facts(), min_size=1, max_size=10), LATER)
def test_the_choice_is_the_best_of_all_calls_by_the_model(calls: list[CallFacts], later: timedelta) -> None:
    now = START + timedelta(hours=12) + later
    heads: dict[Pace, Head] = {}
    for call in calls:
        for pace, key in rank_call(call).keys.items():
            if pace not in heads or key > heads[pace].key:
                heads[pace] = Head(key, now, call.signal_at, ref=call)
    choice = choose_next(heads, now)
    assert choice is not None
    assert isinstance(choice.head.ref, CallFacts)
    best = max(oracle_score(call, now) for call in calls)
    assert oracle_score(choice.head.ref, now) >= best * (1 - 1e-5)


@given(facts(), st.data(), LATER)
def test_priorities_only_rise(call: CallFacts, data: st.DataObject, later: timedelta) -> None:
    at = call.signal_at + data.draw(st.timedeltas(timedelta(0), timedelta(hours=2)))
    amount = call.amount_minor or 0
    worse = data.draw(
        st.sampled_from(
            [
                replace(call, signal_count=call.signal_count + 1, signal_at=at),
                replace(call, paid=True, payment_count=call.payment_count + 1, paid_at=at),
                replace(call, paid=True, payment_count=call.payment_count + 1, paid_at=at, signal_at=at),
                replace(call, paid=True),
                replace(call, amount_minor=amount + data.draw(st.integers(0, 10**9))),
                replace(call, suspect_known=True),
                replace(call, level="high"),
            ]
        )
    )
    now = at + later
    assert log2_score(rank_call(worse), now) >= log2_score(rank_call(call), now) - 1e-6
    assert savable_minor(worse, now) >= savable_minor(call, now) - 1


@given(facts(), LATER)
def test_what_is_savable_follows_the_score_and_never_passes_what_is_at_risk(
    call: CallFacts, later: timedelta
) -> None:
    now = call.signal_at + later
    rank = rank_call(call)
    saved = savable_minor(rank, now)
    assert saved == savable_minor(call, now)
    assert saved == pytest.approx(oracle_score(call, now) * call.handling_minutes, rel=1e-5, abs=1)
    assert 0 <= saved <= max(call.amount_minor or 0, call.typical_loss_minor, 1)
    assert savable_minor(call, now + timedelta(minutes=1)) <= saved
    assert savable_minor(call, call.signal_at - timedelta(days=9)) >= savable_minor(call, call.signal_at)


@given(facts())
def test_no_rank_without_reasons_that_the_catalog_can_say(call: CallFacts) -> None:
    sentences = catalog.reasons()
    for now in (call.signal_at, call.signal_at + timedelta(hours=1)):
        reasons = reasons_at(rank_call(call), now)
        assert reasons
        for reason in reasons:
            wanted = set(re.findall(r"{(\w+)}", sentences[reason.code].name.zh))
            assert wanted == {name.removesuffix("_minor") for name in reason.facts}
            assert all(value >= 0 for value in reason.facts.values())
    assert rank_call(call).reasons == reasons_at(call, call.signal_at)


PLAIN = CallFacts(
    level="mid",
    paid=False,
    payment_count=0,
    amount_minor=None,
    typical_loss_minor=5_000_000,
    signal_count=1,
    signal_at=START,
)


def codes(call: CallFacts, now: datetime = START) -> list[str]:
    return [reason.code for reason in reasons_at(call, now)]


def test_the_paces() -> None:
    assert rank_call(PLAIN).pace is Pace.STEADY
    assert rank_call(replace(PLAIN, level="high")).pace is Pace.PRESSING
    assert rank_call(replace(PLAIN, paid=True)).pace is Pace.DRAINING
    assert rank_call(replace(PLAIN, payment_count=1)).pace is Pace.DRAINING
    long_ago = replace(PLAIN, paid=True, paid_at=START - timedelta(hours=1))
    assert rank_call(long_ago).pace is Pace.PRESSING
    assert list(rank_call(long_ago).keys) == list(Pace)
    assert rank_call(PLAIN).key == rank_call(PLAIN).keys[Pace.STEADY]


def test_the_reasons_say_what_the_officer_needs() -> None:
    assert codes(PLAIN) == ["amount_at_risk", "typical_loss"]
    assert codes(replace(PLAIN, amount_minor=5_000_000)) == ["amount_at_risk"]
    full = replace(PLAIN, level="high", paid=True, payment_count=2, signal_count=3, suspect_known=True)
    first = ["paid_count", "drains_within_minutes", "suspect_known", "repeat_signal", "level_high"]
    assert codes(full) == [*first, "amount_at_risk", "typical_loss"]
    by_code = {
        reason.code: reason.facts for reason in reasons_at(full, START + timedelta(minutes=5, seconds=30))
    }
    assert by_code["paid_count"] == {"count": 2}
    assert by_code["repeat_signal"] == {"count": 3}
    assert by_code["drains_within_minutes"] == {"minutes": 5}
    assert by_code["typical_loss"] == {"amount_minor": 5_000_000}
    assert "drained_already" in codes(full, START + timedelta(minutes=10))
    assert "drained_already" not in codes(full, START + timedelta(minutes=9, seconds=59))


def test_a_mule_account_holds_what_the_research_says() -> None:
    left = 0.5 ** (timedelta(minutes=10) / HALF_LIFE[Pace.DRAINING])
    assert 0.1 <= left <= 0.2


def test_a_payment_overtakes_a_larger_sum_and_yields_once_the_money_is_gone() -> None:
    paid = replace(PLAIN, paid=True)
    large = replace(PLAIN, amount_minor=20_000_000)

    def first(now: datetime) -> Pace | None:
        heads = {
            Pace.DRAINING: Head(rank_call(paid).keys[Pace.DRAINING], START, START),
            Pace.STEADY: Head(rank_call(large).keys[Pace.STEADY], START, START),
        }
        choice = choose_next(heads, now)
        return choice.pace if choice else None

    assert first(START) is Pace.DRAINING
    assert first(START + timedelta(minutes=20)) is Pace.STEADY


def test_every_fifth_call_goes_to_the_most_overdue() -> None:
    now = START + timedelta(hours=3)
    heads = {Pace.DRAINING: Head(9e6, now + timedelta(minutes=5), now, ref="large")}
    waiting = Head(1.0, START + timedelta(hours=1), START, ref="old")
    taken = [
        choose_next(heads, now, taken_count=count, most_overdue=waiting) for count in range(2 * FAIR_EVERY)
    ]
    chosen = [choice.head.ref for choice in taken if choice]
    assert chosen == (["large"] * (FAIR_EVERY - 1) + ["old"]) * 2
    fair = taken[FAIR_EVERY - 1]
    assert fair is not None
    assert fair.pace is None
    facts_by_code = {reason.code: reason.facts for reason in fair.reasons}
    assert facts_by_code == {"waited_longest": {"minutes": 180}, "overdue": {"minutes": 120}}


def test_fairness_needs_somebody_overdue() -> None:
    heads = {Pace.STEADY: Head(1.0, START, START, ref="only")}
    not_due = Head(0.5, START + timedelta(minutes=1), START, ref="later")
    for most_overdue in (None, not_due, replace(not_due, due_at=START)):
        choice = choose_next(heads, START, taken_count=FAIR_EVERY - 1, most_overdue=most_overdue)
        assert choice is not None
        assert choice.head.ref == "only"
        assert choice.pace is Pace.STEADY


def test_nothing_waits() -> None:
    assert choose_next({}, START) is None


def test_equal_scores_go_to_the_earlier_due_then_to_the_faster_pace() -> None:
    now = datetime(1970, 1, 1, tzinfo=UTC)  # here the key is the score
    early, late = (Head(1.0, START, START), Head(1.0, START + timedelta(minutes=1), START))
    choice = choose_next({Pace.DRAINING: late, Pace.STEADY: early}, now)
    assert choice is not None and choice.pace is Pace.STEADY
    choice = choose_next({Pace.STEADY: early, Pace.DRAINING: early}, now)
    assert choice is not None and choice.pace is Pace.DRAINING


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", "urgent"),
        ("payment_count", -1),
        ("amount_minor", -1),
        ("typical_loss_minor", -1),
        ("signal_count", 0),
        ("handling_minutes", 0.0),
        ("handling_minutes", float("nan")),
        ("handling_minutes", float("inf")),
    ],
)
def test_facts_that_cannot_be_ranked_are_refused(field: str, value: object) -> None:
    with pytest.raises(RoutingError) as caught:
        replace(PLAIN, **{field: value})  # type: ignore[arg-type]
    assert caught.value.code == "call_facts_invalid"
    assert caught.value.facts["field"] == field


def test_instants_carry_a_zone() -> None:
    with pytest.raises(ClockError):
        rank_call(replace(PLAIN, signal_at=datetime(2023, 9, 1)))


def test_the_levels_are_those_of_the_catalog() -> None:
    assert {level for level in catalog.levels() if rank_call(replace(PLAIN, level=level))} == set(CHANCE)


@given(facts())
def test_the_zone_of_an_instant_makes_no_difference(call: CallFacts) -> None:
    assume(call.paid_at is not None)
    other = replace(call, signal_at=call.signal_at.astimezone())
    assert rank_call(other).keys == rank_call(call).keys
