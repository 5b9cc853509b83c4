"""What a partner's free-text fraud hint means in the catalog's codes.

A hint is a catalog code, a catalog name in Chinese or English, or one of the everyday words in `rules.yaml`;
else the longest known word contained in it decides. Leaves texts longer than a hint to `classifier`.
"""

from functools import cache
from typing import Final

from yipanqi import catalog
from yipanqi.engine.narrative.normalising import normalise
from yipanqi.engine.narrative.rulebook import load_rulebook

MAX_HINT_CHARS: Final = 60


def from_hint(hint: str) -> str | None:
    """Map `hint` to a fraud type code of the catalog; None when it is empty, long or says nothing known."""
    known = _known_hints()
    said = normalise(hint).strip()
    if not said or len(said) > MAX_HINT_CHARS:
        return None
    exact = known.get(said)
    if exact is not None:
        return exact
    inside = [word for word in known if word in said]
    return known[max(inside, key=lambda word: (len(word), word))] if inside else None


@cache
def _known_hints() -> dict[str, str]:
    known = dict(load_rulebook().hints)
    for code, fraud_type in catalog.fraud_types().items():
        for name in (code, fraud_type.name.zh, fraud_type.name.en):
            known[normalise(name).strip()] = code
    return known
