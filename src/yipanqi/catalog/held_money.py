"""The words of held money: why it is frozen and released, what screening finds, on what ground it is shared.

For: the vocabularies of freezes, screenings and returns, each item with its law and its source where it leans on one.
Leaves alone: the terms and tiers (policy packs), statuses and errors (their own files), and every decision: a finding,
a method and an exclusion are chosen by a person (ops).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from yipanqi.catalog.items import UNIQUE, FieldName, LiftReason, Text, Tone
from yipanqi.catalog.reading import read_items


@dataclass(frozen=True, slots=True)
class FreezeGround:
    """Why money may be frozen, or a freeze renewed (`acts`), with the law it cites."""

    code: str
    name: Text
    law: Text
    acts: tuple[Literal["freeze", "renew"], ...]
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """What a holder hands in, and what it can show."""

    code: str
    name: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class GoodFaithPoint:
    """One question of the good-faith test. The answer `against` speaks against the holder."""

    code: str
    name: Text
    help: Text
    against: Literal["yes", "no"]
    law: Text
    verified: bool
    source: str

    @property
    def decides(self) -> bool:
        """Whether a release in good faith needs a clean answer: the points of the law do, those of the house do not."""
        return self.source.startswith("S:")

    def is_clean(self, answer: str) -> bool:
        """Whether an answer (yes, no, unknown) speaks for the holder; `unknown` never does."""
        return answer in ("yes", "no") and answer != self.against


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What screening may find: what it says, what it sets going, and what it needs beside the reasons.

    `asks` is the change it asks of the freeze, `may_return` whether the money may then enter a return, `needs` whether
    it takes a sum (`amount`), a piece of evidence, or the whole good-faith test.
    """

    code: str
    key: str = field(metadata=UNIQUE)
    name: Text
    meaning: Text
    effect: Text
    asks: Literal["nothing", "cut", "release", "renewal"]
    may_return: bool
    needs: tuple[Literal["amount", "evidence", "good_faith"], ...]
    tone: Tone
    law: Text
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class MethodGround:
    """Why money was shared by this method; `bases` are the answers of a split it is good for."""

    code: str
    name: Text
    law: Text
    bases: tuple[Literal["direct", "proportional", "method", "given_shares"], ...]
    note_needed: bool
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class AgentGround:
    """Why somebody may apply for a victim, and the papers that show it."""

    code: str
    name: Text
    papers: Text
    verified: bool
    source: str


@cache
def freeze_grounds() -> Mapping[str, FreezeGround]:
    """Why an account is frozen or a freeze renewed."""
    return read_items("freeze_grounds.yaml", FreezeGround)


@cache
def freeze_end_reasons() -> Mapping[str, LiftReason]:
    """Why a freeze was released, cut or ended; what `lift_reasons` knows too has the same name there."""
    return read_items("freeze_end_reasons.yaml", LiftReason)


@cache
def evidence_kinds() -> Mapping[str, EvidenceKind]:
    """What holders of frozen accounts hand in."""
    return read_items("evidence_kinds.yaml", EvidenceKind)


@cache
def good_faith() -> Mapping[str, GoodFaithPoint]:
    """The checklist of the good-faith test, in the order in which it is asked."""
    return read_items("good_faith.yaml", GoodFaithPoint)


@cache
def findings() -> Mapping[str, FindingKind]:
    """The five findings of a screening, in the order of their keys."""
    return read_items("findings.yaml", FindingKind)


@cache
def method_grounds() -> Mapping[str, MethodGround]:
    """Why money is shared as it is."""
    return read_items("method_grounds.yaml", MethodGround)


@cache
def exclude_reasons() -> Mapping[str, FieldName]:
    """Why a claim takes no part in a return."""
    return read_items("exclude_reasons.yaml", FieldName)


@cache
def agent_grounds() -> Mapping[str, AgentGround]:
    """Why somebody else may apply for a victim."""
    return read_items("agent_grounds.yaml", AgentGround)
