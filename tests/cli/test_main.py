"""The `yipanqi` command as scripts see it: exit codes, one line per refusal, stable JSON, quick help."""

import json
import subprocess
import sys
import time
from pathlib import Path

import polars
import pytest

from yipanqi.cli.main import main

SRC = Path(__file__).resolve().parents[2] / "src"
HEAVY = ("django", "numpy", "polars", "yaml", "psycopg")


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "PATH": ""}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["province"],
        ["classify"],
        ["import"],
        ["plan"],
        ["split"],
        ["journal"],
        ["journal", "verify"],
        ["officer", "add"],
    ],
)
def test_help_answers_at_once_and_loads_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\nfrom yipanqi.cli.main import main\n"
        f"try: main({[*command, '--help']!r})\nexcept SystemExit as leaving: assert leaving.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    tries = []
    for _ in range(3):
        started = time.perf_counter()
        answer = _python("-c", code)
        tries.append(time.perf_counter() - started)
        assert answer.stdout.startswith("usage: yipanqi")
        assert answer.stderr.strip() == "[]"
    assert min(tries) < 0.5


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    try:
        code = main(arguments)
    except SystemExit as leaving:
        code = leaving.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("a.csv", b"id,body\n1,x\n", ("a.csv", "row 0", "column text", "id, body")),
        ("b.csv", b"id,text\n1,x\n2\n", ("b.csv", "row 2", "column text", "only 1 cells")),
        ("c.csv", b"text\nok\n\xff\xfe\n", ("c.csv", "row 2", "column text", "not UTF-8")),
        ("d.jsonl", b'{"text": "x"}\n{"text": 5}\n', ("d.jsonl", "row 2", "column text", "int is not text")),
        ("e.jsonl", b'{"text": "x"}\nnonsense\n', ("e.jsonl", "row 2", "column text", "not JSON")),
        ("f.jsonl", b'{"t": "x"}\n', ("f.jsonl", "row 1", "column text", "missing")),
        ("g.txt", "好\n".encode() + b"\xff\n", ("g.txt", "row 2", "not UTF-8")),
        ("h.doc", b"x", ("h.doc", "kind .doc")),
        ("i.parquet", b"not parquet at all", ("i.parquet", "row 0", "not a Parquet file")),
    ],
)
def test_a_bad_file_is_refused_in_one_line_naming_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, parts: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(content)
    message = _refusal(capsys, "classify", str(tmp_path / name), "--json")
    assert all(part in message for part in parts), message


def test_other_refusals_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "gone.csv" in _refusal(capsys, "classify", str(tmp_path / "gone.csv"))
    out = str(tmp_path / "p")
    assert "days 0" in _refusal(capsys, "province", "--seed", "1", "--days", "0", "--out", out)
    assert "--seed" in _refusal(capsys, "province", "--seed", "x", "--days", "1", "--out", out)
    assert "--start" in _refusal(
        capsys, "province", "--seed", "1", "--days", "1", "--out", out, "--start", "soon"
    )
    assert "COMMAND" in _refusal(capsys)


def _classified(capsys: pytest.CaptureFixture[str], path: Path) -> list[dict[str, object]]:
    assert main(["classify", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"rules_version", "rows"}
    rows: list[dict[str, object]] = document["rows"]
    return rows


def test_every_kind_of_file_gives_the_same_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["刷单返利转了5万元", "公安局说我涉嫌洗钱", "今天吃面"]
    (tmp_path / "t.txt").write_text("\n".join(texts), encoding="utf-8")
    (tmp_path / "t.csv").write_text("id,text\n" + "".join(f"1,{t}\n" for t in texts), encoding="utf-8-sig")
    lines = (json.dumps({"text": t}) + "\n" for t in texts)
    (tmp_path / "t.jsonl").write_text("".join(lines), encoding="utf-8")
    polars.DataFrame({"text": texts}).write_parquet(tmp_path / "t.parquet")
    answers = [_classified(capsys, tmp_path / f"t.{kind}") for kind in ("txt", "csv", "jsonl", "parquet")]
    assert all(answer == answers[0] for answer in answers)
    assert [row["fraud_type"] for row in answers[0]] == ["T01", "T08", "T99"]
    assert set(answers[0][0]) == {"row", "fraud_type", "score", "reasons", "identifiers"}
    assert answers[0][0]["identifiers"] == [{"kind": "amount", "value": "50000.00", "start": 6, "end": 9}]


def test_an_empty_file_gives_an_empty_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("text\n", encoding="utf-8")
    assert _classified(capsys, tmp_path / "t.csv") == []


def test_the_table_has_a_line_per_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("刷单\n吃面\n", encoding="utf-8")
    assert main(["classify", str(tmp_path / "t.txt")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["row", "type"], ["1", "T01"], ["2", "T99"]]


def test_province_writes_its_folder_and_prints_the_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a folder"
    arguments = ["province", "--seed", "9", "--days", "1", "--scale", "0.05", "--warnings-per-day", "5"]
    assert main([*arguments, "--start", "2025-06-01", "--out", str(out), "--json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest == json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["start"] == "2025-06-01"
    assert main([*arguments, "--out", str(out)]) == 0
    assert "warnings" in capsys.readouterr().out
