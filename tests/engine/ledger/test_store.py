"""The store: what goes in comes out, in any portions and any order, and what is wrong is told in a line."""

import json
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.engine.ledger.frames import frame_from, in_order, many, records
from yipanqi.engine.ledger import LedgerError, ledger_from_frame
from yipanqi.engine.ledger.columns import MAX_AMOUNT_MINOR, STILL, VOID
from yipanqi.engine.ledger.manifest import read_manifest
from yipanqi.engine.ledger.segments import TRACED
from yipanqi.engine.ledger.sifting import Conflict
from yipanqi.engine.ledger.store import Appended, Store
from yipanqi.engine.ledger.table import digest_of


def segments(store):
    """The number of rows of each segment."""
    return [entry.rows for entry in read_manifest(store.folder).segments]


@settings(max_examples=25, deadline=None)
@given(records(most=20), st.data())
def test_any_portions_in_any_order_make_the_same_ledger(rows, data):
    whole = ledger_from_frame(frame_from(rows)).digest
    portions = data.draw(st.lists(st.lists(st.sampled_from(rows), max_size=20), max_size=3)) if rows else []
    seen = {row["id"] for portion in portions for row in portion}
    portions.append(data.draw(st.permutations([row for row in rows if row["id"] not in seen] + rows[:3])))
    with TemporaryDirectory() as folder:
        store = Store.create(Path(folder))
        for portion in portions:
            there = {row["id"] for row in store.frame().to_dicts()}
            told = store.append(frame_from(portion))
            new = {row["id"] for row in portion} - there
            assert told == Appended(len(new), len(portion) - len(new), ())
        assert store.ledger().digest == whole
        store.compact()
        assert len(segments(store)) <= 1 and digest_of(store.ledger()) == store.ledger().digest == whole
        assert_frame_equal(store.frame(), frame_from(in_order(rows)))


def test_the_same_rows_again_change_nothing(tmp_path):
    store = Store.create(tmp_path / "a" / "ledger")
    assert len(store.ledger()) == 0 and store.frame().is_empty()
    assert store.append(many(30)) == Appended(30, 0, ())
    generation = store.generation
    assert Store.open(store.folder).append(many(30)) == Appended(0, 30, ())
    assert store.append(many(0)) == Appended(0, 0, ()) and store.generation == generation


def test_other_content_under_a_known_id_is_told_and_not_taken(tmp_path):
    store = Store.create(tmp_path / "ledger")
    store.append(many(30))
    other = many(31).with_columns(
        amount_minor=pl.when(pl.col("id") == "T1-7").then(1).otherwise("amount_minor"),
        channel=pl.when(pl.col("id") == "T1-7").then(pl.lit("柜台")).otherwise("channel"),
    )
    told = store.append(
        pl.concat([other, other.tail(1), other.tail(1).with_columns(serial=pl.lit(9, pl.Int64))])
    )
    assert (told.accepted, told.merged, len(told.conflicts)) == (1, 31 - 1, 2)
    assert told.conflicts[0] == Conflict("T1-30", ("serial",))
    assert told.conflicts[1] == Conflict("T1-7", ("amount_minor", "channel"))
    assert_frame_equal(store.frame(["T1-7", "no"]), many(30)[7])


def test_a_later_append_can_make_a_void_pair_valid_again(tmp_path):
    base = many(1).to_dicts()[0] | {"kind": "transfer", "serial": None, "amount_minor": 5}
    first = base | {"id": "1", "booked_at": 1, "payer": "A", "payee": "B"}
    back = base | {"id": "2", "booked_at": 3, "payer": "B", "payee": "A", "kind": "reversal", "reverses": "1"}
    between = base | {"id": "3", "booked_at": 2, "payer": "B", "payee": "C"}
    store = Store.create(tmp_path / "ledger")
    store.append(frame_from([first, back]))
    assert [bool(flag & VOID) for flag in store.ledger().flags] == [True, True]
    store.append(frame_from([between]))
    assert not any(flag & (VOID | STILL) for flag in store.ledger().flags)


@pytest.mark.parametrize("late", ["original", "reversal"])
def test_a_reversal_and_its_original_of_two_appends_delete_each_other(tmp_path, late):
    base = many(1).to_dicts()[0] | {"kind": "transfer", "serial": None, "amount_minor": 5}
    first = base | {"id": "1", "booked_at": -2, "payer": "A", "payee": "B"}
    back = base | {
        "id": "2",
        "booked_at": -1,
        "payer": "B",
        "payee": "A",
        "kind": "reversal",
        "reverses": "1",
    }
    one, two = (back, first) if late == "original" else (first, back)
    store = Store.create(tmp_path / "ledger")
    store.append(pl.concat([many(30), frame_from([one])]))
    assert not store.ledger().flags[0] & VOID
    store.append(frame_from([two]))
    assert segments(store) == [31, 1]
    for _ in range(2):
        assert [bool(flag & VOID) for flag in store.ledger().flags[:3]] == [True, True, False]
        store.compact()


