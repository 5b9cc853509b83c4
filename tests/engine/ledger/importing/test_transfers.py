"""The canonical form is taken at its word; what no transfer can be is rejected with its place, value and reason."""

import io
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from yipanqi.engine.ledger import SCHEMA
from yipanqi.engine.ledger.importing import Imported, import_flows

HEAD = "id,booked_at,payer,payee,amount"
GOOD = "T1,2026-03-02T10:00:00+08:00,A,B,12.34"
AT = 1_772_416_800_000_000


def read(tmp_path: Path, text: str, name: str = "a.csv") -> Imported:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    imported = import_flows([path])
    assert imported.refused == ()
    return imported


def test_all_columns(tmp_path: Path) -> None:
    head = HEAD + ",serial,currency,payer_bank,payee_bank,channel,kind,reverses"
    imported = read(tmp_path, f"{head}\nT1,2026-03-02 10:00:00,A,B,12.34,7,USD,x,y,app,reversal,T0\n")
    assert imported.frame.rows() == [("T1", AT, 7, "A", "B", "USD", 1234, "reversal", "x", "y", "app", "T0")]


@pytest.mark.parametrize(
    ("row", "column", "value", "code"),
    [
        (",2026-03-02T10:00:00+08:00,A,B,1", "id", None, "id_missing"),
        ("T2,,A,B,1", "booked_at", None, "time_missing"),
        ("T2,yesterday,A,B,1", "booked_at", "yesterday", "time_unreadable"),
        ("T2,2026-03-02T10:00:00+08:00,,B,1", "payer", None, "account_missing"),
        ("T2,2026-03-02T10:00:00+08:00,A,6.2179E+18,1", "payee", "6.2179E+18", "account_mangled"),
        (
            "T2,2026-03-02T10:00:00+08:00,A,6217000012345678.0,1",
            "payee",
            "6217000012345678.0",
            "account_mangled",
        ),
        ("T2,2026-03-02T10:00:00+08:00,6217****0001,B,1", "payer", "6217****0001", "account_masked"),
        ("T2,2026-03-02T10:00:00+08:00,A,B,", "amount", None, "amount_missing"),
        ("T2,2026-03-02T10:00:00+08:00,A,B,0", "amount", "0", "amount_not_positive"),
        ("T2,2026-03-02T10:00:00+08:00,A,B,-1.00", "amount", "-1.00", "amount_not_positive"),
        ("T2,2026-03-02T10:00:00+08:00,A,B,1.001", "amount", "1.001", "amount_too_precise"),
        ("T2,2026-03-02T10:00:00+08:00,A,B,1e3", "amount", "1e3", "amount_unreadable"),
        (
            "T2,2026-03-02T10:00:00+08:00,A,B,1,234.50",
            "",
            "T2,2026-03-02T10:00:00+08:00,A,B,1,234.50",
            "cells_too_many",
        ),
        (",,,,", "", None, None),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_go_on(
    tmp_path: Path, row: str, column: str, value: str | None, code: str | None
) -> None:
    imported = read(tmp_path, f"{HEAD}\n{GOOD}\n{row}\n\nT3,2026-03-02T10:00:00+08:00,B,C,1.00\n")
    assert sorted(imported.frame["id"]) == ["T1", "T3"]
    file = str(tmp_path / "a.csv")
    assert imported.rejects.rows() == ([] if code is None else [(file, 3, column, value, code)])


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("currency", "贝壳", "currency_unknown"),
        ("kind", "gift", "kind_unknown"),
        ("serial", "1.5", "serial_unreadable"),
    ],
)
def test_a_bad_optional_cell(tmp_path: Path, column: str, value: str, code: str) -> None:
    imported = read(tmp_path, f"{HEAD},{column}\n{GOOD},{value}\n")
    assert imported.rejects.rows() == [(str(tmp_path / "a.csv"), 2, column, value, code)]


def test_a_transfer_to_oneself_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEAD}\nT1,2026-03-02T10:00:00+08:00,A,A,1\n").totals.accepted == 1


def test_same_id_same_content_merges_other_content_is_rejected_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"{HEAD}\nT2,2026-03-02T10:00:00+08:00,A,B,2\n{GOOD}\n", "utf-8")
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{GOOD}\nT2,2026-03-02T10:00:00+08:00,A,B,1\n", "utf-8")
    a, b = str(tmp_path / "a.csv"), str(tmp_path / "b.csv")
    for order in ([a, b], [b, a]):
        imported = import_flows([Path(path) for path in order])
        assert imported.frame["id"].to_list() == ["T1"]
        assert (imported.totals.rows_in, imported.totals.merged, imported.totals.rejected) == (4, 1, 2)
        assert imported.rejects.rows() == [
            (a, 3, "id", f"T2 (see {b} row 2)", "id_conflict"),
            (b, 2, "id", f"T2 (see {a} row 3)", "id_conflict"),
        ]


