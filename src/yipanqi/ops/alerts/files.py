"""Reading a dropped CSV file: encoding found, header checked, rows as text. Judging a row is `reading`'s work."""

import csv
import io
from dataclasses import dataclass

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import rows_limit
from yipanqi.ops.alerts.reading import REQUIRED

CELL_CHARS_MAX = 100_000  # the csv module's own limit is one for the whole process, for anybody to change


class FileRefused(YipanqiError):
    """The file as a whole cannot be taken; nothing of it was."""

    code = "file_not_readable"


@dataclass(frozen=True)
class CsvRows:
    """The rows of a file by column name, and the number each has in a spreadsheet (the header is row 1)."""

    rows: list[dict[str, object]]
    row_nos: list[int]


def read_csv(data: bytes) -> CsvRows:
    """The rows of a CSV file (UTF-8 with or without BOM, or GB18030); blank lines are left out but counted.

    A row with more cells than the header keeps them under the name "", so that it is quarantined and not cut.
    """
    reader = csv.reader(io.StringIO(_decode(data), newline=""))
    try:
        header = [name.strip().lstrip("\t") for name in next(reader, [])]
        if not set(REQUIRED) <= set(header):
            raise FileRefused("the first line must hold the column names", code="header_missing")
        if len(set(header)) != len(header):
            raise FileRefused("a column name stands twice", code="header_twice")
        filled = [(no, cells) for no, cells in enumerate(reader, 2) if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise FileRefused(f"not a CSV file: {error}") from error
    if any(len(cell) > CELL_CHARS_MAX for _, cells in filled for cell in cells):
        raise FileRefused("a cell is too long: a quotation mark that never closes?")
    if not filled:
        raise FileRefused("the file holds no rows", code="batch_empty")
    if len(filled) > rows_limit():
        raise FileRefused("too many rows", code="batch_too_large", limit=rows_limit())
    return CsvRows([_row(header, cells) for _, cells in filled], [no for no, _ in filled])


def _row(header: list[str], cells: list[str]) -> dict[str, object]:
    row: dict[str, object] = dict(zip(header, cells, strict=False))
    if len(cells) > len(header):
        row[""] = ",".join(cells[len(header) :])
    return row


def _decode(data: bytes) -> str:
    if b"\x00" in data:
        raise FileRefused("the file is not text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("neither UTF-8 nor GB18030", code="encoding_unknown")