def test_twins_in_one_frame_do_not_depend_on_its_order(tmp_path):
    twins = pl.concat([many(5), many(5).with_columns(payee_bank=pl.lit("z"), serial=pl.lit(9, pl.Int64))])
    digests = set()
    for name, frame in (("a", twins), ("b", twins.reverse())):
        store = Store.create(tmp_path / name)
        told = store.append(frame)
        assert told.accepted == len(told.conflicts) == 5
        digests.add(store.ledger().digest)
    assert len(digests) == 1


def test_the_tail_is_merged_by_the_rule(tmp_path):
    frame, store = many(1000), Store.create(tmp_path / "ledger")
    store.append(frame.head(900))
    for start in range(900, 916, 2):
        store.append(frame[start : start + 2])
    assert segments(store) == [900, *[2] * 8]
    store.append(frame[916:918])
    assert segments(store) == [900, 18]  # nine beside the largest: merged among themselves
    store.append(frame[918:1000])
    assert segments(store) == [900, 18, 82]
    store.append(many(126, seed=2))
    assert segments(store) == [1126]  # over a quarter of the largest: one segment
    generation = store.generation
    store.compact()
    assert store.generation == generation


def test_one_segment_is_mapped_with_at_most_40_bytes_a_transfer(tmp_path):
    store = Store.create(tmp_path / "ledger")
    store.append(many(2000))
    ledger, folder = store.ledger(), next((tmp_path / "ledger" / "segments").iterdir())
    head = 128  # of a NumPy file
    sizes = {name: (folder / f"{name}.npy").stat().st_size - head for name in TRACED}
    assert sum(sizes.values()) <= 37 * len(ledger)
    columns = (ledger.booked_at, ledger.payer, ledger.payee, ledger.amount, ledger.flags, ledger.ids.by_hash)
    assert sum(column.nbytes for column in columns) + 4 * 2 * len(ledger) == 37 * len(ledger)
    assert not any(column.flags.writeable or column.flags.owndata for column in columns)


def test_writers_wait_for_each_other(tmp_path):
    frame, folder = many(300), tmp_path / "ledger"
    Store.create(folder)
    writers = [
        threading.Thread(target=Store.open(folder).append, args=(frame[start : start + 30],))
        for start in range(0, 300, 30)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert Store.open(folder).ledger().digest == ledger_from_frame(frame).digest


def test_a_folder_of_others_stays_as_it_is(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(LedgerError, match=r"is not empty: letter\.txt$"):
        Store.create(tmp_path)
    Store.create(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="holds a ledger already"):
        Store.create(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="cannot be written"):
        Store.create(tmp_path / "letter.txt" / "ledger")
    for path in (tmp_path, tmp_path / "letter.txt", tmp_path / "none"):
        with pytest.raises(LedgerError, match=r"is not a ledger: it holds no manifest\.json$"):
            Store.open(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is damaged: it is not JSON"),
        ("[]", "is not a ledger"),
        ('{"format": "province-1"}', "is not a ledger"),
        ('{"format": "yipanqi-ledger", "version": 2}', "format 2 is unknown here; this version reads 1"),
        (
            '{"format": "yipanqi-ledger", "version": 1, "generation": 1, "segments": [{}]}',
            "does not list its segments",
        ),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told(tmp_path, text, told):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(LedgerError, match=told) as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)


def test_damaged_segments_are_told(tmp_path):
    store = Store.create(tmp_path / "ledger")
    store.append(many(20))
    folder = next((tmp_path / "ledger" / "segments").iterdir())
    for name in ("amount.npy", "ids.blob.npy", "segment.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-3])
        with pytest.raises(LedgerError, match="is damaged"):
            store.ledger()
        (folder / name).write_bytes(whole)
    head = json.loads((folder / "segment.json").read_bytes())
    (folder / "segment.json").write_text(json.dumps(head | {"rows": 21}))
    with pytest.raises(LedgerError, match="not of one length"):
        store.ledger()
    (folder / "amount.npy").unlink()
    with pytest.raises(LedgerError, match=r"amount\.npy is gone"):
        store.ledger()


def test_what_does_not_fit_changes_nothing(tmp_path):
    store = Store.create(tmp_path / "ledger")
    store.append(many(200).with_columns(amount_minor=pl.lit(MAX_AMOUNT_MINOR, pl.Int64)))
    before = store.generation
    with pytest.raises(LedgerError, match="more money"):
        store.append(many(100, seed=2).with_columns(amount_minor=pl.lit(MAX_AMOUNT_MINOR, pl.Int64)))
    with pytest.raises(LedgerError, match="kind cannot be gift"):
        store.append(many(1, seed=2).with_columns(kind=pl.lit("gift")))
    currencies = pl.Series([f"C{number:03}" for number in range(256)])
    with pytest.raises(LedgerError, match="256 currencies"):
        store.append(many(256, seed=2).with_columns(currency=currencies))
    assert store.generation == before and len(store.ledger()) == 200
