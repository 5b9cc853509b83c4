"""Strict reading of a JSON message from outside: every fault is one clear line that names field and reason.

For: any adapter; a field is taken once with its check, and what nobody took is refused. Leaves alone: which fields a
message has. The value itself is never repeated in the line, because it may be somebody's name or number.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

from yipanqi.kernel.errors import YipanqiError

MAX_BYTES = 64 * 1024
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,2}))?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_LINE_MARKS = {"\n", "\r", "\t"}


class MessageRefused(YipanqiError):
    """A message cannot be read; `facts` are `field` and `reason`."""

    code = "message_refused"


def refuse(field: str, reason: str) -> NoReturn:
    """Raise MessageRefused for a field."""
    raise MessageRefused(f"{field}: {reason}", field=field, reason=reason)


def parse_object(body: bytes, *, limit: int = MAX_BYTES) -> "Fields":
    """The fields of a JSON object; raises MessageRefused when the bytes are none, too many, or hold a name twice."""
    if len(body) > limit:
        refuse("body", f"longer than {limit} bytes")
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        refuse("body", "not JSON")
    return Fields(found, "")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        refuse("body", "a name stands twice in one object")
    return found


def minor_text(minor: int) -> str:
    """An amount of minor units as a decimal text: 5000000 gives 50000.00."""
    return f"{minor // 100}.{minor % 100:02d}"


class Fields:
    """The fields of one object, to be taken one by one; `done` refuses what is left."""

    def __init__(self, found: object, path: str) -> None:
        if not isinstance(found, dict):
            refuse(path or "body", "not an object")
        self._left: dict[str, object] = dict(found)
        self._path = f"{path}." if path else ""

    def copy(self) -> "Fields":
        """The same fields, to be taken once more."""
        return Fields(self._left, self._path.rstrip("."))

    def has(self, name: str) -> bool:
        """Whether the field is there and not yet taken."""
        return name in self._left

    def find_object(self, name: str) -> "Fields | None":
        """The fields of an inner object, or None when it is not there."""
        return Fields(self._left.pop(name), self._path + name) if name in self._left else None

    def find_objects(self, name: str) -> "list[Fields]":
        """The fields of each object of a list; an empty list when it is not there."""
        found = self._left.pop(name, [])
        if not isinstance(found, list):
            refuse(self._path + name, "not a list")
        return [Fields(each, f"{self._path}{name}[{place}]") for place, each in enumerate(found)]

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A number from `low` to `high`; `default` when it is not there."""
        found = self._left.pop(name, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            refuse(self._path + name, f"not a number from {low:g} to {high:g}")
        return found

    def text(self, name: str, limit: int, *, needed: bool = True, lines: bool = False) -> str:
        """A text of at most `limit` characters without control characters; `lines` lets it have several lines."""
        found = self._left.pop(name, "")
        if not isinstance(found, str):
            refuse(self._path + name, "not text")
        if needed and not found.strip():
            refuse(self._path + name, "missing")
        if len(found) > limit:
            refuse(self._path + name, f"longer than {limit} characters")
        if any(
            unicodedata.category(sign) in {"Cc", "Cs"} and not (lines and sign in _LINE_MARKS)
            for sign in found
        ):
            refuse(self._path + name, "has control characters")
        return found

    def mark(self, name: str, shape: "re.Pattern[str]", said: str, *, needed: bool = True) -> str:
        """A text of the given shape; `said` tells the sender which."""
        found = self.text(name, 200, needed=needed)
        if found and not shape.fullmatch(found):
            refuse(self._path + name, f"not {said}")
        return found

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of the choices; `default` when the field is not there."""
        found = self.text(name, 200, needed=default is None) or default
        if found not in choices:
            refuse(self._path + name, f"not one of {', '.join(choices)}")
        return found

    def uuid(self, name: str) -> str:
        """A UUID in its usual form of 36 characters."""
        return self.find_uuid(name) or refuse(self._path + name, "missing")

    def find_uuid(self, name: str) -> str | None:
        """As `uuid`; None when it is not there."""
        found = self.text(name, 200, needed=False)
        if not found:
            return None
        try:
            same = str(UUID(found)) == found
        except ValueError:
            same = False
        return found if same else refuse(self._path + name, "not a UUID in lower-case letters with dashes")

    def find_amount_minor(self, name: str) -> int | None:
        """An amount in minor units, written as a decimal text such as 50000.00; None when it is not there."""
        found = self.text(name, 200, needed=False)
        if not found:
            return None
        match = _AMOUNT.fullmatch(found)
        if match is None:
            refuse(self._path + name, "not an amount such as 50000.00")
        return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))

    def amount_minor(self, name: str, *, least: int = 0) -> int:
        """As `find_amount_minor`, but it must be there and not below `least` minor units."""
        found = self.find_amount_minor(name)
        if found is None:
            refuse(self._path + name, "missing")
        return found if found >= least else refuse(self._path + name, f"less than {minor_text(least)}")

    def instant(self, name: str) -> datetime:
        """An instant in UTC, written as ISO 8601 with offset."""
        return self.find_instant(name) or refuse(self._path + name, "missing")

    def find_instant(self, name: str) -> datetime | None:
        """As `instant`; None when it is not there."""
        found = self.text(name, 200, needed=False)
        if not found:
            return None
        try:
            if _INSTANT.fullmatch(found):
                return datetime.fromisoformat(found).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        return refuse(self._path + name, "not a time such as 2026-03-02T10:15:30+08:00")

    def refuse(self, name: str, reason: str) -> NoReturn:
        """Raise MessageRefused for one of these fields."""
        refuse(self._path + name, reason)

    def skip(self, name: str) -> None:
        """Take a field whose value is of no use here, whatever it is."""
        self._left.pop(name, None)

    def done(self) -> None:
        """Refuse the first field that nobody took."""
        for name in self._left:
            shown = name if name.isascii() and name.isprintable() and len(name) <= 64 else "a field"
            refuse(self._path + shown, "no such field")
