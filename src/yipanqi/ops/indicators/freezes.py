"""The wall's figures of the way back: frozen and returned today, and freezes about to end that nobody attends to.

Counted fresh from the money ledger and the table of freezes, and folded on alike: all of them are sums over entries, as
what ends the matter of an unattended freeze says `late`. Leaves alone: when a freeze is unattended (measures' clock).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from yipanqi.kernel.days import day_start
from yipanqi.ops.journal.queries import FeedItem
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.moneybook.queries import flow_between

CLOCK = "freeze_end"


@dataclass
class Freezes:
    """Principal frozen and returned today, in fen; how many freezes nobody attends to."""

    frozen_minor: int = 0
    returned_minor: int = 0
    unattended: int = 0

    def copy(self) -> "Freezes":
        """An independent copy."""
        return replace(self)

    def turn_day(self) -> None:
        """Begin a new day: sums start at nothing, what is open stays."""
        self.frozen_minor, self.returned_minor = 0, 0


def count_freezes(scope_code: str, *, now: datetime) -> Freezes:
    """The figures of a scope, fresh from the tables."""
    start = day_start(now)
    frozen, returned = flow_between(scope_code, start, start + timedelta(days=1))
    unattended = Freeze.objects.in_scope(scope_code).filter(unattended_at__isnull=False).count()
    return Freezes(frozen, returned, unattended)


def fold_posting(freezes: Freezes, item: FeedItem, *, today: bool) -> None:
    """Apply one posting of the money ledger."""
    if item.event == "money.posted" and today:
        freezes.frozen_minor += int(item.payload.get("frozen_minor") or 0)  # type: ignore[call-overload]
        freezes.returned_minor += int(item.payload.get("returned_minor") or 0)  # type: ignore[call-overload]


def fold_freeze(freezes: Freezes, item: FeedItem) -> None:
    """Apply one entry about a freeze."""
    freezes.unattended += (item.event == "freeze.unattended") - bool(item.payload.get("late"))
