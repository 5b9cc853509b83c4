"""Reading the fields of an incoming row, whatever the row speaks of: text out of JSON, and what is wrong with it.

Nothing is guessed: what cannot be read is a flaw with field, code and facts. Which fields a row has is its app's
matter.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.jurisdictions.queries import find_place

_BOOLS = {
    "true": True,
    "1": True,
    "是": True,
    "yes": True,
    "false": False,
    "0": False,
    "否": False,
    "no": False,
}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INT_LIMIT = 10**64
_EARLIEST_AT = datetime(2000, 1, 1, tzinfo=UTC)


class FieldError(YipanqiError):
    """One field of one row cannot be used."""

    code = "field_invalid"


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a row: the field, a catalog error code and its facts."""

    field: str
    code: str
    facts: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """For storing beside the quarantined row; facts never hold more than the catalog sentence needs."""
        return {"field": self.field, "code": self.code, "facts": self.facts}


class RowRefused(YipanqiError):
    """A row has flaws; `flaws` lists every one found."""

    code = "row_refused"

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.field}: {flaw.code}" for flaw in flaws))
        self.flaws = flaws


def printable(text: object, limit: int = 64) -> str:
    """Any text as a database and an answer can hold it: NUL and lone surrogates become U+FFFD, cut to `limit`."""
    return _UNSTORABLE.sub("\ufffd", str(text)[:limit])


def text_of(value: object) -> str:
    """A field as text; what is neither text nor a number, or cannot be stored, starts with U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if (isinstance(value, int) and abs(value) >= _INT_LIMIT) or not isinstance(value, (str, int)):
        return "\ufffd" + type(value).__name__
    text = str(value).strip()
    return "\ufffd" + _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def check_text(text: str, limit: int | None = None) -> str:
    """The text of `text_of` when it can be stored and is not longer than `limit`; else FieldError."""
    if text.startswith("\ufffd"):
        raise FieldError("neither text nor number", code="field_not_text")
    if limit and len(text) > limit:
        raise FieldError("too long", code="field_too_long", limit=limit)
    return text


def check_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, of this age; else FieldError."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise FieldError("not an ISO 8601 time", code="datetime_invalid") from None
    if value.tzinfo is None:
        raise FieldError("a time without its offset", code="datetime_no_offset")
    if value < _EARLIEST_AT:  # a spreadsheet's zero date, or a year that was cut
        raise FieldError("a time of another age", code="datetime_invalid")
    return value


def check_place(text: str, scope_code: str) -> str:
    """The code of a place within the sender's scope; else FieldError."""
    place, scope = find_place(text), find_place(scope_code)
    if place is None or scope is None:
        raise FieldError("no such place", code="jurisdiction_unknown")
    if not (place.path + "/").startswith(scope.path + "/"):
        raise FieldError("outside the sender's scope", code="jurisdiction_outside")
    return text


def check_bool(text: str) -> bool:
    """Yes or no in one of their usual spellings; else FieldError."""
    if text.lower() not in _BOOLS:
        raise FieldError("neither yes nor no", code="bool_invalid")
    return _BOOLS[text.lower()]


def plain_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Only short, non-personal facts leave with an error; the offending value itself stays sealed."""
    return {
        k: v
        for k, v in facts.items()
        if k not in {"value", "field"} and isinstance(v, (int, str)) and len(str(v)) <= 64
    }


def digest_of(texts: Mapping[str, str]) -> str:
    """A keyed fingerprint of the row as given, to tell a repeat from another row under the same id."""
    body = json.dumps(texts, sort_keys=True, ensure_ascii=False)
    return hmac.new(settings.SECRET_KEY.encode(), body.encode(), hashlib.sha256).hexdigest()
