"""Makes a province: people, accounts, everyday money, frauds, mules and warnings put together and played.

Nothing here reads a clock or a file beyond the package's own word lists. Leaves the format on disk to
`writing`.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from yipanqi.engine.province.banking import Teller, open_market, open_residents
from yipanqi.engine.province.book import Agenda, Book
from yipanqi.engine.province.frauds import Plots
from yipanqi.engine.province.livelihood import Livelihood
from yipanqi.engine.province.mules import MuleChain, open_rings
from yipanqi.engine.province.people import make_people
from yipanqi.engine.province.records import Fraud, Province, Resident, Truth, Warning, WarningTruth
from yipanqi.engine.province.scenario import DAY_SECONDS, Scenario
from yipanqi.engine.province.streams import stream
from yipanqi.engine.province.warnings import Correspondent, Notice, false_notices, frauds_for, notices_of
from yipanqi.engine.province.writing import write_province

Progress = Callable[[int, int], None]


def generate(
    seed: int,
    days: int,
    out: Path | None = None,
    *,
    start_date: date = date(2026, 1, 1),
    scale: float = 1.0,
    warnings_per_day: int = 120,
    on_day: Progress | None = None,
) -> Province:
    """Make the province of `seed` over `days`; write it to the folder `out` when given.

    The same arguments give the same bytes. `on_day(done, days)` is told of progress. Raises ScenarioError for
    settings out of bounds and OutputError when the folder cannot be written.
    """
    scenario = Scenario(seed, days, start_date, scale, warnings_per_day)
    province = _play(scenario, on_day or (lambda done, days: None))
    if out is not None:
        write_province(province, out)
    return province


def _play(scenario: Scenario, on_day: Progress) -> Province:
    book, agenda = Book(scenario), Agenda()
    teller = Teller(scenario, book, stream(scenario.seed, "banks", ahead=4096))
    residents = open_residents(scenario, teller, make_people(scenario))
    market = open_market(scenario, teller, residents)
    rings = open_rings(scenario, teller, market)
    chain = MuleChain(scenario, book, agenda, market)
    plots = Plots(scenario, book, agenda, chain, residents, rings)
    livelihood = Livelihood(scenario, book, agenda, residents, market)
    pace = stream(scenario.seed, "pace")
    for day in range(scenario.days):
        livelihood.plan_day(day)
        plots.plan_day(day, frauds_for(scenario, pace))
        agenda.run_until((day + 1) * DAY_SECONDS)
        on_day(day + 1, scenario.days)
    written = _correspondence(scenario, plots.frauds, residents)
    return Province(
        scenario=scenario,
        residents=tuple(residents),
        accounts=tuple(book.accounts.values()),
        transfers=tuple(book.transfers),
        warnings=tuple(warning for warning, _ in written),
        truth=Truth(
            tuple(plots.frauds), tuple(rings), tuple(chain.tainted), tuple(truth for _, truth in written)
        ),
        closing_minor=book.balances_minor,
    )


def _correspondence(
    scenario: Scenario, frauds: list[Fraud], residents: list[Resident]
) -> list[tuple[Warning, WarningTruth]]:
    notices: list[Notice] = [notice for fraud in frauds for notice in notices_of(scenario, fraud)]
    for day in range(scenario.days):
        notices += false_notices(scenario, residents, day)
    in_time = [notice for notice in notices if notice.sent_s < scenario.end_s]
    in_time.sort(key=lambda notice: (notice.sent_s, notice.sense.source, notice.number))
    correspondent = Correspondent(scenario, residents)
    return [correspondent.write(notice) for notice in in_time]
