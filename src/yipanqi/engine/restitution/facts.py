"""What a case's ledger says, found once and kept: whose transfer is whose, books, timestamp test, inflows, methods.

Claims are numbered in the order in which ties of the last minor unit are settled: first loss, then id. Frozen accounts
are numbered by name. Leaves choosing among the facts to `bases`.
"""

from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.ledger import Ledger
from yipanqi.engine.ledger.columns import STILL
from yipanqi.engine.ledger.table import instant
from yipanqi.engine.restitution.books import Books, keep_books
from yipanqi.engine.restitution.case import Case, CaseError, Claim
from yipanqi.engine.restitution.inflows import Inflows, follow_claims
from yipanqi.engine.restitution.lowest import Lowest
from yipanqi.engine.restitution.stamps import Stamps, read_stamps
from yipanqi.engine.tracing.following import METHODS, Plan
from yipanqi.engine.tracing.tracing import openings_of


class Facts:
    """The facts of one case with a ledger. Raises CaseError when claims and ledger do not fit."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.ledger = case.ledger if case.ledger is not None else _refuse_no_ledger()
        if len(self.ledger.pots.currencies) > 1:
            found = ", ".join(self.ledger.pots.currencies)
            raise CaseError(
                f"transfers, field currency: {found}; split each currency apart", field="currency"
            )
        self.accounts = sorted(case.frozen)
        self.pots = np.array([self._pot(account) for account in self.accounts], np.int32)
        self.known = np.flatnonzero(self.pots >= 0)  # frozen accounts that the ledger knows
        every = {**case.settled, **case.claims}
        rows = {claim: rows_of(self.ledger, claim, every[claim]) for claim in every}
        far = len(self.ledger)
        order = sorted(every, key=lambda claim: (self._first(rows[claim], far), claim))
        self.claims = order
        self.rows = [rows[claim] for claim in order]
        self.tag = _tags(self.ledger, order, self.rows)
        self.settled = np.array([claim not in case.claims for claim in order], np.bool_)
        self.opening = openings_of(self.ledger, self._openings())
        self._ordered: dict[str, NDArray[np.int64]] = {}

    def _pot(self, account: str) -> int:
        return next(iter(self.ledger.pots.of(account)), -1)

    def _openings(self) -> dict[str, int]:
        """Openings of accounts that the ledger knows."""
        return {account: minor for account, minor in self.case.opening.items() if self._pot(account) >= 0}

    def _first(self, rows: NDArray[np.int64], far: int) -> tuple[int, int]:
        """When a claim's first transfer was booked; those without one come last."""
        return (0, int(self.ledger.booked_at[rows[0]])) if len(rows) else (1, far)

    @cached_property
    def books(self) -> Books:
        """Balances, windows, ties, and which rows matter."""
        return keep_books(self.ledger, self.opening, self.tag, self._known_pots)

    @property
    def _known_pots(self) -> NDArray[np.int32]:
        return self.pots[self.known]

    @cached_property
    def stamps(self) -> Stamps:
        """The timestamp test of the frozen accounts that the ledger knows."""
        return read_stamps(
            self.ledger, self.books, self.opening, self.tag, len(self.claims), self._known_pots
        )

    @cached_property
    def inflows(self) -> Inflows:
        """Claims' money by haircut, in the frozen accounts that the ledger knows."""
        return follow_claims(*self._sweep)[0]

    @cached_property
    def lowest(self) -> Lowest:
        """The lowest balances since each source came."""
        found = follow_claims(*self._sweep, lowest=True)[1]
        assert found is not None  # it was asked for
        return found

    @property
    def _sweep(
        self,
    ) -> tuple[Ledger, Books, NDArray[np.int64], NDArray[np.int32], int, NDArray[np.int32]]:
        return self.ledger, self.books, self.opening, self.tag, len(self.claims), self._known_pots

    @cached_property
    def certain(self) -> NDArray[np.int64]:
        """By known frozen account and claim: what lies there by the timestamp test."""
        stamps, found = self.stamps, np.zeros((len(self.known), len(self.claims)), np.int64)
        own = stamps.source < len(self.claims)
        np.add.at(found, (stamps.fund[own], stamps.source[own]), stamps.money[own])
        return found

    def held(self, method: str) -> NDArray[np.int64]:
        """By known frozen account and claim: what lies there by haircut, fifo or lifo."""
        if method == "haircut":
            return self.inflows.held
        if method not in self._ordered:
            self._ordered[method] = self._follow(method)
        return self._ordered[method]

    def _follow(self, method: str) -> NDArray[np.int64]:
        seeds = np.flatnonzero(self.tag >= 0).astype(np.int64)
        found = np.zeros((len(self.known), len(self.claims)), np.int64)
        if not len(seeds):
            return found
        ends = np.zeros(len(self.ledger.pots), np.uint8)
        followed = METHODS[method].follow(Plan(self.ledger, seeds, len(self.ledger), self.opening, ends))
        assert followed.held_pot is not None and followed.held_tag is not None and followed.held is not None
        place = np.full(len(self.ledger.pots), -1, np.int64)
        place[self._known_pots] = np.arange(len(self.known))
        fund = place[followed.held_pot]
        own = fund >= 0
        claim = self.tag[seeds[followed.held_tag]]
        np.add.at(found, (fund[own], claim[own]), followed.held[own])
        return found

    def level(self, fund: int) -> int:
        """The level of a known frozen account by its place in `known`; 0 where claims' money never came."""
        given = self.case.levels.get(self.accounts[self.known[fund]])
        return given if given is not None else int(self.inflows.level[self._known_pots[fund]])

    def source(self, number: int) -> tuple[str, str]:
        """(kind, name) of a source of the timestamp test: claim, opening, payer or mixed."""
        if number < len(self.claims):
            return "claim", self.claims[number]
        number -= len(self.claims)
        if number < len(self.ledger.pots):
            return ("opening" if self.books.reached[number] else "payer"), self.ledger.pots.names[number]
        return "mixed", self.ledger.ids[number - len(self.ledger.pots)]

    def at(self, row: int) -> datetime:
        """When a row was booked."""
        return instant(int(self.ledger.booked_at[row]))


