"""The shapes of the catalog's items: one frozen dataclass per vocabulary, every one with a code and a name
in two languages.

For: typed reading of what the YAML and CSV files say. Leaves alone: reading files (`reading.py`), looking
things up (`__init__.py`) and what anybody does with an item. A field marked `unique` may hold a value once
per file.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from string import Formatter
from typing import Literal

from yipanqi.kernel.durations import parse_duration
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier

UNIQUE: dict[str, bool] = {"unique": True}


class CatalogError(YipanqiError):
    """A catalog file, a sentence or an event payload does not say what it must; names where and why."""

    code = "catalog_refused"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and English."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """The Chinese text for any language tag that begins with "zh", else the English one."""
        return self.zh if lang.lower().startswith("zh") else self.en

    def placeholders(self) -> frozenset[str]:
        """The names in braces that `format` has to be given."""
        return frozenset(_placeholders(self.zh) | _placeholders(self.en))

    def format(self, **facts: object) -> "Text":
        """The same text with its {placeholders} filled; facts it does not name are ignored.

        Raises CatalogError when a placeholder has no fact.
        """
        missing = sorted(self.placeholders() - facts.keys())
        if missing:
            raise CatalogError(f"the sentence {self.en!r} lacks the facts: {', '.join(missing)}")
        return Text(zh=self.zh.format(**facts), en=self.en.format(**facts))


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@dataclass(frozen=True, slots=True)
class FraudType:
    """A class of fraud (rules.md §6). `prior_cases` counts cases of CCL2023-FCC, used only as a ratio."""

    code: str
    name: Text
    definition: Text
    color: str = field(metadata=UNIQUE)
    icon: str = field(metadata=UNIQUE)
    typical_loss_minor: int
    prior_cases: int
    ruled: bool = False


Effect = Literal[
    "close", "paid", "call_later", "to_station", "close_mismatch", "close_duplicate", "refused_to_station"
]
CountsAs = Literal["dissuaded", "paid", "not_reached_yet", "unreached", "mismatch", "duplicate", "refused"]
Tone = Literal["good", "act", "wait", "neutral"]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What an operator can say about a call, with its key on the seat and its effect on the work order.

    `retry_after` and `retries` are set only where the effect is `call_later`: after `retries` fruitless
    calls the order goes to the station.
    """

    code: str
    key: str = field(metadata=UNIQUE)
    name: Text
    meaning: Text
    effect: Effect
    counts_as: CountsAs
    tone: Tone
    icon: str = field(metadata=UNIQUE)
    retry_after: timedelta | None = None
    retries: int = 0


VisitEffect = Literal["close", "paid", "visit_later", "to_seat", "seat_next_day", "close_mismatch"]
VisitCountsAs = Literal["dissuaded", "paid", "not_met_yet", "not_found", "refused", "mismatch"]


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """What a station officer can say about a door visit.

    `retry_after` and `retries` are set only where the effect is `visit_later`: after `retries` fruitless visits the
    seat calls again.
    """

    code: str
    name: Text
    meaning: Text
    effect: VisitEffect
    counts_as: VisitCountsAs
    tone: Tone
    icon: str = field(metadata=UNIQUE)
    retry_after: timedelta | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """How likely and how urgent a warning is; its clocks stand in the policy pack."""

    code: str
    rank: int = field(metadata=UNIQUE)
    name: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """When a second person has to sign a coercive act: before it leaves (`within` None), or within a time after."""

    within: timedelta | None


def parse_second_person(text: str) -> SecondPerson:
    """`before`, or `within` and a duration: `within PT30M`. Raises CatalogError or DurationError for all else."""
    if text == "before":
        return SecondPerson(within=None)
    word, _, duration = text.partition(" ")
    if word != "within":
        raise CatalogError(f"{text[:64]!r} is neither before nor within a duration, such as within PT30M")
    return SecondPerson(within=parse_duration(duration))


