"""Follows seeds through a ledger by one of the methods and gives back arrays: which rows carried how much.

`METHODS` are the tracing methods, all of one shape; each chooses by itself between heap and sweep. Leaves making
answers for people of the arrays to `tracing`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.ledger.table import Ledger
from yipanqi.engine.ledger.texts import frozen
from yipanqi.engine.tracing import moving, walking
from yipanqi.engine.tracing.lots import Pool, list_tagged
from yipanqi.engine.tracing.moving import Money
from yipanqi.engine.tracing.owning import Held, by_pot_and_tag
from yipanqi.engine.tracing.pots import TAINTED, new_pots
from yipanqi.engine.tracing.reaching import payees_of, reach
from yipanqi.engine.tracing.shares import list_sources, new_scratch, new_sources
from yipanqi.engine.tracing.single import Sums
from yipanqi.engine.tracing.walking import NO_ROOM, Flows, Scene, Walk

Progress = Callable[[int, int], None]
_NO_ENDS: Final[NDArray[np.uint8]] = frozen(np.zeros(0, np.uint8))
_NO_SEEDS: Final[NDArray[np.int64]] = np.zeros(0, np.int64)
WINDOW: Final = 1024  # events of the heap between two looks at how dense they lie
_PIECE: Final = 2_000_000  # rows between two words of progress


@dataclass(frozen=True)
class Plan:
    """What is to be followed: the ledger's first `rows`, seeds as rows that move money (rising), openings and ends
    by pot.
    """

    ledger: Ledger
    seeds: NDArray[np.int64]
    rows: int
    opening: NDArray[np.int64]
    ends: NDArray[np.uint8]


@dataclass(frozen=True)
class Followed:
    """The answer in arrays. Under `poison` all but `row` is None.

    `row`, `tainted`: transfers that carry traced money, in order, and how much; `displaced`, `left`: by seed;
    `held_pot`, `held_tag`, `held`: what lies where at the end, by seed.
    """

    row: NDArray[np.int32]
    tainted: NDArray[np.int64] | None = None
    displaced: NDArray[np.int64] | None = None
    left: NDArray[np.int64] | None = None
    held_pot: NDArray[np.int32] | None = None
    held_tag: NDArray[np.int32] | None = None
    held: NDArray[np.int64] | None = None


class Method(Protocol):
    """A tracing method: a name from the glossary, and following a plan by it."""

    @property
    def name(self) -> str:
        """As the command and the policy packs write it."""

    def follow(self, plan: Plan, progress: Progress | None = None) -> Followed:
        """Follow the plan's seeds; `progress(done, total)` is told the rows."""


@dataclass(frozen=True)
class Attribution:
    """fifo, lifo or haircut: how much of each transfer is traced money."""

    name: str
    code: int

    def follow(self, plan: Plan, progress: Progress | None = None) -> Followed:
        """As `Method.follow`."""
        run = Run(plan, self.code)
        if not run.hop() and self.code == moving.HAIRCUT and len(plan.seeds) == 1:
            return _follow_one(run.scene, plan.rows, progress)
        return run.go(progress)


@dataclass(frozen=True)
class Poison:
    """Every transfer of an account that traced money reached; amounts unknown."""

    name: str = "poison"

    def follow(self, plan: Plan, progress: Progress | None = None) -> Followed:
        """As `Method.follow`."""
        return Followed(reach(plan.ledger, plan.seeds, plan.rows, plan.ends).rows)


CODES: Final = {"haircut": moving.HAIRCUT, "fifo": moving.FIFO, "lifo": moving.LIFO}
METHODS: Final[dict[str, Method]] = {
    **{name: Attribution(name, code) for name, code in CODES.items()},
    "poison": Poison(),
}


