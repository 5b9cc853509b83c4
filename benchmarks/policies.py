"""`python -m benchmarks.policies`: how much money each way of choosing the next account to stop gets back.

Each policy plays the same days of the synthetic province (`replay`); dwell curves are learned from other days, in which
nobody stopped anything. Writes benchmarks/policies.json and docs/pictures/stop-policies.svg.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

from benchmarks.chart import Line, Panel, Point, draw
from benchmarks.replay import ANSWER_MINUTES, LEAST_MINOR, Day, Outcome, Policy, Situation, play
from yipanqi.engine.tracing import TracedAccount
from yipanqi.engine.tracing.planning import DEFAULT, DwellCurves, plan_stops, rests_of

RESULTS: Final = Path(__file__).with_name("policies.json")
PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "stop-policies.svg"
TRAINING: Final = range(1001, 1006)
JUDGING: Final = range(1, 11)
STUDENT: Final = {3: 4.303, 10: 2.262}  # 97.5 % points of Student's t for so many days
LOADS: Final = tuple((operators, delay) for operators in (1, 2) for delay in (2.0, 5.0, 15.0))
PARTS_LOAD: Final = (1, 5.0)
NAMES: Final = {
    "level": "level order",
    "largest": "largest held",
    "savable": "savable per minute",
    "assumed": "savable, default curve",
    "chance": "the chance alone",
    "batch": "chance and batches",
    "answers": "chance and answer times",
}
COLOURS: Final = {"level": "#627084", "largest": "#a15c00", "savable": "#12744a"}
Rows = list[dict[str, Any]]


def main() -> int:
    """Play all days, print a table, write results and picture; exit 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three days and two loads; nothing is written")
    parser.add_argument("--draw", action="store_true", help="only draw the picture anew from the results")
    parser.add_argument(
        "--parts", action="store_true", help="only say, at one load, which part of the rule gains what"
    )
    options = parser.parse_args()
    if options.draw:
        PICTURE.write_text(picture(json.loads(RESULTS.read_text())["rows"]))
        return 0
    if options.parts:
        compare(JUDGING, PARTS_LOAD, PARTS)
        return 0
    policies = {**PARTS, "savable": savable(learn())}
    policies = {name: policies[name] for name in ("level", "largest", "savable", "assumed")}
    seeds = JUDGING[:3] if options.quick else JUDGING
    rows = [row for load in LOADS[: 2 if options.quick else None] for row in compare(seeds, load, policies)]
    if not options.quick:
        counts = {"judging_days": len(seeds), "training_days": len(TRAINING)}
        RESULTS.write_text(json.dumps({**counts, "rows": rows}, indent=1) + "\n")
        PICTURE.write_text(picture(rows))
    return 0


def compare(seeds: range, load: tuple[int, float], policies: dict[str, Policy]) -> Rows:
    """Play the days under each policy at one load of (operators, mean minutes to a report); print and return rows."""
    outcomes = {name: judge(seeds, load[1], load[0], policy) for name, policy in policies.items()}
    rows = [summed(name, *load, outcomes) for name in policies]
    show(rows)
    return rows


def learn() -> DwellCurves:
    """Dwell curves of days in which nothing was stopped."""
    days = [play(Day(seed)) for seed in TRAINING]
    return DwellCurves.learn((day.trace for day in days), until=max(day.end for day in days))


def _open(situation: Situation) -> list[TracedAccount]:
    return [
        each
        for each in situation.trace.accounts
        if (each.held_minor or 0) >= LEAST_MINOR and each.account not in situation.ordered
    ]


def by_level(situation: Situation) -> str | None:
    """Level 1 first, then 2, and so on; within a level the most held."""
    return _first(situation, lambda each: (each.level, -(each.held_minor or 0), each.account))


def by_held(situation: Situation) -> str | None:
    """The most held first."""
    return _first(situation, lambda each: (-(each.held_minor or 0), each.level, each.account))


def _first(situation: Situation, place: Callable[[TracedAccount], tuple[Any, ...]]) -> str | None:
    best = min(_open(situation), key=place, default=None)
    return best.account if best else None


