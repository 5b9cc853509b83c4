"""Puts a warning into words: a template of its kind with slots filled from facts and word lists.

Templates and lists are in `wording.yaml`. Leaves alone which facts are true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

import yaml

from yipanqi.engine.province.records import Resident
from yipanqi.engine.province.streams import Draws

BENIGN = "benign"


@dataclass(frozen=True, slots=True)
class Wording:
    """Templates and hints by kind (a fraud type or `benign`), word lists by slot."""

    slots: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, tuple[tuple[tuple[str, str], ...], ...]]
    hints: Mapping[str, tuple[str, ...]]

    def tell(self, draws: Draws, kind: str, facts: Mapping[str, str]) -> str:
        """One narrative of `kind`; a slot that `facts` does not name is drawn from its list."""
        parts: list[str] = []
        for literal, slot in draws.pick(self.templates[kind]):
            parts.append(literal)
            if slot:
                parts.append(facts[slot] if slot in facts else draws.pick(self.slots[slot]))
        return "".join(parts)

    def hint(self, draws: Draws, kind: str) -> str:
        """What the partner calls it, empty when it does not say."""
        return draws.pick(self.hints[kind])


@cache
def load_wording() -> Wording:
    """Read the shipped templates once per process."""
    document: Any = yaml.safe_load(files("yipanqi.engine.province").joinpath("wording.yaml").read_bytes())
    slots = {name: tuple(words) for name, words in document.pop("slots").items()}
    return Wording(
        slots=slots,
        templates={kind: tuple(_parsed(text) for text in entry["told"]) for kind, entry in document.items()},
        hints={kind: tuple(entry["hints"]) for kind, entry in document.items()},
    )


def _parsed(template: str) -> tuple[tuple[str, str], ...]:
    return tuple((literal, slot or "") for literal, slot, _, _ in Formatter().parse(template))


def who(draws: Draws, resident: Resident) -> str:
    """How a narrative speaks of a person."""
    title = "女士" if resident.sex == "F" else "先生"
    surname = resident.name[:2] if resident.name.startswith("欧阳") else resident.name[:1]
    polite = surname + title
    return draws.pick(
        (polite, f"事主{surname}某", "该用户", f"{surname}某", "当事人", resident.place_name + polite)
    )


def spoken_amount(draws: Draws, amount_minor: int) -> str:
    """An amount as people write it: `5万元`, `50000元`, `5000多元`."""
    yuan = amount_minor // 100
    if yuan >= 10_000 and yuan % 1_000 == 0:
        wan = f"{yuan / 10_000:g}"
        return draws.pick((f"{wan}万元", f"{wan}万", f"{yuan}元"))
    return draws.pick((f"{yuan}元", f"{yuan:,}元", f"{yuan}元"))
