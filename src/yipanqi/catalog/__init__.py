"""The vocabularies of the house in two languages: fraud types, outcomes, levels, clocks, places, sentences, law.

For: one function per vocabulary, each giving code → item, read from this package's files once and kept; policy packs
and working calendars likewise.
Leaves alone: rules and decisions (casework), stored rows (ops), UI captions (the doors' messages). Every
function raises CatalogError, naming file, line and field, when its file does not say what it must.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from yipanqi.catalog.bank_files import bank_columns, bank_words, plain_column, plain_word, reject_reasons
from yipanqi.catalog.calendars import CalendarError, WorkCalendar, calendars
from yipanqi.catalog.held_money import (
    AgentGround,
    EvidenceKind,
    FindingKind,
    FreezeGround,
    GoodFaithPoint,
    MethodGround,
    agent_grounds,
    evidence_kinds,
    exclude_reasons,
    findings,
    freeze_end_reasons,
    freeze_grounds,
    good_faith,
    method_grounds,
)
from yipanqi.catalog.items import (
    AnswerLabel,
    Bank,
    CallOutcome,
    CatalogError,
    DirectiveKind,
    DwellCurve,
    EventKind,
    FieldName,
    FraudType,
    Group,
    Level,
    LiftReason,
    Place,
    Role,
    Script,
    Sentence,
    Source,
    StatusName,
    StopGround,
    Text,
    VisitOutcome,
    Window,
    WordList,
)
from yipanqi.catalog.pack_files import choice_names, citations, policies, policy
from yipanqi.catalog.packs import PolicyError, PolicyPack, PolicyValue
from yipanqi.catalog.papers import PaperBlock, PaperKind, papers
from yipanqi.catalog.payloads import refuse_payload
from yipanqi.catalog.places import read_places
from yipanqi.catalog.reading import read_items
from yipanqi.kernel.money import format_short

__all__ = [
    "AgentGround",
    "AnswerLabel",
    "Bank",
    "CalendarError",
    "CallOutcome",
    "CatalogError",
    "DirectiveKind",
    "DwellCurve",
    "EventKind",
    "EvidenceKind",
    "FieldName",
    "FindingKind",
    "FraudType",
    "FreezeGround",
    "GoodFaithPoint",
    "Group",
    "Level",
    "LiftReason",
    "MethodGround",
    "PaperBlock",
    "PaperKind",
    "Place",
    "PolicyError",
    "PolicyPack",
    "PolicyValue",
    "Role",
    "Script",
    "Sentence",
    "Source",
    "StatusName",
    "StopGround",
    "Text",
    "VisitOutcome",
    "Window",
    "WordList",
    "WorkCalendar",
    "agent_grounds",
    "answer_problems",
    "answers",
    "bank_columns",
    "bank_failures",
    "bank_words",
    "banks",
    "calendars",
    "call_outcomes",
    "check_payload",
    "choice_names",
    "citations",
    "clocks",
    "directive_kinds",
    "dwell_curves",
    "error_text",
    "errors",
    "events",
    "evidence_kinds",
    "exclude_reasons",
    "facts",
    "fields",
    "findings",
    "fraud_types",
    "freeze_end_reasons",
    "freeze_grounds",
    "good_faith",
    "groups",
    "jurisdictions",
    "levels",
    "lift_reasons",
    "method_grounds",
    "paid_script",
    "papers",
    "plain_column",
    "plain_word",
    "policies",
    "policy",
    "reason_text",
    "reasons",
    "reject_reasons",
    "roles",
    "scripts",
    "sources",
    "split_words",
    "statuses",
    "stop_grounds",
    "stop_reasons",
    "trace_words",
    "visit_outcomes",
    "windows",
]

GENERAL_SCRIPT = "general"
PAID_SCRIPT = "paid"
UNLISTED_ERROR = "unlisted"


@cache
def fraud_types() -> Mapping[str, FraudType]:
    """T01 to T10 and T99 (rules.md §6)."""
    return read_items("fraud_types.yaml", FraudType)


@cache
def call_outcomes() -> Mapping[str, CallOutcome]:
    """The seven outcomes of a call, in the order of their keys."""
    return read_items("call_outcomes.yaml", CallOutcome)


@cache
def visit_outcomes() -> Mapping[str, VisitOutcome]:
    """The six outcomes of a door visit, in the order of their buttons."""
    return read_items("visit_outcomes.yaml", VisitOutcome)


@cache
def levels() -> Mapping[str, Level]:
    """high, mid, low."""
    return read_items("levels.yaml", Level)


@cache
def windows() -> Mapping[str, Window]:
    """The clocks and limits of the house that are not law."""
    return read_items("windows.yaml", Window)


@cache
def dwell_curves() -> Mapping[str, DwellCurve]:
    """How long money stays in an account, before anything was learned."""
    return read_items("dwell_curves.yaml", DwellCurve)


@cache
def directive_kinds() -> Mapping[str, DirectiveKind]:
    """What a directive may ask of a unit."""
    return read_items("directive_kinds.yaml", DirectiveKind)


@cache
def sources() -> Mapping[str, Source]:
    """The kinds of senders of warnings."""
    return read_items("sources.yaml", Source)


@cache
def groups() -> Mapping[str, Group]:
    """strike, prevention, governance, squad."""
    return read_items("groups.yaml", Group)


@cache
def roles() -> Mapping[str, Role]:
    """What an officer may be, with the desk of each. Raises CatalogError for a role of an unknown group."""
    found = read_items("roles.yaml", Role)
    for role in found.values():
        if role.group is not None and role.group not in groups():
            raise CatalogError(f"roles.yaml: {role.code}.group: no such group {role.group!r}")
    return found


@cache
def banks() -> Mapping[str, Bank]:
    """Banks that people of the province pay with."""
    return read_items("banks.yaml", Bank)


@cache
def clocks() -> Mapping[str, FieldName]:
    """The clocks whose passing is shown on desks and wall."""
    return read_items("clocks.yaml", FieldName)


@cache
def stop_grounds() -> Mapping[str, StopGround]:
    """Why an account may be stopped."""
    return read_items("stop_grounds.yaml", StopGround)


@cache
def stop_reasons() -> Mapping[str, Sentence]:
    """Why an account stands where it stands in a stop plan, or why it is not in it (`out.<why>`)."""
    return read_items("stop_reasons.yaml", Sentence)


@cache
def lift_reasons() -> Mapping[str, LiftReason]:
    """Why a stop ended before its time."""
    return read_items("lift_reasons.yaml", LiftReason)


@cache
def bank_failures() -> Mapping[str, FieldName]:
    """Why a bank did not do what it was told, by the gateways' code."""
    return read_items("bank_failures.yaml", FieldName)


