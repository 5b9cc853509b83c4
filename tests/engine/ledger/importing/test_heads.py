"""Columns are found by catalog or map; what is missing or claimed twice refuses the file, not the batch."""

from pathlib import Path

import pytest

from tests.engine.ledger.importing.layouts import EBANK, POLICE, Move, holder, statement
from yipanqi.engine.ledger.importing import ColumnMap, MappingError, import_flows, read_map

MOVES = [Move(holder(1), holder(2), 100_00, 0)]


def refused(tmp_path: Path, text: str) -> str:
    bad = tmp_path / "bad.csv"
    bad.write_text(text, "utf-8")
    good = POLICE.write_csv(tmp_path / "good.csv", statement(holder(1), MOVES))
    imported = import_flows([bad, good])
    assert imported.totals.accepted == 1, "the other file goes on"
    (line,) = imported.refused
    assert line.startswith(str(bad)) and "\n" not in line
    return line


def test_a_missing_column_is_named_with_the_candidates(tmp_path: Path) -> None:
    line = refused(tmp_path, "id,booked_at,payer,payee,sum\nT1,2026-03-02,A,B,1\n")
    assert "amount (交易金额)" in line and "id, booked_at, payer, payee, sum" in line


def test_two_columns_of_one_meaning_are_named(tmp_path: Path) -> None:
    line = refused(tmp_path, "卡号,交易时间,金额,交易金额\n1,2026-03-02,1,1\n")
    assert "金额, 交易金额" in line and "amount" in line


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("hello\nworld\n", "no head"), ('"a,b\n', "no head"), ("a\x00b", "zero bytes")],
)
def test_what_is_no_table(tmp_path: Path, text: str, why: str) -> None:
    assert why in refused(tmp_path, text)


def test_an_open_quotation_mark_refuses_the_file(tmp_path: Path) -> None:
    rows = "".join(f"T{n},2026-03-02,A,B,{n}\n" for n in range(1, 50))
    assert "quotation mark" in refused(
        tmp_path, f'id,booked_at,payer,payee,amount\n{rows}T50,2026-03-02,"A,B,1\n{rows}'
    )


def test_a_file_of_another_kind_or_absent(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"x")
    imported = import_flows([tmp_path / "a.pdf", tmp_path / "none.csv"])
    assert ".pdf" in imported.refused[0] and "cannot be read" in imported.refused[1]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "MAP.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_map_names_columns_fixes_values_and_adds_words(tmp_path: Path) -> None:
    mapping = read_map(
        write(
            tmp_path,
            'columns: {amount: 交易金额, other_account: 来往户}\nfixed: {own_card: "6299"}\nwords: {direction.out: [去]}\n',
        )
    )
    path = tmp_path / "a.csv"
    path.write_text("交易时间,金额,交易金额,来往户,收付标志\n20260302,9,1,B,去\n", "utf-8")
    imported = import_flows([path], mapping=mapping)
    assert imported.frame.select("payer", "payee", "amount_minor").rows() == [("6299", "B", 100)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("columns: [a]", ("line 1", "columns")),
        ("colums: {amount: a}", ("line 1", "colums")),
        ("columns: {amout: 金额}", ("columns.amout", "known are")),
        ("fixed: {amount: '1'}", ("fixed.amount",)),
        ("words: {direction.up: [上]}", ("words.direction.up",)),
        ("{", ("line",)),
    ],
)
def test_a_wrong_map_is_refused(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(MappingError) as error:
        read_map(write(tmp_path, text))
    assert all(part in str(error.value) for part in ("MAP.yaml", *parts)) and "\n" not in str(error.value)


def test_a_map_that_fits_no_file_is_refused(tmp_path: Path) -> None:
    path = POLICE.write_csv(tmp_path / "a.csv", statement(holder(1), MOVES))
    with pytest.raises(MappingError, match="额度"):
        import_flows([path], mapping=ColumnMap(columns={"amount": "额度"}))


def test_the_owner_above_the_head_is_not_needed_when_a_column_says_it(tmp_path: Path) -> None:
    path = EBANK.write_csv(tmp_path / "a.csv", statement(holder(1), MOVES))
    imported = import_flows([path])
    assert imported.rejects.select("row", "reason_code").rows() == [
        (1, "not_a_transfer"),
        (3, "not_a_transfer"),
    ]
    assert imported.totals.rows_in == 3
