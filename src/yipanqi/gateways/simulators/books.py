"""An institution's books: accounts with their money, stops with their instants, and the answer given to each order.

For: state and what changes it (`apply`), so that replaying the same acts gives the same books. Leaves alone:
whether an act is allowed (`rules`), files (`bookfile`) and everything about sending. A stop ends by itself: its
status is read, never set.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Act = dict[str, Any]


@dataclass
class HeldAccount:
    """An account, or a phone number without money. `credits` are (amount in minor units, instant) of what came in."""

    number: str
    name: str
    balance_minor: int
    credits: list[tuple[int, datetime]] = field(default_factory=list)


@dataclass
class HeldStop:
    """A stop of one account by one order; `asked_minor` and `balance_minor` are of the instant of stopping."""

    order_id: str
    number: str
    asked_minor: int | None
    balance_minor: int
    starts_at: datetime
    ends_at: datetime
    lifted_at: datetime | None = None
    is_extended: bool = False

    def ended_at(self, now: datetime) -> datetime | None:
        """When it ended, by lift or by itself; None while it is in effect."""
        if self.lifted_at is not None:
            return self.lifted_at
        return self.ends_at if now >= self.ends_at else None

    def status(self, now: datetime) -> str:
        """in_effect, lifted or expired."""
        if self.lifted_at is not None:
            return "lifted"
        return "expired" if now >= self.ends_at else "in_effect"


@dataclass
class KeptAnswer:
    """The one answer to an order: the same bytes for every repeat. `matter` tells a repeat from another order."""

    matter: str
    body: str
    is_due: bool
    is_delivered: bool = False


class Books:
    """All an institution remembers. Change it only by `apply`."""

    def __init__(self) -> None:
        self.accounts: dict[str, HeldAccount] = {}
        self.stops: dict[str, HeldStop] = {}
        self.answers: dict[str, KeptAnswer] = {}
        self.settings: dict[str, Any] = {}
        self._latest_stop: dict[str, HeldStop] = {}

    def live_stop(self, number: str, now: datetime) -> HeldStop | None:
        """The stop in effect on this account; None when it may pay."""
        stop = self._latest_stop.get(number)
        return stop if stop is not None and stop.ended_at(now) is None else None

    def apply(self, act: Act) -> None:
        """Enter an act: a mapping from verb to what it needs, in the order given. Replayed and new acts alike."""
        for verb, given in act.items():
            getattr(self, f"_{verb}")(given)

    def _open(self, given: Act) -> None:
        credits_ = [(minor, _at(at)) for minor, at in given["credits"]]
        account = HeldAccount(given["number"], given["name"], given["balance_minor"], credits_)
        self.accounts[account.number] = account

    def _credit(self, given: Act) -> None:
        account = self.accounts[given["number"]]
        account.balance_minor += given["minor"]
        account.credits.append((given["minor"], _at(given["at"])))

    def _debit(self, given: Act) -> None:
        self.accounts[given["number"]].balance_minor -= given["minor"]

    def _stop(self, given: Act) -> None:
        starts_at, ends_at = _at(given["starts_at"]), _at(given["ends_at"])
        money = given["asked_minor"], given["balance_minor"]
        stop = HeldStop(given["order_id"], given["number"], *money, starts_at, ends_at)
        self.stops[stop.order_id] = self._latest_stop[stop.number] = stop

    def _lift(self, given: Act) -> None:
        self.stops[given["order_id"]].lifted_at = _at(given["at"])

    def _extend(self, given: Act) -> None:
        stop = self.stops[given["order_id"]]
        stop.ends_at, stop.is_extended = _at(given["ends_at"]), True

    def _answer(self, given: Act) -> None:
        self.answers[given["order_id"]] = KeptAnswer(given["matter"], given["body"], given["due"])

    def _delivered(self, order_id: str) -> None:
        self.answers[order_id].is_delivered = True

    def _set(self, given: Act) -> None:
        self.settings.update(given)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