class Run:
    """The arrays of one run; they grow when a kernel says that there is no room."""

    def __init__(self, plan: Plan, code: int) -> None:
        ledger, pots, tags = plan.ledger, len(plan.ledger.pots), len(plan.seeds)
        self._rows, self._code, self._swept = plan.rows, code, False
        self.scene = scene_of(ledger, plan.opening, plan.ends, plan.seeds)
        self.money = new_money(pots, tags)
        state = np.zeros(7, np.int64)
        state[6] = WINDOW
        state[0] = state[4] = plan.seeds[0] if tags else plan.rows
        self._walk = Walk(
            np.zeros(pots, np.uint8),
            np.zeros(len(ledger) // 8 + 1, np.uint8),
            np.empty(1024, np.int64),
            state,
        )
        by_seed = (np.zeros(tags, np.int64) for _ in range(3))
        self._flows = Flows(np.empty(1024 + tags, np.int32), np.empty(1024 + tags, np.int64), *by_seed)

    def hop(self) -> bool:
        """Run from event to event; returns whether that came to the end, else they began to lie dense."""
        self._drive(walking.follow_heap, self._rows)
        return bool(self._walk.state[0] == self._rows)

    def go(self, progress: Progress | None) -> Followed:
        """Run to the end, after `hop`."""
        state = self._walk.state
        if state[0] < self._rows:
            self.bring_up(int(state[0]))
            self._swept = True
        while state[0] < self._rows:
            self._drive(walking.follow_sweep, min(self._rows, int(state[0]) + _PIECE))
            if progress:
                progress(int(state[0]), self._rows)
        flows, count = self._flows, int(state[3])
        rows = flows.row[:count]
        return Followed(rows, flows.tainted[:count], flows.displaced, flows.left, *self._lying(rows))

    def bring_up(self, row: int) -> None:
        """Bring all pots that were met to just before a row, clean money and all."""
        pot = 0
        while pot >= 0 and not self._swept:
            pot = walking.bring_up(self.scene, self.money, self._walk, self._code, pot, row)
            if pot >= 0:
                self._grow()

    def met(self, pot: int) -> bool:
        """Whether a pot's money is kept."""
        return bool(self._walk.met[pot])

    def _drive(self, kernel: Callable[..., int], rows: int) -> None:
        while True:
            if kernel(self.scene, self.money, self._walk, self._flows, self._code, rows) != NO_ROOM:
                return
            self._grow()

    def _grow(self) -> None:
        """Make room; the kernels do not say which array was full."""
        walk, flows = self._walk, self._flows
        self.money = with_room(self.money, self._code)
        if walk.state[2] + 1 >= len(walk.heap):
            self._walk = walk._replace(heap=doubled(walk.heap))
        if walk.state[3] == len(flows.row):
            self._flows = flows._replace(row=doubled(flows.row), tainted=doubled(flows.tainted))

    def _lying(self, rows: NDArray[np.int32]) -> tuple[NDArray[Any], ...]:
        pots = payees_of(self.scene.payee, rows, len(self.money.pots))
        return held_by(self.money, self._code, pots[self.money.pots[pots, TAINTED] > 0])


def _follow_one(scene: Scene, rows: int, progress: Progress | None) -> Followed:
    sums = Sums(scene)
    while sums.row < rows:
        sums.sweep(rows)
        if progress:
            progress(sums.row, rows)
    row, tainted = sums.found()
    pot, held = sums.held()
    no_others = np.zeros(len(pot), np.int32)
    return Followed(row, tainted, np.zeros(1, np.int64), np.array([sums.left]), pot, no_others, held)


def scene_of(
    ledger: Ledger,
    opening: NDArray[np.int64],
    ends: NDArray[np.uint8] = _NO_ENDS,
    seeds: NDArray[np.int64] = _NO_SEEDS,
) -> Scene:
    """The kernels' view of a ledger."""
    columns = (ledger.payer, ledger.payee, ledger.amount, ledger.flags)
    index = (ledger.out_start, ledger.out_at, ledger.in_start, ledger.in_at)
    return Scene(*columns, *index, opening, ends, seeds)


def new_money(pots: int, tags: int) -> Money:
    """Pots that hold nothing traced, with room for some money of `tags` seeds."""
    links = (np.zeros(1024, np.int32), np.zeros(1024, np.int32))
    pool = Pool(np.zeros(1024, np.int32), np.zeros(1024, np.int64), *links, np.array([0, 1, 0], np.int64))
    sources = new_sources(8 * tags + 1024)
    return Money(new_pots(pots), pool, sources, new_scratch(tags))


def with_room(money: Money, code: int) -> Money:
    """The same money with room for one more row."""
    while not moving.has_room(money, code):
        pool, sources = money.pool, money.sources
        if code == moving.HAIRCUT:
            sources = sources._replace(tag=doubled(sources.tag), money=doubled(sources.money))
        else:
            tag, own, after, before = (doubled(array) for array in pool[:4])
            pool = Pool(tag, own, after, before, pool.spare)
        money = money._replace(pool=pool, sources=sources)
    return money


def doubled(array: NDArray[Any]) -> NDArray[Any]:
    """A copy with twice the room."""
    larger = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


def held_by(money: Money, code: int, pots: NDArray[np.int32]) -> Held:
    """(pot, tag, held): what traced money lies in some pots, which rise, by seed, in the order of pot and tag."""
    if code == moving.HAIRCUT:
        found = list_sources(money.pots, money.sources, pots)
    else:
        found = list_tagged(money.pool, money.pots, pots)
    return by_pot_and_tag(found, len(money.scratch.share))
