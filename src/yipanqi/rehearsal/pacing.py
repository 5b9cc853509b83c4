"""How fast the live demo goes: when the next warning comes and how long a simulated operator stays on a call.

The line of waiting calls steers both, so that it neither empties nor grows without bound.
"""

import math

from yipanqi.engine.province.streams import Draws

MEAN_GAP_S = 4.0
LONGEST_GAP_S = 20.0
CROWDED = 90  # so many waiting that the partners slow down
LOW_MARK = 30  # with fewer waiting, simulated operators leave the calls to the person at the seat
LONGEST_TALK_S = 20.0
SHORTEST_TALK_S = 4.0
_FASTER_PER_CALL_S = 0.8
LONGEST_HOLD_S = 300.0


def gap_s(draws: Draws, waiting: int) -> float:
    """Seconds until the next warning: exponential around four seconds, longer when the line is crowded."""
    share = draws.whole(1, 999_999) / 1_000_000
    mean = MEAN_GAP_S * max(1.0, waiting / CROWDED)
    return min(-math.log(share) * mean, LONGEST_GAP_S)


def talk_s(waiting: int) -> float:
    """Seconds a simulated operator talks: shorter the more people wait."""
    return min(
        LONGEST_TALK_S, max(SHORTEST_TALK_S, LONGEST_TALK_S - (waiting - LOW_MARK) * _FASTER_PER_CALL_S)
    )


def may_answer(waiting: int, held_s: float) -> bool:
    """Whether a simulated operator ends the call in hand: enough others wait, or it was held long enough."""
    return waiting > LOW_MARK or held_s > LONGEST_HOLD_S
