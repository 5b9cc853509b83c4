"""`yipanqi import` as scripts see it: totals that add up, rejects, exit codes; and what a ledger opens from."""

import csv
import io
import json
from pathlib import Path

import pytest

from yipanqi.cli.ledgers import open_ledger
from yipanqi.cli.main import main
from yipanqi.engine.ledger import LedgerError

HEAD = "id,booked_at,payer,payee,amount\n"
GOOD = HEAD + "T1,2026-03-02T10:00:00+08:00,A,B,10.00\nT2,2026-03-02T10:01:00+08:00,B,C,4.00\n"
BAD = GOOD + "T3,2026-03-02T10:02:00+08:00,6.2E+18,C,1.00\nT4,2026-03-02T10:02:00+08:00,C,D,0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(BAD)
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    return tmp_path


def test_totals_add_up_and_rejects_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "bad.csv", "odd.csv", "--out", "L", "--rejects", "r.csv", "--json"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert (document["rows_in"], document["accepted"], document["merged"], document["rejected"]) == (
        4,
        2,
        0,
        2,
    )
    assert document["reasons"] == {"account_mangled": 1, "amount_not_positive": 1}
    assert document["refused"] == ["odd.csv: no head was found: no row names two known columns"]
    assert told.err == f"refused: {document['refused'][0]}\n"
    raw = (folder / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["file", "row", "column", "value", "reason_code", "reason"]
    assert rows[1] == [
        "bad.csv",
        "4",
        "payer",
        "6.2E+18",
        "account_mangled",
        "账号被写成科学计数或小数，已丢失数字",
    ]


def test_the_table_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "bad.csv", "--out", "L", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[-1] for line in out.splitlines()[:4]] == ["4", "2", "0", "2"]
    assert "bad.csv: row 5, column amount: '0': The amount is zero or negative" in out


def test_twice_is_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["import", "good.csv", "--out", "L", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["accepted"], last["merged"]) == (0, 2)
    assert len(open_ledger(folder / "L")) == 2


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["odd.csv", "--out", "L"], "odd.csv: no head"),
        (["none.csv", "--out", "L"], "none.csv: cannot be read"),
        (["good.csv", "--out", "good.csv"], "good.csv"),
        (["good.csv", "--out", "L", "--zone", "Mars"], "Mars"),
        (["good.csv", "--out", "L", "--map", "none.yaml"], "none.yaml"),
        (["good.csv", "--out", "L", "--rejects", "no/r.csv"], "no/r.csv"),
    ],
)
def test_a_refusal_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], part: str
) -> None:
    assert main(["import", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and part in told.err
    assert not (folder / "L").exists()


def test_a_ledger_opens_from_a_folder_or_one_file(folder: Path) -> None:
    main(["import", "good.csv", "--out", "L"])
    assert open_ledger(folder / "L").digest == open_ledger(folder / "good.csv").digest


def test_a_file_with_holes_is_no_ledger(folder: Path) -> None:
    with pytest.raises(LedgerError, match=r"bad\.csv: row 4, column payer.*2 such rows"):
        open_ledger(folder / "bad.csv")
    with pytest.raises(LedgerError, match="no head"):
        open_ledger(folder / "odd.csv")
    with pytest.raises(LedgerError, match="not a ledger"):
        open_ledger(folder)


def test_a_file_whose_other_rows_are_no_transfers_opens(folder: Path) -> None:
    (folder / "c.csv").write_text("my flows\n" + GOOD)
    assert len(open_ledger(folder / "c.csv")) == 2
