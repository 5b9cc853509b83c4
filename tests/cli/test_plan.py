"""`yipanqi plan`: the first account to stop at an instant, in JSON and as a table; refusals in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from yipanqi.catalog import stop_reasons
from yipanqi.cli.main import main

ROWS = """id,booked_at,payer,payee,amount,serial,payer_bank,payee_bank,kind
s1,2026-03-01T10:00:00+08:00,V,A,1000.00,1,icbc,icbc,transfer
t1,2026-03-01T10:04:00+08:00,A,B,600.00,2,icbc,abc,transfer
c1,2026-03-01T10:05:00+08:00,B,ATM,150.00,3,abc,abc,cash_out
t2,2026-03-01T10:06:00+08:00,A,C,300.00,4,icbc,boc,transfer
t3,2026-03-01T10:08:00+08:00,C,D,300.00,5,boc,abc,transfer
"""


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    path = tmp_path / "flows.csv"
    path.write_text(ROWS)
    return str(path)


def plan(capsys: pytest.CaptureFixture[str], ledger: str, *more: str, at: str = "2026-03-01T10:06:30") -> str:
    assert main(["plan", ledger, "--from", "s1", "--at", at, *more]) == 0
    return capsys.readouterr().out


def document(
    capsys: pytest.CaptureFixture[str], ledger: str, *more: str, at: str = "2026-03-01T10:06:30"
) -> Any:
    return json.loads(plan(capsys, ledger, "--json", *more, at=at))


def test_the_plan_knows_only_what_had_happened_then(capsys: pytest.CaptureFixture[str], ledger: str) -> None:
    """At 10:06:30 B holds 450 since 150 seconds, C 300 since 30: fresher, so more will be left. D has nothing yet."""
    found = document(capsys, ledger)
    assert [(each["account"], each["held"], each["level"], each["bank"]) for each in found["accounts"]] == [
        ("C", "300.00", 2, "boc"),
        ("B", "450.00", 2, "abc"),
        ("A", "100.00", 1, "icbc"),
    ]
    assert found["left_out"] == [{"account": "ATM", "currency": "CNY", "why": "end"}]
    assert (found["at"], found["version"], found["traces"]) == ("2026-03-01T10:06:30+08:00", "stop-plan-1", 0)
    first = found["accounts"][0]
    codes = [reason["code"] for reason in first["reasons"]]
    assert codes == ["held", "age", "chance", "answer", "assumed"]
    assert first["reasons"][0]["text"] == "账内现有涉案资金300.00（CNY）"
    later = document(capsys, ledger, at="2026-03-01T02:08:00+00:00")
    assert [each["account"] for each in later["accounts"]] == ["D", "B", "A"]
    assert {"account": "C", "currency": "CNY", "why": "empty"} in later["left_out"]


def test_what_is_stopped_is_left_out_and_said(capsys: pytest.CaptureFixture[str], ledger: str) -> None:
    lines = plan(capsys, ledger, "--stopped", "B,C", "--lang", "en").splitlines()
    assert len(lines) == 4
    number, batch, level, account, *_, why = lines[1].split("\t")
    assert (number, batch, level, account) == ("1", "1", "1", "A")
    assert why.startswith("100.00 CNY of traced money lies here · ")
    assert lines[2] == f"left out, {stop_reasons()['out.stopped'].name.en}: 2 (B, C)"
    assert lines[3] == f"left out, {stop_reasons()['out.end'].name.en}: 1 (ATM)"


def test_learned_curves_speak_in_place_of_the_assumption(
    capsys: pytest.CaptureFixture[str], ledger: str, tmp_path: Path
) -> None:
    learned = {
        "bank": "boc",
        "level": 2,
        "arrivals": 500,
        "effective": 400.0,
        "seconds": [9000],
        "still": [0.5],
    }
    curves = tmp_path / "curves.json"
    curves.write_text(json.dumps({"version": "dwell-1", "traces": 3, "curves": [learned]}))
    found = document(capsys, ledger, "--curves", str(curves))
    assert found["traces"] == 3
    assert [each["account"] for each in found["accounts"]] == ["C", "B", "A"]
    assert found["accounts"][0]["chance"] > 0.9 > found["accounts"][1]["chance"]
    assert found["accounts"][0]["reasons"][-1]["detail"] == {"count": 500}


def test_a_method_without_amounts_ranks_nothing(capsys: pytest.CaptureFixture[str], ledger: str) -> None:
    found = document(capsys, ledger, "--method", "poison")
    assert found["accounts"] == [] and {each["why"] for each in found["left_out"]} == {"unknown"}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--from", "s1", "--at", "soon"], "--at: 'soon' is not an instant"),
        (["--from", ",", "--at", "2026-03-01T10:00:00"], "name at least one transfer"),
        (["--from", "s9", "--at", "2026-03-01T10:00:00"], "'s9'"),
        (
            ["--from", "s1", "--at", "2026-03-01T10:00:00", "--curves", "/nowhere.json"],
            "/nowhere.json: cannot be read",
        ),
    ],
)
def test_refusals_are_one_line(
    capsys: pytest.CaptureFixture[str], ledger: str, arguments: list[str], part: str
) -> None:
    assert main(["plan", ledger, *arguments]) == 2
    captured = capsys.readouterr()
    assert part in captured.err.splitlines()[-1] and captured.out == ""


def test_a_file_that_holds_no_curves_is_refused(
    capsys: pytest.CaptureFixture[str], ledger: str, tmp_path: Path
) -> None:
    curves = tmp_path / "curves.json"
    for text, part in (("{", "is not JSON"), ("[]", "not dwell curves of version dwell-1")):
        curves.write_text(text)
        arguments = ["plan", ledger, "--from", "s1", "--at", "2026-03-01T10:00:00", "--curves", str(curves)]
        assert main(arguments) == 2
        assert f"{curves}: " in (error := capsys.readouterr().err) and part in error
