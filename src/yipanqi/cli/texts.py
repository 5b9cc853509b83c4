"""Reads texts from a file, row by row: csv, jsonl, parquet, or plain text with one text per line.

Every refusal names file, row, column and reason in one line. Leaves alone what the texts say.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yipanqi.kernel.errors import YipanqiError

MAX_TEXT_CHARS: Final = 1_000_000
_BATCH_ROWS: Final = 10_000


class TextFileError(YipanqiError):
    """A file of texts cannot be read; the message names file, row, column and reason."""

    code = "text_file_refused"


def read_texts(path: Path, column: str) -> Iterator[tuple[int, str]]:
    """Yield (row, text): row 1 is the first after a csv header, else the line; a null is empty.

    Raises TextFileError for a missing or unreadable file, another kind of file, a missing column, a bad row.
    """
    readers = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet, ".txt": _txt}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise TextFileError(
            f"{path}: kind {path.suffix or 'without suffix'} is not one of {' '.join(sorted(readers))}"
        )
    try:
        for row, text in reader(path, column):
            if len(text) > MAX_TEXT_CHARS:
                raise TextFileError(
                    f"{path}: row {row}: column {column}: longer than {MAX_TEXT_CHARS:,} characters"
                )
            yield row, text
    except OSError as error:
        raise TextFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _csv(path: Path, column: str) -> Iterator[tuple[int, str]]:
    csv.field_size_limit(MAX_TEXT_CHARS * 4)
    row = 0
    with path.open("rb") as file:
        rows = csv.reader(line.decode("utf-8" if number else "utf-8-sig") for number, line in enumerate(file))
        try:
            header = next(rows, [])
            if column not in header:
                raise TextFileError(
                    f"{path}: row 0: column {column}: missing; the header has {', '.join(header)[:200]}"
                )
            place = header.index(column)
            for row, cells in enumerate(rows, start=1):
                if cells:
                    if len(cells) <= place:
                        raise TextFileError(
                            f"{path}: row {row}: column {column}: the row has only {len(cells)} cells"
                        )
                    yield row, cells[place]
        except UnicodeDecodeError as error:
            raise TextFileError(
                f"{path}: row {row + 1}: column {column}: not UTF-8 ({error.reason})"
            ) from error
        except csv.Error as error:
            raise TextFileError(f"{path}: row {row + 1}: column {column}: {error}") from error


def _lines(path: Path, column: str) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        for row, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8-sig" if row == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise TextFileError(
                    f"{path}: row {row}: column {column}: not UTF-8 ({error.reason})"
                ) from error
            if text:
                yield row, text


_txt = _lines


def _jsonl(path: Path, column: str) -> Iterator[tuple[int, str]]:
    for row, line in _lines(path, column):
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TextFileError(f"{path}: row {row}: column {column}: not JSON ({error})") from error
        if not isinstance(item, dict) or column not in item:
            raise TextFileError(f"{path}: row {row}: column {column}: missing")
        text = item[column]
        if text is not None and not isinstance(text, str):
            raise TextFileError(f"{path}: row {row}: column {column}: {type(text).__name__} is not text")
        yield row, text or ""


def _parquet(path: Path, column: str) -> Iterator[tuple[int, str]]:
    import polars  # only here: other kinds of files need not wait for it

    path.open("rb").close()
    try:
        schema = polars.read_parquet_schema(path)
        if column not in schema:
            raise TextFileError(
                f"{path}: row 0: column {column}: missing; the file has {', '.join(schema)[:200]}"
            )
        if schema[column] != polars.String:
            raise TextFileError(f"{path}: row 0: column {column}: {schema[column]} is not text")
        texts = polars.read_parquet(path, columns=[column])[column]
    except polars.exceptions.PolarsError as error:
        raise TextFileError(
            f"{path}: row 0: column {column}: not a Parquet file ({str(error)[:120]})"
        ) from error
    for start in range(0, len(texts), _BATCH_ROWS):
        for row, text in enumerate(texts[start : start + _BATCH_ROWS].to_list(), start=start + 1):
            yield row, text or ""