@cache
def answer_problems() -> Mapping[str, FieldName]:
    """Why an answer of a bank could not be used, by the code kept with it."""
    return read_items("answer_problems.yaml", FieldName)


@cache
def events() -> Mapping[str, EventKind]:
    """The kinds of journal entries. Raises CatalogError for a newer version without its upcaster."""
    found = read_items("events.yaml", EventKind)
    for event in found.values():
        if event.version > 1 and event.upcaster is None:
            raise CatalogError(f"events.yaml: {event.code}.upcaster: is needed from version 2 on")
        if twice := event.required.keys() & event.optional.keys():
            raise CatalogError(f"events.yaml: {event.code}.optional: {sorted(twice)[0]} is also required")
    return found


@cache
def errors() -> Mapping[str, Sentence]:
    """What users are told when something is refused, by error code."""
    return read_items("errors.yaml", Sentence)


@cache
def reasons() -> Mapping[str, Sentence]:
    """Why an alert stands where it stands in the line, by reason code."""
    return read_items("reasons.yaml", Sentence)


@cache
def statuses() -> Mapping[str, StatusName]:
    """Names of statuses, by `<lifecycle>.<status>`."""
    return read_items("statuses.yaml", StatusName)


@cache
def split_words() -> Mapping[str, Sentence]:
    """Sentences by which a split explains itself, and names of its rules."""
    return read_items("split_words.yaml", Sentence)


