"""`python -m benchmarks.tracing [--rows 1000000,10000000] [--growth] [--json FILE]`: the tracing engine beside its
peers.

One run on one machine: the same ledgers, victims and horizons for all, answers compared before a figure is printed.
Writes FILE (benchmarks/tracing.json) and TRACING.md beside it. Leaves store, import, live chase and growth to
`stores`.
"""

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import ledgers, peers, plain, stores
from benchmarks.ledgers import HORIZONS, Book
from benchmarks.timing import LIMIT_SECONDS, RUNS, Cell, figure, markdown, measure
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.tracing.following import METHODS, Plan
from yipanqi.engine.tracing.reaching import reach

RESULTS: Final = Path(__file__).with_name("tracing.json")
VICTIMS: Final = 1000
NAMES: Final = ("ours", "DuckDB", "SQLite", "rustworkx", "Python, heap", "Python, sweep")
FIXED: Final = (
    f"Victims: {ledgers.RULE}; one victim is the one of {VICTIMS:,} who paid most.",
    "Horizons are counted from the first victim's transfer; nothing before it can be reached.",
    "Opening balances: the smallest with which no account ever goes below zero, computed once and given to all.",
    "Top-up rule: with these openings no account ever lacks money, so none is topped up (asserted).",
    "Order: booked_at (whole seconds), then serial, which is the row's number; no ties are left.",
    f"Cash-outs ({ledgers.CASH_SHARE:.0%} of the rows) leave the system.",
    "DuckDB: recursive CTE USING KEY, first arrivals lowered in rounds.",
    "SQLite: recursive CTE from debit to next debit, over an index (payer, row).",
    "rustworkx: descendants in a graph of transfers that ends at the horizon (made beforehand, not counted).",
    "What is made ready beforehand has a table of its own; ours is without the look-up of ids (see the store).",
    "SQL and graphs cannot say fifo or haircut: a row's shares hang on the balances that all rows before it left.",
)


