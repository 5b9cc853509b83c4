"""The slow obvious oracle of tracing: dictionaries, lists and fractions, one transfer after the other.

It reads like the rules of the architecture and shares no code with the engine.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

STAYS = {"transfer", "fee", "reversal"}


@dataclass(frozen=True)
class Row:
    """A transfer of the oracle; `at` is a whole number of seconds."""

    id: str
    at: int
    payer: str
    payee: str
    amount: int
    serial: int | None = None
    kind: str = "transfer"
    reverses: str | None = None
    currency: str = "CNY"

    @property
    def order(self) -> tuple[int, int, bytes]:
        return self.at, -1 if self.serial is None else self.serial, self.id.encode()


@dataclass
class Answer:
    """What the oracle finds; under poison only levels, rows and times."""

    tainted: dict[str, int] = field(default_factory=dict)  # by transfer, in order
    level: dict[tuple[str, str], int] = field(default_factory=dict)
    came: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    went: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    held: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    sink: dict[tuple[str, str], str] = field(default_factory=dict)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    last: dict[tuple[str, str], int] = field(default_factory=dict)
    seeded: int = 0
    left: int = 0
    displaced: int = 0

    def arrive(self, payee, hops, at, amount):
        """Traced money comes to an account."""
        self.level[payee] = min(self.level.get(payee, hops), hops)
        self.came[payee] += amount
        self.first.setdefault(payee, at)
        self.last[payee] = at


def without_pairs(rows):
    """The rows in order, without those that a reversal cancels."""
    rows = sorted(rows, key=lambda row: row.order)
    gone = set()
    for at, back in enumerate(rows):
        if back.kind != "reversal" or back.reverses is None:
            continue
        for place, one in enumerate(rows[:at]):
            if one.id != back.reverses or one.id in gone or one.payer == one.payee:
                continue
            same = (one.payer, one.payee, one.amount, one.currency) == (
                back.payee, back.payer, back.amount, back.currency,
            )  # fmt: skip
            paid = any(
                row.payer == one.payee and row.payee != row.payer and row.currency == one.currency
                for row in rows[place + 1 : at]
            )
            if same and not paid:
                gone |= {one.id, back.id}
    return [row for row in rows if row.id not in gone]


def openings_of(rows, sinks, given):
    """Opening balance by (account, currency): given, else the smallest that suffices."""
    balance, opening = defaultdict(int), defaultdict(int)
    for row in rows:
        if row.payer == row.payee:
            continue
        payer, payee = (row.payer, row.currency), (row.payee, row.currency)
        if row.payer not in sinks:
            balance[payer] -= row.amount
            opening[payer] = max(opening[payer], -balance[payer])
        if row.kind in STAYS:
            balance[payee] += row.amount
    for account, minor in (given or {}).items():
        for pot in [pot for pot in {*balance, *opening} if pot[0] == account]:
            opening[pot] = minor
    return opening


class Lots:
    """A pot under fifo or lifo: [tag, amount] from the oldest to the newest."""

    def __init__(self, opening, newest):
        self.lots = [[None, opening]] if opening else []
        self.newest = newest

    def take(self, amount):
        taken = []
        while amount and self.lots:
            lot = self.lots[-1 if self.newest else 0]
            part = min(amount, lot[1])
            taken.append([lot[0], part])
            lot[1] -= part
            amount -= part
            if not lot[1]:
                self.lots.remove(lot) if not self.newest else self.lots.pop()
        if self.newest:
            taken.reverse()
        if amount:
            taken.append([None, amount])
        return taken

    def put(self, parts):
        self.lots.extend([tag, amount] for tag, amount in parts if amount)

    def held(self):
        sums = defaultdict(int)
        for tag, amount in self.lots:
            sums[tag] += amount
        return sums


class Shares:
    """A pot under haircut: sources by rank."""

    def __init__(self, opening):
        self.sources = {None: opening} if opening else {}

    def take(self, amount):
        total = sum(self.sources.values())
        if amount > total:
            self.sources[None] = self.sources.get(None, 0) + amount - total
            total = amount
        exact = {tag: Fraction(amount * money, total) for tag, money in self.sources.items()}
        whole = {tag: int(share) for tag, share in exact.items()}
        ranked = sorted(exact, key=lambda tag: whole[tag] - exact[tag])  # largest remainder first, then rank
        for tag in ranked[: amount - sum(whole.values())]:
            whole[tag] += 1
        for tag, share in whole.items():
            self.sources[tag] -= share
        return list(whole.items())

    def put(self, parts):
        for tag, amount in parts:
            if amount:
                self.sources[tag] = self.sources.get(tag, 0) + amount

    def held(self):
        return self.sources


def follow(rows, seeds, method, *, until=None, sinks=None, given=None):
    """Trace `seeds` (ids) through `rows` by fifo, lifo, haircut or poison."""
    sinks = sinks or {}
    rows = without_pairs(rows)
    opening = openings_of(rows, sinks, given)
    found, pots = Answer(), {}

    def pot(name):
        if name not in pots:
            pots[name] = (
                Shares(opening[name]) if method == "haircut" else Lots(opening[name], method == "lifo")
            )
        return pots[name]

    poisoned = set()
    for row in rows:
        if (until is not None and row.at > until) or row.payer == row.payee:
            continue
        payer, payee = (row.payer, row.currency), (row.payee, row.currency)
        seed = row.id in seeds
        if method == "poison":
            if not seed and payer not in poisoned:
                continue
            parts, traced = [], 0
        else:
            parts = [[None, row.amount]] if row.payer in sinks else pot(payer).take(row.amount)
            traced = sum(amount for tag, amount in parts if tag is not None)
            if seed:
                found.seeded += row.amount
                found.displaced += traced
                parts = [[row.id, row.amount]]
        ends = row.kind not in STAYS or row.payee in sinks
        if traced or (method == "poison" and not seed):
            found.went[payer] += traced
            found.last[payer] = row.at
        if seed or traced or method == "poison":
            amount = row.amount if seed else traced
            found.tainted[row.id] = None if method == "poison" else amount
            found.arrive(payee, 1 if seed else found.level[payer] + 1, row.at, amount)
            if ends:
                found.left += 0 if method == "poison" else amount
                found.sink[payee] = sinks.get(row.payee, row.kind)
        if ends:
            continue
        if method == "poison":
            poisoned.add(payee)
        else:
            pot(payee).put(parts)
    found.held = held_in(pots)
    return found


def held_in(pots):
    """Traced money by pot and seed at the end."""
    held = {}
    for name, own in pots.items():
        tags = {tag: amount for tag, amount in own.held().items() if tag is not None and amount}
        if tags:
            held[name] = tags
    return held
