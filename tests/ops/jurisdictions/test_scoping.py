"""The scope rule: no way to rows of a place that does not say for whom, and nobody sees beyond the own place."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Count, Max
from django.test.utils import isolate_apps

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.jurisdictions.scoping import (
    Placed,
    ScopedQuerySet,
    UnscopedQuery,
    place_columns,
    scope_filter,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PLACES = ("350000", "350100", "350104", "350104001", "350105", "350200")


@pytest.fixture(scope="module")
def tables() -> Iterator[tuple[type[models.Model], type[Placed]]]:
    """Two models of this test alone: a `Folder`, and a `Paper` that belongs to a place and to a folder."""
    with isolate_apps("yipanqi.ops.jurisdictions"):

        class Folder(models.Model):
            class Meta:
                app_label = "jurisdictions"

        class Paper(Placed):
            folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="papers")
            number = models.IntegerField()

            class Meta:
                app_label = "jurisdictions"

        yield Folder, Paper


@pytest.fixture
def papers(db: None, tables: tuple[type[models.Model], type[Placed]]) -> tuple[models.Model, type[Placed]]:
    """One folder with one paper at each of `PLACES`."""
    folder_model, paper_model = tables
    with connection.schema_editor() as editor:
        editor.create_model(folder_model)
        editor.create_model(paper_model)
    folder = folder_model._default_manager.create()
    for number, code in enumerate(PLACES):
        paper = paper_model(folder=folder, number=number)
        paper.put_at(code)
        paper.save()
    return folder, paper_model


WAYS: dict[str, Callable[[Any], object]] = {
    "list": list,
    "bool": bool,
    "len": len,
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[1:3]),
    "step": lambda rows: rows[0:4:2],
    "repr": repr,
    "contains": lambda rows: object() in rows,
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "get": lambda rows: rows.get(number=2),
    "get_or_create": lambda rows: rows.get_or_create(number=2),
    "update_or_create": lambda rows: rows.update_or_create(number=2, defaults={"number": 3}),
    "latest": lambda rows: rows.latest("number"),
    "earliest": lambda rows: rows.earliest("number"),
    "in_bulk": lambda rows: rows.in_bulk([1, 2]),
    "iterator": lambda rows: list(rows.iterator()),
    "async iterator": lambda rows: rows.aiterator(),
    "explain": lambda rows: rows.explain(),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "aggregate": lambda rows: rows.aggregate(Max("number")),
    "update": lambda rows: rows.update(number=0),
    "delete": lambda rows: rows.delete(),
    "values": lambda rows: list(rows.values()),
    "values_list": lambda rows: list(rows.values_list("number", flat=True)),
    "values_list first": lambda rows: rows.values_list("number").first(),
    "grouped": lambda rows: list(rows.values("county_code").annotate(n=Count("id"))),
    "filter": lambda rows: list(rows.filter(number=2)),
    "filter by place": lambda rows: list(rows.filter(county_code="350104")),
    "exclude": lambda rows: list(rows.exclude(number=2)),
    "order_by": lambda rows: list(rows.order_by("-number")),
    "distinct": lambda rows: list(rows.distinct()),
    "select_related": lambda rows: list(rows.select_related("folder")),
    "defer": lambda rows: list(rows.defer("number")),
    "only": lambda rows: list(rows.only("number")),
    "lock": lambda rows: list(rows.select_for_update()),
    "union": lambda rows: list(rows.union(rows)),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_to_the_rows_without_a_scope(papers: tuple[models.Model, type[Placed]], way: str) -> None:
    folder, paper = papers
    for rows in (paper.objects.all(), folder.papers.all()):
        with pytest.raises(UnscopedQuery, match="Paper"):
            WAYS[way](rows)
    assert sorted(paper.objects.for_system("test").values_list("number", flat=True)) == list(
        range(len(PLACES))
    )


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"get_or_create", "update_or_create", "delete"}))
def test_every_way_is_open_once_scoped(papers: tuple[models.Model, type[Placed]], way: str) -> None:
    folder, paper = papers
    for rows in (
        paper.objects.in_scope("350104"),
        folder.papers.in_scope("350104"),
        paper.objects.for_system("test"),
    ):
        WAYS[way](rows)


def test_the_manager_itself_is_closed_as_well(papers: tuple[models.Model, type[Placed]]) -> None:
    folder, paper = papers
    for manager in (paper.objects, folder.papers):
        for way in ("count", "exists", "first", "iterator"):
            with pytest.raises(UnscopedQuery):
                getattr(manager, way)()


def test_prefetching_without_a_scope_is_refused(papers: tuple[models.Model, type[Placed]]) -> None:
    folder, _ = papers
    with pytest.raises(UnscopedQuery):
        list(type(folder)._default_manager.prefetch_related("papers"))


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ("350000", set(PLACES)),
        ("350100", {"350100", "350104", "350104001", "350105"}),
        ("350104", {"350104", "350104001"}),
        ("350104001", {"350104001"}),
        ("350106", set()),
        ("350104002", set()),
        ("360000", set()),
    ],
)
def test_a_place_sees_itself_and_below_only(
    papers: tuple[models.Model, type[Placed]], scope: str, seen: set[str]
) -> None:
    _, paper = papers
    rows = paper.objects.in_scope(scope)
    assert set(rows.values_list("place_code", flat=True)) == seen
    assert rows.count() == len(seen)


def test_a_scope_outlasts_further_narrowing_and_order(papers: tuple[models.Model, type[Placed]]) -> None:
    _, paper = papers
    assert not paper.objects.in_scope("350104").filter(place_code="350105").exists()
    assert not paper.objects.filter(place_code="350105").in_scope("350104").exists()
    numbers = paper.objects.order_by("-number").in_scope("350100").values_list("number", flat=True)
    assert list(numbers) == [4, 3, 2, 1]


def test_updating_and_deleting_in_a_scope_leave_the_rest_alone(
    papers: tuple[models.Model, type[Placed]],
) -> None:
    _, paper = papers
    assert paper.objects.in_scope("350104").update(number=99) == 2
    assert paper.objects.in_scope("350105").delete()[0] == 1
    rest = paper.objects.for_system("test").values_list("place_code", "number")
    assert dict(rest) == {"350000": 0, "350100": 1, "350104": 99, "350104001": 99, "350200": 5}


def test_an_unscoped_set_cannot_ride_in_on_a_scoped_one(papers: tuple[models.Model, type[Placed]]) -> None:
    _, paper = papers
    scoped, unscoped = paper.objects.in_scope("350104"), paper.objects.all()
    for join in (lambda: scoped | unscoped, lambda: scoped.union(unscoped), lambda: scoped ^ unscoped):
        with pytest.raises(UnscopedQuery):
            list(join())


def test_a_scope_that_is_not_a_place_is_refused() -> None:
    rows = ScopedQuerySet()
    for code in ("", "35", "350104000", "abc", "350104%"):
        with pytest.raises(YipanqiError):
            scope_filter(code)
        with pytest.raises(YipanqiError):
            rows.in_scope(code)


def test_tier_columns_hold_the_place_and_what_is_above_it() -> None:
    assert place_columns("350104001") == {
        "province_code": "350000",
        "city_code": "350100",
        "county_code": "350104",
        "station_code": "350104001",
    }
    assert place_columns("350100") == {
        "province_code": "350000",
        "city_code": "350100",
        "county_code": "",
        "station_code": "",
    }
