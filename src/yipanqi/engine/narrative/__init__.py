"""Reads a narrative: its fraud type with reasons, the identifiers in it, and what a partner's hint means.

Leaves alone where a text comes from and what is done about the verdict.
"""

from yipanqi.engine.narrative.classifier import Reason, Verdict, classify, rules_version
from yipanqi.engine.narrative.hints import from_hint
from yipanqi.engine.narrative.identifiers import Identifier, identifiers
from yipanqi.engine.narrative.normalising import normalise

__all__ = [
    "Identifier",
    "Reason",
    "Verdict",
    "classify",
    "from_hint",
    "identifiers",
    "normalise",
    "rules_version",
]
