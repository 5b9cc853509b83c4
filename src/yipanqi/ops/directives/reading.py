"""Reading a directive as a form or a partner writes it: text fields in, a checked `Instruction` or every flaw out.

Storing it, and telling a repeat from a conflict, is in `services`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.partners.rows import (
    FieldError,
    Flaw,
    RowRefused,
    check_bool,
    check_instant,
    check_text,
    digest_of,
    plain_facts,
    printable,
    text_of,
)

FIELDS = ("external_id", "kind", "title", "text", "jurisdiction_code", "urgent", "due_at")
REQUIRED = ("external_id", "kind", "title", "text")
TITLE_CHARS = 100
_LENGTHS = {"external_id": 64, "title": TITLE_CHARS}
FindPlace = Callable[[str], str]


@dataclass(frozen=True)
class Instruction:
    """What is ordered, of which unit, until when. `digest` tells a repeat from another order under the same id."""

    external_id: str
    kind: str
    title: str
    text: str
    place_code: str
    urgent: bool
    due_at: datetime
    digest: str


def read_instruction(row: object, *, find_place: FindPlace, default_place: str, now: datetime) -> Instruction:
    """Check one directive. `find_place` gives the code of a unit the sender may order, or raises.

    Without a place it goes to `default_place` (empty: the place is required); without a due time the clock of its kind
    counts from `now`. Raises `RowRefused` with every flaw.
    """
    if not isinstance(row, Mapping):
        raise RowRefused([Flaw("", "not_a_row", {})])
    flaws = [
        Flaw(printable(name), "field_unknown", {"field": printable(name)})
        for name in row
        if name not in FIELDS
    ]
    texts = _texts(row)
    required = REQUIRED if default_place else (*REQUIRED, "jurisdiction_code")
    flaws += [Flaw(name, "field_missing", {"field": name}) for name in required if not texts[name]]
    checks = _checks(find_place, now)
    values: dict[str, object] = {}
    for name, text in texts.items():
        if not text:
            continue
        try:
            values[name] = checks.get(name, str)(check_text(text, _LENGTHS.get(name)))
        except YipanqiError as error:
            flaws.append(Flaw(name, error.code, {"field": name, **plain_facts(error.facts)}))
    if flaws:
        raise RowRefused(flaws)
    values.setdefault("due_at", now + catalog.directive_kinds()[str(values["kind"])].due_within)
    values.setdefault("urgent", False)
    place = values.pop("jurisdiction_code", default_place)
    return Instruction(**values, place_code=place, digest=digest_of(texts))  # type: ignore[arg-type]


def identify(row: object) -> tuple[str, str]:
    """The sender's own id of a directive and the fingerprint of its content, unchecked; ("", "") when it is no row."""
    if not isinstance(row, Mapping):
        return "", ""
    texts = _texts(row)
    return texts["external_id"], digest_of(texts)


def _texts(row: Mapping[object, object]) -> dict[str, str]:
    return {name: text_of(row.get(name)) for name in FIELDS}


def _checks(find_place: FindPlace, now: datetime) -> dict[str, Callable[[str], object]]:
    return {
        "kind": _kind,
        "text": check_words,
        "jurisdiction_code": find_place,
        "urgent": check_bool,
        "due_at": lambda text: _due(text, now),
    }


def _kind(text: str) -> str:
    if text not in catalog.directive_kinds():
        raise FieldError("no such kind", code="directive_kind_unknown")
    return text


def check_words(text: str) -> str:
    """A text that fits into one field of words; else FieldError `text_too_long` (limit)."""
    limit = catalog.windows()["text_max_chars"].count
    if len(text) > limit:
        raise FieldError("the text is too long", code="text_too_long", limit=limit)
    return text


def _due(text: str, now: datetime) -> datetime:
    due_at, longest = check_instant(text), catalog.windows()["directive_longest"].duration
    if due_at <= now:
        raise FieldError("due in the past", code="due_past")
    if due_at > now + longest:
        raise FieldError("due too far ahead", code="due_too_far", days=longest.days)
    return due_at
