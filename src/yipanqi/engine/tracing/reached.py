"""What a live trace keeps: the accounts that traced money came to, a slot each, with its pot and what is known of it.

A slot is given when traced money is on its way to an account for the first time. Leaves moving money to
`live_moving`, and what came before to the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.ledger.table import EPOCH, instant, micros
from yipanqi.engine.tracing.following import doubled, new_money, with_room
from yipanqi.engine.tracing.live_moving import CAME, FIRST_AT, LAST_AT, LEVEL, MET, NOTES, WENT
from yipanqi.engine.tracing.moving import Money
from yipanqi.engine.tracing.pots import TAINTED, WIDTH
from yipanqi.engine.tracing.result import TracedAccount
from yipanqi.engine.tracing.shares import new_scratch

Key = tuple[str, str]  # account, currency
_ROOM: Final = 64  # slots at first


class Moved(NamedTuple):
    """Traced money came to an account. `held_minor` is what it holds of it after all that was pushed together.

    `corrects`: a late transfer or a reversal changed what was said before; then `amount_minor` is the change of
    what the account holds and may be below zero.
    """

    transfer_id: str
    booked_at: datetime
    account: str
    currency: str
    bank: str
    amount_minor: int
    level: int
    held_minor: int
    sink: str | None
    corrects: bool = False


@dataclass(slots=True)
class Reached:
    """The accounts by slot, the money in their pots and the notes on them (`live_moving`)."""

    code: int
    money: Money = field(default_factory=lambda: new_money(_ROOM, 0))
    notes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((_ROOM, NOTES), np.int64))
    tags: int = 0  # seeds that came
    keys: list[Key] = field(default_factory=list)
    slots: dict[Key, int] = field(default_factory=dict)
    banks: list[str] = field(default_factory=list)
    sinks: list[str | None] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        code: int,
        money: Money,
        tags: int,
        accounts: Sequence[TracedAccount],
        pots: Sequence[int],
        met: Iterable[bool],
    ) -> "Reached":
        """What a batch found: accounts, their pots, and whether money is kept there."""
        empty = np.zeros((_ROOM, WIDTH), np.int64)
        money = money._replace(pots=np.concatenate([money.pots[list(pots)], empty]))
        notes = np.zeros((len(accounts) + _ROOM, NOTES), np.int64)
        for slot, (each, is_met) in enumerate(zip(accounts, met, strict=True)):
            notes[slot, [LEVEL, MET]] = each.level, is_met
            notes[slot, [FIRST_AT, LAST_AT]] = micros(each.first_at), micros(each.last_at)
            notes[slot, [CAME, WENT]] = each.tainted_in_minor or 0, each.tainted_out_minor or 0
        found = cls(code, money, notes, tags)
        found.take_in([(each.account, each.currency) for each in accounts], [each.bank for each in accounts])
        found.sinks = [each.sink for each in accounts]
        return found

    def take_in(self, keys: Sequence[Key], banks: Iterable[str]) -> None:
        """Give accounts the next slots."""
        self.slots.update(zip(keys, range(len(self.keys), len(self.keys) + len(keys)), strict=True))
        self.keys += keys
        self.banks += banks
        self.sinks += [None] * len(keys)

    def make_room(self, slots: int) -> None:
        """See to it that one transfer can happen, when so many slots are given."""
        self.money = with_room(self.money, self.code)
        if slots == len(self.notes):
            self.money = self.money._replace(pots=doubled(self.money.pots))
            self.notes = doubled(self.notes)

    def add_tags(self, count: int) -> int:
        """Tags for so many seeds that come now; returns the first."""
        first = self.tags
        self.tags += count
        self.money = self.money._replace(scratch=new_scratch(self.tags))
        return first

    def known(self) -> dict[Key, int]:
        """The slots of the accounts that traced money has reached."""
        levels = self.notes[: len(self.keys), LEVEL].tolist()
        return {key: slot for slot, (key, level) in enumerate(zip(self.keys, levels, strict=True)) if level}

    def held(self, key: Key) -> int:
        """How much traced money lies in an account."""
        slot = self.slots.get(key)
        return 0 if slot is None else int(self.money.pots[slot, TAINTED])

    def accounts(self) -> tuple[TracedAccount, ...]:
        """As a trace has them."""
        found = []
        for key, slot in self.known().items():
            level, first_at, last_at, came, went = self.notes[slot, :MET].tolist()
            found.append(
                TracedAccount(
                    *key,
                    bank=self.banks[slot],
                    level=level,
                    tainted_in_minor=came,
                    tainted_out_minor=went,
                    held_minor=self.held(key),
                    first_at=instant(first_at),
                    last_at=instant(last_at),
                    sink=self.sinks[slot],
                )
            )
        return tuple(sorted(found, key=lambda each: (each.level, each.first_at, each.account, each.currency)))

    def tell(
        self, ids: Iterable[str], at: NDArray[np.int64], slots: NDArray[np.int64], minor: Iterable[int]
    ) -> list[Moved]:
        """The news that by some transfers traced money came to some slots."""
        own = slots.tolist()
        keys = [self.keys[slot] for slot in own]
        columns = (
            ids,
            map(EPOCH.__add__, at.astype("m8[us]").tolist()),
            (key[0] for key in keys),
            (key[1] for key in keys),
            map(self.banks.__getitem__, own),
            minor,
            self.notes[slots, LEVEL].tolist(),
            self.money.pots[slots, TAINTED].tolist(),
            map(self.sinks.__getitem__, own),
            repeat(False),
        )
        make = partial(tuple.__new__, Moved)  # as `Moved._make`, faster
        return list(map(make, zip(*columns, strict=False)))

    def correct(self, key: Key, minor: int, held_minor: int) -> Moved:
        """The news that what an account holds is not what was said before."""
        slot = self.slots[key]
        at, level = instant(int(self.notes[slot, LAST_AT])), int(self.notes[slot, LEVEL])
        return Moved(
            "", at, *key, self.banks[slot], minor, level, held_minor, self.sinks[slot], corrects=True
        )
