"""The two indicators of money: how much of a month's loss was recovered, and how much of that came back to its owners.

Recovered (追回) is money that has an owner's name: attributed, returned or repaid. Frozen money without one stands beside
it, never inside. By the day of posting, in the centre's zone; both sides are given, a ratio of nothing is none.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from yipanqi.kernel.days import ZONE, day_of
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import legs_in_scope

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

MONTHS = 12
BACK = (Kind.RETURNED, Kind.REPAID)
RECOVERED = (Kind.ATTRIBUTED, *BACK)


@dataclass(frozen=True)
class Rates:
    """A month (its first day): what was lost, recovered and given back in it, in fen."""

    month: date
    loss: int = 0
    recovered: int = 0
    returned: int = 0

    @property
    def recovered_ratio(self) -> float | None:
        """Recovered ÷ loss; None when nothing was lost."""
        return self.recovered / self.loss if self.loss > 0 else None

    @property
    def return_ratio(self) -> float | None:
        """Given back ÷ recovered (追赃返还率); None when nothing was recovered."""
        return self.returned / self.recovered if self.recovered > 0 else None


def rates(officer: "Officer", month: date) -> Rates:
    """The indicators of one month, within the officer's scope."""
    first = month.replace(day=1)
    return _by_month(officer, first, _next(first)).get(first, Rates(first))


def list_rates(officer: "Officer", *, now: datetime, months: int = MONTHS) -> list[Rates]:
    """The latest months, the present one first; a month of which nothing was posted is there with zeros."""
    wanted = [day_of(now).replace(day=1)]
    while len(wanted) < months:
        wanted.append((wanted[-1] - timedelta(days=1)).replace(day=1))
    found = _by_month(officer, wanted[-1], _next(wanted[0]))
    return [found.get(month, Rates(month)) for month in wanted]


def _by_month(officer: "Officer", first: date, end: date) -> dict[date, Rates]:
    rows = legs_in_scope(officer).filter(
        book=Book.CLAIMS,
        entry__recorded_at__gte=datetime(first.year, first.month, 1, tzinfo=ZONE),
        entry__recorded_at__lt=datetime(end.year, end.month, 1, tzinfo=ZONE),
    )
    months = rows.order_by().values(month=TruncMonth("entry__recorded_at", tzinfo=ZONE))
    sums = months.annotate(
        loss=Sum("amount_minor", filter=Q(kind=Kind.LOSS), default=0),
        recovered=Sum("amount_minor", filter=Q(kind__in=RECOVERED), default=0),
        returned=Sum("amount_minor", filter=Q(kind__in=BACK), default=0),
    )
    return {
        (month := row["month"].astimezone(ZONE).date()): Rates(
            month, -int(row["loss"]), int(row["recovered"]), int(row["returned"])
        )
        for row in sums
    }


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
