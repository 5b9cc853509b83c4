"""What a province is asked for: seed, days, start, size. Refuses what cannot be played.

Also the province's one time scale: whole seconds since the start, midnight of the first day in China's zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from yipanqi.engine.province.streams import Draws, Weighted
from yipanqi.kernel.errors import YipanqiError

CHINA: Final = timezone(timedelta(hours=8))
DAY_SECONDS: Final = 86_400
MAX_DAYS: Final = 400
MAX_SCALE: Final = 100.0
MAX_WARNINGS_PER_DAY: Final = 100_000
_DAYTIME: Final = Weighted(
    range(24), (2, 1, 1, 1, 1, 2, 6, 14, 30, 48, 54, 50, 42, 44, 52, 54, 50, 44, 40, 46, 48, 40, 24, 8)
)


class ScenarioError(YipanqiError):
    """The province asked for cannot be made; the message names the setting and its bounds."""

    code = "province_scenario_invalid"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Settings of one province. `scale` 1 is 2,000 residents; `start_date` is the first day, China's zone."""

    seed: int
    days: int
    start_date: date = date(2026, 1, 1)
    scale: float = 1.0
    warnings_per_day: int = 120

    def __post_init__(self) -> None:
        _within("seed", self.seed, 0, 2**63 - 1)
        _within("days", self.days, 1, MAX_DAYS)
        _within("scale", self.scale, 0.05, MAX_SCALE)
        _within("warnings-per-day", self.warnings_per_day, 1, MAX_WARNINGS_PER_DAY)
        if not 2000 <= self.start_date.year <= 2100:
            raise ScenarioError(f"start {self.start_date} is not between the years 2000 and 2100")

    @property
    def resident_count(self) -> int:
        """Number of residents."""
        return int(2000 * self.scale)

    @property
    def end_s(self) -> int:
        """Seconds from the start to the end; nothing happens at or after it."""
        return self.days * DAY_SECONDS

    def instant(self, at_s: int) -> datetime:
        """The aware UTC datetime of a second of the province."""
        midnight = datetime.combine(self.start_date, time(), CHINA).astimezone(UTC)
        return midnight + timedelta(seconds=at_s)

    def local_iso(self, at_s: int) -> str:
        """A second of the province as ISO 8601 with China's offset."""
        return self.instant(at_s).astimezone(CHINA).isoformat()


def _within(setting: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ScenarioError(f"{setting} {value} is not between {low:g} and {high:g}", setting=setting)


def daytime_s(draws: Draws, day: int) -> int:
    """A second of `day`, more likely in waking hours; two words are drawn."""
    hour = draws.weighted(_DAYTIME)
    return day * DAY_SECONDS + hour * 3600 + draws.whole(0, 3599)
