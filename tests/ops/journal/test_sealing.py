"""The feed: dense, in order, complete, whoever commits when; one sealer at a time."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from yipanqi.ops.journal.models import Entry, Seal
from yipanqi.ops.journal.queries import feed_pages, last_feed_no, list_feed, list_latest, unsealed_entry_ids
from yipanqi.ops.journal.sealing import run_sealer, seal_once
from yipanqi.ops.journal.services import Draft, correlated, write_entries, write_entry
from yipanqi.ops.journal.verifying import verify_chain

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MakeDraft = Callable[..., Draft]

pytestmark = pytest.mark.django_db(transaction=True)


def _marks() -> list[str]:
    return [item.subject_id for item in list_feed(after=0)]


def _take_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def test_entries_are_numbered_from_one_in_the_order_written(draft: MakeDraft) -> None:
    write_entries(draft(f"p{n}") for n in range(5))
    assert seal_once(now=NOW) == 5
    assert seal_once(now=NOW) == 0
    assert [item.feed_no for item in list_feed(after=0)] == [1, 2, 3, 4, 5]
    assert _marks() == ["p0", "p1", "p2", "p3", "p4"]
    assert last_feed_no() == 5


def test_an_entry_waits_for_an_older_transaction_that_is_still_open(
    open_transaction: Any, written: Callable[[str], int], draft: MakeDraft
) -> None:
    open_transaction.begin(lambda: write_entry(draft("early")))
    late = written("late")
    assert seal_once(now=NOW) == 0
    assert unsealed_entry_ids() == {late}
    open_transaction.commit()
    assert seal_once(now=NOW) == 2
    assert _marks() == ["early", "late"]


def test_a_transaction_that_began_first_and_wrote_last_is_neither_lost_nor_out_of_place(
    open_transaction: Any, written: Callable[[str], int], draft: MakeDraft
) -> None:
    written("before")
    assert seal_once(now=NOW) == 1
    open_transaction.begin(_take_number)
    lower_id = written("lower-id")
    assert seal_once(now=NOW) == 0
    open_transaction.commit(lambda: write_entry(draft("higher-id")))
    assert Entry.objects.get(subject_id="higher-id").id > lower_id
    assert seal_once(now=NOW) == 2
    assert _marks() == ["before", "higher-id", "lower-id"]
    assert unsealed_entry_ids() == set()
    assert verify_chain().ok


def test_an_entry_whose_id_was_drawn_before_a_sealed_one_is_not_passed_over(
    written: Callable[[str], int],
) -> None:
    with connection.cursor() as cursor:  # two inserts at once may draw ids and transaction numbers crosswise
        cursor.execute("SELECT nextval(pg_get_serial_sequence('journal_entry', 'id'))")
        drawn = cursor.fetchone()[0]
    later = Entry.objects.get(id=written("higher-id"))
    assert later.id > drawn
    assert seal_once(now=NOW) == 1
    columns = "event, version, actor_kind, actor_id, subject_kind, place_code, ground, before, after, payload"
    columns += ", correlation_id, occurred_at, recorded_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO journal_entry (id, subject_id, {columns}) "
            f"SELECT %s, 'lower-id', {columns} FROM journal_entry",
            [drawn],
        )
    assert unsealed_entry_ids() == {drawn}
    assert seal_once(now=NOW) == 1
    assert _marks() == ["higher-id", "lower-id"]


def test_a_rolled_back_entry_leaves_no_gap(written: Callable[[str], int], draft: MakeDraft) -> None:
    with transaction.atomic():
        write_entry(draft("gone"))
        transaction.set_rollback(True)
    written("kept")
    assert seal_once(now=NOW) == 1
    assert [(item.feed_no, item.subject_id) for item in list_feed(after=0)] == [(1, "kept")]


def test_a_second_sealer_leaves_the_work_to_the_first(
    open_transaction: Any, written: Callable[[str], int]
) -> None:
    written("one")
    open_transaction.begin(lambda: seal_once(now=NOW))
    assert seal_once(now=NOW) == 0
    open_transaction.commit()
    assert seal_once(now=NOW) == 0
    assert Seal.objects.count() == 1


def _write_storm(
    draft: MakeDraft, seed: int, committed: list[list[str]], failures: list[BaseException]
) -> None:
    rng = random.Random(seed)
    try:
        for turn in range(25):
            marks = [f"w{seed}-{turn}-{n}" for n in range(rng.randint(1, 3))]
            with transaction.atomic():
                if rng.random() < 0.3:
                    _take_number()
                write_entries(draft(mark) for mark in marks)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [rng.random() / 200])
                undone = rng.random() < 0.2
                transaction.set_rollback(undone)
            if not undone:
                committed.append(marks)
    except BaseException as error:
        failures.append(error)
    finally:
        connection.close()


def test_a_storm_of_writers_and_two_sealers_give_one_dense_complete_feed(draft: MakeDraft) -> None:
    committed: list[list[str]] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def seal_until_done() -> None:
        try:
            while not done.is_set():
                seal_once(now=NOW)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [
        threading.Thread(target=_write_storm, args=(draft, seed, committed, failures)) for seed in range(6)
    ]
    sealers = [threading.Thread(target=seal_until_done) for _ in range(2)]
    for thread in writers + sealers:
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    for thread in sealers:
        thread.join(60)
    assert failures == []
    seal_once(now=NOW)
    items = [item for page in feed_pages(after=0) for item in page]
    assert [item.feed_no for item in items] == list(range(1, len(items) + 1))
    assert Counter(item.subject_id for item in items) == Counter(
        mark for marks in committed for mark in marks
    )
    order = {item.subject_id: item.feed_no for item in items}
    for marks in committed:  # what one transaction wrote stands together, in its order
        assert [order[mark] for mark in marks] == list(range(order[marks[0]], order[marks[0]] + len(marks)))
    assert unsealed_entry_ids() == set()
    assert verify_chain().ok


def test_reading_on_from_a_number_gives_only_what_came_after(written: Callable[[str], int]) -> None:
    for mark in ("a", "b", "c"):
        written(mark)
    seal_once(now=NOW)
    assert [item.subject_id for item in list_feed(after=1, limit=1)] == ["b"]
    assert [item.subject_id for item in list_latest(before=3)] == ["b", "a"]
    assert [item.subject_id for item in list_latest(subject_id="c", event="person.unmasked")] == ["c"]
    assert list_latest(actor_id="nobody") == []


def test_each_place_reads_its_own_and_the_province_all(draft: MakeDraft) -> None:
    for code in ("", "350000", "350100", "350104", "350104001", "350203"):
        write_entry(replace(draft("p1"), place_code=code))
    seal_once(now=NOW)
    seen = {
        scope: [item.place_code for item in reversed(list_latest(scope_code=scope))]
        for scope in ("", "350000", "350100", "350104", "350104001", "350203", "350206")
    }
    everything = ["", "350000", "350100", "350104", "350104001", "350203"]
    assert seen == {
        "": everything,
        "350000": everything,
        "350100": ["350100", "350104", "350104001"],
        "350104": ["350104", "350104001"],
        "350104001": ["350104001"],
        "350203": ["350203"],
        "350206": [],
    }


def test_what_is_written_together_shares_one_correlation(written: Callable[[str], int]) -> None:
    with correlated() as outer:
        written("a")
        written("b")
    written("c")
    seal_once(now=NOW)
    assert [item.correlation_id for item in list_feed(after=0)] == [outer, outer, ""]


def test_the_running_sealer_seals_and_stops_when_told(written: Callable[[str], int]) -> None:
    written("a")
    answers = iter([False, False, True])
    run_sealer(stop=lambda: next(answers))
    assert last_feed_no() == 1
