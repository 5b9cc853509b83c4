"""`yipanqi split` as scripts see it: the contract's JSON, a table with reasons, refusals in one line."""

import json
from pathlib import Path

import pytest

from tests.engine.restitution.cases import WORKED, worked
from yipanqi.cli.main import main


def written(folder: Path, document: object) -> str:
    path = folder / "CASE.json"
    path.write_text(json.dumps(document))
    return str(path)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["split", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("case", WORKED, ids=[case["id"] for case in WORKED])
def test_the_worked_cases(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: dict) -> None:
    found = json.loads(answer(capsys, written(tmp_path, case), "--json"))
    assert set(found) == {"id", "runs", *({"second_round"} & set(case))} and found["id"] == case["id"]
    assert len(found["runs"]) == len(case["runs"])
    for run, expected in zip(found["runs"], case["runs"], strict=True):
        assert set(run) == {"basis", "expect", "held", "unrecovered"}
        assert (run["basis"], run["expect"]) == (expected["basis"], expected["expect"])
        assert set(run["unrecovered"]) == set(case["claims"]) and set(run["held"]) == set(case["frozen"])
    if "second_round" in case:
        assert found["second_round"]["expect"] == case["second_round"]["expect"]


def test_the_same_bytes_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path, worked("X12"))
    assert answer(capsys, path, "--json") == answer(capsys, path, "--json")


def test_the_table_tells_amounts_and_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path, worked("X5"))
    zh = answer(capsys, path)
    assert (
        "第1次（按比例返还）" in zh
        and "  V1\t33.33" in zh
        and "冻结本金50.00 × 计入损失100.00 ÷ 150.00" in zh
    )
    en = answer(capsys, path, "--lang", "en")
    assert "run 2 (Method chosen)" in en and "  V2\t50.00" in en and "\nunrecovered\n  V1\t100.00" in en


def test_a_pack_gives_defaults_and_says_what_nobody_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path, worked("X11"))
    said = answer(capsys, path, "--policy", "CN", "--lang", "en")
    assert said.startswith("policy pack CN ") and "not verified in law: " in said.splitlines()[1]
    assert json.loads(answer(capsys, path, "--policy", "CN", "--json"))["runs"][0]["held"] == {"A": "5000.00"}


def test_all_methods_side_by_side(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path, worked("X13"))
    lines = [line.split("\t") for line in answer(capsys, path, "--compare", "--lang", "en").splitlines()]
    assert lines[0][:4] == ["account", "claim", "Traced share", "Loss ratio"]
    assert ["A", "K", "3.33", "3.33", "5.00", "10.00", "0.00", "3.33", "3.33"] in lines
    found = json.loads(answer(capsys, path, "--compare", "--json"))["compared"]
    assert found["lifo"]["expect"] == {"A": {"K": "0.00", "M": "0.00", "P": "10.00"}}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--policy", "XX"], "there is no policy pack 'XX'"),
        ([], "CASE.json: claim V, field loss: is missing"),
    ],
)
def test_refusals_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], part: str
) -> None:
    document = worked("X11")
    del document["claims"]["V"]["loss"]
    assert main(["split", written(tmp_path, document), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and part in captured.err


def test_a_transfer_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = worked("X11")
    document["claims"]["V"]["transfers"] = ["t7"]
    assert main(["split", written(tmp_path, document)]) == 2
    said = capsys.readouterr().err
    assert "CASE.json" in said and "claim V, field transfers: there is no transfer 't7'" in said
