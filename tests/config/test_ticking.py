"""The tick asks every app for what is due, and one that fails keeps no other waiting."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from yipanqi.config import ticking
from yipanqi.rehearsal.world import START_AT, World


def test_every_app_has_its_turn_and_a_failure_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def clocks(name: str) -> Any:
        def fire_due(*, now: datetime, limit: int = 500) -> int:
            seen.append(name)
            if name == "second":
                raise RuntimeError("a lock was lost")
            return 2

        return fire_due

    monkeypatch.setattr(ticking, "CLOCKS", {name: clocks(name) for name in ("first", "second", "third")})
    with pytest.raises(RuntimeError, match="a lock was lost"):
        ticking.tick(now=lambda: START_AT)
    assert seen == ["first", "second", "third"]
    del ticking.CLOCKS["second"]
    assert ticking.tick(now=lambda: START_AT) == 4


@pytest.mark.django_db(transaction=True)
def test_what_is_due_happens_by_the_centres_clock() -> None:
    world = World().load()
    world.case()
    assert ticking.tick(now=lambda: world.now) == 0
    world.advance(timedelta(minutes=1, seconds=1))
    assert ticking.tick(now=lambda: world.now) == 1  # the first stop is late
    assert ticking.tick(now=lambda: world.now) == 0
