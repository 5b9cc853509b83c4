"""Insert-only and provable: the database refuses changes, and the chain names the first one made behind its back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection

from yipanqi import catalog
from yipanqi.ops.journal.models import Entry, Seal
from yipanqi.ops.journal.sealing import GENESIS, seal_once
from yipanqi.ops.journal.services import Draft, write_entries, write_entry
from yipanqi.ops.journal.verifying import verify_chain

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MakeDraft = Callable[..., Draft]

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def _behind_its_back() -> Iterator[Callable[[str], None]]:
    """Run SQL as somebody with the owner's rights who switched the triggers off."""
    with connection.cursor() as cursor:
        for table in ("journal_entry", "journal_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield cursor.execute
        finally:
            for table in ("journal_entry", "journal_seal"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def five(draft: MakeDraft) -> list[int]:
    """Ids of five sealed entries."""
    write_entries(draft(f"p{n}") for n in range(1, 6))
    assert seal_once(now=NOW) == 5
    return list(Entry.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.parametrize(
    "change",
    [
        lambda: Entry.objects.update(payload={}),
        lambda: Seal.objects.update(hash="0"),
        lambda: Seal.objects.filter(feed_no=5).delete(),
        lambda: Entry.objects.filter(subject_id="p1").update(subject_id="p9"),
    ],
)
def test_the_database_refuses_to_change_or_delete(five: list[int], change: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match="insert-only"):
        change()
    assert verify_chain().ok


def test_deleting_an_entry_that_is_not_sealed_yet_is_refused_too(draft: MakeDraft) -> None:
    write_entry(draft("p1"))
    with pytest.raises(DatabaseError, match="DELETE on journal_entry"):
        Entry.objects.all()._raw_delete("default")
    assert Entry.objects.count() == 1


def test_an_untouched_chain_is_good_and_its_head_can_be_noted(five: list[int]) -> None:
    result = verify_chain()
    assert (result.ok, result.checked, result.first_broken) == (True, 5, None)
    assert result.head == Seal.objects.get(feed_no=5).hash
    assert verify_chain(expect_head=result.head).ok


def test_an_empty_journal_is_good() -> None:
    assert (verify_chain().ok, verify_chain().head) == (True, GENESIS)


@pytest.mark.parametrize(
    "assignment",
    [
        "payload = '{}'",
        "actor_id = 'other'",
        "subject_id = 'other'",
        "event = 'officer.created'",
        "version = 2",
        "place_code = '350100'",
        "ground = 'other'",
        "before = 'x'",
        "after = 'x'",
        "correlation_id = 'x'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "actor_kind = 'officer'",
        "subject_kind = 'alert'",
    ],
)
def test_a_change_to_any_column_is_found_at_its_number(five: list[int], assignment: str) -> None:
    with _behind_its_back() as run:
        run(f"UPDATE journal_entry SET {assignment} WHERE id IN ({five[2]}, {five[4]})")
    result = verify_chain()
    assert (result.ok, result.first_broken, result.checked) == (False, 3, 2)
    assert str(five[2]) in result.reason


def test_a_deleted_entry_is_found_at_its_number(five: list[int]) -> None:
    with _behind_its_back() as run:
        run("DELETE FROM journal_seal WHERE feed_no = 2")
        run(f"DELETE FROM journal_entry WHERE id = {five[1]}")
    result = verify_chain()
    assert (result.ok, result.first_broken) == (False, 2)
    assert "missing" in result.reason


def test_two_entries_that_changed_places_are_found(five: list[int]) -> None:
    with _behind_its_back() as run:
        run("DELETE FROM journal_seal WHERE feed_no = 3")
        run(f"UPDATE journal_seal SET entry_id = {five[2]} WHERE feed_no = 2")
    assert verify_chain().first_broken == 2


def test_a_cut_tail_is_found_only_with_the_head_noted_before(five: list[int]) -> None:
    noted = verify_chain().head
    with _behind_its_back() as run:
        run("DELETE FROM journal_seal WHERE feed_no >= 4")
    assert verify_chain().ok
    result = verify_chain(expect_head=noted)
    assert (result.ok, result.first_broken) == (False, 4)


@pytest.mark.parametrize(
    "payload",
    [
        {"person_id": "p1", "name": "x"},
        {},
        {"person_id": "王小明"},
        {"person_id": "13812342207"},
        {"person_id": "p1", "reason": "he said so"},
    ],
)
def test_a_payload_that_is_not_as_declared_is_refused_and_nothing_is_written(
    payload: dict[str, object], draft: MakeDraft
) -> None:
    with pytest.raises(catalog.CatalogError):
        write_entry(draft("p1", payload=payload))
    with pytest.raises(catalog.CatalogError):
        write_entries([draft("p1"), draft("p2", payload=payload)])
    assert Entry.objects.count() == 0


def test_an_event_nobody_declared_is_refused(draft: MakeDraft) -> None:
    with pytest.raises(catalog.CatalogError):
        write_entry(replace(draft("p1"), event="person.invented"))
