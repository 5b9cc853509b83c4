"""How likely money is still in an account after a time: survival of dwell time, learned by bank and level.

Each curve is the product-limit estimate of Kaplan & Meier, "Nonparametric Estimation from Incomplete Observations",
Journal of the American Statistical Association 53 (1958) 457-481. Each minor unit is an item: what is asked is how
much money stays, and small change stays longer than large sums. What lies there still is censored. Little data leans
on more: the curve of (bank, level) on that of the level, that on the curve of all, that on the default of the
catalog. How much data there is says Kish's effective size, (sum of amounts)^2 / sum of (amount^2), Survey Sampling
(1965), so that one large sum counts as one. Leaves alone what to stop first (`stop_plan`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi import catalog
from yipanqi.engine.tracing.planning.stays import Stay, rests_of
from yipanqi.engine.tracing.result import Trace
from yipanqi.kernel.errors import YipanqiError

DWELL_VERSION: Final = "dwell-1"
DEFAULT_CURVE: Final = "mule_default"
LEAN: Final = 20.0  # effective arrivals at which a curve counts as much as the one it leans on
MAX_SECONDS: Final = 86_400  # longer stays are censored here: stop orders are a matter of minutes
Key = tuple[str | None, int | None]  # bank, level; (None, level): all banks; (None, None): all


class DwellError(YipanqiError):
    """Curves cannot be read; the message says where they are not what they must be."""

    code = "dwell_curves_invalid"


@dataclass(frozen=True)
class Curve:
    """The share still there after so many seconds: a step at each of `seconds`, or straight lines between them.

    `seconds` rise, `still` falls from 1 towards 0. Beyond the last second it stays as it is: nothing was seen there.
    """

    seconds: NDArray[np.float64]
    still: NDArray[np.float64]
    straight: bool = False
    arrivals: int = 0
    effective: float = 0.0  # arrivals of equal amount that would say as much

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share still there after each of these times, at a step that after it."""
        if self.straight:
            return np.interp(seconds, self.seconds, self.still)
        place = np.searchsorted(self.seconds, seconds, side="right")
        return np.concatenate(([1.0], self.still))[place]


