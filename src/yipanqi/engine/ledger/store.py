"""A ledger on disk: a folder of immutable segments and one manifest that says which of them count.

One writer at a time, others wait; readers need no lock and keep what they mapped. Whatever a crash interrupts, the
manifest on disk is the one before or the one after. Leaves reading bank files to `importing`.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import polars as pl

from yipanqi.engine.ledger.columns import MAX_ROWS, MAX_TOTAL_MINOR, LedgerError, checked_frame
from yipanqi.engine.ledger.manifest import (
    NAME,
    TEMPORARY,
    Before,
    Entry,
    Manifest,
    read_manifest,
    replace_manifest,
)
from yipanqi.engine.ledger.rows import Rows, frame_of, merge_rows, rows_from_frame
from yipanqi.engine.ledger.segments import Segment, map_segment, write_segment
from yipanqi.engine.ledger.sifting import Conflict, sift
from yipanqi.engine.ledger.table import Ledger, index_rows
from yipanqi.engine.ledger.texts import make_texts

_LOCK: Final = "writer.lock"
_SEGMENTS: Final = "segments"
_OWN_NAME: Final = re.compile(r"\d{8}")
_MAX_TAIL: Final = 8  # segments beside the largest
_MAX_CURRENCIES: Final = 256


@dataclass(frozen=True)
class Appended:
    """What became of a frame's rows: `accepted + merged + len(conflicts)` is their number."""

    accepted: int
    merged: int  # there before, with the same content
    conflicts: tuple[Conflict, ...]  # there before, with other content; what was there is kept