def savable(curves: DwellCurves, *, knows_answers: bool = True, batches: bool = True) -> Policy:
    """The first of the stop plan with these curves, with or without the banks' answer times and batches."""
    answers = {bank: float(minutes) for bank, minutes in ANSWER_MINUTES.items() if knows_answers}

    def choose(situation: Situation) -> str | None:
        accounts = _open(situation)
        if not accounts:
            return None
        lots, now = rests_of(situation.trace).lots(), situation.now
        bank = situation.open_bank if batches else ""
        ranks = plan_stops(accounts, now=now, curves=curves, answers=answers, lots=lots, open_bank=bank)
        return ranks[0].account

    return choose


PARTS: Final[dict[str, Policy]] = {
    "level": by_level,
    "largest": by_held,
    "chance": savable(DEFAULT, knows_answers=False, batches=False),
    "batch": savable(DEFAULT, knows_answers=False),
    "answers": savable(DEFAULT, batches=False),
    "assumed": savable(DEFAULT),
}


def judge(seeds: range, delay: float, operators: int, policy: Policy) -> list[Outcome]:
    """The policy's outcome on each day."""
    return [play(Day(seed, delay, operators, policy)) for seed in seeds]


def summed(name: str, operators: int, delay: float, outcomes: dict[str, list[Outcome]]) -> dict[str, Any]:
    """One row: recovered share in percent with half its 95 % interval, and the paired lead over level order."""
    own = [100 * each.recovered_minor / each.paid_minor for each in outcomes[name]]
    level = [100 * each.recovered_minor / each.paid_minor for each in outcomes["level"]]
    largest = [100 * each.recovered_minor / each.paid_minor for each in outcomes["largest"]]
    orders = sum(each.orders for each in outcomes[name])
    return {
        "policy": name,
        "operators": operators,
        "delay_minutes": delay,
        "recovered": interval(own),
        "over_level": interval([a - b for a, b in zip(own, level, strict=True)]),
        "over_largest": interval([a - b for a, b in zip(own, largest, strict=True)]),
        "orders_a_day": round(orders / len(own)),
        "fruitful": round(100 * sum(each.fruitful for each in outcomes[name]) / max(1, orders)),
        "days": len(own),
    }


def interval(values: list[float]) -> list[float]:
    """[mean, half of the 95 % interval by Student's t]."""
    half = STUDENT[len(values)] * stdev(values) / len(values) ** 0.5
    return [round(mean(values), 2), round(half, 2)]


def show(rows: Rows) -> None:
    for row in rows:
        found, ahead = row["recovered"], row["over_level"]
        print(
            f"{row['operators']} operators, report after {row['delay_minutes']:>4} min  {NAMES[row['policy']]:<24}"
            f" {found[0]:5.1f} ± {found[1]:3.1f} %  over level order {ahead[0]:+5.1f} ± {ahead[1]:3.1f}"
            f"  over largest {row['over_largest'][0]:+5.1f} ± {row['over_largest'][1]:3.1f}"
            f"  {row['orders_a_day']} orders a day, {row['fruitful']} % fruitful",
            flush=True,
        )


def picture(rows: Rows) -> str:
    """The chart of the results: recovered share over the delay of reports, a panel for each number of operators."""
    days = rows[0]["days"]
    panels = [
        Panel(
            f"{operators} operator{'s' if operators > 1 else ''}",
            [
                Line(
                    NAMES[name],
                    COLOURS[name],
                    [
                        Point(row["delay_minutes"], *row["recovered"])
                        for row in rows
                        if row["policy"] == name and row["operators"] == operators
                    ],
                )
                for name in COLOURS
            ],
        )
        for operators in sorted({row["operators"] for row in rows})
    ]
    return draw(
        panels,
        title="Share of the money paid that was stopped in time",
        note=f"Synthetic province, {days} days of some 370 payments each; bars are 95 % intervals of the mean.",
        across="mean minutes from payment to report",
    )


if __name__ == "__main__":
    sys.exit(main())
