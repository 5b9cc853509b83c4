"""Opens text files of bank flows: UTF-8 with or without BOM or GB18030; comma, semicolon, tab or bar between cells.

A file without a quotation mark is read by Polars a block at a time, so that memory stays bounded; one with
quotation marks by the standard reader, strictly, since a mark that is never closed would swallow rows. Leaves
the meaning of cells to others.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from yipanqi.engine.ledger.importing.tables import (
    BROKEN,
    CHUNK_ROWS,
    HEAD_ROWS,
    ROW,
    Chunk,
    FileRefused,
    Head,
    Table,
    frame_of_rows,
)

DELIMITERS: Final = (",", "\t", ";", "|")
_BLOCK_BYTES: Final = 32_000_000
_SNIFF_BYTES: Final = 1_000_000
_HEAD_BYTES: Final = 1_000_000
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Sniffed:
    encoding: str
    valid: bool  # all bytes are characters of UTF-8
    quoted: bool
    start: int  # bytes of the BOM


def open_delimited(path: Path, on_bytes: Callable[[int], None]) -> Table:
    """The table of a text file; `on_bytes` is told how many bytes more were read. Raises FileRefused."""
    sniffed = _sniff(path)
    with path.open("rb") as file:
        file.seek(sniffed.start)
        first = file.read(_HEAD_BYTES)
    text = first.decode(sniffed.encoding, errors="replace")
    heads = tuple(_first_rows(text, delimiter, sniffed.quoted) for delimiter in DELIMITERS)
    read = _quoted_chunks if sniffed.quoted else _plain_chunks
    return Table(str(path), heads, lambda head: read(path, sniffed, head, on_bytes))


def _first_rows(text: str, delimiter: str, quoted: bool) -> list[list[str]]:
    if not quoted:
        return [line.rstrip("\r").split(delimiter) for line in text.split("\n", HEAD_ROWS)[:HEAD_ROWS]]
    try:
        return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEAD_ROWS))
    except csv.Error:  # a cell longer than the reader allows under this delimiter
        return []


def _sniff(path: Path) -> _Sniffed:
    """Read the file once: is it UTF-8, or else GB18030, by most of what is beyond ASCII; are there quotes."""
    quoted, start, some, beyond, broken = False, 0, False, 0, 0
    for number, block in enumerate(_blocks(path, 0, _SNIFF_BYTES)):
        if number == 0:
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise FileRefused(str(path), "is UTF-16; save it as UTF-8")
            start = len(_BOM) if block.startswith(_BOM) else 0
        if b"\x00" in block:
            raise FileRefused(str(path), "holds zero bytes, so it is no text file")
        some = some or bool(block.strip())
        quoted = quoted or b'"' in block
        if not block.isascii():
            text = block.decode("utf-8", errors="replace")
            beyond += len(text) - len(text.encode("ascii", errors="ignore"))
            broken += text.count(BROKEN)
    if not some:
        raise FileRefused(str(path), "is empty")
    utf8 = broken == 0 or start > 0 or 2 * broken < beyond
    return _Sniffed("utf-8" if utf8 else "gb18030", broken == 0, quoted, start)


def _blocks(path: Path, start: int, size: int) -> Iterator[bytes]:
    """Blocks of whole lines. A byte 0x0A is never part of a character in UTF-8 or GB18030."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(size):
            yield block if block.endswith(b"\n") else block + file.readline()


def _plain_chunks(
    path: Path, sniffed: _Sniffed, head: Head, on_bytes: Callable[[int], None]
) -> Iterator[Chunk]:
    row, skip = 1, head.at + 1
    delimiter = DELIMITERS[head.reading]
    for block in _blocks(path, sniffed.start, _BLOCK_BYTES):
        text = block if sniffed.valid else block.decode(sniffed.encoding, errors="replace").encode()
        frame, tidy = _parse(text, delimiter, head.width, row)
        row += len(frame)
        yield Chunk(frame.slice(skip), tidy)
        skip = max(skip - len(frame), 0)
        on_bytes(len(block))


def _parse(text: bytes, delimiter: str, width: int, row: int) -> tuple[pl.DataFrame, bool]:
    """A block as rows, and whether they are tidy; a line longer than the head sends it to the slow reader."""
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            separator=delimiter,
            quote_char=None,
            schema={str(place): pl.String for place in range(width)},
        )
    except pl.exceptions.PolarsError:
        lines = text.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
        return frame_of_rows(enumerate((line.split(delimiter) for line in lines), row), width), False
    return frame.with_row_index(ROW, row), _is_tidy(text, delimiter.encode())


def _is_tidy(text: bytes, delimiter: bytes) -> bool:
    """Whether no cell of a block has anything around it: asked of the whole block, which is cheap."""
    junk = [each for each in (b"\t", b"|", b"\v", b"\f") if each != delimiter]
    if not text.isascii() or any(each in text for each in junk):
        return False
    if b" " not in text:
        return True
    letters = np.frombuffer(b"\n" + text + b"\n", np.uint8)
    blanks = np.flatnonzero(letters == ord(" "))
    edges = np.frombuffer(b"\r\n" + delimiter, np.uint8)
    return not any(np.isin(letters[blanks + step], edges).any() for step in (-1, 1))


def _quoted_chunks(
    path: Path, sniffed: _Sniffed, head: Head, on_bytes: Callable[[int], None]
) -> Iterator[Chunk]:
    with path.open("rb") as raw:
        raw.seek(sniffed.start)
        text = io.TextIOWrapper(raw, encoding=sniffed.encoding, errors="replace", newline="")
        reader = csv.reader(text, delimiter=DELIMITERS[head.reading], strict=True)
        before = 0
        try:
            numbered = islice(enumerate(reader, 1), head.at + 1, None)
            while rows := list(islice(numbered, CHUNK_ROWS)):
                yield Chunk(frame_of_rows(rows, head.width))
                on_bytes(raw.tell() - before)
                before = raw.tell()
        except csv.Error as error:
            reason = (
                f"line {reader.line_num}: a quotation mark is not closed or stands inside a cell ({error})"
            )
            raise FileRefused(str(path), reason) from error
