"""Rules that no linter knows: one clock, no promises in comments, nothing of one machine, tests where the code is."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from yipanqi import catalog

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "yipanqi"
CLOCK = SOURCE / "kernel" / "clock.py"
# Where no act of business happens: the processes themselves, the players and the commands.
OWN_CLOCK = ("config", "rehearsal")

# Written apart, so that this file passes its own rules.
PROMISES = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
HOSTS = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "python" + "hosted",
            "npm" + r"js\.",
            "npm" + "mirror",
            "regis" + r"try\.[\w.-]+\.(com|org|io|net|cn)\b",
            "tuna" + r"\.tsing",
            "ali" + "yun",
        )
    ),
    re.I,
)
MACHINE = re.compile(
    "|".join((r"/wo" + r"rk/(main|shared)", r"/home/\w+/", r"/ro" + r"ot/", r"/Us" + r"ers/\w+/"))
)
SQL_NOW = re.compile(
    r"\b(now\(\)|current_timestamp|clock_timestamp\(\)|localtimestamp|statement_timestamp\(\))", re.I
)
SQL_WORD = re.compile(r"\b(select|insert|update|delete|where|interval|values)\b", re.I)
TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".html",
    ".js",
    ".mjs",
    ".css",
    ".json",
    ".po",
    ".sh",
    ".lock",
    ".csv",
}


def tracked() -> list[Path]:
    """Files that are or would be committed; without git, all that lie in the project's own folders."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0 and done.stdout:
        paths = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        rooms = ("src", "tests", "tools", "docs", "benchmarks", ".ci")
        paths = [path for room in rooms for path in (ROOT / room).rglob("*")] + list(ROOT.glob("*.*"))
    named = {"Makefile", "run", ".npmrc", ".gitignore"}
    return sorted(path for path in paths if path.is_file() and (path.suffix in TEXTS or path.name in named))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{shown(path)}:{number}: {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_promised_in_a_comment() -> None:
    assert (
        found(
            PROMISES, [path for path in tracked() if path.suffix in {".py", ".js", ".mjs", ".html", ".css"}]
        )
        == []
    )


def test_no_registry_and_no_machine_is_named() -> None:
    assert found(HOSTS, tracked()) == []
    assert found(MACHINE, tracked()) == []


def business_modules() -> list[Path]:
    return sorted(
        path
        for path in SOURCE.rglob("*.py")
        if path != CLOCK
        and path.relative_to(SOURCE).parts[0] not in OWN_CLOCK
        and "migrations" not in path.parts
    )


READINGS = {
    *("timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"),
    *("timezone.localtime", "timezone.localdate"),
}


def clock_readings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls and settings that read the system's clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield node.value.lineno, node.arg
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = f"{ast.unparse(node.func.value).rpartition('.')[2]}.{node.func.attr}"
            converts = ".local" in called and (node.args or node.keywords)
            if called in READINGS and not converts:
                yield node.lineno, f"{called}()"
        if isinstance(node, ast.Name) and node.id == "Now":
            yield node.lineno, "Now()"


def clock_statements(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings that look like SQL and ask the database for the time."""
    told = docstrings(tree)
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if text not in told and SQL_NOW.search(text) and SQL_WORD.search(text):
            yield getattr(node, "lineno", 0), text.strip()[:60]


@pytest.mark.parametrize("path", business_modules(), ids=shown)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    read = [*clock_readings(tree), *clock_statements(tree)]
    assert [f"{shown(path)}:{line}: {what}" for line, what in read] == []


def docstrings(tree: ast.AST) -> set[str]:
    """Every docstring of a module, as it stands in its source."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].value.value
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant) and isinstance(node.body[0].value.value, str)
    }  # fmt: skip


def test_a_planted_clock_reading_is_seen() -> None:
    planted = "from datetime import datetime\nat = datetime.now()\nfield = F(auto_now=True)\n"
    planted += 'sql = "UPDATE t SET at = now()"\nlocal = timezone.localtime(at)\n'
    assert [what for _, what in clock_readings(ast.parse(planted))] == ["datetime.now()", "auto_now"]
    assert [line for line, _ in clock_statements(ast.parse(planted))] == [4]


# Codes that no module of ours writes: Django's own checks of a new password raise them.
FOREIGN_CODES = {"password_too_short", "password_too_common"}


def test_every_sentence_of_a_refusal_is_told_somewhere() -> None:
    """A sentence whose code stands nowhere in the source is told to nobody."""
    written = {
        node.value
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(catalog.errors()) - written == FOREIGN_CODES


def test_the_kernel_needs_only_the_standard_library() -> None:
    foreign = set()
    for path in (SOURCE / "kernel").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            foreign |= {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("yipanqi.kernel")} == set()


def test_tests_lie_where_the_code_does() -> None:
    """`tests/<room>` exists in the source; `house` and `live` look at the whole."""
    rooms = {
        path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and list(path.rglob("test_*.py"))
    }
    whole = {"house", "live", "browser", "docs", "tools", "benchmarks"}
    assert {room for room in rooms - whole if not (SOURCE / room).is_dir()} == set()
    for app in (ROOT / "tests" / "ops").iterdir() if (ROOT / "tests" / "ops").is_dir() else []:
        if app.is_dir() and list(app.rglob("test_*.py")):
            assert (SOURCE / "ops" / app.name).is_dir(), f"tests/ops/{app.name} has no app"


def test_every_package_has_its_head() -> None:
    bare = {shown(path.parent) for path in SOURCE.rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert bare == set()
