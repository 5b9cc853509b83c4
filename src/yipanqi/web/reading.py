"""Reading the small values that forms carry: ids, versions, instants. What is none becomes a refusal, never a crash."""

import uuid
from datetime import datetime

from yipanqi.kernel.errors import YipanqiError


def read_uuid(text: str | None) -> uuid.UUID:
    """An id out of a form. Raises YipanqiError `not_found` for what is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        raise YipanqiError("not an id", code="not_found") from None


def read_int(text: str | None) -> int:
    """A version out of a form; -1, which no row has, for what is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def read_instant(text: str | None, otherwise: datetime) -> datetime:
    """An aware instant in ISO 8601 out of a form, or `otherwise` where the form names none.

    Raises YipanqiError `datetime_invalid` or `datetime_no_offset`.
    """
    if not text:
        return otherwise
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise YipanqiError("not an instant", code="datetime_invalid") from None
    if value.tzinfo is None:
        raise YipanqiError("an instant without its offset", code="datetime_no_offset")
    return value
