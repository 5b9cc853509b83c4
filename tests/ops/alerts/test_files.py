"""The CSV drop: encodings found, header checked, ragged and blank lines neither cut nor miscounted."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.ops.alerts.files import FileRefused, read_csv

HEAD = "external_id,occurred_at,person_phone,person_name\r\n"
LINE = "A1,2026-03-02T09:59:00+08:00,13800002207,王小明\r\n"
ROW = {
    "external_id": "A1",
    "occurred_at": "2026-03-02T09:59:00+08:00",
    "person_phone": "13800002207",
    "person_name": "王小明",
}


def refusal(data: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        read_csv(data)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(encoding: str) -> None:
    assert read_csv((HEAD + LINE).encode(encoding)).rows == [ROW]


def test_what_is_no_text_is_refused() -> None:
    assert refusal((HEAD + LINE).encode() + b"\x00") == "file_not_readable"
    assert refusal((HEAD + LINE).encode("utf-16")) == "file_not_readable"
    assert refusal(HEAD.encode() + b"\xff\xff\xff") == "encoding_unknown"
    assert refusal((HEAD + '"' + "x" * 200_000 + '"').encode()) == "file_not_readable"


def test_the_header_is_checked() -> None:
    assert refusal(b"") == "header_missing"
    assert refusal(LINE.encode()) == "header_missing"
    assert refusal((HEAD.strip() + ",person_name\r\n" + LINE).encode()) == "header_twice"
    assert refusal(HEAD.encode()) == "batch_empty"
    assert refusal((HEAD + "\r\n , ,\r\n").encode()) == "batch_empty"


def test_ragged_rows_keep_what_they_have() -> None:
    short, long = "A2,2026-03-02T09:59:00+08:00\r\n", LINE.strip() + ",more,still more\r\n"
    rows = read_csv((HEAD + short + long).encode()).rows
    assert rows[0] == {"external_id": "A2", "occurred_at": "2026-03-02T09:59:00+08:00"}
    assert rows[1] == ROW | {"": "more,still more"}


def test_row_numbers_are_those_a_spreadsheet_shows() -> None:
    quoted = LINE.replace("王小明", '"王\r\n小明"')
    found = read_csv((HEAD + quoted + "\r\n,,,\r\n" + LINE + LINE).encode())
    assert [row["person_name"] for row in found.rows] == ["王\r\n小明", "王小明", "王小明"]
    assert found.row_nos == [2, 5, 6]


def test_ten_thousand_rows_and_no_more() -> None:
    assert len(read_csv((HEAD + LINE * 10_000).encode()).rows) == 10_000
    assert refusal((HEAD + LINE * 10_001).encode()) == "batch_too_large"


cells = st.text(st.characters(codec="gb18030", exclude_characters="\x00"), max_size=6)


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=5))
def test_what_was_written_is_what_is_read(table: list[tuple[str, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(ROW), *table])
    data = text.getvalue().encode()
    kept = [dict(zip(ROW, cells, strict=True)) for cells in table if any(cell.strip() for cell in cells)]
    if not kept:
        assert refusal(data) == "batch_empty"
    else:
        assert read_csv(data).rows == kept


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for start in (b"", HEAD.encode()):
        try:
            assert read_csv(start + data).rows
        except FileRefused as refused:
            assert refused.code