def test_a_table_of_both_sides_without_ids(tmp_path: Path) -> None:
    text = "付款账号;收款账号;交易时间;金额（元）\nA;B;20260302;1\nA;B;20260302;1\n"
    one, two = read(tmp_path, text), read(tmp_path, text, "b.csv")
    assert one.totals.accepted == 2 and one.frame.equals(two.frame)


@pytest.mark.parametrize("quoted", [True, False])
def test_encodings_quotes_and_ends_of_line(tmp_path: Path, quoted: bool) -> None:
    rows = (
        ['T1,2026-03-02 10:00:00,甲户,"乙,户","1,234.50"']
        if quoted
        else ["T1,2026-03-02 10:00:00,甲户,乙户,1234.50"]
    )
    frames = []
    for n, encoding in enumerate(["utf-8", "utf-8-sig", "gb18030"]):
        for end in ("\n", "\r\n"):
            path = tmp_path / f"{n}{len(end)}.csv"
            path.write_bytes(end.join([HEAD, *rows]).encode(encoding))
            frames.append(import_flows([path]).frame)
    assert all(frame.equals(frames[0]) for frame in frames)
    assert frames[0].select("payer", "amount_minor").rows() == [("甲户", 123450)]


def test_a_byte_that_is_no_character_rejects_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEAD}\n{GOOD}\nT2,2026-03-02T10:00:00+08:00,甲,".encode() + b"\xff\xff,1\n")
    imported = import_flows([path])
    assert imported.totals.accepted == 1 and imported.rejects["reason_code"].to_list() == ["text_broken"]


def test_parquet_typed_or_text(tmp_path: Path) -> None:
    text = pl.DataFrame(
        {"id": ["T1"], "booked_at": ["2026-03-02T10:00:00+08:00"], "payer": ["1"], "payee": ["2"]}
    )
    at = text["booked_at"].str.to_datetime(time_unit="us").dt.convert_time_zone("Asia/Shanghai")
    frames = [
        text.with_columns(amount=pl.lit("12.34")),
        text.with_columns(amount=pl.lit(12.34)),
        text.with_columns(at, amount_minor=pl.lit(1234)),
        text.with_columns(
            pl.lit(AT).alias("booked_at"), amount_minor=pl.lit(1234), payer=pl.lit(1), payee=pl.lit(2.0)
        ),
    ]
    for n, frame in enumerate(frames):
        frame.write_parquet(tmp_path / f"{n}.parquet")
        imported = import_flows([tmp_path / f"{n}.parquet"])
        assert imported.frame.select("id", "booked_at", "payer", "payee", "amount_minor").rows() == [
            ("T1", AT, "1", "2", 1234)
        ]
    assert imported.frame.schema == pl.Schema(SCHEMA)


def test_numbers_of_a_workbook_are_taken_only_whole_and_short(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet()
        rows = [HEAD.split(","), ["T1", 46083.5, 350012345678, 62170000, 12.34],
                ["T2", 46083.5, 6217000012345678901, 1, 1],
                ["T3", 46083.5, 1234567890123456, 1, 1], ["T4", 46083.5, 1.5, 2, 1],
                ["T5", 46083.5, 3, 2, 1.005]]  # fmt: skip
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    (tmp_path / "a.xlsx").write_bytes(raw.getvalue())
    imported = import_flows([tmp_path / "a.xlsx"])
    assert imported.frame.select("id", "payer", "payee", "amount_minor").rows() == [
        ("T1", "350012345678", "62170000", 1234)
    ]
    assert imported.rejects.select("row", "column", "reason_code").rows() == [
        (3, "payer", "account_mangled"), (4, "payer", "account_mangled"), (5, "payer", "account_mangled"),
        (6, "amount", "amount_too_precise"),
    ]  # fmt: skip


def test_text_that_calls_itself_a_workbook(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEAD}\n{GOOD}\n".replace(",", "\t"), "a.xls").frame["id"].to_list() == ["T1"]


def test_several_sheets_each_with_its_head(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        for name, rows in {
            "a": [HEAD, GOOD],
            "b": ["note"],
            "c": [HEAD, GOOD.replace("T1", "T2")],
            "d": [],
        }.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row.split(","))
    imported = import_flows([tmp_path / "a.xlsx"])
    assert sorted(imported.frame["id"]) == ["T1", "T2"]
    assert imported.refused == (
        f"{tmp_path / 'a.xlsx'}[b]: no head was found: no row names two known columns",
    )


def test_one_broken_byte_does_not_change_the_coding_of_the_rest(tmp_path: Path) -> None:
    rows = "".join(f"T{n},2026-03-02,甲{n},乙{n},1\n" for n in range(2, 9))
    (tmp_path / "a.csv").write_bytes(
        f"{HEAD}\n{rows}".encode() + "T9,2026-03-02,甲,".encode() + b"\xe4\xb8,1\n"
    )
    imported = import_flows([tmp_path / "a.csv"])
    assert imported.frame["payer"].to_list() == [f"甲{n}" for n in range(2, 9)]
    assert imported.rejects["reason_code"].to_list() == ["text_broken"]
