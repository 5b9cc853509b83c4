"""Reads a batch of bank files into canonical transfers: every row is accepted, merged or rejected with its reason.

A file that cannot be understood is refused by itself, the others go on. Order of files and rows does not
matter, and the same file twice counts once. Leaves where the transfers are kept to `store`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from yipanqi.catalog import plain_column
from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.importing import delimited, workbooks
from yipanqi.engine.ledger.importing.assembling import assemble
from yipanqi.engine.ledger.importing.balances import find_breaks, settle_directions
from yipanqi.engine.ledger.importing.cells import REJECTS, take_cells
from yipanqi.engine.ledger.importing.flows import RECORD, read_flows
from yipanqi.engine.ledger.importing.heads import (
    NO_MAP,
    ColumnMap,
    Found,
    MappingError,
    Words,
    find_columns,
    read_words,
)
from yipanqi.engine.ledger.importing.holders import (
    COMPANION,
    called,
    find_holders,
    name_sides,
    read_companion,
)
from yipanqi.engine.ledger.importing.identity import derive_ids
from yipanqi.engine.ledger.importing.instants import check_zone
from yipanqi.engine.ledger.importing.merging import merge_by_id
from yipanqi.engine.ledger.importing.pairing import HALF, pair_halves
from yipanqi.engine.ledger.importing.tables import FileRefused, Table, list_files
from yipanqi.engine.ledger.importing.transfers import read_transfers

ZONE: Final = "Asia/Shanghai"
_TEXT: Final = frozenset({".csv", ".txt", ".tsv"})
_EXCEL: Final = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".et"})
_ROWS: Final = {**SCHEMA, "file": pl.String, "row": pl.UInt32}
_SAID: Final = (  # what makes a record the same record: all that its bank said of the transfer
    "own_account", "own_card", "other_account", "other_card", "label", "booked_at", "currency", "amount_minor",
    "out", "balance_minor", "number",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows of the batch, without companions': rows_in = accepted + merged + rejected."""

    rows_in: int
    accepted: int
    merged: int
    rejected: int


@dataclass(frozen=True, slots=True)
class FileRead:
    """A table that was read: what it is (transfers, flows, companion) and how many rows it has."""

    file: str
    role: str
    rows: int


@dataclass(frozen=True)
class Imported:
    """What a batch gave.

    `frame`: canonical rows, and beside it `origins` (file, row) of each. `rejects`: REJECTS. `balance_breaks`:
    BREAKS. `accounts`: account, bank, name, numbers. `refused`: a line for each file that could not be
    understood. `settled`: (file, row) of rows whose blank direction the balances decided. `halves`: what
    one-sided records became, for the next batch.
    """

    frame: pl.DataFrame
    origins: pl.DataFrame
    rejects: pl.DataFrame
    totals: Totals
    balance_breaks: pl.DataFrame
    accounts: pl.DataFrame
    files: tuple[FileRead, ...]
    refused: tuple[str, ...]
    settled: pl.DataFrame
    halves: pl.DataFrame


@dataclass
class _Batch:
    """What was read so far, as pieces."""

    mapping: ColumnMap
    words: Words
    zone: str
    transfers: list[pl.DataFrame] = field(default_factory=list)
    records: list[pl.DataFrame] = field(default_factory=list)
    companions: list[pl.DataFrame] = field(default_factory=list)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    files: list[FileRead] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # columns of all tables, plain
    direction: dict[str, str] = field(default_factory=dict)  # file → its direction column


