"""Commands and links of the README, CONTRIBUTING and docs: what a reader types works, what a reader follows is there.

Fenced blocks say what they are. `sh`: run here, engine commands for real in an empty folder. `sh demo`: calls to a
running demo, checked against the API's own schema. `sh centre`: needs a centre's database, so that command and
arguments are checked. Everything else is no command. That tables equal the code is `tests/docs`' matter.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from yipanqi.cli.main import _parser
from yipanqi.config.__main__ import COMMANDS
from yipanqi.rehearsal.__main__ import PORT

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
PAGES = [
    *READMES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/AIMS.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
KINDS = {"sh", "sh demo", "sh centre", "text", "json", "mermaid", "python", "sql"}
FENCE = re.compile(r"^( *)```(.*?)\n(.*?)^\1```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SYSTEM = {"createuser", "createdb", "pg_dump", "pg_restore"}  # PostgreSQL's own; not ours to check
HEALTH = {"/health/alive", "/health/ready"}


@dataclass(frozen=True)
class Block:
    """One fenced block: the page it stands on, its info string, its text without the fence's indent."""

    page: Path
    kind: str
    text: str

    def commands(self) -> list[list[str]]:
        """Its commands as words; continued lines and open quotes are joined as a shell does."""
        found, line = [], ""
        for part in self.text.splitlines(keepends=True):
            line += part
            if line.endswith("\\\n"):
                line = line[:-2]
                continue
            try:
                words = shlex.split(line)
            except ValueError:  # a quote is still open
                continue
            found += [words] if words else []
            line = ""
        assert not line.strip(), f"{shown(self.page)}: {line}"
        return found


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    found = FENCE.findall(page.read_text("utf-8"))
    return [
        Block(page, kind.strip(), re.sub(rf"^{indent}", "", body, flags=re.M)) for indent, kind, body in found
    ]


def of_kind(kind: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.kind == kind]


def test_pages_and_blocks_are_found() -> None:
    assert len(PAGES) > 15
    assert len(of_kind("sh")) > 10 and len(of_kind("sh demo")) >= 4 and len(of_kind("sh centre")) > 5


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_block_says_what_it_is(page: Path) -> None:
    text = page.read_text("utf-8")
    assert {block.kind for block in blocks(page)} <= KINDS
    assert len(re.findall(r"^ *```", text, re.M)) == 2 * len(blocks(page)), "a fence is not closed"


def test_a_block_is_read_as_a_shell_reads_it() -> None:
    text = "make demo\ncurl -X POST http://h/p \\\n  -d '{\"a\":\n 1}'\nyipanqi --help\n"
    found = Block(ROOT, "sh", text).commands()
    assert found == [
        ["make", "demo"],
        ["curl", "-X", "POST", "http://h/p", "-d", '{"a":\n 1}'],
        ["yipanqi", "--help"],
    ]


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        [(block.kind, block.text) for block in blocks(page) if block.kind.startswith("sh")]
        for page in READMES
    )
    assert english == chinese
    assert any("make demo" in text for _, text in english) and any("make test" in text for _, text in english)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """One command of an `sh` block; the folder is the reader's working folder."""
    program = Path(command[0]).name
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    if program == "make":
        return _call(["make", "-n", *command[1:]], ROOT, environment)
    if program == "yipanqi":
        return _call([sys.executable, "-m", "yipanqi.cli.main", *command[1:]], folder, environment)
    if program == "python" and command[1:3] == ["-m", "pytest"]:
        assert all((ROOT / path).is_dir() for path in command[3:]) and command[3:], (
            f"no such tests: {command}"
        )
        return _call([sys.executable, "-m", "pytest", "--version"], ROOT, environment)
    if program == "python" and command[1].startswith("tools/"):
        return _call([sys.executable, *command[1:]], ROOT, environment)
    raise AssertionError(f"{' '.join(command)}: nobody checks this; mark the block or teach the test")


def _call(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(block.kind == "sh" for block in blocks(page))], ids=shown
)
def test_commands_run(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        for command in block.commands() if block.kind == "sh" else []:
            done = run(command, tmp_path)
            assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"


def test_a_command_that_fails_is_seen(tmp_path: Path) -> None:
    assert run(["make", "no-such-target"], tmp_path).returncode != 0
    assert run(["yipanqi", "classify", "missing.csv"], tmp_path).returncode == 2
    with pytest.raises(AssertionError, match="nobody checks this"):
        run(["rm", "-rf", "x"], tmp_path)


@pytest.mark.parametrize("block", of_kind("sh centre"), ids=lambda block: shown(block.page))
def test_commands_of_a_centre_are_known(block: Block) -> None:
    for command in block.commands():
        program = Path(command[0]).name
        if program == "yipanqi":
            _parser().parse_args(command[1:])
        elif program == "python":
            assert command[1:3] == ["-m", "yipanqi.config"] and set(command[3:]) <= set(COMMANDS), command
        elif program == "make":
            assert run(command, ROOT).returncode == 0, command
        elif program == "curl":
            assert urlsplit(command[-1]).path in HEALTH, command
        else:
            assert program in SYSTEM, command


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The API's OpenAPI schema, made in a process of its own: this room loads no Django."""
    code = (
        "import django, json; django.setup(); from yipanqi.api.v1.service import api;"
        "print(json.dumps(api.get_openapi_schema()))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "yipanqi.config.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = _call([sys.executable, "-W", "ignore", "-c", code], ROOT, environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("block", of_kind("sh demo"), ids=lambda block: shown(block.page))
def test_calls_to_the_demo_fit_the_api(block: Block, schema: dict[str, Any]) -> None:
    for command in block.commands():
        assert command[:3] == ["curl", "-X", "POST"] and urlsplit(command[3]).netloc == f"127.0.0.1:{PORT}"
        path = urlsplit(command[3]).path
        headers = [command[place + 1] for place, word in enumerate(command) if word == "-H"]
        assert "Authorization: Bearer $YIPANQI_KEY" in headers and "Content-Type: application/json" in headers
        body = body_of(path, schema)
        sent = json.loads(command[command.index("-d") + 1])
        check(sent, body, schema)
        for row in sent.get("rows", []):
            single = body_of("/api/v1/warnings", schema)
            items = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]["rows"][
                "items"
            ]
            check(row, items if "required" in items else single, schema)


def body_of(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is posted to a path."""
    return schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]


def check(sent: dict[str, Any], body: dict[str, Any], schema: dict[str, Any]) -> None:
    """The object has every field its schema requires and none that it does not name."""
    shape = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    assert set(shape["required"]) <= sent.keys() <= set(shape["properties"])


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        aim = (page.parent / path).resolve() if path else page
        if not aim.is_file() or (anchor and anchor not in anchors(aim)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings as code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
