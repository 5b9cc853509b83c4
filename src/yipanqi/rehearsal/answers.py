"""How the people of the province answer a call: from what is true about them to the outcome an operator records.

Chances not given by the truth (who refuses, who stops after a first payment) are assumed, and drawn from the seed.
"""

from collections import Counter, defaultdict
from datetime import datetime

from yipanqi.engine.province.streams import stream
from yipanqi.rehearsal.messages import Message, Truth

REFUSES = 0.07
HOLDS_BACK_THE_REST = 0.85  # of those who have paid and would pay again
IS_A_DUPLICATE = 0.08  # of false warnings
TRIES = 3
UNKNOWN = Truth(is_true=True, answers_on_call=1, has_paid=False, would_pay_at=None)


class People:
    """The people warned of so far, by phone. One for all simulated operators; safe between threads."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._truths: defaultdict[str, list[Truth]] = defaultdict(list)
        self._rows: dict[str, dict[str, str]] = {}
        self._tries: Counter[str] = Counter()

    def hear(self, message: Message) -> None:
        """Remember what is true about the person of this message."""
        if message.truth is not None:
            self._rows[message.row["person_phone"]] = message.row
            self._truths[message.row["person_phone"]].append(message.truth)

    def row(self, phone: str) -> dict[str, str]:
        """The latest warning about the person of this phone; of somebody unknown only the phone."""
        return self._rows.get(phone) or {"person_phone": phone}

    def answer(self, phone: str, work_order_id: str, now: datetime) -> str:
        """The outcome code of calling `phone` now. Nobody answers before the call their truth says."""
        truths = self._truths.get(phone) or [UNKNOWN]
        self._tries[work_order_id] += 1
        tries = self._tries[work_order_id]
        draws = stream(self._seed, "call", phone, tries)
        answers_on_call = truths[0].answers_on_call
        if not answers_on_call or tries < answers_on_call:
            return "unreachable" if tries >= TRIES else "not_found_yet"
        true = [truth for truth in truths if truth.is_true]
        if not true:
            return "duplicate" if draws.chance(IS_A_DUPLICATE) else "mismatch"
        if draws.chance(REFUSES):
            return "refused"
        return _of_a_victim(true, now, holds_back=draws.chance(HOLDS_BACK_THE_REST))


def _of_a_victim(truths: list[Truth], now: datetime, *, holds_back: bool) -> str:
    paid = any(
        truth.has_paid or (truth.would_pay_at is not None and truth.would_pay_at <= now) for truth in truths
    )
    next_at = truths[-1].would_pay_at  # the latest warning knows what is still to come
    more_to_come = next_at is not None and next_at > now
    if not paid or (more_to_come and holds_back):
        return "dissuaded"
    return "paid"