def survival(
    seconds: NDArray[Any], left: NDArray[np.bool_], weight: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(times at which something left, share still there after each) by Kaplan and Meier's product limit.

    Of parallel arrays: how long, whether it left then (else it was only seen until then), and its weight. What is
    censored at a time counts as there at that time.
    """
    times, place = np.unique(seconds, return_inverse=True)
    gone = np.bincount(place, np.where(left, weight, 0), len(times))
    seen = np.bincount(place, weight, len(times))
    at_risk = np.cumsum(seen[::-1])[::-1]
    stays = np.clip(1.0 - gone / at_risk, 0.0, 1.0)
    steps = gone > 0
    return times[steps].astype(np.float64), np.cumprod(stays)[steps].astype(np.float64)


@cache
def default_curve() -> Curve:
    """The catalog's curve, an assumption made from published figures."""
    points = catalog.dwell_curves()[DEFAULT_CURVE].points
    after = [each.after.total_seconds() for each in points]
    return Curve(np.array(after), np.array([each.still_percent for each in points]) / 100, straight=True)


@dataclass(frozen=True)
class DwellCurves:
    """Curves learned from traces, by bank and level; without any the catalog's default speaks. `traces` made them."""

    curves: Mapping[Key, Curve] = field(default_factory=dict)
    traces: int = 0

    @classmethod
    def learn(cls, traces: Iterable[Trace], *, until: datetime) -> "DwellCurves":
        """Learn from traces through ledgers that are complete up to `until` (or to the trace's own, when earlier)."""
        samples: dict[Key, list[Stay]] = {}
        made_of = 0
        for trace in traces:
            made_of += 1
            stays = rests_of(trace).stays(min(until, trace.until) if trace.until else until)
            for account in trace.accounts:
                found = stays.get((account.account, account.currency), [])
                for key in _lineage(account.bank, account.level):
                    samples.setdefault(key, []).extend(found)
        return cls({key: _estimate(stays) for key, stays in samples.items() if stays}, made_of)

    def still(self, bank: str, level: int, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share still there after each of these times at a bank ("" unknown) and level; above 0."""
        share = default_curve().at(seconds)
        for key in reversed(_lineage(bank, level)):
            curve = self.curves.get(key)
            if curve is not None:
                trust = curve.effective / (curve.effective + LEAN)
                share = trust * curve.at(seconds) + (1 - trust) * share
        return share

    def chance(
        self, bank: str, level: int, *, age_s: NDArray[np.float64], lead_s: float
    ) -> NDArray[np.float64]:
        """How likely money that has been there for each of `age_s` is there `lead_s` later: S(age + lead) / S(age)."""
        return self.still(bank, level, age_s + lead_s) / self.still(bank, level, age_s)

    def basis(self, bank: str, level: int) -> tuple[str, int]:
        """(learned_bank, learned_level, learned_all or assumed; arrivals): the narrowest curve that counts for
        half.
        """
        names = {3: "learned_bank", 2: "learned_level", 1: "learned_all"}
        lineage = _lineage(bank, level)
        for place, key in enumerate(lineage):
            curve = self.curves.get(key)
            if curve is not None and curve.effective >= LEAN:
                return names[len(lineage) - place], curve.arrivals
        return "assumed", 0

    def as_json(self) -> dict[str, Any]:
        """The curves as JSON values, by bank and level; `from_json` reads them."""
        order = sorted(self.curves, key=lambda key: (key[0] or "", key[1] or 0))
        return {
            "version": DWELL_VERSION,
            "traces": self.traces,
            "curves": [_curve_json(key, self.curves[key]) for key in order],
        }

    @classmethod
    def from_json(cls, value: Any) -> "DwellCurves":
        """Curves out of what `as_json` gave. Raises DwellError."""
        if not isinstance(value, dict) or value.get("version") != DWELL_VERSION:
            raise DwellError(f"these are not dwell curves of version {DWELL_VERSION}")
        try:
            curves = dict(_read_curve(each) for each in value["curves"])
            return cls(curves, int(value["traces"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DwellError(f"the dwell curves cannot be read: {type(error).__name__}: {error}") from error


DEFAULT: Final = DwellCurves()


def _lineage(bank: str, level: int) -> list[Key]:
    """The curves that speak for a bank and level, narrowest first."""
    keys: list[Key] = [(None, level), (None, None)]
    return [(bank, level), *keys] if bank else keys


def _estimate(stays: list[Stay]) -> Curve:
    seconds = np.array([each.seconds for each in stays], np.float64)
    left = np.array([each.left for each in stays]) & (seconds <= MAX_SECONDS)
    minor = np.array([each.minor for each in stays], np.float64)
    whole = np.array([each.of_minor for each in stays], np.float64)
    times, still = survival(np.minimum(seconds, MAX_SECONDS), left, minor)
    effective = float(minor.sum() ** 2 / (minor @ whole))
    return Curve(times, still, arrivals=round(float((minor / whole).sum())), effective=effective)


def _curve_json(key: Key, curve: Curve) -> dict[str, Any]:
    return {
        "bank": key[0],
        "level": key[1],
        "arrivals": curve.arrivals,
        "effective": round(curve.effective, 1),
        "seconds": [int(each) for each in curve.seconds],
        "still": [round(float(each), 6) for each in curve.still],
    }


def _read_curve(value: Any) -> tuple[Key, Curve]:
    seconds, still = (np.array(value[name], np.float64).reshape(-1) for name in ("seconds", "still"))
    falls = len(still) == len(seconds) and bool(np.all(np.diff(still, prepend=1.0, append=0.0) <= 0))
    if not falls or not np.all(np.diff(seconds, prepend=-1.0) > 0):
        raise ValueError("seconds must rise and still must fall from 1 to 0")
    bank, level = value["bank"], value["level"]
    arrivals, effective = int(value["arrivals"]), float(value["effective"])
    if not (isinstance(bank, str | None) and isinstance(level, int | None) and 0 <= effective <= arrivals):
        raise ValueError("bank must be text, level a whole number, and effective between 0 and arrivals")
    return (bank, level), Curve(seconds, still, arrivals=arrivals, effective=effective)