def import_flows(
    paths: Iterable[Path],
    *,
    mapping: ColumnMap | None = None,
    zone: str = ZONE,
    progress: Callable[[int, int], None] | None = None,
    known: pl.DataFrame | None = None,
) -> Imported:
    """Read files and folders. `zone` is that of times without an offset; `progress` gets bytes done and in all.

    `known` are the `halves` of earlier batches of the same ledger: records among them merge, and new ones find
    their other half there. Raises MappingError when no file has a column the map names, ZoneError for an
    unknown zone.
    """
    check_zone(zone)
    files = list_files(paths)
    mapping = mapping or NO_MAP
    batch = _Batch(mapping, read_words(mapping), zone)
    total = sum(path.stat().st_size for path in files if path.is_file())
    done = 0

    def on_bytes(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    for path in files:
        for table in _open(path, on_bytes, batch.refused):
            _read_table(table, batch)
    for meaning, name in mapping.columns.items():
        if plain_column(name) not in batch.names:
            raise MappingError(f"columns.{meaning}: no file has a column {name}")
    return _finish(batch, HALF_EMPTY if known is None else known)


HALF_EMPTY: Final = pl.DataFrame(schema=HALF)


def _open(path: Path, on_bytes: Callable[[int], None], refused: list[str]) -> list[Table]:
    """The tables of a file. Some banks' `.xls` is text: what does not begin as a workbook is read as such."""
    try:
        suffix = path.suffix.lower()
        if suffix in _TEXT or (suffix in _EXCEL and not workbooks.is_workbook(path)):
            return [delimited.open_delimited(path, on_bytes)]
        if suffix in _EXCEL:
            return workbooks.open_workbook(path, on_bytes)
        if suffix == ".parquet":
            return [workbooks.open_parquet(path, on_bytes)]
        kind = suffix or "without suffix"
        raise FileRefused(str(path), f"kind {kind} is not one of .csv .txt .tsv .xlsx .xls .parquet")
    except FileRefused as error:
        refused.append(str(error))
    except OSError as error:
        refused.append(f"{path}: cannot be read ({error.strerror or error})")
    return []


def _read_table(table: Table, batch: _Batch) -> None:
    """Add a whole table to the batch, or only the line that says why it was refused."""
    rejects: list[pl.DataFrame] = []
    pieces: list[pl.DataFrame] = []
    rows = 0
    try:
        found = find_columns(table, batch.mapping)
        for chunk in table.chunks(found.head):
            cells, bad = take_cells(chunk, found)
            rows += len(cells) + len(bad)
            good, worse = _read_rows(cells, found, batch)
            pieces.append(good)
            rejects += [bad, worse]
    except FileRefused as error:
        batch.refused.append(str(error))
        return
    except OSError as error:
        batch.refused.append(f"{table.file}: cannot be read ({error.strerror or error})")
        return
    batch.names |= {plain_column(name) for name in found.names.values()}
    _keep(found, pieces, batch)
    if found.role != "companion":
        above = [(table.file, row, "", text[:100], "not_a_transfer") for row, text in found.above]
        rows += len(above)
        batch.rejects += [*rejects, pl.DataFrame(above, schema=REJECTS, orient="row")]
    batch.files.append(FileRead(table.file, found.role, rows))


def _read_rows(cells: pl.DataFrame, found: Found, batch: _Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    if found.role == "companion":
        return read_companion(cells, batch.words), pl.DataFrame(schema=REJECTS)
    read = read_transfers if found.role == "transfers" else read_flows
    return read(cells, found, batch.words, batch.zone)


def _keep(found: Found, pieces: list[pl.DataFrame], batch: _Batch) -> None:
    if not pieces:
        return
    file = pl.lit(found.table.file).alias("file")
    if found.role == "companion":
        batch.companions += pieces
    elif found.role == "flows":
        records = pl.concat(pieces)
        batch.records.append(records.with_columns(derive_ids(records, _SAID)))
        batch.direction[found.table.file] = found.names.get("direction", "direction")
    elif "id" in found.columns:
        batch.transfers += [piece.with_columns(file).select(*_ROWS) for piece in pieces]
    else:
        rows = pl.concat(pieces)
        ids = derive_ids(rows, [name for name in SCHEMA if name != "id"])
        batch.transfers.append(rows.with_columns(ids, file).select(*_ROWS))


def _finish(batch: _Batch, known: pl.DataFrame) -> Imported:
    whole = pl.concat([pl.DataFrame(schema={**RECORD, "id": pl.String}), *batch.records])
    records = settle_directions(_once(whole))
    same = len(whole) - len(records)
    rejects = [*batch.rejects, _undecided(records.filter(pl.col("out").is_null()), batch.direction)]
    records = records.filter(pl.col("out").is_not_null())
    companions = pl.concat([pl.DataFrame(schema=dict.fromkeys(COMPANION, pl.String)), *batch.companions])
    holders = find_holders(companions, records)
    records = name_sides(records, holders)
    breaks = find_breaks(records)
    settled = records.filter("settled").select("file", "row").sort("file", "row")
    fresh = records.filter(~pl.col("id").is_in(known["id"].implode()))
    known = known.with_columns(called(pl.col(name), holders.canonical) for name in ("own", "other"))
    pairs = pair_halves(_halves(fresh, known))
    told = assemble(fresh, pairs, known)
    merged = merge_by_id(pl.concat([told.select(*_ROWS), *batch.transfers]))
    rejects.append(_conflicts(merged.conflicts))
    rejected = pl.concat([pl.DataFrame(schema=REJECTS), *rejects]).sort("file", "row", "reason_code")
    both = same + len(records) - len(told) + merged.merged
    rows_in = sum(each.rows for each in batch.files if each.role != "companion")
    return Imported(
        frame=merged.rows.select(*SCHEMA),
        origins=merged.rows.select("file", "row"),
        rejects=rejected,
        totals=Totals(rows_in, len(merged.rows), both, len(rejected)),
        balance_breaks=breaks,
        accounts=holders.accounts,
        files=tuple(batch.files),
        refused=tuple(batch.refused),
        settled=settled,
        halves=_register(fresh, known, pairs, told),
    )


def _once(records: pl.DataFrame) -> pl.DataFrame:
    """Each record once: of copies the first by content, so that the order of files is nothing."""
    rest = [name for name in RECORD if name not in ("file", "row")]
    ordered = records.sort("id", *rest, "file", "row", nulls_last=True)
    return ordered.unique("id", keep="first", maintain_order=True)


def _undecided(records: pl.DataFrame, direction: dict[str, str]) -> pl.DataFrame:
    return records.select(
        "file",
        "row",
        column=pl.col("file").replace(direction) if direction else "file",
        value=pl.lit(None, pl.String),
        reason_code=pl.lit("direction_missing"),
    )


def _conflicts(conflicts: pl.DataFrame) -> pl.DataFrame:
    return conflicts.select(
        "file",
        "row",
        column=pl.lit("id"),
        value=pl.format("{} (see {})", "id", "seen"),
        reason_code=pl.lit("id_conflict"),
    )


def _halves(fresh: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """New records, and those of the ledger that still lack their other half."""
    single = known.filter(pl.len().over("transfer") == 1)
    new = fresh.with_columns(transfer=pl.lit(None, pl.String), reverses=pl.lit(None, pl.String))
    return pl.concat([new.select(*HALF), single.select(*HALF)])


def _register(
    fresh: pl.DataFrame, known: pl.DataFrame, pairs: pl.DataFrame, told: pl.DataFrame
) -> pl.DataFrame:
    """What each new record became: its own transfer, its pair's, or the one its other half already is in the
    ledger.
    """
    back = told.filter(pl.col("kind") == "reversal").select("id", pl.col("reverses").fill_null(""))
    reverses = pl.concat([known.select("transfer", "reverses"), back.rename({"id": "transfer"})])
    became = dict(known.select("id", "transfer").iter_rows())
    table = dict(pairs.select("in_id", "out_id").iter_rows())
    table = {half: became.get(out, out) for half, out in table.items()}
    table |= {
        out: became[half] for half, out in pairs.select("in_id", "out_id").iter_rows() if half in became
    }
    own = pl.col("id")
    became_of = fresh.with_columns(transfer=own.replace(table) if table else own)
    told_once = reverses.unique("transfer")
    return became_of.join(told_once, on="transfer", how="left", maintain_order="left").select(*HALF)
