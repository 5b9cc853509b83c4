"""Kernel of the live chase: a batch of transfers against the few accounts that are known.

Accounts of a batch are numbered; `slot` gives a known account's slot, -1 for any other. Traced money that comes to an
account for the first time finds there what the ledger says lay in it before. Leaves names to `reached`.
"""

from typing import Any, Final, NamedTuple

from yipanqi.engine.compiled import bare, compiled, inlined
from yipanqi.engine.ledger.columns import LEAVES, STILL
from yipanqi.engine.ledger.texts import same_text
from yipanqi.engine.tracing.moving import (
    arrive,
    change_clean,
    drop,
    has_room,
    leave,
    put,
    spend_clean,
    take,
)
from yipanqi.engine.tracing.pots import TAINTED
from yipanqi.engine.tracing.walking import clean_before

DONE, NO_ROOM, ASK, MISSING = 0, 1, 2, 3

LEVEL: Final = 0  # fewest transfers from a seed; 0: traced money was on its way, and none came
FIRST_AT: Final = 1  # microseconds
LAST_AT: Final = 2
CAME: Final = 3  # traced money, minor units
WENT: Final = 4
MET: Final = 5  # 1: its pot is kept; 0: money only left the system here
NOTES: Final = 6


class Batch(NamedTuple):
    """Transfers in order. `flags` as in the ledger; `tag` of a seed, else -1; `slot` and `sink` by account number."""

    payer: Any  # int32
    payee: Any  # int32
    amount: Any  # int64
    booked_at: Any  # int64
    flags: Any  # uint8
    tag: Any  # int32
    slot: Any  # int32
    sink: Any  # uint8


class Found(NamedTuple):
    """Rows that moved traced money, and how much; the accounts that got slots, from `state[2]` at the start on, with
    their pots in the ledger (-1: an end); `state` is (next row, how many were found, slots given, slots at the start).
    """

    row: Any  # int32
    tainted: Any  # int64
    account: Any  # int32
    pot: Any  # int32
    state: Any  # int64[4]
    left: Any  # int64, by seed: what left the system, or was displaced


@compiled
def find_places(
    booked_at: Any, ids: Any, id_bytes: Any, at: Any, own: Any, own_bytes: Any, places: Any
) -> None:
    """Write where the transfers of a batch stand in a ledger, -1: not there. Both are in order; ids are texts."""
    low, rows = 0, len(booked_at)
    for turn in range(len(at)):
        places[turn] = -1
        high, stride = low, 1
        while high < rows and booked_at[high] < at[turn]:
            low = high + 1
            high += stride
            stride *= 2
        high = min(high, rows)
        while low < high:
            middle = (low + high) // 2
            if booked_at[middle] < at[turn]:
                low = middle + 1
            else:
                high = middle
        place = low
        while place < rows and booked_at[place] == at[turn]:
            if same_text(ids, id_bytes, place, own, own_bytes, turn):
                places[turn] = low = place
                break
            place += 1


@bare
def run(batch: Any, money: Any, notes: Any, found: Any, scene: Any, places: Any, method: int) -> int:
    """Go on from `found.state[0]`; return DONE, or why it stopped before that row.

    ASK: the ledger is needed, that is `scene` and each row's place in it; MISSING: the row is not there.
    """
    pots, slot, state = money.pots, batch.slot, found.state
    for row in range(state[0], len(batch.payer)):
        payer, payee = slot[batch.payer[row]], slot[batch.payee[row]]
        tag, flags = batch.tag[row], batch.flags[row]
        if (payer < 0 and payee < 0 and tag < 0) or flags & STILL:
            continue
        state[0] = row
        leaves = flags & LEAVES or batch.sink[batch.payee[row]]
        pays = payer >= 0 and pots[payer, TAINTED] > 0
        if not has_room(money, method) or state[2] == len(notes):
            return NO_ROOM
        if (pays or tag >= 0) and not leaves and (payee < 0 or not notes[payee, MET]):
            if not len(places):
                return ASK
            if places[row] < 0:
                return MISSING
            payee = _meet(batch, money, notes, found, scene, method, row, places[row])
        amount, moved = batch.amount[row], 0
        if pays:
            moved, taken = take(money, method, payer, amount)
            if tag >= 0 or (moved and leaves):
                leave(money, method, payer, taken, found.left)
            elif moved:
                put(money, method, payer, payee, moved, taken)
            else:
                drop(money, method, taken)
        elif payer >= 0 and notes[payer, MET]:
            spend_clean(money, method, payer, amount)
        if tag >= 0 and not leaves:
            arrive(money, method, payee, tag, amount)
        if moved or tag >= 0:
            if payee < 0:
                payee = _give_slot(batch, found, row, -1)
            _note(batch, notes, found, row, payer, payee, moved)
        elif not leaves and payee >= 0 and notes[payee, MET]:
            change_clean(money, method, payee, amount, True)
    state[0] = len(batch.payer)
    return DONE


@inlined
def _meet(
    batch: Any, money: Any, notes: Any, found: Any, scene: Any, method: int, row: int, place: int
) -> Any:
    """The slot of a row's payee, with the clean money that lay there before."""
    pot = scene.payee[place]
    slot = batch.slot[batch.payee[row]]
    if slot < 0:
        slot = _give_slot(batch, found, row, pot)
    elif slot >= found.state[3]:
        found.pot[slot - found.state[3]] = pot
    clean, entered = clean_before(scene, pot, place)
    change_clean(money, method, slot, clean, entered)
    notes[slot, MET] = 1
    return slot


@inlined
def _give_slot(batch: Any, found: Any, row: int, pot: int) -> Any:
    state, account = found.state, batch.payee[row]
    slot = state[2]
    found.account[slot - state[3]], found.pot[slot - state[3]] = account, pot
    batch.slot[account] = slot
    state[2] += 1
    return slot


@inlined
def _note(batch: Any, notes: Any, found: Any, row: int, payer: int, payee: int, moved: int) -> None:
    """Note a seed, which displaced what `moved`, or a transfer of so much traced money, on both its accounts."""
    at, is_seed, hops = batch.booked_at[row], batch.tag[row] >= 0, 1
    if payer >= 0 and notes[payer, LEVEL] and (moved or not is_seed):
        notes[payer, WENT] += moved
        notes[payer, LAST_AT] = at
    if not is_seed:
        hops = notes[payer, LEVEL] + 1
    came = batch.amount[row] if is_seed else moved
    if not notes[payee, LEVEL]:
        notes[payee, LEVEL], notes[payee, FIRST_AT] = hops, at
    notes[payee, LEVEL] = min(notes[payee, LEVEL], hops)
    notes[payee, LAST_AT] = at
    notes[payee, CAME] += came
    count = found.state[1]
    found.row[count], found.tainted[count] = row, came
    found.state[1] += 1
