"""What surrounds a trace: import of a canonical file, the store and its index, the live chase, and growth.

Ledgers lie in a temporary folder and are gone afterwards; the page cache is warm, as after any first use. Leaves the
comparison of methods and the report's head to `tracing`.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import ledgers
from benchmarks.ledgers import HORIZONS, START, Book
from benchmarks.timing import Cell, figure, markdown, measure
from yipanqi.engine.ledger import SCHEMA, Ledger, ledger_from_frame
from yipanqi.engine.ledger.importing import import_flows
from yipanqi.engine.ledger.store import Store
from yipanqi.engine.ledger.texts import with_look_up
from yipanqi.engine.tracing import LiveTrace, Movement, trace
from yipanqi.engine.tracing.reaching import reach

GROWTH: Final = (1_000_000, 10_000_000, 100_000_000)
_CSV_ROWS: Final = 1_000_000
_LIVE_ROWS: Final = 1_000_000
_PIECE: Final = 5_000_000  # rows appended at once
_BATCH: Final = 1_000  # transfers pushed at once
Line = dict[str, Any]


def measure_store(rows: int) -> list[Line]:
    """Import, live chase, and a store of `rows` transfers: what, value, unit, and more words."""
    lines = [*_imported(min(rows, _CSV_ROWS)), *_chased(min(rows, _LIVE_ROWS)), *_stored(rows)]
    for line in lines:
        print(f"  {line['what']}: {figure(line['value'])} {line['unit']}; {line['how']}", flush=True)
    return lines


def _line(what: str, value: float, unit: str, how: str = "") -> Line:
    return {"what": what, "value": value, "unit": unit, "how": how}


def _shown(cell: Cell) -> str:
    return f"median {figure(cell.median_ms)} ms of {cell.runs}"


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="yipanqi-bench-") as name:
        yield Path(name)


def _imported(rows: int) -> Iterator[Line]:
    """A clean canonical CSV into transfers, and on into a store."""
    book = ledgers.make_book(rows)
    with _folder() as folder:
        file = folder / "flows.csv"
        ledgers.write_csv(book, file, rows)
        size = file.stat().st_size / 1e6
        cell, found = measure(lambda: import_flows([file]))
        if not found.frame.sort("serial").equals(ledgers.frame(book)):
            raise AssertionError("the file does not give the ledger that it was written from")
        yield _line(
            f"import of {rows:,} rows of clean CSV", rows / cell.best_ms * 1e3, "rows/s", _shown(cell)
        )
        numbers = iter(range(100))
        cell, kept = measure(
            lambda: Store.create(folder / f"{next(numbers)}").append(import_flows([file]).frame)
        )
        if kept.accepted != rows:
            raise AssertionError(f"the store took {kept.accepted} of {rows} rows")
        how = f"{_shown(cell)}; {size:.0f} MB"
        yield _line("the same into a new store, on disk", rows / cell.best_ms * 1e3, "rows/s", how)


class _History:
    """The ledger as the chase finds it: `now` is set to what was pushed."""

    def __init__(self, now: Ledger) -> None:
        self.now = now

    def ledger(self) -> Ledger:
        """As `History.ledger`."""
        return self.now


def _chased(rows: int) -> Iterator[Line]:
    """Transfers of a day pushed into a live chase, as objects and as frames."""
    book = ledgers.make_book(rows)
    whole = ledgers.ledger(book)
    victims = book.victims(1000)
    largest = victims[[np.argmax(book.amount[victims])]]
    for method in ("fifo", "haircut"):
        for seeds in (largest, victims):
            end = book.rows_until(int(seeds[0]), HORIZONS[0])
            seeds = seeds[seeds < end]
            frame = ledgers.frame(book, int(seeds[0]), end)
            frames = [frame.slice(at, _BATCH) for at in range(0, len(frame), _BATCH)]
            wanted = _held(whole, seeds, end, method, book)
            for kind, pieces, push in (
                ("objects", [_movements(piece) for piece in frames], LiveTrace.push),
                ("frames", frames, LiveTrace.push_frame),
            ):
                best = min(_chase(whole, seeds, method, pieces, push, wanted) for _ in range(3))
                what = f"live chase by {method}, open victims {len(seeds):,}, {kind}"
                yield _line(
                    what, len(frame) / best, "transfers/s", f"{_BATCH:,} at a time, {len(frame):,} in all"
                )


def _movements(frame: pl.DataFrame) -> list[Movement]:
    return [
        Movement(
            row["id"],
            START + timedelta(microseconds=row["booked_at"] - _MICROS),
            row["payer"],
            row["payee"],
            row["amount_minor"],
            row["serial"],
            row["kind"],
        )
        for row in frame.iter_rows(named=True)
    ]


_MICROS: Final = round(START.timestamp()) * 1_000_000


def _chase(
    whole: Ledger,
    seeds: NDArray[np.int64],
    method: str,
    pieces: list[Any],
    push: Callable[..., Any],
    wanted: int,
) -> float:
    """Seconds of pushing; the money held at the end is that of the batch."""
    history = _History(ledger_from_frame(pl.DataFrame(schema=SCHEMA)))
    live = LiveTrace(history, method=method)
    live.open([whole.ids[int(row)] for row in seeds])
    history.now = whole
    started = time.perf_counter()
    for piece in pieces:
        push(live, piece)
    took = time.perf_counter() - started
    held = sum(account.held_minor or 0 for account in live.accounts())
    if held != wanted:
        raise AssertionError(f"the live chase holds {held}, the batch {wanted}")
    return took


def _held(whole: Ledger, seeds: NDArray[np.int64], end: int, method: str, book: Book) -> int:
    until = START + timedelta(microseconds=int(book.booked_at[end - 1]) - _MICROS)
    totals = trace(whole, [whole.ids[int(row)] for row in seeds], method=method, until=until).totals
    return totals.held_minor if totals else 0


def _stored(rows: int) -> Iterator[Line]:
    """A store of one segment: append, index, opening, and what it weighs."""
    book = ledgers.make_book(rows)
    seeds = book.victims(1)
    end = book.rows_until(int(seeds[0]), HORIZONS[0])
    named = ledgers.texts_of(book)
    cell, ledger = measure(lambda: ledgers.ledger(book, named))
    how = f"{_shown(cell)}; openings, debits and credits of {book.accounts:,} accounts"
    yield _line(f"index of {rows:,} built", cell.best_ms / 1e3, "s", how)
    cell, _ = measure(lambda: with_look_up(named[0].offsets, named[0].blob))
    yield _line("look-up of its ids built", cell.best_ms / 1e3, "s", _shown(cell))
    yield _line(
        "index in memory",
        index_bytes(ledger) / rows,
        "bytes/transfer",
        "with the look-ups of ids and accounts",
    )
    with _folder() as folder:
        store = Store.create(folder / "ledger")
        frame = ledgers.frame(book)
        started = time.perf_counter()
        store.append(frame)
        yield _line(f"append of {rows:,} to an empty store", rows / (time.perf_counter() - started), "rows/s")
        del frame
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        yield _line("store on disk", size / rows, "bytes/transfer", "all columns, texts and indexes")
        cell, opened = measure(lambda: Store.open(folder / "ledger").ledger())
        yield _line(f"opening a store of {rows:,}", cell.best_ms, "ms", _shown(cell))
        ends = np.zeros(len(opened.pots), np.uint8)
        cell, _ = measure(lambda: reach(Store.open(folder / "ledger").ledger(), seeds, end, ends))
        yield _line("opening it and one victim's reach of 24 h", cell.best_ms, "ms", _shown(cell))


def index_bytes(ledger: Ledger) -> int:
    """What the index weighs: everything that is neither a column of the transfers nor a name."""
    arrays = (ledger.out_start, ledger.out_at, ledger.in_start, ledger.in_at, ledger.pots.opening_minor)
    return sum(array.nbytes for array in (*arrays, ledger.ids.by_hash, ledger.pots.names.by_hash))


def growth(sizes: tuple[int, ...] = GROWTH) -> list[Line]:
    """Stores of growing size, filled in pieces: filling, opening, one victim's reach, and the most memory so far."""
    lines = []
    for rows in sizes:
        book = ledgers.make_book(rows)
        victims = book.victims(1000)
        seeds = victims[[np.argmax(book.amount[victims])]]
        ends = [book.rows_until(int(seeds[0]), hours) for hours in HORIZONS]
        with _folder() as folder:
            started = time.perf_counter()
            _fill(Store.create(folder / "ledger"), book)
            line: Line = {"rows": rows, "fill_s": time.perf_counter() - started}
            del book
            line["open"], ledger = _cell(lambda: Store.open(folder / "ledger").ledger())
            nowhere = np.zeros(len(ledger.pots), np.uint8)
            for hours, end in zip(HORIZONS, ends, strict=True):
                line[f"reach_{hours}"], found = _cell(lambda: reach(ledger, seeds, end, nowhere))  # noqa: B023
                line[f"reached_{hours}"] = len(found.rows)
            line["bytes"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / rows
            line["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print("  " + " | ".join(_grown(line)), flush=True)
        lines.append(line)
    return lines


def _cell(call: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    cell, answer = measure(call)
    return vars(cell), answer


def _fill(store: Store, book: Book) -> None:
    for start in range(0, len(book), _PIECE):
        store.append(ledgers.frame(book, start, min(len(book), start + _PIECE)))
    store.compact()


def _grown(line: Line) -> list[str]:
    return [
        f"{line['rows']:,}",
        figure(line["fill_s"]),
        Cell(**line["open"]).shown(),
        *(f"{Cell(**line[f'reach_{hours}']).shown()} ({line[f'reached_{hours}']:,})" for hours in HORIZONS),
        figure(line["bytes"]),
        figure(line["peak_gib"]),
    ]


def sections(record: dict[str, Any]) -> Iterator[str]:
    """The report's parts on import, store, live chase and growth."""
    yield "## Import, live chase, store"
    rows = [
        [each["what"], f"{figure(each['value'])} {each['unit']}", each["how"]] for each in record["store"]
    ]
    yield markdown(["what", "best", ""], rows)
    if "growth" in record:
        yield "## Growth"
        grown = record["growth"]
        yield f"{grown['measured_at'][:10]}, load before: {grown['load']}; times best / median in ms."
        reaches = (f"reach {hours} h (reached)" for hours in HORIZONS)
        head = ["transfers", "filled in pieces (s)", "open", *reaches, "bytes/transfer", "most memory (GiB)"]
        yield markdown(head, [_grown(line) for line in record["growth"]["lines"]])