def _refuse_no_ledger() -> Ledger:
    raise CaseError("transfers: are missing, and no shares are given", field="transfers")


def rows_of(ledger: Ledger, claim: str, given: Claim) -> NDArray[np.int64]:
    """The rows of a claim's transfers, rising. Raises CaseError for one that is not in the ledger."""
    if given.transfers is None:
        places = [
            ledger.out_at[ledger.out_start[pot] : ledger.out_start[pot + 1]] for pot in ledger.pots.of(claim)
        ]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *places]).astype(np.int64))
    found = []
    for transfer in given.transfers:
        row = ledger.ids.find(transfer)
        if row is None:
            why = f"there is no transfer {transfer!r}"
            raise CaseError(f"claim {claim}, field transfers: {why}", claim=claim, field="transfers")
        found.append(row)
    return np.unique(np.array(found, np.int64))


def _tags(ledger: Ledger, claims: list[str], rows: list[NDArray[np.int64]]) -> NDArray[np.int32]:
    """By row: the claim's number, -1 where nobody claims it or it moves nothing."""
    tag = np.full(len(ledger), -1, np.int32)
    for number, own in enumerate(rows):
        taken = own[tag[own] >= 0]
        if len(taken):
            other, transfer = claims[tag[taken[0]]], ledger.ids[int(taken[0])]
            why = f"transfer {transfer!r} belongs to claim {other} too"
            raise CaseError(f"claim {claims[number]}, field transfers: {why}", claim=claims[number])
        tag[own] = number
    tag[(ledger.flags & STILL) > 0] = -1
    return tag


def own_pots(ledger: Ledger, own: frozenset[str]) -> frozenset[int]:
    """The pots of payers that are the holder himself."""
    return frozenset(pot for account in own for pot in ledger.pots.of(account))
