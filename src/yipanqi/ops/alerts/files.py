"""Reading a dropped CSV file: encoding found, header checked, rows as text. Judging a row is `reading`'s work."""

import csv
import io

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import rows_limit
from yipanqi.ops.alerts.reading import REQUIRED


class FileRefused(YipanqiError):
    """The file as a whole cannot be taken; nothing of it was."""

    code = "file_not_readable"


def read_csv(data: bytes) -> list[dict[str, object]]:
    """The rows of a CSV file (UTF-8 with or without BOM, or GB18030) by column name; blank lines are left out.

    A row with more cells than the header keeps them under the name "", so that it is quarantined and not cut.
    """
    reader = csv.reader(io.StringIO(_decode(data), newline=""))
    try:
        header = [name.strip().lstrip("\t") for name in next(reader, [])]
        if not set(REQUIRED) <= set(header):
            raise FileRefused("the first line must hold the column names", code="header_missing")
        if len(set(header)) != len(header):
            raise FileRefused("a column name stands twice", code="header_twice")
        rows = [_row(header, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise FileRefused(f"not a CSV file: {error}") from error
    if not rows:
        raise FileRefused("the file holds no rows", code="batch_empty")
    if len(rows) > rows_limit():
        raise FileRefused("too many rows", code="batch_too_large", limit=rows_limit())
    return rows


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