@dataclass(frozen=True, slots=True)
class Window:
    """A clock or a limit of the house; `unit` says how `value` is read (a duration is ISO 8601)."""

    code: str
    name: Text
    unit: Literal["duration", "milliseconds", "count"]
    value: str
    reason: Text
    verified: bool
    source: str

    @property
    def duration(self) -> timedelta:
        """The value as a timedelta. Raises CatalogError for a count."""
        if self.unit == "count":
            raise CatalogError(f"the window {self.code} is a count, not a duration")
        if self.unit == "milliseconds":
            return timedelta(milliseconds=int(self.value))
        return parse_duration(self.value)

    @property
    def count(self) -> int:
        """The value as a whole number. Raises CatalogError for a duration."""
        if self.unit != "count":
            raise CatalogError(f"the window {self.code} is in {self.unit}, not a count")
        return int(self.value)


@dataclass(frozen=True, slots=True)
class DwellPoint:
    """A point of a dwell curve: how much of an arrival is still there after a time."""

    after: timedelta
    still_percent: int


@dataclass(frozen=True, slots=True)
class DwellCurve:
    """How much of the money that arrived at an account is still there, as points joined by straight lines."""

    code: str
    name: Text
    points: tuple[DwellPoint, ...]
    reason: Text
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of sender of warnings; a lower rank is believed first when two senders disagree."""

    code: str
    rank: int = field(metadata=UNIQUE)
    name: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class DirectiveKind:
    """What a directive asks of a unit; `due_within` counts from its issuing, where the issuer named no other time."""

    code: str
    name: Text
    meaning: Text
    icon: str = field(metadata=UNIQUE)
    due_within: timedelta
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """One of the three groups, or the standing squad, of a centre (centre.md S3)."""

    code: str
    name: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class Role:
    """What an officer may be; `desk` is the path of the page the officer lands on after signing in."""

    code: str
    name: Text
    meaning: Text
    desk: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank. `bins` are card-number prefixes, listed only where they are well known."""

    code: str
    name: Text
    short_name: Text
    bins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StopGround:
    """Why an account may be stopped, with the law it cites; `targets` are the kinds of stop it is good for."""

    code: str
    name: Text
    law: Text
    targets: tuple[Literal["protective", "suspect"], ...]
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class LiftReason:
    """Why a stop or a freeze ended; an officer may choose those that are `chosen`."""

    code: str
    name: Text
    chosen: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A reason or an error as a sentence with {placeholders}; `name` is the sentence itself."""

    code: str
    name: Text

    def fill(self, **facts: object) -> Text:
        """The sentence with its facts. Raises CatalogError when one is missing."""
        return self.name.format(**facts)


AnswerCode = Literal["yes", "no", "unsaid"]


@dataclass(frozen=True, slots=True)
class StatusName:
    """What a status of a lifecycle (`<lifecycle>.<status>`) is called on screen, and its tone."""

    code: str
    name: Text
    tone: Tone


@dataclass(frozen=True, slots=True)
class FieldName:
    """What a field of an incoming row, or of a journal entry, is called."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of bank files that say one thing."""

    code: str
    name: Text
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerLabel:
    """A quick answer an operator can tick while talking."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say next when the person gave this answer."""

    answer: AnswerCode
    follow: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One spoken sentence of a script, with follow-up lines for quick answers, or none."""

    say: Text
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """What to say on the phone, step by step, and three lines for the officer at the door (话术)."""

    code: str
    name: Text
    steps: tuple[Step, ...]
    door_lines: tuple[Text, ...]


FieldKind = Literal["id", "code", "digest", "place", "int", "minor", "bool", "instant"]


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of journal entry: its payload's fields, and whether the wall reads it.

    `upcaster` is the dotted path of the function that lifts an older payload to `version`, or None at
    version 1.
    """

    code: str
    version: int
    name: Text
    wall: bool
    required: dict[str, FieldKind]
    optional: dict[str, FieldKind] = field(default_factory=dict)
    upcaster: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction. `parent` is empty for the province, `population` None where not surely known."""

    code: str
    tier: Tier
    parent: str
    name: Text
    population: int | None = None
