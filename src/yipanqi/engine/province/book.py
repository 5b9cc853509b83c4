"""The province's money: accounts, balances that never go below zero, transfers in the order they happen.

`Agenda` keeps what will happen and lets it happen in time order; acts may put further acts on it. Leaves
alone why money moves.
"""

import heapq
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final

from yipanqi.engine.province.records import Account, Transfer
from yipanqi.engine.province.scenario import Scenario

MAX_TRANSFERS: Final = 20_000_000


class Agenda:
    """Acts to come, by second, then by the order in which they were put down."""

    def __init__(self) -> None:
        self._acts: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()

    def put(self, at_s: int, act: Callable[..., None], *facts: object) -> None:
        """Have `act(*facts, at_s)` called when its second comes."""
        heapq.heappush(self._acts, (at_s, next(self._order), partial(act, *facts) if facts else act))

    def run_until(self, end_s: int) -> None:
        """Let everything before `end_s` happen, including what is put down meanwhile."""
        while self._acts and self._acts[0][0] < end_s:
            at_s, _, act = heapq.heappop(self._acts)
            act(at_s)


class Book:
    """Accounts and the transfers between them."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.accounts: dict[str, Account] = {}
        self.balances_minor: dict[str, int] = {}
        self.transfers: list[Transfer] = []

    def open(self, account: Account) -> None:
        """Enter an account with its opening balance; numbers are unique."""
        if account.number in self.accounts:
            raise ValueError(f"account {account.number} is already open")
        self.accounts[account.number] = account
        self.balances_minor[account.number] = account.opening_minor

    def move(
        self, at_s: int, payer: str, payee: str, amount_minor: int, *, channel: str, kind: str = "transfer"
    ) -> Transfer | None:
        """Book a transfer; None when the payer has too little or the amount is not above zero."""
        if amount_minor <= 0 or self.balances_minor[payer] < amount_minor:
            return None
        if len(self.transfers) >= MAX_TRANSFERS:
            raise ValueError(f"a province holds at most {MAX_TRANSFERS} transfers")
        self.balances_minor[payer] -= amount_minor
        self.balances_minor[payee] += amount_minor
        serial = len(self.transfers) + 1
        transfer = Transfer(
            id=f"TR{serial:09d}",
            booked_at=self._scenario.instant(at_s),
            booked_s=at_s,
            payer=payer,
            payee=payee,
            amount_minor=amount_minor,
            serial=serial,
            payer_bank=self.accounts[payer].bank_code,
            payee_bank=self.accounts[payee].bank_code,
            channel=channel,
            kind=kind,
        )
        self.transfers.append(transfer)
        return transfer
