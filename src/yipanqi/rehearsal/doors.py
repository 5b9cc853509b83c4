"""The station of a rehearsal: a simulated officer who pays the visits that wait, through the pages of the visits
desk.

The newest are left to the person at the demo. How people answer the door is assumed, and drawn from the seed;
nobody is found paid here, since the payment would have to be entered at another desk.
"""

import re
from uuid import UUID

from yipanqi.engine.province.streams import stream
from yipanqi.rehearsal.seats import Window
from yipanqi.rehearsal.staging import STATION
from yipanqi.web.demo import DEMO_PASSWORD

LEFT_OPEN = 6  # for the person at the demo
_WAITING = re.compile(
    r'<li class="panel visit-card" data-visit="([0-9a-f-]{36})">(?:(?!</li>).)*?name="version" value="(\d+)"',
    re.S,
)
NOTES = {
    "dissuaded": "见到本人，已讲清套路，当场退出群聊，答应不再转账。",
    "not_home": "敲门无人应答，邻居说傍晚回来。",
    "refused": "隔门表示不需要，不愿开门。",
    "wrong_address": "房东称已搬走，新住址不详。",
    "mismatch": "本人未接触过所称情况。",
}
OUTCOMES = (*["dissuaded"] * 12, *["not_home"] * 3, "refused", "wrong_address", *["mismatch"] * 2)


class Doors(Window):
    """One station officer's phone."""

    def __init__(self, seed: int, url: str) -> None:
        super().__init__(url, next(iter(STATION)), DEMO_PASSWORD)
        self._seed = seed
        self._paid = 0

    def turn(self, *, leave: int = 0) -> int:
        """Pay the most pressing visits that wait and are not for later, all but `leave` of them; returns how many."""
        waiting = _WAITING.findall(self._look("/visits"))
        for visit, version in waiting[: max(0, len(waiting) - leave)]:
            self._paid += 1
            draws = stream(self._seed, "door", self._paid)
            outcome = draws.pick(OUTCOMES)
            submission_id = UUID(int=draws.whole(0, 2**62), version=4)
            told = {
                "version": version,
                "outcome": outcome,
                "note": NOTES[outcome],
                "submission_id": str(submission_id),
            }
            self._act(f"/visits/{visit}/report", told)
        return max(0, len(waiting) - leave)
