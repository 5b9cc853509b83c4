"""The postings of a return's later life: what is paid, what is given back at its closing, and money that went with
the file or came from the accused.

Each shift stands in both books alike: in the book of claims at the claim's case, in that of holdings where the money
lies. Callers hold the locks. Leaves alone: attributing (`deciding`) and freezes' own postings (ops.measures).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from yipanqi.ops.journal.services import Actor
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.services import Leg, post, shift
from yipanqi.ops.returns.models import Allocation, FundReturn, ReturnFund


@dataclass(frozen=True)
class Where:
    """Where a fund's money lies in the book of holdings."""

    case_id: uuid.UUID
    place_code: str
    account_id: uuid.UUID | None


def where_of(fund: ReturnFund) -> Where:
    """A freeze's case and account; money of the escrow has no account."""
    if fund.freeze is not None:
        return Where(fund.freeze.case_id, fund.freeze.place_code, fund.freeze.account_id)
    assert fund.escrow_case is not None
    return Where(fund.escrow_case_id, fund.escrow_case.place_code, None)


def paid_legs(fund: ReturnFund, allocation: Allocation, *, stands: Kind) -> list[Leg]:
    """The shifts of an allotted share that the bank has paid.

    `stands` is where its money stands: attributed, or after the return was closed among what is frozen, or lapsed.
    """
    legs: list[Leg] = []
    for part, minor in _parts(allocation):
        if stands is Kind.FROZEN:
            legs += _held(fund, allocation, Kind.FROZEN, Kind.ATTRIBUTED, minor, part)
        source = Kind.LAPSED if stands is Kind.LAPSED else Kind.ATTRIBUTED
        legs += _held(fund, allocation, source, Kind.RETURNED, minor, part)
    source = Kind.ATTRIBUTED if stands is Kind.ATTRIBUTED else Kind.OUTSTANDING
    return legs + _lost(fund, allocation, source, Kind.RETURNED)


def given_back_legs(fund: ReturnFund, allocation: Allocation) -> list[Leg]:
    """The shifts of an allotted share that was not paid and loses its name."""
    home = Kind.FROZEN if fund.freeze_id else Kind.ESCROW
    legs: list[Leg] = []
    for part, minor in _parts(allocation):
        legs += _held(fund, allocation, Kind.ATTRIBUTED, home, minor, part)
    return legs + _lost(fund, allocation, Kind.ATTRIBUTED, Kind.OUTSTANDING)


def post_return(
    act: str, legs: Iterable[Leg], fund_return: FundReturn, *, once: str, acting: Actor, now: datetime
) -> None:
    """Post the shifts of one act on a return."""
    post(
        act,
        list(legs),
        once=once,
        case_id=fund_return.case_id,
        place_code=fund_return.place_code,
        ref=("fund_return", fund_return.id),
        acting=acting,
        now=now,
    )


def _parts(allocation: Allocation) -> tuple[tuple[Part, int], ...]:
    return (Part.PRINCIPAL, allocation.principal_minor), (Part.INTEREST, allocation.interest_minor)


def _held(
    fund: ReturnFund, allocation: Allocation, source: Kind, target: Kind, minor: int, part: Part
) -> tuple[Leg, ...]:
    where = where_of(fund)
    return shift(
        Book.HOLDINGS,
        source,
        target,
        minor,
        case_id=where.case_id,
        place_code=where.place_code,
        victim_id=allocation.claim.victim_id,
        account_id=where.account_id,
        part=part,
    )


def _lost(fund: ReturnFund, allocation: Allocation, source: Kind, target: Kind) -> list[Leg]:
    claim = allocation.claim
    return list(
        shift(
            Book.CLAIMS,
            source,
            target,
            allocation.principal_minor,
            case_id=claim.case_id,
            place_code=claim.place_code,
            victim_id=claim.victim_id,
            account_id=where_of(fund).account_id,
        )
    )
