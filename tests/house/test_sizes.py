"""Limits that hold for every module: its length, its functions, its lines, its opening words and its name."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "yipanqi"
MODULE_LINES = 400
FUNCTION_LINES = 50
LINE_CHARACTERS = 120
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "lib", "shared"}
DOCUMENTED_ROOMS = ("kernel", "casework", "engine")

MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
OTHERS = sorted(path for room in ("tests", "tools", "benchmarks") for path in (ROOT / room).rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_rooms_are_found() -> None:
    assert len(MODULES) > 20 and len(OTHERS) > 5


@pytest.mark.parametrize("path", MODULES + OTHERS, ids=shown)
def test_a_module_is_short(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= MODULE_LINES, f"{shown(path)}: {len(lines)} lines, at most {MODULE_LINES}"
    long = [
        f"{shown(path)}:{n}: {len(line)}" for n, line in enumerate(lines, 1) if len(line) > LINE_CHARACTERS
    ]
    assert not long, f"lines of more than {LINE_CHARACTERS} characters: {long}"


@pytest.mark.parametrize("path", MODULES + OTHERS, ids=shown)
def test_a_function_is_short(path: Path) -> None:
    long = [f"{shown(path)}:{each.lineno} {each.name}: {body_lines(each)}" for each in functions(path)
            if body_lines(each) > FUNCTION_LINES]  # fmt: skip
    assert not long, f"bodies of more than {FUNCTION_LINES} lines: {long}"


@pytest.mark.parametrize("path", MODULES + OTHERS, ids=shown)
def test_a_module_opens_with_its_purpose(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not tree.body or ast.get_docstring(tree), f"{shown(path)}: no docstring at its head"


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_no_room_is_a_drawer(path: Path) -> None:
    names = {*path.relative_to(SOURCE).with_suffix("").parts}
    assert not names & DRAWERS, f"{shown(path)}: name it by what it does"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.relative_to(SOURCE).parts[0] in DOCUMENTED_ROOMS], ids=shown
)
def test_public_functions_say_what_they_do(path: Path) -> None:
    """In the framework-free rooms, which others use as a library."""
    tree = ast.parse(path.read_text("utf-8"))
    owners: list[ast.Module | ast.ClassDef] = [tree]
    owners += [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for owner in owners
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent, f"no docstring: {silent}"