class Store:
    """A ledger's folder. Several processes may hold one; make them with `create` or `open`."""

    def __init__(self, folder: Path, before: Before) -> None:
        self.folder = folder
        self._before = before

    @classmethod
    def create(cls, folder: Path, *, before: Before = lambda _: None) -> Self:
        """Make an empty ledger in a folder that is new or empty; LedgerError when it is neither."""
        store = cls(folder, before)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            others = sorted({path.name for path in folder.iterdir()} - {_LOCK, _SEGMENTS, TEMPORARY})
            if others:
                what = "holds a ledger already" if NAME in others else f"is not empty: {others[0]}"
                raise LedgerError(f"{folder} {what}")
            (folder / _SEGMENTS).mkdir(exist_ok=True)
            with store._locked():
                if not (folder / NAME).exists():
                    replace_manifest(folder, Manifest(0, ()), before)
        except OSError as error:
            raise LedgerError(f"{folder} cannot be written: {error.strerror}") from error
        return store

    @classmethod
    def open(cls, folder: Path, *, before: Before = lambda _: None) -> Self:
        """A ledger that is there; LedgerError when this is none. `before` hears of every change on disk beforehand."""
        read_manifest(folder)
        return cls(folder, before)

    @property
    def generation(self) -> int:
        """How often this ledger's manifest was replaced: equal numbers, equal ledger."""
        return read_manifest(self.folder).generation

    def ledger(self) -> Ledger:
        """The ledger as it is now: mapped when it is one segment, else its segments merged in memory."""
        segments = self._mapped()[1]
        if len(segments) == 1:
            return segments[0].ledger
        return index_rows(merge_rows([segment.rows for segment in segments]))

    def frame(self, ids: Sequence[str] | None = None) -> pl.DataFrame:
        """The canonical frame of the transfers with these ids that are there, or of all, in the ledger's order."""
        wanted = None if ids is None else make_texts(pl.Series(ids, dtype=pl.String))
        frames = []
        for segment in self._mapped()[1]:
            found = None if wanted is None else segment.rows.ids.find_all(wanted)
            frames.append(frame_of(segment.rows, None if found is None else np.unique(found[found >= 0])))
        empty = frame_of(merge_rows([]))
        return pl.concat([empty, *frames]).sort(["booked_at", "serial", "id"], nulls_last=False)

    def append(self, frame: pl.DataFrame) -> Appended:
        """Add a canonical frame's rows that are not there yet, lastingly; all of them or, with LedgerError, none."""
        frame = checked_frame(frame)
        with self._writing():
            manifest, segments = self._mapped()
            sifted = sift(frame, [segment.rows for segment in segments])
            if len(sifted.frame):
                rows = rows_from_frame(sifted.frame, sifted.ids)
                _check_room(manifest, segments, rows)
                self._tidy(self._replace(manifest, (), rows))
        return Appended(len(sifted.frame), sifted.merged, sifted.conflicts)

    def compact(self) -> None:
        """Make one segment of all, if there are several."""
        with self._writing():
            manifest = read_manifest(self.folder)
            if len(manifest.segments) > 1:
                self._merge(manifest, manifest.segments)

    def _mapped(self) -> tuple[Manifest, list[Segment]]:
        """The manifest and its segments, mapped; again when a writer removed one between the two."""
        while True:
            manifest = read_manifest(self.folder)
            try:
                return manifest, [map_segment(self._path(entry)) for entry in manifest.segments]
            except FileNotFoundError as error:
                if read_manifest(self.folder).generation == manifest.generation:
                    raise LedgerError(f"{self.folder} is damaged: {error.filename} is gone") from error

    def _path(self, entry: Entry) -> Path:
        return self.folder / _SEGMENTS / entry.name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Wait for the lock of writers and hold it."""
        handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, and remove what a crash has left; what the disk refuses becomes a LedgerError."""
        try:
            with self._locked():
                counted = {entry.name for entry in read_manifest(self.folder).segments}
                for path in sorted((self.folder / _SEGMENTS).iterdir()):
                    if _OWN_NAME.fullmatch(path.name) and path.name not in counted:
                        self._remove(path)
                if (self.folder / TEMPORARY).exists():
                    self._before("remove " + TEMPORARY)
                    (self.folder / TEMPORARY).unlink()
                yield
        except OSError as error:
            raise LedgerError(f"{self.folder} cannot be written: {error.strerror}") from error

    def _remove(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            self._before(f"remove {path.name}")
            path.unlink()
        self._before(f"remove {folder.name}")
        folder.rmdir()

    def _replace(self, manifest: Manifest, old: Sequence[Entry], rows: Rows) -> Manifest:
        """Write rows as a segment in the place of old ones, whose folders go once the manifest no longer names
        them.
        """
        generation = manifest.generation + 1
        entry = Entry(f"{generation:08}", len(rows), int(rows.amount.sum()))
        write_segment(self._path(entry), rows, index_rows(rows), self._before)
        kept = [each for each in manifest.segments if each not in old]
        after = Manifest(generation, (*kept, entry))
        replace_manifest(self.folder, after, self._before)
        for each in old:
            self._remove(self._path(each))
        return after

    def _merge(self, manifest: Manifest, entries: Sequence[Entry]) -> Manifest:
        return self._replace(
            manifest, entries, merge_rows([map_segment(self._path(e)).rows for e in entries])
        )

    def _tidy(self, manifest: Manifest) -> None:
        """Merge all once the others hold over a quarter of the largest, or else only the others when there are over
        8.
        """
        largest, *tail = sorted(manifest.segments, key=lambda entry: -entry.rows)
        if 4 * sum(entry.rows for entry in tail) > largest.rows:
            self._merge(manifest, manifest.segments)
        elif len(tail) > _MAX_TAIL:
            self._merge(manifest, tail)


def _check_room(manifest: Manifest, segments: Sequence[Segment], rows: Rows) -> None:
    """LedgerError when stored and new rows do not fit into one ledger."""
    if sum(entry.rows for entry in manifest.segments) + len(rows) > MAX_ROWS:
        raise LedgerError(f"a ledger holds at most {MAX_ROWS} transfers")
    if sum(entry.amount_minor for entry in manifest.segments) + int(rows.amount.sum()) > MAX_TOTAL_MINOR:
        raise LedgerError("the ledger would hold more money than sums can hold exactly")
    tables = [rows.currencies, *(segment.rows.currencies for segment in segments)]
    if len(set().union(*tables)) > _MAX_CURRENCIES:
        raise LedgerError(f"a ledger holds at most {_MAX_CURRENCIES} currencies")
