"""Opens Excel workbooks and Parquet files of bank flows as tables of text, without losing or inventing a digit.

A number in Excel is a float. One that is whole and has at most 15 digits is written out; any other keeps the
form in which the rules for accounts and amounts see what it is. Leaves the meaning of cells to others.
"""

import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from yipanqi.engine.ledger.importing.tables import (
    CHUNK_ROWS,
    HEAD_ROWS,
    ROW,
    Chunk,
    FileRefused,
    Head,
    Table,
    frame_of_rows,
)

_SAFE_WHOLE: Final = 10**15
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (a naive instant of a typed column)


def is_workbook(path: Path) -> bool:
    """Whether a file begins as workbooks do: a ZIP archive, or an OLE2 container."""
    with path.open("rb") as file:
        return file.read(2) in (b"PK", b"\xd0\xcf")


def open_workbook(path: Path, on_bytes: Callable[[int], None]) -> list[Table]:
    """The sheets of a workbook that are not empty. Raises FileRefused."""
    raw = path.read_bytes()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (CalamineError, WorksheetNotFound, ValueError, OSError) as error:
        raise FileRefused(str(path), f"is not an Excel workbook ({_line(error)})") from error
    on_bytes(len(raw))
    tables = [_sheet_table(path, sheet, len(sheets) > 1) for sheet in sheets if sheet.height]
    if not tables:
        raise FileRefused(str(path), "is empty")
    return tables


def _sheet_table(path: Path, sheet: CalamineSheet, several: bool) -> Table:
    rows = sheet.to_python(skip_empty_area=False)
    first = [[cell_text(cell) for cell in row] for row in rows[:HEAD_ROWS]]

    def chunks(head: Head) -> Iterator[Chunk]:
        for start in range(head.at + 1, len(rows), CHUNK_ROWS):
            piece = ([cell_text(cell) for cell in row] for row in rows[start : start + CHUNK_ROWS])
            yield Chunk(frame_of_rows(enumerate(piece, start + 1), head.width))

    file = f"{path}[{sheet.name}]" if several else str(path)
    return Table(file, (first,), chunks, excel=True)


def cell_text(cell: Any) -> str:
    """A cell of a workbook as text: dates in ISO 8601, whole numbers of up to 15 digits without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        whole = abs(cell) < _SAFE_WHOLE and cell == int(cell)
        return str(int(cell)) if whole else repr(float(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return (_EPOCH + cell).time().isoformat()
    return "" if cell is None else str(cell)


def open_parquet(path: Path, on_bytes: Callable[[int], None]) -> Table:
    """The table of a Parquet file. Raises FileRefused."""
    try:
        schema = pl.read_parquet_schema(path)
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefused(str(path), f"is not a Parquet file ({_line(error)})") from error
    on_bytes(path.stat().st_size)
    names = list(schema)

    def chunks(head: Head) -> Iterator[Chunk]:
        for start in range(0, len(frame), CHUNK_ROWS * 10):
            piece = frame.slice(start, CHUNK_ROWS * 10)
            texts = [_text_column(piece[name]).alias(str(place)) for place, name in enumerate(names)]
            yield Chunk(pl.DataFrame(texts).with_row_index(ROW, start + 2))

    return Table(str(path), ([names],), chunks)


def _text_column(column: pl.Series) -> pl.Series:
    """A typed column as texts. A whole number under `booked_at` counts microseconds since 1970, UTC."""
    kind = column.dtype
    if kind == pl.String:
        return column
    if isinstance(kind, pl.Datetime):
        form = "%Y-%m-%dT%H:%M:%S%.6f"
        return (
            column.dt.convert_time_zone("UTC").dt.strftime(form + "Z")
            if kind.time_zone
            else column.dt.strftime(form)
        )
    if column.name == "booked_at" and kind.is_integer():
        return column.cast(pl.Int64).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if kind.is_float():
        return pl.Series([None if cell is None else cell_text(cell) for cell in column], dtype=pl.String)
    if kind.is_nested() or kind == pl.Binary:
        raise FileRefused(column.name, f"a column of {kind} is not text or number")
    return column.cast(pl.String)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
