"""The fraud type of a text by rules, with the reasons.

Each rule that speaks adds its weight as independent evidence (`1 - product(1 - weight)`); a rule with a
negative weight damps what the others said. The strongest type wins; below the rulebook's threshold the
verdict is T99. Leaves alone which measures follow.
"""

from dataclasses import dataclass
from typing import Final

from yipanqi.engine.narrative.normalising import normalise
from yipanqi.engine.narrative.rulebook import Rule, Rulebook, load_rulebook

UNNAMED: Final = "T99"
MAX_TEXT_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a score is what it is: the rule, the phrases that made it speak, and its weight (-1..1)."""

    rule_id: str
    phrase: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text is about: catalog code, strength of its evidence (0..1), reasons, rules version.

    With `fraud_type` T99 the score is that of the strongest type, which stayed below the threshold.
    """

    fraud_type: str
    score: float
    reasons: tuple[Reason, ...]
    rules_version: str


def rules_version() -> str:
    """Name the rules in force: declared version and the first 12 hex digits of their SHA-256."""
    return load_rulebook().version


def classify(text: str, *, rulebook: Rulebook | None = None) -> Verdict:
    """Give the fraud type of `text` (its first 20,000 characters are read) by the shipped or given rules."""
    book = rulebook or load_rulebook()
    found = book.phrases_in(normalise(text[:MAX_TEXT_CHARS]))
    spoken = _spoken(book, found)
    best, best_ratio = UNNAMED, 0.0
    for fraud_type in book.fraud_types:
        ratio = _strength(fraud_type, spoken)
        if ratio > best_ratio:
            best, best_ratio = fraud_type, ratio
    reasons = tuple(
        Reason(rule.id, phrase, rule.weight) for rule, phrase in spoken if best in rule.fraud_types
    )
    named = best if best_ratio >= book.threshold_ratio else UNNAMED
    return Verdict(named, round(best_ratio, 4), reasons, book.version)


def _spoken(book: Rulebook, found: dict[str, None]) -> list[tuple[Rule, str]]:
    places = sorted({at for phrase in found for at in book.rules_of[phrase]})
    spoken: list[tuple[Rule, str]] = []
    for at in places:
        rule = book.rules[at]
        firsts = [next((phrase for phrase in found if phrase in group), None) for group in rule.groups]
        met = [phrase for phrase in firsts if phrase is not None]
        if len(met) == len(rule.groups):
            spoken.append((rule, " + ".join(met)))
    return spoken


def _strength(fraud_type: str, spoken: list[tuple[Rule, str]]) -> float:
    doubt, damping = 1.0, 1.0
    for rule, _ in spoken:
        if fraud_type in rule.fraud_types:
            if rule.weight > 0:
                doubt *= 1 - rule.weight
            else:
                damping *= 1 + rule.weight
    return (1 - doubt) * damping
