"""A case with a victim and the accounts the money went to, and the few postings that tests begin with."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.reading import read_report
from yipanqi.ops.cases.services import report_case
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.moneybook.services import Leg, post, shift
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.rehearsal.world import PROVINCE, World

PLACE = "350104"


@dataclass
class Books:
    """Posts about one case; ids count up, so each posting is a new one unless `once` is given."""

    world: World
    case_id: uuid.UUID
    victim_id: uuid.UUID
    accounts: list[uuid.UUID]

    def shift(self, book: Book, source: Kind, target: Kind, minor: int, **over: Any) -> tuple[Leg, ...]:
        known: dict[str, Any] = {
            "case_id": self.case_id,
            "place_code": PLACE,
            "victim_id": self.victim_id,
            "account_id": self.accounts[0],
        }
        return shift(book, source, target, minor, **(known | over))

    def post(self, *legs: Leg, act: str = "test", once: str = "") -> bool:
        return post(
            act,
            legs,
            once=once or f"test:{new_id(self.world.now)}",
            case_id=self.case_id,
            place_code=PLACE,
            ref=("case", self.case_id),
            acting=SYSTEM,
            now=self.world.now,
        )

    def standing(self, book: Book, kind: Kind, part: Part = Part.PRINCIPAL) -> int:
        return balance(book, kind, case_id=self.case_id, part=part)

    def begin(self, lost: int, frozen: int) -> None:
        """A loss, and money frozen on the first account."""
        self.post(
            *self.shift(Book.CLAIMS, Kind.LOSS, Kind.OUTSTANDING, lost),
            *self.shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, frozen),
            act="begin",
        )

    def attribute(self, minor: int, **over: Any) -> None:
        """Of the frozen money so much to the victim."""
        self.post(
            *self.shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, minor, **over),
            *self.shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, minor, **over),
            act="attribute",
        )


def open_books(world: World) -> Books:
    """The books of one new case of which nothing was posted yet."""
    report = {"occurred_at": world.now.isoformat(), "person_phone": "14300000001", "jurisdiction_code": PLACE}
    facts = read_report(report, scope_code=PROVINCE, now=world.now)
    case, _ = report_case(facts=facts, source=CaseSource.REPORT, acting=SYSTEM, now=world.now)
    numbers = ["6222021602001234567", "6222021602007654321"]
    found = resolve_accounts([(number, "ccb") for number in numbers], now=world.now)
    return Books(world, case.id, case.victim_id, [found[number].id for number in numbers])


@pytest.fixture
def books(world: World) -> Books:
    return open_books(world)
