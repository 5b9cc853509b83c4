"""Plain Python's way of tracing, by the tracing rules, with lists and dictionaries: the slow oracle of the
benchmark.

Shares no code with the engine. Sweeps the rows in their order; reach also by an index of each account's debits and
a heap. Openings are given and suffice, so an account that runs dry is an error here. Leaves the clock to `timing`.
"""

import bisect
import heapq
from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.ledgers import Book

CLEAN: Final = -1
Flows = tuple[NDArray[np.int64], NDArray[np.int64], dict[str, int]]


class PlainPython:
    """A book as lists, with a dictionary of each account's debits."""

    def __init__(self, book: Book) -> None:
        """Make the lists and the index."""
        self._payer: list[int] = book.payer.tolist()
        self._payee: list[int] = book.payee.tolist()
        self._amount: list[int] = book.amount.tolist()
        self._cash: list[bool] = book.cash.tolist()
        self._opening: list[int] = book.opening.tolist()
        self._debits: dict[int, list[int]] = {}
        for row, account in enumerate(self._payer):
            self._debits.setdefault(account, []).append(row)

    def reach_by_heap(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """Rows that the seeds' money could be in, sorted; from account to account in the order of first arrivals."""
        payee, cash, debits = self._payee, self._cash, self._debits
        found = set(seeds)
        heap = [(row, payee[row]) for row in seeds if not cash[row]]
        heapq.heapify(heap)
        reached = set()
        while heap:
            arrived, account = heapq.heappop(heap)
            if account in reached:
                continue
            reached.add(account)
            own = debits.get(account, [])
            for row in own[bisect.bisect_right(own, arrived) : bisect.bisect_left(own, rows)]:
                found.add(row)
                if not cash[row] and payee[row] not in reached:
                    heapq.heappush(heap, (row, payee[row]))
        return np.array(sorted(found), np.int64)

    def reach_by_sweep(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """As `reach_by_heap`, by one look at each row."""
        payer, payee, cash = self._payer, self._payee, self._cash
        first, own = seeds[0], set(seeds)
        found, reached = [], set()
        for row in range(first, rows):
            if payer[row] in reached or row in own:
                found.append(row)
                if not cash[row]:
                    reached.add(payee[row])
        return np.array(found, np.int64)

    def fifo(self, seeds: list[int], rows: int) -> Flows:
        """(rows, tainted, totals): money leaves an account in the order in which it came."""
        clean = self._opening.copy()  # of accounts that hold no traced money
        lots: dict[int, deque[list[int]]] = {}  # [tag, money], oldest first, of accounts that do
        tag_of = {row: tag for tag, row in enumerate(seeds)}
        sums = _Sums()
        for row in range(rows):
            payer, payee, amount = self._payer[row], self._payee[row], self._amount[row]
            tag = tag_of.get(row)
            if payer in lots:
                moved = _take_oldest(lots[payer], amount)
                if all(lot[0] == CLEAN for lot in lots[payer]):
                    clean[payer] = sum(lot[1] for lot in lots.pop(payer))
            else:
                _pay(clean, payer, amount)
                moved = [[CLEAN, amount]]
            tainted = sum(money for whose, money in moved if whose != CLEAN)
            if tag is not None:
                sums.displaced += tainted
                moved, tainted = [[tag, amount]], amount
                sums.seeded += amount
            if tainted:
                sums.note(row, tainted)
            if self._cash[row]:
                sums.left += tainted
            elif tainted and payee not in lots:
                lots[payee] = deque([[CLEAN, clean[payee]]] if clean[payee] else [])
                _arrive(lots[payee], moved)
            elif payee in lots:
                _arrive(lots[payee], moved)
            else:
                clean[payee] += amount
        held = sum(lot[1] for own in lots.values() for lot in own if lot[0] != CLEAN)
        return sums.flows(held)

    def haircut(self, seeds: list[int], rows: int) -> Flows:
        """(rows, tainted, totals): each payment takes from all sources in proportion."""
        clean = self._opening.copy()
        entered = [opening > 0 for opening in self._opening]  # clean money has a rank
        sources: dict[
            int, dict[int, int]
        ] = {}  # tag -> money by rank, of accounts that traced money ever entered
        tag_of = {row: tag for tag, row in enumerate(seeds)}
        sums = _Sums()
        for row in range(rows):
            payer, payee, amount = self._payer[row], self._payee[row], self._amount[row]
            tag = tag_of.get(row)
            if payer in sources:
                moved = _take_shares(sources[payer], amount)
            else:
                _pay(clean, payer, amount)
                moved = {CLEAN: amount}
            tainted = amount - moved.get(CLEAN, 0)
            if tag is not None:
                sums.displaced += tainted
                moved, tainted = {tag: amount}, amount
                sums.seeded += amount
            if tainted:
                sums.note(row, tainted)
            if self._cash[row]:
                sums.left += tainted
                continue
            if tainted and payee not in sources:
                sources[payee] = {CLEAN: clean[payee]} if entered[payee] else {}
            if payee in sources:
                own = sources[payee]
                for whose, money in moved.items():
                    own[whose] = own.get(whose, 0) + money
            else:
                clean[payee] += amount
                entered[payee] = True
        held = sum(money for own in sources.values() for tag, money in own.items() if tag != CLEAN)
        return sums.flows(held)


class _Sums:
    """What a sweep has found so far."""

    def __init__(self) -> None:
        self.seeded = self.displaced = self.left = 0
        self._row: list[int] = []
        self._tainted: list[int] = []

    def note(self, row: int, tainted: int) -> None:
        """A transfer carries traced money."""
        self._row.append(row)
        self._tainted.append(tainted)

    def flows(self, held: int) -> Flows:
        """The answer; nothing is lost on the way."""
        totals = {"seeded": self.seeded, "held": held, "left": self.left, "displaced": self.displaced}
        if self.seeded != held + self.left + self.displaced:
            raise AssertionError(f"money was lost: {totals}")
        return np.array(self._row, np.int64), np.array(self._tainted, np.int64), totals


def _pay(clean: list[int], account: int, amount: int) -> None:
    clean[account] -= amount
    if clean[account] < 0:
        raise AssertionError(f"account {account} ran dry: the openings do not suffice")


def _take_oldest(lots: deque[list[int]], amount: int) -> list[list[int]]:
    moved = []
    while amount:
        lot = lots[0]
        if lot[1] <= amount:
            moved.append(lots.popleft())
            amount -= lot[1]
        else:
            lot[1] -= amount
            moved.append([lot[0], amount])
            amount = 0
    return moved


def _arrive(lots: deque[list[int]], moved: list[list[int]]) -> None:
    for tag, money in moved:
        if lots and lots[-1][0] == tag:
            lots[-1][1] += money
        else:
            lots.append([tag, money])


def _take_shares(sources: dict[int, int], amount: int) -> dict[int, int]:
    """Largest remainder over the sources in the order of their rank, ties to the lower rank."""
    total = sum(sources.values())
    if amount > total:
        raise AssertionError("an account ran dry: the openings do not suffice")
    parts: list[Any] = []
    left = amount
    for rank, (tag, money) in enumerate(sources.items()):
        share, rest = divmod(amount * money, total)
        left -= share
        parts.append([-rest, rank, tag, share])
    for part in sorted(parts)[:left]:
        part[3] += 1
    moved = {}
    for _, _, tag, share in parts:
        if share:
            moved[tag] = share
            sources[tag] -= share
    return moved
