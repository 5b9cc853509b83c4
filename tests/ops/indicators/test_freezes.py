"""Frozen and returned today on the wall: whatever is posted, the folded sums are those of a fresh count."""

import contextlib
import random
from datetime import timedelta

import pytest

from tests.ops.indicators.test_folding import BEFORE_MIDNIGHT, SCOPES, caught_up, figures
from tests.ops.moneybook.conftest import Books, open_books
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import SHIFTS, Book, Kind
from yipanqi.ops.moneybook.services import MoneyUnbalanced, take_back
from yipanqi.rehearsal.world import World

STEPS = sorted(SHIFTS[Book.HOLDINGS])


def post_any(books: Books, draw: random.Random) -> None:
    """One random shift of held money, in both books where it gets an owner's name."""
    if draw.random() < 0.1:
        take_back(
            case_id=books.case_id, account_id=books.accounts[0], ref=("case", books.case_id), acting=SYSTEM,
            now=books.world.now,
        )  # fmt: skip
        return
    source, target = draw.choice(STEPS)
    minor = draw.randrange(1, 400)
    legs = books.shift(Book.HOLDINGS, source, target, minor)
    if (source, target) == (Kind.FROZEN, Kind.ATTRIBUTED):
        legs += books.shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, minor)
    elif {source, target} & {Kind.ATTRIBUTED}:
        return
    books.post(*legs)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_and_what_was_posted_since_equals_a_fresh_count(seed: int) -> None:
    world, draw = World(now=BEFORE_MIDNIGHT).load(), random.Random(seed)
    books = open_books(world)
    books.begin(10_000, 2_000)
    kept = [wall_snapshot(scope, now=world.now) for scope in SCOPES]
    sums = set()
    for _ in range(60):
        with contextlib.suppress(MoneyUnbalanced):
            post_any(books, draw)
        if draw.random() < 0.2:
            kept.append(wall_snapshot(draw.choice(SCOPES), now=world.now))
        if draw.random() < 0.3:
            world.advance(timedelta(seconds=draw.choice([1, 20, 200])))
        if draw.random() < 0.3:
            world.seal()
            kept = [caught_up(state, world.now) for state in kept]
            for state in kept:
                assert figures(state) == figures(wall_snapshot(state.scope_code, now=world.now))
            sums |= {(state.freezes.frozen_minor, state.freezes.returned_minor) for state in kept}
    assert len(sums) > 3, "the walk did little"
