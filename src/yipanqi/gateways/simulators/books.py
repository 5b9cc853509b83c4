"""An institution's books: accounts with their money, stops, freezes in their order, and the answer to each order.

For: state and what changes it (`apply`), so that replaying the same acts gives the same books. Leaves alone:
whether an act is allowed (`rules`), files (`bookfile`) and everything about sending. A stop and a freeze end by
themselves, and what a freeze holds follows from the balance and its place in the line: read, never set.
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
class HeldFreeze:
    """A freeze of one account: it takes `asked_minor`, or with `is_full` all there is, that those before it left.

    `order_id` is empty where another authority froze. `told_minor` is what the answers so far say it holds, `further`
    are the ids of those after the first. `stop_id` names the stop that ends when the freeze takes effect.
    """

    order_id: str
    number: str
    case_number: str
    department: str
    asked_minor: int
    is_full: bool
    told_minor: int
    starts_at: datetime
    ends_at: datetime
    stop_id: str = ""
    released_at: datetime | None = None
    further: list[str] = field(default_factory=list)

    def ended_at(self, now: datetime) -> datetime | None:
        """When it ended, by release or by itself; None while it is in the line."""
        if self.released_at is not None:
            return self.released_at
        return self.ends_at if now >= self.ends_at else None


@dataclass(frozen=True)
class Place:
    """A live freeze in its account's line: what it holds, and who holds money before it and ends first."""

    freeze: HeldFreeze
    frozen_minor: int
    former: "Place | None"

    @property
    def is_queued(self) -> bool:
        """Whether it waits behind another and holds nothing."""
        return self.frozen_minor == 0 and self.former is not None


@dataclass
class KeptAnswer:
    """An answer to an order: the same bytes for every repeat. `matter` tells a repeat from another order."""

    matter: str
    body: str
    is_due: bool
    is_delivered: bool = False


class Books:
    """All an institution remembers. Change it only by `apply`."""

    def __init__(self) -> None:
        self.accounts: dict[str, HeldAccount] = {}
        self.stops: dict[str, HeldStop] = {}
        self.freezes: dict[str, HeldFreeze] = {}
        self.answers: dict[str, KeptAnswer] = {}
        self.further: dict[str, KeptAnswer] = {}
        self.settings: dict[str, Any] = {}
        self._latest_stop: dict[str, HeldStop] = {}
        self._lines: dict[str, list[HeldFreeze]] = {}

    def live_stop(self, number: str, now: datetime) -> HeldStop | None:
        """The stop in effect on this account; None when it may pay."""
        stop = self._latest_stop.get(number)
        return stop if stop is not None and stop.ended_at(now) is None else None

    def line(self, number: str, now: datetime) -> list[Place]:
        """The account's freezes that have not ended, in the order they came, each with what it holds."""
        account, former = self.accounts.get(number), None
        left = account.balance_minor if account else 0
        places: list[Place] = []
        for freeze in self._lines.get(number, ()):
            if freeze.ended_at(now) is not None:
                continue
            taken = left if freeze.is_full else min(left, freeze.asked_minor)
            left -= taken
            places.append(Place(freeze, taken, former))
            if taken and (former is None or freeze.ends_at < former.freeze.ends_at):
                former = places[-1]
        return places

    def all_freezes(self, number: str = "") -> list[HeldFreeze]:
        """Every freeze there was, of one account or of all, also those of other authorities."""
        lines = [self._lines.get(number, [])] if number else self._lines.values()
        return [freeze for line in lines for freeze in line]

    def available_minor(self, number: str, now: datetime) -> int:
        """What the account holds beyond its freezes."""
        return self.accounts[number].balance_minor - sum(each.frozen_minor for each in self.line(number, now))

    def grown(self, now: datetime) -> list[Place]:
        """Freezes by order that hold more than their answers say."""
        places = (place for number in self._lines for place in self.line(number, now))
        return [
            each for each in places if each.freeze.order_id and each.frozen_minor > each.freeze.told_minor
        ]

    def kept(self, key: str) -> KeptAnswer:
        """The first answer to an order by the order's id, a further one by its own."""
        return self.further[key] if key in self.further else self.answers[key]

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

    def _freeze(self, given: Act) -> None:
        times = {name: _at(given[name]) for name in ("starts_at", "ends_at")}
        freeze = HeldFreeze(**(given | times))
        self._lines.setdefault(freeze.number, []).append(freeze)
        if freeze.order_id:
            self.freezes[freeze.order_id] = freeze

    def _renew(self, given: Act) -> None:
        self.freezes[given["order_id"]].ends_at = _at(given["ends_at"])

    def _hold(self, given: Act) -> None:
        """What is left of a freeze after a part was let go: it holds just that, and ends when it is nothing."""
        freeze = self.freezes[given["order_id"]]
        freeze.asked_minor = freeze.told_minor = given["minor"]
        freeze.is_full = False
        if not given["minor"]:
            freeze.released_at = _at(given["at"])

    def _pay(self, given: Act) -> None:
        for payee, minor in given["lines"]:
            self._debit({"number": given["number"], "minor": minor})
            if payee:
                self._credit({"number": payee, "minor": minor, "at": given["at"]})

    def _told(self, given: Act) -> None:
        freeze = self.freezes[given["order_id"]]
        freeze.told_minor, freeze.starts_at = given["minor"], _at(given["starts_at"])
        freeze.further.append(given["answer_id"])
        self.further[given["answer_id"]] = KeptAnswer("", given["body"], given["due"])

    def _answer(self, given: Act) -> None:
        self.answers[given["order_id"]] = KeptAnswer(given["matter"], given["body"], given["due"])

    def _delivered(self, key: str) -> None:
        self.kept(key).is_delivered = True

    def _set(self, given: Act) -> None:
        self.settings.update(given)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
