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
from yipanqi.engine.tracing import moving
from yipanqi.engine.tracing.lots import Pool, Purses, list_tagged, nodes_left
from yipanqi.engine.tracing.moving import NO_ROOM, Flows, Scene, Walk
from yipanqi.engine.tracing.reaching import payees_of, reach
from yipanqi.engine.tracing.shares import Scratch

Progress = Callable[[int, int], None]
_NO_ENDS: Final[NDArray[np.uint8]] = frozen(np.zeros(0, np.uint8))
_NO_SEEDS: Final[NDArray[np.int64]] = np.zeros(0, np.int64)
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
        return Run(plan, self.code).go(progress)


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
        self._rows, self._code = plan.rows, code
        self.scene = scene_of(ledger, plan.opening, plan.ends, plan.seeds)
        self.pool = new_pool(4 * tags + 1024)
        self.purses = new_purses(pots)
        self.scratch = new_scratch(tags)
        state = np.zeros(6, np.int64)
        state[0] = state[4] = plan.seeds[0] if tags else plan.rows
        self.walk = Walk(
            np.zeros(pots, np.uint8),
            np.zeros(pots, np.int64),
            np.zeros(pots, np.int64),
            np.zeros(len(ledger) // 8 + 1, np.uint8),
            np.empty(1024, np.int64),
            state,
        )
        flows = np.empty(1024 + tags, np.int32), np.empty(1024 + tags, np.int64)
        self.flows = Flows(*flows, np.zeros(tags, np.int64), np.zeros(tags, np.int64))

    def go(self, progress: Progress | None) -> Followed:
        """Run to the end."""
        self._drive(moving.follow_heap, self._rows)
        state = self.walk.state
        while state[0] < self._rows:
            self._drive(moving.follow_sweep, min(self._rows, int(state[0]) + _PIECE))
            if progress:
                progress(int(state[0]), self._rows)
        flows, count = self.flows, int(state[3])
        return Followed(
            flows.row[:count],
            flows.tainted[:count],
            flows.displaced,
            flows.left,
            *self._lying(flows.row[:count]),
        )

    def bring_up(self, pots: NDArray[np.int32]) -> None:
        """Bring some pots to the end of the rows, clean money and all."""
        for pot in pots.tolist():
            if nodes_left(self.pool) < len(self.scratch.node) + 8:
                self._grow()
            moving.catch_up(self.scene, self.pool, self.purses, self.walk, self._code, pot, self._rows)

    def _drive(self, kernel: Callable[..., int], rows: int) -> None:
        while True:
            own = (self.scene, self.pool, self.purses, self.scratch, self.walk, self.flows)
            if kernel(*own, self._code, rows) != NO_ROOM:
                return
            self._grow()

    def _grow(self) -> None:
        self.pool = grown_pool(self.pool)
        self.walk = self.walk._replace(heap=doubled(self.walk.heap))
        flows = self.flows
        self.flows = flows._replace(row=doubled(flows.row), tainted=doubled(flows.tainted))

    def _lying(self, rows: NDArray[np.int32]) -> tuple[NDArray[Any], ...]:
        pots = payees_of(self.scene.payee, rows, len(self.purses.first))
        return held_by(self.pool, self.purses, pots[self.purses.tainted[pots] > 0])


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


def new_pool(nodes: int) -> Pool:
    """A pool with room for some nodes; node 0 is none."""
    tags, links = np.zeros(nodes, np.int32), (np.zeros(nodes, np.int32), np.zeros(nodes, np.int32))
    return Pool(tags, np.zeros(nodes, np.int64), *links, np.array([0, 1, 0], np.int64))


def grown_pool(pool: Pool) -> Pool:
    """The same nodes with room for as many more."""
    tags, money, after, before = (doubled(array) for array in pool[:4])
    return Pool(tags, money, after, before, pool.spare)


def new_purses(pots: int) -> Purses:
    """Purses of pots that hold no traced money."""
    return Purses(np.zeros(pots, np.int32), np.zeros(pots, np.int32), np.zeros(pots, np.int64))


def new_scratch(tags: int) -> Scratch:
    """Room for the shares of a pot in which every tag and clean money are."""
    size = tags + 1
    return Scratch(*(np.zeros(size, t) for t in (np.int32, np.int64, np.int64, np.int32)))


def doubled(array: NDArray[Any]) -> NDArray[Any]:
    """A copy with twice the room."""
    larger = np.zeros(2 * len(array), array.dtype)
    larger[: len(array)] = array
    return larger


def held_by(
    pool: Pool, purses: Purses, pots: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """(pot, tag, held): what traced money lies in some pots, by seed, in the order of pot and tag."""
    pot, tag, money = list_tagged(pool, purses, pots)
    if not len(pot):
        return pot, tag, money
    order = np.lexsort((tag, pot))
    pot, tag, money = pot[order], tag[order], money[order]
    first = np.flatnonzero(np.r_[True, (pot[1:] != pot[:-1]) | (tag[1:] != tag[:-1])])
    return pot[first], tag[first], np.add.reduceat(money, first)
