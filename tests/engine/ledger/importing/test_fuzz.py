"""Whatever bytes a file holds, it is refused in one line or all its rows are counted; nothing crashes."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ledger.importing.layouts import EBANK, POLICE, Move, holder, statement
from yipanqi.engine.ledger.importing import Imported, import_flows

CELL = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "\t",
                "-",
                "进",
                "出",
                "/",
                "2026-03-02 10:00:00",
                "20260302",
                "45000.5",
                "0001-01-01",
                "24:00:00",
                "10:00:00",
            ),
            *(
                "6299000000000000001",
                "6.299E+18",
                "62_1",
                "1,234.50",
                "-5",
                "１２．００",
                "1e5",
                "9" * 30,
                "CNY",
                "美元",
            ),
            *(
                "失败",
                "冲正",
                "\ufffd",
                "\x00",
                "'",
                "*",
                "6299****0001",
                "transfer",
                "fee",
                "id",
                "JPY",
                "0.001",
                "nan",
            ),
        ]
    ),
    st.text(max_size=8),
)
CANONICAL = ["id", "booked_at", "payer", "payee", "amount", "currency", "kind", "serial"]
PLAIN = [name for name in POLICE.columns if name in POLICE.cells]


def read(raw: bytes, suffix: str) -> Imported:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(raw)
        imported = import_flows([path])
    totals = imported.totals
    assert totals.rows_in == totals.accepted + totals.merged + totals.rejected
    assert (totals.accepted, totals.rejected) == (len(imported.frame), len(imported.rejects))
    assert all("\n" not in line for line in imported.refused)
    assert (imported.frame["amount_minor"] > 0).all()
    assert (
        imported.frame.select("id", "booked_at", "payer", "payee", "currency", "kind")
        .null_count()
        .sum_horizontal()[0]
        == 0
    )
    return imported


@settings(max_examples=150)
@given(st.binary(max_size=400), st.sampled_from([".csv", ".xlsx", ".xls", ".parquet", ".txt", ".et"]))
def test_random_bytes(raw: bytes, suffix: str) -> None:
    imported = read(raw, suffix)
    assert imported.refused or imported.totals.rows_in or imported.files


@settings(max_examples=150)
@given(
    st.sampled_from([CANONICAL, PLAIN, list(EBANK.columns)]),
    st.data(),
    st.sampled_from([",", "\t", ";", "|"]),
)
def test_random_cells_under_a_good_head(head: list[str], data: st.DataObject, delimiter: str) -> None:
    rows = data.draw(st.lists(st.lists(CELL, min_size=0, max_size=len(head) + 1), max_size=6))
    text = "\n".join(delimiter.join(row) for row in [head, *rows]) + "\n"
    encoding = data.draw(st.sampled_from(["utf-8", "gb18030", "utf-8-sig"]))
    read(text.encode(encoding, errors="replace"), ".csv")


@settings(max_examples=60)
@given(st.sampled_from([CANONICAL, PLAIN]), st.data())
def test_random_cells_of_a_workbook(head: list[str], data: st.DataObject) -> None:
    cell = (
        CELL
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.integers(-(10**17), 10**17)
        | st.booleans()
    )
    rows = data.draw(st.lists(st.lists(cell, max_size=len(head)), max_size=5))
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([head, *rows]):
            sheet.write_row(at, 0, row)
    read(raw.getvalue(), ".xlsx")


@pytest.mark.parametrize("kind", [pl.String, pl.Float64, pl.Int64, pl.Date, pl.Boolean, pl.List(pl.Int64)])
def test_typed_columns_of_parquet(kind: pl.DataType) -> None:
    raw = io.BytesIO()
    pl.DataFrame({name: pl.Series([None, None], dtype=kind) for name in CANONICAL}).write_parquet(raw)
    imported = read(raw.getvalue(), ".parquet")
    assert imported.totals.accepted == 0


@settings(max_examples=100)
@given(st.data())
def test_a_damaged_statement(data: st.DataObject) -> None:
    moves = [Move(holder(1), holder(2), 100 * n, n) for n in range(1, 6)]
    with TemporaryDirectory() as folder:
        raw = bytearray(POLICE.write_csv(Path(folder) / "a.csv", statement(holder(1), moves)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(raw), ".csv")
