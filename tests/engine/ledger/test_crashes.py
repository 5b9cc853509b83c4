"""Killed at every change on disk, the store is as before or as after; read while it is written, it is always whole."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.ledger.frames import many
from yipanqi.engine.ledger import ledger_from_frame
from yipanqi.engine.ledger.manifest import TEMPORARY, read_manifest
from yipanqi.engine.ledger.store import Store
from yipanqi.engine.ledger.table import digest_of

ROOT = Path(__file__).parents[3]


def program(name, *arguments):
    """The command line and environment of a program that lies beside this file."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    command = [sys.executable, "-m", f"tests.engine.ledger.{name}", *map(str, arguments)]
    return {"args": command, "cwd": ROOT, "env": {**os.environ, "PYTHONPATH": path}, "text": True}


def is_clean(folder):
    """Whether a store holds what its manifest names and nothing else."""
    named = {entry.name for entry in read_manifest(folder).segments}
    return (
        named == {path.name for path in (folder / "segments").iterdir()} and not (folder / TEMPORARY).exists()
    )


@pytest.fixture(scope="module")
def deaths(tmp_path_factory):
    """Copies of a store of two segments, in each of which an append with compaction died one change later."""
    folder, frame = tmp_path_factory.mktemp("deaths"), many(90)
    sound = Store.create(folder / "sound")
    sound.append(frame.head(50))
    sound.append(frame[50:60])
    frame.tail(40).write_ipc(folder / "rows.ipc")  # ten of them are there: merged
    subprocess.run(**program("dying", folder), check=True, timeout=300)
    yield sorted(folder.glob("[0-9]*"))
    shutil.rmtree(folder)


def test_a_killed_append_leaves_the_old_state_or_the_new_one(deaths):
    frame = many(90)
    old, new = (ledger_from_frame(each).digest for each in (frame.head(60), frame))
    seen = [digest_of(Store.open(folder).ledger()) for folder in deaths]
    turned = seen.index(new)
    assert seen == [old] * turned + [new] * (len(seen) - turned)
    assert turned > 25 and len(seen) - turned > 80  # it died in both of them, and in the compaction


def test_the_next_writer_clears_up_and_goes_on(deaths):
    frame = many(90)
    new, leftovers = ledger_from_frame(frame).digest, 0
    for folder in deaths:
        leftovers += not is_clean(folder)
        Store.open(folder).append(frame)
        assert is_clean(folder) and Store.open(folder).ledger().digest == new
    assert leftovers > 100


def test_torn_files_that_do_not_count_are_removed(tmp_path):
    store = Store.create(tmp_path / "ledger")
    store.append(many(20))
    left = tmp_path / "ledger" / "segments" / "00000002"
    shutil.copytree(left.with_name("00000001"), left)
    os.truncate(left / "amount.npy", 17)
    (tmp_path / "ledger" / TEMPORARY).write_bytes(b'{"format": "yip')
    (left.parent / "mine.txt").write_text("not the store's")
    assert len(store.ledger()) == 20
    store.append(many(21))
    (left.parent / "mine.txt").unlink()
    assert is_clean(tmp_path / "ledger") and len(store.ledger()) == 21


def test_readers_see_whole_ledgers_while_others_write(tmp_path):
    frame, store, stop = many(400), Store.create(tmp_path / "ledger"), tmp_path / "stop"
    known = {ledger_from_frame(frame.head(end)).digest for end in range(20, 401, 20)}
    store.append(frame.head(20))
    reader = subprocess.Popen(**program("reading", store.folder, stop), stdout=subprocess.PIPE)
    first = reader.stdout.readline().strip()
    for end in range(40, 401, 20):
        store.append(frame[end - 20 : end])
    store.compact()
    stop.touch()
    seen = reader.communicate(timeout=60)[0].split()
    assert reader.returncode == 0
    assert first in known and set(seen) <= known and len(set(seen)) > 1
    assert seen[-1] == first  # what it mapped is there, though its files are long removed
