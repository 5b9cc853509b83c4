"""The rules of the narrative classifier, read from `rules.yaml` and compiled into one pattern.

A rule speaks when each of its groups of phrases has at least one phrase in the text. All phrases of all
rules are sought in one pass: a trie as a regular expression that looks ahead from every place where a
phrase may begin. Leaves the adding up of weights to `classifier`.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from yipanqi.engine.narrative.normalising import normalise
from yipanqi.kernel.errors import YipanqiError


class RulebookError(YipanqiError):
    """The rules cannot be used: the message names the rule and what is wrong with it."""

    code = "narrative_rulebook_invalid"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `groups` of phrases that must each be met, and its `weight` (-1..1) for `fraud_types`."""

    id: str
    fraud_types: tuple[str, ...]
    weight: float
    groups: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Compiled rules. `starts` finds phrases, `shorter` gives the phrases that a found one begins with."""

    version: str
    threshold_ratio: float
    fraud_types: tuple[str, ...]
    rules: tuple[Rule, ...]
    starts: re.Pattern[str]
    shorter: Mapping[str, tuple[str, ...]]
    rules_of: Mapping[str, tuple[int, ...]]
    hints: Mapping[str, str]

    def phrases_in(self, normalised: str) -> dict[str, None]:
        """List the phrases of a normalised text, in order of first place (a dict as ordered set)."""
        found: dict[str, None] = {}
        for match in self.starts.finditer(normalised):
            longest = match[0] + match[match.lastindex or 0]
            if longest not in found:
                for phrase in self.shorter[longest]:
                    found[phrase] = None
        return found


@cache
def load_rulebook() -> Rulebook:
    """Read and compile the shipped rules once per process; raise RulebookError when they are not sound."""
    source = files("yipanqi.engine.narrative").joinpath("rules.yaml").read_bytes()
    return compile_rulebook(source)


def compile_rulebook(source: bytes) -> Rulebook:
    """Compile the YAML `source`; its declared version and content hash together name the rulebook."""
    document: Any = yaml.safe_load(source)
    fraud_types = tuple(document["fraud_types"])
    rules = tuple(_rule(entry, fraud_types) for entry in document["rules"])
    if len({rule.id for rule in rules}) != len(rules):
        raise RulebookError("two rules have the same id")
    phrases = sorted({phrase for rule in rules for group in rule.groups for phrase in group})
    known = set(phrases)
    return Rulebook(
        version=f"{document['version']}-{hashlib.sha256(source).hexdigest()[:12]}",
        threshold_ratio=float(document["threshold_ratio"]),
        fraud_types=fraud_types,
        rules=rules,
        starts=_pattern(phrases),
        shorter={p: tuple(p[:end] for end in range(1, len(p) + 1) if p[:end] in known) for p in phrases},
        rules_of={p: tuple(_rules_with(p, rules)) for p in phrases},
        hints={normalise(str(hint)): str(code) for hint, code in document["hints"].items()},
    )


def _rule(entry: Mapping[str, Any], fraud_types: tuple[str, ...]) -> Rule:
    rule_id = str(entry["id"])
    weight = float(entry["weight"])
    named = entry["type"]
    types = fraud_types if named == "*" else tuple(named if isinstance(named, list) else [named])
    if not -1 < weight < 1 or weight == 0:
        raise RulebookError(f"rule {rule_id}: weight {weight} is not between -1 and 1", rule_id=rule_id)
    if not set(types) <= set(fraud_types):
        raise RulebookError(f"rule {rule_id}: {named} is not a fraud type of this rulebook", rule_id=rule_id)
    raw_groups = entry.get("all") or [entry["any"]]
    groups = tuple(frozenset(normalise(str(phrase)) for phrase in group) for group in raw_groups)
    for phrase in (phrase for group in groups for phrase in group):
        if not phrase:
            raise RulebookError(f"rule {rule_id}: a phrase is empty", rule_id=rule_id)
    return Rule(rule_id, types, weight, groups)


def _rules_with(phrase: str, rules: tuple[Rule, ...]) -> Iterator[int]:
    return (at for at, rule in enumerate(rules) if any(phrase in group for group in rule.groups))


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    by_first: dict[str, list[str]] = {}
    for phrase in phrases:
        by_first.setdefault(phrase[0], []).append(phrase[1:])
    branches = (f"{re.escape(first)}(?=({_trie(tails)}))" for first, tails in by_first.items())
    return re.compile("|".join(branches), re.DOTALL)


def _trie(tails: list[str]) -> str:
    """Spell the tails as nested alternatives, longest first, so that a match is the longest phrase there."""
    by_first: dict[str, list[str]] = {}
    for tail in tails:
        if tail:
            by_first.setdefault(tail[0], []).append(tail[1:])
    branches = [re.escape(first) + _trie(rest) for first, rest in by_first.items()]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{body})?" if "" in tails else body