class Ours:
    """The engine, by the calls that return arrays."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._ends = np.zeros(len(ledger.pots), np.uint8)

    def reach(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """Reached rows, sorted."""
        return reach(self.ledger, np.array(seeds, np.int64), rows, self._ends).rows

    def follow(self, method: str, seeds: list[int], rows: int) -> plain.Flows:
        """(rows, tainted, totals) by a method that knows amounts."""
        plan = Plan(self.ledger, np.array(seeds, np.int64), rows, self.ledger.pots.opening_minor, self._ends)
        found = METHODS[method].follow(plan, lambda done, total: None)
        parts = {"held": found.held, "left": found.left, "displaced": found.displaced}
        totals = {"seeded": int(self.ledger.amount[seeds].sum())}
        return found.row, found.tainted, totals | {name: int(part.sum()) for name, part in parts.items()}


class Comparison:
    """All implementations on one book."""

    def __init__(self, book: Book, limit: float, runs: int) -> None:
        self.book = book
        self._how: dict[str, Any] = {"limit": limit, "runs": runs}
        self.prepared: dict[str, float] = {}
        self.victims = book.victims(VICTIMS)
        if not len(self.victims):
            raise AssertionError("the rule finds no victim in this ledger")
        book.opening, book.next_debit  # noqa: B018 - made here, so that nobody's time holds them
        named = ledgers.texts_of(book)
        self.ours = Ours(self._prepare("ours", lambda: ledgers.ledger(book, named)))
        if not np.array_equal(self.ours.ledger.pots.opening_minor, book.opening):
            raise AssertionError("the engine infers other openings")
        self.duckdb = self._prepare("DuckDB", lambda: peers.DuckDB(book))
        self.sqlite = self._prepare("SQLite", lambda: peers.SQLite(book))
        self.rustworkx = self._prepare("rustworkx", lambda: peers.Rustworkx(book))
        self.plain = self._prepare("Python, heap", lambda: plain.PlainPython(book))

    def close(self) -> None:
        """Give the memory back."""
        self.duckdb.close()
        self.sqlite.close()

    def _prepare(self, name: str, make: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        made = make()
        self.prepared[name] = time.perf_counter() - started
        return made

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every line of the table for this book."""
        largest = int(self.victims[np.argmax(self.book.amount[self.victims])])
        asked = [
            (self.book.rows_until(seeds[0], hours), hours, seeds)
            for hours in HORIZONS
            for seeds in ([largest], self.victims.tolist())
        ]
        for rows, hours, seeds in sorted(asked):
            seeds = [row for row in seeds if row < rows]
            yield self._reach(seeds, rows, hours)
            for method in ("haircut", "fifo"):
                yield self._follow(method, seeds, rows, hours)

    def _reach(self, seeds: list[int], rows: int, hours: int) -> dict[str, Any]:
        self._extend(rows)
        cells: dict[str, Cell] = {}
        cells["ours"], ours = measure(lambda: self.ours.reach(seeds, rows), **self._how)
        asked: dict[str, tuple[Callable[..., Any], Callable[[], None] | None]] = {
            "DuckDB": (self.duckdb.reach, self.duckdb.interrupt),
            "SQLite": (self.sqlite.reach, self.sqlite.interrupt),
            "rustworkx": (self.rustworkx.reach, None),
            "Python, heap": (self.plain.reach_by_heap, None),
            "Python, sweep": (self.plain.reach_by_sweep, None),
        }
        for name, (call, interrupt) in asked.items():
            cells[name], found = measure(lambda: call(seeds, rows), **self._how, interrupt=interrupt)  # noqa: B023
            if found is not None and not np.array_equal(np.sort(found), ours):
                raise AssertionError(f"{name} reaches {len(found)} rows, ours {len(ours)}")
        return self._line("reach", seeds, rows, hours, len(ours), cells)

    def _extend(self, rows: int) -> None:
        started = time.perf_counter()
        self.rustworkx.extend(rows)
        self.prepared["rustworkx"] += time.perf_counter() - started

    def _follow(self, method: str, seeds: list[int], rows: int, hours: int) -> dict[str, Any]:
        cells = {name: Cell(note=peers.NOT_SAID) for name in ("DuckDB", "SQLite", "rustworkx")}
        cells["Python, heap"] = Cell(note="–")
        cells["ours"], ours = measure(lambda: self.ours.follow(method, seeds, rows), **self._how)
        oracle = getattr(self.plain, method)
        cells["Python, sweep"], found = measure(lambda: oracle(seeds, rows), **self._how)
        if ours and found and not _same(ours, found):
            raise AssertionError(
                f"{method} of {len(seeds)} victims differs from plain Python: {found[2]}, {ours[2]}"
            )
        if ours and len(ours[0]) <= len(seeds):
            raise AssertionError(f"{method} of {len(seeds)} victims moves nothing in {hours} h")
        return self._line(method, seeds, rows, hours, len(ours[0]) if ours else 0, cells)

    def _line(
        self, what: str, seeds: list[int], rows: int, hours: int, carry: int, cells: dict[str, Cell]
    ) -> dict[str, Any]:
        line = {
            "ledger": self.book.kind,
            "rows": len(self.book),
            "what": what,
            "victims": len(seeds),
            "hours": hours,
            "rows_in_horizon": rows - seeds[0],
            "carry": carry,
            "cells": {name: vars(cells[name]) for name in NAMES},
        }
        print("  " + " | ".join(_shown(line)), flush=True)
        return line


def _same(ours: plain.Flows, found: plain.Flows) -> bool:
    return np.array_equal(ours[0], found[0]) and np.array_equal(ours[1], found[1]) and ours[2] == found[2]


