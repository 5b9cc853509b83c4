"""The scope rule: rows that belong to a place are only seen from that place or above it.

A model that inherits `Placed` gets a query set that raises unless it was scoped to a place with
`in_scope(code)` or opened for the system with `for_system(reason)`. Tier columns, not path prefixes,
carry the scope, so that an index can serve "the best waiting call of this county" directly.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, Self

from django.db import models

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, ancestor_codes, tier_of


class UnscopedQuery(YipanqiError):
    """A query on placed rows was run without saying for whom: a programming error, never shown to users."""

    code = "unscoped_query"


TIER_COLUMNS = {
    Tier.PROVINCE: "province_code",
    Tier.CITY: "city_code",
    Tier.COUNTY: "county_code",
    Tier.STATION: "station_code",
}


def place_columns(code: str) -> dict[str, str]:
    """The tier columns of a place: its own code and those above it; tiers below stay empty."""
    columns = dict.fromkeys(TIER_COLUMNS.values(), "")
    for ancestor in ancestor_codes(code):
        columns[TIER_COLUMNS[tier_of(ancestor)]] = ancestor
    return columns


def scope_filter(code: str, prefix: str = "") -> dict[str, str]:
    """The filter that keeps the rows of a place and of all below it."""
    return {prefix + TIER_COLUMNS[tier_of(code)]: code}


def _require_scope_of(other: object) -> None:
    if isinstance(other, ScopedQuerySet):
        other._require_scope()


class ScopedQuerySet(models.QuerySet[Any]):
    """A query set that refuses to touch the database before it was scoped."""

    _scoped = False

    def in_scope(self, code: str) -> Self:
        """Only rows of the place `code` and below."""
        scoped = self.filter(**scope_filter(code))
        scoped._scoped = True
        return scoped

    def for_system(self, reason: str) -> Self:
        """All rows, for a worker or a check above scopes; `reason` is for the reader of the code."""
        assert reason
        scoped = self._chain()
        scoped._scoped = True
        return scoped

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._scoped = self._scoped
        return clone

    def _require_scope(self) -> None:
        if not self._scoped:
            raise UnscopedQuery(f"{self.model.__name__}: query without in_scope() or for_system()")

    # Joining sets must not smuggle an unscoped one in under the scope of another.
    def __or__(self, other: Any) -> Self:
        _require_scope_of(other)
        return super().__or__(other)  # type: ignore[misc]

    def __xor__(self, other: Any) -> Self:
        _require_scope_of(other)
        return super().__xor__(other)  # type: ignore[misc]

    def _combinator_query(self, combinator: str, *other_qs: Any, all: bool = False) -> Self:
        for other in other_qs:
            _require_scope_of(other)
        return super()._combinator_query(combinator, *other_qs, all=all)  # type: ignore[misc]

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()  # type: ignore[misc]

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def aiterator(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        self._require_scope()
        return super().aiterator(*args, **kwargs)

    def explain(self, **kwargs: Any) -> str:
        self._require_scope()
        return super().explain(**kwargs)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()

    def write_back(self, rows: Iterable[Any], fields: Sequence[str]) -> None:
        """Save `fields` of whole rows that the caller has read and locked, in one statement.

        An upsert by primary key: several times faster than Django's `bulk_update`, which builds a CASE per cell.
        """
        rows = list(rows)
        if rows:
            self.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=list(fields))


class Placed(models.Model):
    """Abstract base of every row that belongs to a place; `place_code` is the lowest known one."""

    place_code = models.CharField(max_length=12)
    province_code = models.CharField(max_length=6)
    city_code = models.CharField(max_length=6, blank=True)
    county_code = models.CharField(max_length=6, blank=True)
    station_code = models.CharField(max_length=9, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    def put_at(self, code: str) -> None:
        """Set the place and its tier columns (not saved)."""
        self.place_code = code
        for column, value in place_columns(code).items():
            setattr(self, column, value)
