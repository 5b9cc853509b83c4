"""The faults an institution can be told to have, and seeded dice that say when one falls. Each that fell is counted.

Dice are thrown per order and arrival, not in sequence, so that the same orders meet the same faults however their
requests interleave. What a fault does is `institution`'s and `answering`'s matter.
"""

import random
from collections import Counter
from dataclasses import asdict, dataclass, replace

from yipanqi.gateways.reading import Fields, refuse

CHANCES = (
    "mismatch",  # answers that the elements do not fit although they do; nothing is stopped or frozen
    "partial",  # part of the money went out just before the stop or freeze
    "late",  # the answer comes after `late_seconds`
    "duplicate",  # the answer comes two or three times
    "out_of_order",  # the answer waits for the next one and comes after it
    "garbage",  # the first answer to an order cannot be read; a repeat of the order gets the right one
    "silent",  # the order is acted on and received with 202, and no answer comes for this arrival
    "closed",  # the order is acted on, but the connection closes without 202, and no answer comes for this arrival
    "unavailable",  # 503 and nothing is done
    "payee_closed",  # one payee of a return: its account is closed, and its line fails
)
MAX_SECONDS = 3600.0


@dataclass(frozen=True)
class Faults:
    """Chances from 0 to 1, and seconds: an answer takes `latency_from` to `latency_to`, a late one `late_seconds`."""

    mismatch: float = 0
    partial: float = 0
    late: float = 0
    duplicate: float = 0
    out_of_order: float = 0
    garbage: float = 0
    silent: float = 0
    closed: float = 0
    unavailable: float = 0
    payee_closed: float = 0
    latency_from: float = 0
    latency_to: float = 0
    late_seconds: float = 30

    def changed(self, fields: Fields) -> "Faults":
        """These faults with those that `fields` names set anew. Raises MessageRefused."""
        given = {name: fields.number(name, 0, 1, getattr(self, name)) for name in CHANCES}
        for name in ("latency_from", "latency_to", "late_seconds"):
            given[name] = fields.number(name, 0, MAX_SECONDS, getattr(self, name))
        fields.done()
        if given["latency_from"] > given["latency_to"]:
            refuse("latency_from", "above latency_to")
        return replace(self, **given)

    def as_dict(self) -> dict[str, float]:
        """All values by name."""
        return asdict(self)


class Dice:
    """Seeded draws of one institution; `fell` counts the faults that did."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.fell: Counter[str] = Counter()

    def falls(self, faults: Faults, name: str, key: str) -> bool:
        """Whether the fault falls for this key (an order, or an arrival of it); counted when it does."""
        chance: float = getattr(faults, name)
        fell = chance > 0 and self.fraction(name, key) < chance
        if fell:
            self.fell[name] += 1
        return fell

    def fraction(self, name: str, key: str) -> float:
        """A number from 0 up to 1 that is always the same for this seed, name and key."""
        return random.Random(f"{self._seed}:{name}:{key}").random()
