"""Index of a time-sorted ledger: each pot's debits and credits, openings that suffice, cancelled pairs, tied
instants.

Kernels on NumPy arrays; a pot is an (account, currency). Positions are those of the sorted ledger. Leaves what an
index is for to `tracing`.
"""

from typing import Any

import numpy as np

from yipanqi.engine.compiled import compiled
from yipanqi.engine.ledger.columns import LEAVES, SERIAL, STILL, VOID
from yipanqi.engine.ledger.sorting import compare_texts


@compiled
def places_by_pot(keys: Any, flags: Any, unwanted: int, pots: int) -> Any:
    """(start int64[pots+1], at int32[...]): the positions of each pot's rows whose flags have no unwanted bit, in
    order.
    """
    start = np.zeros(pots + 1, np.int64)
    for row in range(len(keys)):
        if not flags[row] & unwanted:
            start[keys[row] + 1] += 1
    for pot in range(pots):
        start[pot + 1] += start[pot]
    free = start[:-1].copy()
    at = np.empty(start[pots], np.int32)
    for row in range(len(keys)):
        if not flags[row] & unwanted:
            pot = keys[row]
            at[free[pot]] = row
            free[pot] += 1
    return start, at


@compiled
def smallest_openings(payer: Any, payee: Any, amount: Any, flags: Any, pots: int) -> Any:
    """int64[pots]: the smallest balances before the first row with which no running balance goes below zero."""
    balance = np.zeros(pots, np.int64)
    opening = np.zeros(pots, np.int64)
    for row in range(len(payer)):
        if flags[row] & STILL:
            continue
        pot = payer[row]
        balance[pot] -= amount[row]
        if -balance[pot] > opening[pot]:
            opening[pot] = -balance[pot]
        if not flags[row] & LEAVES:
            balance[payee[row]] += amount[row]
    return opening


@compiled
def mark_void(
    payer: Any, payee: Any, amount: Any, flags: Any, out_start: Any, out_at: Any, original: Any, reversal: Any
) -> int:
    """Mark the pairs (original, reversal) that delete each other in `flags`; return how many do.

    A pair does so when the reversal gives the same amount back the same way, after the original, and the account
    that got it paid nothing in between. Pairs come in the order of their reversals; a row is deleted once. `out_at`
    has all debits.
    """
    found = 0
    for turn in range(len(original)):
        first, last = original[turn], reversal[turn]
        if first >= last or (flags[first] | flags[last]) & STILL:
            continue
        if payer[first] != payee[last] or payee[first] != payer[last] or amount[first] != amount[last]:
            continue
        pot = payee[first]
        debits = out_at[out_start[pot] : out_start[pot + 1]]
        if debits[np.searchsorted(debits, first + 1)] == last:
            flags[first] |= STILL | VOID
            flags[last] |= STILL | VOID
            found += 1
    return found


@compiled
def latest_banks(payer: Any, payee: Any, payer_bank: Any, payee_bank: Any, pots: int) -> Any:
    """int32[pots]: the bank last named with each pot, 0 where none is."""
    bank = np.zeros(pots, np.int32)
    for row in range(len(payer)):
        if payer_bank[row]:
            bank[payer[row]] = payer_bank[row]
        if payee_bank[row]:
            bank[payee[row]] = payee_bank[row]
    return bank


@compiled
def unite_names(offsets: Any, blob: Any, money: Any, its_offsets: Any, its_blob: Any, its_money: Any) -> Any:
    """(how many together, new places int32[n], new places int32[m]) of two tables sorted by name and currency."""
    ours, theirs = np.empty(len(money), np.int32), np.empty(len(its_money), np.int32)
    left, right, count = 0, 0, 0
    while left < len(ours) or right < len(theirs):
        if left == len(ours):
            order = 1
        elif right == len(theirs):
            order = -1
        else:
            own = offsets[left], offsets[left + 1], its_offsets[right], its_offsets[right + 1]
            order = compare_texts(blob, own[0], own[1], its_blob, own[2], own[3])
            if order == 0:
                order = -1 if money[left] < its_money[right] else int(money[left] > its_money[right])
        if order <= 0:
            ours[left] = count
            left += 1
        if order >= 0:
            theirs[right] = count
            right += 1
        count += 1
    return count, ours, theirs


@compiled
def tied_pots(booked_at: Any, payer: Any, payee: Any, flags: Any, rows: int, pots: int) -> Any:
    """bool[pots]: pots where an instant, one of whose rows has no serial, holds a debit and another row."""
    tied = np.zeros(pots, np.bool_)
    instant = np.full(pots, -1, np.int64)  # the first row of the instant that the other two speak of
    count = np.zeros(pots, np.int32)
    marks = np.zeros(pots, np.uint8)  # 1: a debit, 2: a row without serial
    first = 0
    for row in range(rows):
        if booked_at[row] != booked_at[first]:
            first = row
        if flags[row] & STILL:
            continue
        bare = 0 if flags[row] & SERIAL else 2
        for side in range(2):
            pot = payee[row] if side else payer[row]
            if instant[pot] != first:
                instant[pot], count[pot], marks[pot] = first, 0, 0
            count[pot] += 1
            marks[pot] |= bare | (1 - side)
            if count[pot] > 1 and marks[pot] == 3:
                tied[pot] = True
    return tied
