"""Posting to the money ledger, inside the caller's transaction: every posting is made of shifts.

Callers hold the locks of what they post about (case, account, freeze), so that a balance that was enough is still so at
commit. Leaves alone: when money moves (the acts' apps), sums and proofs (`queries`, `proving`).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.jurisdictions.scoping import place_columns
from yipanqi.ops.moneybook.enums import (
    CONTRA,
    KEPT_BY,
    SHIFTS,
    UNDER_FREEZE,
    WITHOUT_ACCOUNT,
    Book,
    Kind,
    Part,
)
from yipanqi.ops.moneybook.models import MoneyEntry, MoneyLeg
from yipanqi.ops.moneybook.queries import Key, Standing, standing

TAKE_BACK = "take_back"


class MoneyUnbalanced(YipanqiError):
    """The posting would take more from a balance than there is. Facts: book, kind, minor (what is missing)."""

    code = "money_unbalanced"


@dataclass(frozen=True)
class Leg:
    """One side of a shift, as `shift` makes it."""

    key: Key
    place_code: str
    amount_minor: int


def shift(
    book: Book,
    source: Kind,
    target: Kind,
    minor: int,
    *,
    case_id: uuid.UUID,
    place_code: str,
    victim_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
    part: Part = Part.PRINCIPAL,
) -> tuple[Leg, ...]:
    """The two legs that move `minor` from one kind to another; none for 0. Each keeps what its kind is kept by.

    Raises ValueError for a shift that does not exist, a negative sum, or a missing victim or account.
    """
    if (source, target) not in SHIFTS[book] or (book is Book.CLAIMS and part is not Part.PRINCIPAL):
        raise ValueError(f"book {book} knows no shift of {part} from {source} to {target}")
    if minor < 0:
        raise ValueError("a shift moves no negative sum: post the shift back")
    if minor == 0:
        return ()
    given = {"victim": victim_id, "account": account_id}
    legs = []
    for kind, amount in ((source, -minor), (target, minor)):
        kept = {name: given[name] if name in KEPT_BY[book, kind] else None for name in given}
        for name in KEPT_BY[book, kind]:
            if kept[name] is None and not (name == "account" and kind in WITHOUT_ACCOUNT):
                raise ValueError(f"{book} {kind} is kept by {name}")
        key = Key(book, kind, part, case_id, kept["victim"], kept["account"])
        legs.append(Leg(key, place_code, amount))
    return tuple(legs)


@transaction.atomic
def post(
    act: str,
    legs: Sequence[Leg],
    *,
    once: str,
    case_id: uuid.UUID,
    place_code: str,
    ref: tuple[str, uuid.UUID],
    acting: Actor,
    now: datetime,
) -> bool:
    """Post the shifts of one act; False when there are none or `once` was posted before.

    Raises MoneyUnbalanced when a balance would fall below zero; at commit the database refuses an unbalanced entry.
    """
    if not legs:
        return False
    entry = MoneyEntry(
        id=new_id(now),
        act=act,
        case_id=case_id,
        ref_kind=ref[0],
        ref_id=ref[1],
        once=once,
        actor_kind=acting.kind,
        actor_id=acting.id,
        recorded_at=now,
    )
    entry.put_at(place_code)
    rows = MoneyEntry.objects.for_system("posting under the caller's locks")
    rows.bulk_create([entry], ignore_conflicts=True)  # waits for another that posts the same
    if not rows.filter(id=entry.id).exists():
        return False
    MoneyLeg.objects.bulk_create([_row(entry, leg) for leg in legs], batch_size=1000)
    _check_standing(legs)
    payload = {
        "kind": act,
        "case_id": str(case_id),
        "amount_minor": sum(leg.amount_minor for leg in legs if leg.amount_minor > 0),
        "rows": len(legs),
        **_flow(legs),
    }
    write_entry(Draft("money.posted", acting, "money", str(entry.id), now, place_code, payload))
    return True


def _flow(legs: Sequence[Leg]) -> dict[str, int]:
    """What the wall counts of an entry, as `queries.flow_between` sums it: newly frozen, and returned."""
    principal = [leg for leg in legs if leg.key.book is Book.HOLDINGS and leg.key.part is Part.PRINCIPAL]
    held = [leg for leg in principal if leg.key.kind in UNDER_FREEZE and leg.key.account_id]
    flow = {
        "frozen_minor": max(0, sum(leg.amount_minor for leg in held)),
        "returned_minor": sum(leg.amount_minor for leg in principal if leg.key.kind is Kind.RETURNED),
    }
    return {name: minor for name, minor in flow.items() if minor}


def _row(entry: MoneyEntry, leg: Leg) -> MoneyLeg:
    key = leg.key
    return MoneyLeg(
        entry=entry,
        book=key.book,
        kind=key.kind,
        part=key.part,
        case_id=key.case_id,
        victim_id=key.victim_id,
        account_id=key.account_id,
        amount_minor=leg.amount_minor,
        place_code=leg.place_code,
        **place_columns(leg.place_code),
    )


def _check_standing(legs: Sequence[Leg]) -> None:
    taken = {leg.key for leg in legs if leg.amount_minor < 0 and leg.key.kind not in CONTRA}
    if not taken:
        return
    found = standing(case_id__in={key.case_id for key in taken}, kind__in={key.kind for key in taken})
    for key in taken:
        minor = found[key].minor
        if minor < 0:
            message = f"{key.book} {key.kind} would fall below zero"
            raise MoneyUnbalanced(message, book=str(key.book), kind=str(key.kind), minor=-minor)


@transaction.atomic
def take_back(
    *,
    case_id: uuid.UUID,
    account_id: uuid.UUID,
    ref: tuple[str, uuid.UUID],
    acting: Actor,
    now: datetime,
) -> int:
    """Undo what was attributed of a freezing case's account and not paid: to frozen, and to outstanding of its victims.

    Returns the principal. A second time finds nothing. The book of claims does not say which case froze the money: a
    victim with several claims gets back first what stands in the earliest reported.
    """
    held = standing(case_id=case_id, account_id=account_id, book=Book.HOLDINGS, kind=Kind.ATTRIBUTED)
    legs: list[Leg] = []
    total, place_code = 0, ""
    for key, found in held.items():
        if found.minor <= 0:
            continue
        place_code = found.place_code
        legs += _back(key, Kind.FROZEN, found.minor, found.place_code)
        if key.part is Part.PRINCIPAL:
            total += found.minor
            legs += _claims_back(key, found.minor)
    once = f"{TAKE_BACK}:{new_id(now)}"
    post(TAKE_BACK, legs, once=once, case_id=case_id, place_code=place_code, ref=ref, acting=acting, now=now)
    return total


def _claims_back(held: Key, minor: int) -> list[Leg]:
    claims: dict[Key, Standing] = standing(
        victim_id=held.victim_id, account_id=held.account_id, book=Book.CLAIMS, kind=Kind.ATTRIBUTED
    )
    legs: list[Leg] = []
    for key in sorted(claims, key=lambda key: key.case_id):
        taken = min(minor, max(claims[key].minor, 0))
        legs += _back(key, Kind.OUTSTANDING, taken, claims[key].place_code)
        minor -= taken
    if minor:
        message = "the books differ in what is attributed"
        raise MoneyUnbalanced(message, book=str(Book.CLAIMS), kind=str(Kind.ATTRIBUTED), minor=minor)
    return legs


def _back(key: Key, target: Kind, minor: int, place_code: str) -> tuple[Leg, ...]:
    return shift(
        key.book,
        Kind.ATTRIBUTED,
        target,
        minor,
        case_id=key.case_id,
        place_code=place_code,
        victim_id=key.victim_id,
        account_id=key.account_id,
        part=key.part,
    )
