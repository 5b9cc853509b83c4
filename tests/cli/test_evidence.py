"""The papers `yipanqi trace` writes, and the check of an evidence file."""

import json
import re

import pytest

from yipanqi.cli.main import main

LEDGER = """id,booked_at,serial,payer,payee,amount,kind
t1,2026-01-01T08:00:00+08:00,1,6299000000000001,6299000000000012,50000.00,transfer
t2,2026-01-01T08:01:00+08:00,2,6299000000000012,6299000000000023,20000.00,transfer
t3,2026-01-01T08:02:00+08:00,3,6299000000000023,CASH,5000.00,cash_out
"""


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "transfers.csv"
    file.write_text(LEDGER, "utf-8")
    return str(file)


def test_each_paper_is_written_where_asked(ledger, tmp_path, capsys):
    files = [tmp_path / name for name in ("表.xlsx", "p.svg", "p.png", "e.json")]
    options = ("--xlsx", "--svg", "--png", "--evidence")
    words = [word for option, file in zip(options, files, strict=True) for word in (option, str(file))]
    assert main(["trace", ledger, "--from", "t1", "--lang", "en", "--json", *words]) == 0
    assert [file.read_bytes()[:4] for file in files] == [b"PK\x03\x04", b"<svg", b"\x89PNG", b"{\n  "]
    assert "Flow of Funds" in files[1].read_text("utf-8")
    told = capsys.readouterr()
    assert json.loads(told.out)["totals"]["left_system"] == "5000.00"
    assert re.findall(r"^written (.*)$", told.err, re.M) == [str(file) for file in files]


def test_nothing_asked_nothing_written(ledger, tmp_path, capsys):
    assert main(["trace", ledger, "--from", "t1"]) == 0
    assert "written" not in capsys.readouterr().err and [each.name for each in tmp_path.iterdir()] == [
        "transfers.csv"
    ]


def test_an_evidence_file_is_checked_with_all_that_was_asked(ledger, tmp_path, capsys):
    opening, sinks, file = (tmp_path / name for name in ("opening.csv", "sinks.csv", "e.json"))
    opening.write_text("account,balance\n6299000000000012,10000.00\n", "utf-8")
    sinks.write_text("6299000000000023,merchant\n", "utf-8")
    asked = ["--opening", str(opening), "--sinks", str(sinks), "--hub-degree", "9", "--method", "lifo"]
    until = ["--until", "2026-01-01T08:01:00"]
    assert main(["trace", ledger, "--from", "t1", *asked, *until, "--evidence", str(file)]) == 0
    assert main(["trace", ledger, "--verify", str(file)]) == 0
    document = json.loads(file.read_text("utf-8"))
    assert document["provenance"]["opening_minor"] == {"6299000000000012": 1_000_000}
    assert document["provenance"]["policy_pack"]["id"] == "CN" and document["provenance"]["hub_degree"] == 9
    document["totals"]["held"] = "0.00"
    file.write_text(json.dumps(document), "utf-8")
    capsys.readouterr()
    assert main(["trace", ledger, "--verify", str(file)]) == 1
    assert 'totals.held: the evidence says "0.00"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "t1", "--svg", "no/such/p.svg"], "no/such/p.svg: cannot be written"),
        (["--from", "t1", "--evidence", "e.json", "--policy", "ZZ"], "there is no policy pack 'ZZ'"),
        (["--verify", "none.json"], "none.json: cannot be read"),
        (["--verify", "transfers.csv"], "the evidence is not JSON"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(ledger, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    assert main(["trace", ledger, *words]) == 2
    line = capsys.readouterr().err.strip()
    assert said in line and "\n" not in line
