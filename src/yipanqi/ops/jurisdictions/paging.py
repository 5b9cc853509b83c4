"""Pages of scoped rows by key: the thousandth is as fast as the first. What is listed is its app's matter."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from yipanqi.kernel.errors import YipanqiError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PageKeyInvalid(YipanqiError):
    """The key of a page is not one that a page before it gave out."""

    code = "page_key_invalid"


@dataclass(frozen=True)
class Page:
    """Rows and the key to ask the next page with (empty on the last)."""

    rows: list[Any]
    after: str


def page_by_key(rows: Any, column: str, after: str, limit: int, *, newest_first: bool = True) -> Page:
    """A page of scoped rows by (instant, id), newest or oldest first. Raises PageKeyInvalid."""
    sign, side = ("-", "lt") if newest_first else ("", "gt")
    if after:
        micros, _, row_id = after.partition("-")
        try:
            key = (EPOCH + timedelta(microseconds=int(micros)), uuid.UUID(row_id))
        except (ValueError, OverflowError):
            raise PageKeyInvalid("this page's key is not valid") from None
        beyond = Q(**{f"{column}__{side}": key[0]}) | Q(**{column: key[0], f"id__{side}": key[1]})
        rows = rows.filter(beyond)
    found = list(rows.order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
    shown = found[:limit]
    if len(found) <= limit:
        return Page(shown, "")
    last = shown[-1]
    micros = (getattr(last, column) - EPOCH) // timedelta(microseconds=1)
    return Page(shown, f"{micros}-{last.id.hex}")
