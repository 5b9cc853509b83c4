"""The tracing benchmark on small ledgers: every implementation gives the same answer, and something moves."""

import json
from pathlib import Path

import pytest

from benchmarks import ledgers, stores, tracing
from benchmarks.timing import Cell, TooLong, measure
from yipanqi.engine.ledger import ledger_from_frame


@pytest.fixture(scope="module")
def compared() -> dict[str, list[dict[str, object]]]:
    """Both kinds of ledger, each cell once; raises when two implementations differ."""
    return tracing.compare([10_000], runs=1)


def test_all_implementations_answer_and_something_moves(compared: dict[str, list[dict[str, object]]]) -> None:
    lines = compared["lines"]
    assert len(lines) == 2 * 3 * 2 * len(ledgers.HORIZONS)
    for line in lines:
        cells = {name: Cell(**cell) for name, cell in line["cells"].items()}
        answered = {name for name, cell in cells.items() if not cell.note}
        assert answered == (set(tracing.NAMES) if line["what"] == "reach" else {"ours", "Python, sweep"})
        assert line["carry"] > line["victims"]


def test_the_report_says_what_was_fixed(compared: dict[str, list[dict[str, object]]], tmp_path: Path) -> None:
    record = tracing.machine() | {"limit": 40.0} | compared | {"store": stores.measure_store(5_000)}
    text = tracing.report(json.loads(json.dumps(record)))
    assert all(fact in text for fact in tracing.FIXED)
    assert "live chase by haircut" in text


def test_a_frame_and_columns_make_the_same_ledger() -> None:
    book = ledgers.make_book(3_000, hubs=True)
    assert ledger_from_frame(ledgers.frame(book)).digest == ledgers.ledger(book).digest


def test_growth_is_measured_on_stores_filled_in_pieces() -> None:
    (line,) = stores.growth((6_000,))
    assert line["reached_192"] > line["reached_24"] >= 1


def test_a_cell_that_takes_too_long_is_marked() -> None:
    cell, answer = measure(lambda: [None for _ in iter(int, 1)], limit=0.05)
    assert (cell.note, answer) == ("> 0 s", None)
    assert issubclass(TooLong, Exception)