def compare(sizes: list[int], limit: float = LIMIT_SECONDS, runs: int = RUNS) -> dict[str, Any]:
    """Lines of the table and what it took to prepare, for ledgers of these sizes, heavy-tailed and hub-heavy."""
    warm_up()
    lines, prepared = [], []
    for size in sizes:
        for hubs in (False, True):
            book = ledgers.make_book(size, hubs=hubs)
            print(f"{book.kind}, {size:,} transfers, {book.accounts:,} accounts", flush=True)
            comparison = Comparison(book, limit, runs)
            lines += list(comparison.rows())
            prepared.append({"ledger": book.kind, "rows": size, "seconds": comparison.prepared})
            comparison.close()
    order = {what: place for place, what in enumerate(("reach", "haircut", "fifo"))}
    lines.sort(
        key=lambda line: (
            line["ledger"],
            line["rows"],
            order[line["what"]],
            line["victims"] > 1,
            line["hours"],
        )
    )
    return {"lines": lines, "prepared": prepared}


def warm_up() -> None:
    """Let all kernels be compiled before a clock runs."""
    for hubs in (False, True):
        book = ledgers.make_book(5_000, hubs=hubs)
        ours = Ours(ledgers.ledger(book))
        seeds = book.victims(10).tolist()
        ours.reach(seeds, len(book))
        ours.reach(seeds[-1:], seeds[-1] + 1)
        for method in ("haircut", "fifo"):
            ours.follow(method, seeds, len(book))


def _shown(line: dict[str, Any]) -> list[str]:
    return [
        f"{line['ledger']} {line['rows'] // 1000:,}k",
        line["what"],
        f"{line['victims']:,}",
        f"{line['hours']} h",
        f"{line['rows_in_horizon']:,}",
        f"{line['carry']:,}",
        *(Cell(**line["cells"][name]).shown() for name in NAMES),
    ]


def report(record: dict[str, Any]) -> str:
    """TRACING.md: the table, what is fixed, and the rest."""
    head = ["ledger", "what", "victims", "horizon", "transfers in it", "carry taint", *NAMES]
    cells = (
        f"Cells: best / median in milliseconds of up to {RUNS} runs; stopped after {record['limit']:.0f} s."
    )
    prepared = [
        [
            f"{each['ledger']} {each['rows'] // 1000:,}k",
            *(figure(each["seconds"].get(name, 0)) for name in NAMES[:-1]),
        ]
        for each in record["prepared"]
    ]
    parts = [
        "# Following the money, beside others",
        f"`make bench-tracing`, {record['measured_at'][:10]}, {record['machine']}; load before: {record['load']}.",
        "Answers of all that give one are the same, transfer by transfer and to the fen; else the run stops.",
        "## Fixed",
        "\n".join(f"- {fact}" for fact in (*FIXED, cells)),
        "## Reach, haircut, fifo (ms)",
        markdown(head, [_shown(line) for line in record["lines"]]),
        "## Made ready beforehand (s): index, tables, graph, lists",
        markdown(["ledger", *NAMES[:-2], "Python"], prepared),
        *stores.sections(record),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Measure, print, write; exit 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tracing", description=__doc__)
    parser.add_argument("--rows", default="1000000,10000000", help="sizes of the ledgers")
    parser.add_argument(
        "--growth", action="store_true", help="only: reach and opening up to 100 million transfers"
    )
    parser.add_argument("--store", action="store_true", help="only: import, live chase, store")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds a cell may take")
    asked = parser.parse_args()
    record = json.loads(asked.json.read_text()) if asked.json.exists() else {}
    sizes = [int(size) for size in asked.rows.split(",")]
    if asked.growth:
        warm_up()
        record["growth"] = machine() | {"lines": stores.growth()}
    elif asked.store:
        warm_up()
        record["store"] = stores.measure_store(max(sizes))
    else:
        kept = {"growth": record["growth"]} if "growth" in record else {}
        record = machine() | {"limit": asked.limit} | compare(sizes, asked.limit) | kept
        record["store"] = stores.measure_store(max(sizes))
    asked.json.write_text(json.dumps(record, indent=1) + "\n")
    if "lines" in record:
        text = report(record)
        asked.json.with_name("TRACING.md").write_text(text)
        print(text)
    return 0


def machine() -> dict[str, str]:
    """When and on what this runs."""
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "numba", "polars", "duckdb", "rustworkx")
    )
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {python}, {versions}",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


if __name__ == "__main__":
    sys.exit(main())
