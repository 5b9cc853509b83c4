"""Refuses an event payload that could carry a person's words, name or number into the journal.

For: the check every journal entry passes: exactly the declared fields, each of its declared kind. The kinds
leave no room for text: an id, a code and a place are short ASCII marks without a run of eleven digits (a
mobile number has eleven, an identity number more), a digest is a hash of 64 digits. Leaves alone: which events
exist (events.yaml) and who writes them (ops.journal).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from yipanqi.catalog.items import CatalogError, EventKind, FieldKind

MAX_CHARS = 64
_MAX_ID = 2**31 - 1
_MAX_INT = 2**63 - 1
_MARK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]*", re.ASCII)
_LONG_DIGITS = re.compile(r"[0-9]{11}")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PLACE = re.compile(r"[0-9]{6}(?:[0-9]{3})?", re.ASCII)


def refuse_payload(event: EventKind, payload: Mapping[str, object]) -> None:
    """Pass silently when the payload fits the event. Raises CatalogError without the value."""
    declared = {**event.required, **event.optional}
    for name in event.required.keys() - payload.keys():
        _refuse(event, name, "is missing")
    for name, value in payload.items():
        if name not in declared:
            _refuse(event, name, "is not declared")
        if value is None and name in event.optional:
            continue
        if isinstance(value, str) and len(value) > MAX_CHARS:
            _refuse(event, name, f"is longer than {MAX_CHARS} characters")
        kind = declared[name]
        if not _CHECKS[kind](value):
            _refuse(event, name, f"is not {_WORDS[kind]}")


def _refuse(event: EventKind, name: str, reason: str) -> None:
    shown = name if len(name) <= MAX_CHARS else name[:MAX_CHARS] + "…"
    raise CatalogError(
        f"event {event.code}: {shown}: {reason}", code="payload_refused", event=event.code, field=shown
    )


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and bool(_MARK.fullmatch(value)) and not _LONG_DIGITS.search(value)


def _is_id(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 < value <= _MAX_ID
    return _is_uuid(value) or _is_mark(value)


def _is_uuid(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and bool(_DIGEST.fullmatch(value))


def _is_place(value: object) -> bool:
    return isinstance(value, str) and bool(_PLACE.fullmatch(value))


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_INT


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_CHECKS: dict[FieldKind, Callable[[object], bool]] = {
    "id": _is_id,
    "code": _is_mark,
    "digest": _is_digest,
    "place": _is_place,
    "int": _is_int,
    "minor": _is_int,
    "bool": _is_bool,
    "instant": _is_instant,
}
_WORDS: dict[FieldKind, str] = {
    "id": "an id (UUID, small number or short mark)",
    "code": "a code (ASCII letters, digits, _.:/- and no run of eleven digits)",
    "digest": "a SHA-256 in 64 lower-case hexadecimal digits",
    "place": "a jurisdiction code of 6 or 9 digits",
    "int": "a whole number",
    "minor": "a whole number of minor units",
    "bool": "true or false",
    "instant": "an ISO 8601 instant with offset, as text",
}
