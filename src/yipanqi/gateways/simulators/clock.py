"""An institution's own clock, which may differ from the centre's: the machine's plus an offset, or set by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yipanqi.kernel.clock import RealClock


@dataclass(frozen=True)
class InstitutionClock:
    """Real time plus `offset`; with `fixed_at` it stands at that instant until it is set anew."""

    offset: timedelta = timedelta()
    fixed_at: datetime | None = None

    def now(self) -> datetime:
        """The institution's present instant, in UTC."""
        return self.fixed_at or RealClock().now() + self.offset

    def as_dict(self) -> dict[str, Any]:
        """What `read_clock` reads."""
        at = self.fixed_at.isoformat() if self.fixed_at else None
        return {"offset_seconds": self.offset.total_seconds(), "at": at}


def read_clock(given: dict[str, Any]) -> InstitutionClock:
    """The clock that `as_dict` described."""
    at = datetime.fromisoformat(given["at"]) if given["at"] else None
    return InstitutionClock(timedelta(seconds=given["offset_seconds"]), at)
