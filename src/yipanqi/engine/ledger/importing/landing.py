"""Brings a batch of bank files into a ledger on disk, and keeps beside it what one-sided records became.

That register (`halves.parquet`) lets a later batch find the other half of a transfer, and a file that comes
again change nothing. It is written after the transfers: a crash between the two is healed by importing the same
files again. Leaves reading to `batch` and transfers on disk to `store`.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from yipanqi.engine.ledger.columns import LedgerError
from yipanqi.engine.ledger.importing.batch import ZONE, Imported, Totals, import_flows
from yipanqi.engine.ledger.importing.heads import ColumnMap
from yipanqi.engine.ledger.importing.pairing import HALF
from yipanqi.engine.ledger.store import Store

_HALVES: Final = "halves.parquet"
_LOCK: Final = "import.lock"


@dataclass(frozen=True)
class Landed:
    """What a batch brought into a ledger: the batch, all rejects, and the totals, with the ledger's own."""

    imported: Imported
    rejects: pl.DataFrame
    totals: Totals


def import_into(
    folder: Path,
    paths: Iterable[Path],
    *,
    mapping: ColumnMap | None = None,
    zone: str = ZONE,
    progress: Callable[[int, int], None] | None = None,
) -> Landed:
    """Import files into the ledger in `folder`, made when absent, as `import_flows` reads them; one importer at a
    time.

    Raises LedgerError when the folder cannot be a ledger, and when no file holds a row of transfers: then nothing
    changes.
    """
    paths = list(paths)
    if (folder / "manifest.json").exists():
        with _alone(folder):
            imported = import_flows(
                paths, mapping=mapping, zone=zone, progress=progress, known=_read_halves(folder)
            )
            _refuse_empty(imported)
            return _append(Store.open(folder), imported)
    imported = import_flows(paths, mapping=mapping, zone=zone, progress=progress)
    _refuse_empty(imported)
    store = Store.create(folder)
    with _alone(folder):
        return _append(store, imported)


def _refuse_empty(imported: Imported) -> None:
    if not any(each.role != "companion" for each in imported.files):
        raise LedgerError(imported.refused[0] if imported.refused else "no file holds transfers")


def _append(store: Store, imported: Imported) -> Landed:
    appended = store.append(imported.frame)
    store.compact()  # a ledger at rest opens at once
    if len(imported.halves):
        _write_halves(store.folder, imported.halves)
    taken = pl.DataFrame(
        {"id": [conflict.id for conflict in appended.conflicts],
         "fields": [", ".join(conflict.fields) for conflict in appended.conflicts]},
        schema={"id": pl.String, "fields": pl.String},
    )  # fmt: skip
    placed = imported.frame.select("id").hstack(imported.origins).join(taken, on="id")
    conflicts = placed.select(
        "file",
        "row",
        column=pl.lit("id"),
        value=pl.format("{} ({})", "id", "fields"),
        reason_code=pl.lit("id_in_ledger"),
    )
    read = imported.totals
    totals = Totals(
        read.rows_in,
        appended.accepted,
        read.merged + appended.merged,
        read.rejected + len(appended.conflicts),
    )
    return Landed(imported, pl.concat([imported.rejects, conflicts]), totals)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for other importers into the same ledger."""
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LedgerError(f"{folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read_halves(folder: Path) -> pl.DataFrame:
    path = folder / _HALVES
    if not path.exists():
        return pl.DataFrame(schema=HALF)
    try:
        return pl.read_parquet(path).select(*HALF)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LedgerError(f"{path} is damaged: {' '.join(str(error).split())[:160]}") from error


def _write_halves(folder: Path, new: pl.DataFrame) -> None:
    whole = pl.concat([_read_halves(folder), new])
    path = folder / (_HALVES + ".new")
    try:
        whole.write_parquet(path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(folder / _HALVES)
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error