@cache
def trace_words() -> Mapping[str, Sentence]:
    """Words and sentences of the papers made of a trace."""
    return read_items("trace_words.yaml", Sentence)


@cache
def facts() -> Mapping[str, FieldName]:
    """Names of the payload fields and subject kinds (`subject.<kind>`) of journal entries."""
    return read_items("facts.yaml", FieldName)


@cache
def fields() -> Mapping[str, FieldName]:
    """Names of the fields of an incoming row, in their usual order."""
    return read_items("fields.yaml", FieldName)


@cache
def answers() -> Mapping[str, AnswerLabel]:
    """The labels of the quick answers yes, no, unsaid."""
    return read_items("answers.yaml", AnswerLabel)


@cache
def jurisdictions() -> Mapping[str, Place]:
    """The province, its cities, counties and stations, parents before children."""
    return read_places("data/jurisdictions.csv")


@cache
def _all_scripts() -> Mapping[str, Script]:
    found = read_items("scripts.yaml", Script)
    for code in found.keys() - {GENERAL_SCRIPT, PAID_SCRIPT} - fraud_types().keys():
        raise CatalogError(f"scripts.yaml: {code}: no such fraud type")
    for code in (GENERAL_SCRIPT, PAID_SCRIPT):
        if code not in found:
            raise CatalogError(f"scripts.yaml: {code}: is missing")
    return MappingProxyType(dict(found))


def scripts(fraud_code: str | None) -> Script:
    """The script for a fraud type, or the general one when the type is not known or has none of its own."""
    found = _all_scripts()
    return found.get(fraud_code or GENERAL_SCRIPT, found[GENERAL_SCRIPT])


def paid_script() -> Script:
    """What to say to somebody who has paid, while the stops are on their way."""
    return _all_scripts()[PAID_SCRIPT]


def error_text(error_code: str, **facts: object) -> Text:
    """The sentence for an error code with its facts.

    A code without a sentence gives the sentence `unlisted`, a fact that was not given shows as "…": a person
    at a desk is told something useful even when the house forgot a word.
    """
    sentence = errors().get(error_code)
    if sentence is None:
        return errors()[UNLISTED_ERROR].fill(error_code=error_code)
    unsaid = dict.fromkeys(sentence.name.placeholders(), "…")
    return sentence.fill(**{**unsaid, **facts})


def reason_text(reason_code: str, **facts: object) -> Text:
    """The phrase for a reason of the call queue with its facts; `amount_minor` (fen) fills {amount}.

    Raises CatalogError for an unknown code or a missing fact: reasons are the house's own and must be whole.
    """
    sentence = reasons().get(reason_code)
    if sentence is None:
        raise CatalogError(f"no reason {reason_code!r} is declared in reasons.yaml", code="reason_unknown")
    minor = facts.get("amount_minor")
    if not isinstance(minor, int):
        return sentence.fill(**facts)
    zh, en = (sentence.fill(**facts, amount=format_short(minor, lang)) for lang in ("zh", "en"))
    return Text(zh=zh.zh, en=en.en)


def check_payload(event_code: str, payload: Mapping[str, object]) -> None:
    """Pass silently when `payload` is exactly what the event declares.

    Raises CatalogError (`event_unknown`, `payload_refused`), naming event and field but never the value, for
    an undeclared event, a field missing or undeclared, a value of another kind, or text over 64 characters.
    """
    event = events().get(event_code)
    if event is None:
        raise CatalogError(f"no event {event_code!r} is declared in events.yaml", code="event_unknown")
    refuse_payload(event, payload)
