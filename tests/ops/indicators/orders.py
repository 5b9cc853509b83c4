"""Duty officers who order, accept, report, check and withdraw at random, for the walk that the wall is folded over."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.directives.deadlines import fire_due
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.rules import open_acts
from yipanqi.ops.directives.services import (
    accept_directive,
    feed_back,
    hand_down,
    receive_directive,
    report_directive,
    send_back,
    verify_directive,
    withdraw_directive,
)
from yipanqi.ops.jurisdictions.queries import list_below
from yipanqi.ops.partners.queries import find_partner
from yipanqi.rehearsal.world import World

UNITS = ("350000", "350000", "350100", "350104", "350104", "350104001", "350203")
ACTS: dict[str, Callable[..., Any]] = {
    "accept": accept_directive,
    "hand_down": hand_down,
    "act": report_directive,
    "verify": verify_directive,
    "send_back": send_back,
    "feed_back": feed_back,
    "withdraw": withdraw_directive,
}
REFUSALS = {
    "not_found",
    "transition_refused",
    "directive_not_yours",
    "directive_own_report",
    "place_not_below",
}


class Orders:
    """Officers of some units, and a partner that orders the city."""

    def __init__(self, world: World, draw: random.Random) -> None:
        self.world, self.draw = world, draw
        self.officers = [
            world.officer(f"duty{n}", roles=["duty_officer"], unit=unit) for n, unit in enumerate(UNITS)
        ]
        world.partner("n12381", source="national_12381", scope="350100")

    def issue(self) -> None:
        """A directive due soon, from an officer to any unit below, or from the partner."""
        due_at = self.world.now + timedelta(seconds=self.draw.choice([5, 100, 5000]))
        row = self.world.directive_row(due_at=due_at.isoformat(), urgent=self.draw.choice(["true", "false"]))
        officer = self.draw.choice(self.officers[:4])
        if self.draw.random() < 0.3:
            receive_directive(
                row=row | {"jurisdiction_code": self.draw.choice(["350100", "350104"])},
                partner=find_partner("n12381"),
                now=self.world.now,
            )
            return
        row["jurisdiction_code"] = self._below(officer.unit_id)
        self.world.directive(officer, **row)

    def act(self) -> None:
        """Some act by some officer: mostly one that is open to the officer, sometimes one that is refused."""
        open_ones = Directive.objects.for_system("the walk looks").exclude(
            status__in=["fed_back", "withdrawn"]
        )
        waiting = [(row, officer) for row in open_ones.order_by("id") for officer in self.officers]
        if not waiting:
            return
        fitting = [(row, officer) for row, officer in waiting if open_acts(row, officer)]
        row, officer = self.draw.choice(fitting if fitting and self.draw.random() < 0.9 else waiting)
        act = self.draw.choice(open_acts(row, officer) or list(ACTS))
        words = {"act": {"report": "已办"}, "send_back": {"reason": "不详"}, "withdraw": {"reason": "重复"}}
        more = {"place_code": self._below(row.place_code)} if act == "hand_down" else words.get(act, {})
        try:
            ACTS[act](
                directive_id=row.id, version=row.version, acting_officer=officer, now=self.world.now, **more
            )
        except YipanqiError as error:
            assert error.code in REFUSALS

    def tick(self) -> None:
        """The clock looks."""
        fire_due(now=self.world.now)

    def _below(self, code: str) -> str:
        below = [place.code for place in list_below(code) if place.code != code]
        near = [code for code in below if code in UNITS]
        return self.draw.choice(near or below or [code])
