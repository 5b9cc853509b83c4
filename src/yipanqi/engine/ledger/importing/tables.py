"""What a file of bank flows looks like once opened: tables of text cells, a piece at a time, with the rows' numbers.

Row numbers are the spreadsheet's: the first line of a file is row 1. Leaves opening files to `delimited` and
`workbooks`, and what columns mean to `heads`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from yipanqi.kernel.errors import YipanqiError

HEAD_ROWS: Final = 60  # the head of a table is looked for in its first rows
CHUNK_ROWS: Final = 50_000
ROW: Final = "row"
BROKEN: Final = "\ufffd"  # stands where bytes could not be decoded
TOO_MANY: Final = "\x00"  # begins the first cell of a row with more cells than the head has


class FileRefused(YipanqiError):
    """A file, or a sheet of one, cannot be read as bank flows; the message is one line that names it and why."""

    code = "flow_file_refused"

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}", file=file, reason=reason)


@dataclass(frozen=True)
class Chunk:
    """Some rows of a table: `row` and the columns "0" to "width-1" of texts, null where a cell is blank.

    `tidy`: every cell is plain ASCII with nothing around it, and no row is too long.
    """

    frame: pl.DataFrame
    tidy: bool = False


@dataclass(frozen=True)
class Table:
    """One table: `heads` are candidate readings of its first rows, `chunks(head)` gives the rows below a head.

    A reading is the rows as cells; text files have one per delimiter. `excel`: numbers may be serial dates.
    """

    file: str
    heads: tuple[list[list[str]], ...]
    chunks: Callable[["Head"], Iterator[Chunk]]
    excel: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a table's head stands: which reading, which row (from 0), how many columns."""

    reading: int
    at: int
    width: int


def frame_of_rows(rows: Iterable[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    """Rows of cells with their numbers as a chunk. Cells beyond `width` mark the row, unless they are blank."""
    numbers: list[int] = []
    columns: list[list[str | None]] = [[] for _ in range(width)]
    for number, cells in rows:
        numbers.append(number)
        extra = any(cell.strip() for cell in cells[width:])
        for place, column in enumerate(columns):
            cell = cells[place] if place < len(cells) else ""
            column.append(cell or None)
        if extra:
            columns[0][-1] = TOO_MANY + ",".join(cells)[:200]
    schema = {ROW: pl.UInt32, **{str(place): pl.String for place in range(width)}}
    return pl.DataFrame([numbers, *columns], schema=schema)


def list_files(paths: Iterable[Path]) -> list[Path]:
    """Files to read: each path, and for a folder all files in it and below, sorted, without hidden and lock files."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            found += [each for each in inside if not each.name.startswith((".", "~$"))]
        else:
            found.append(path)
    return found
