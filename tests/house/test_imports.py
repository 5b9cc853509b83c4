"""The import contracts are able to fail: each catches a violation planted in a copy of the source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the copy of the source in `folder`."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "locale", "templates")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_as_it_stands_keeps_them(copy: Path) -> None:
    done = contracts(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("kernel/money.py", "import yipanqi.catalog", "Arrows point down"),
        ("casework/machine.py", "import django.db", "Kernel, catalog, engine and casework"),
        ("ops/vault/masks.py", "import yipanqi.ops.journal.models", "Apps of ops"),
        ("engine/tracing/result.py", "import yipanqi.engine.restitution", "Ledger, tracing and restitution"),
        ("web/__init__.py", "import yipanqi.ops.journal.models", "Doors never import models"),
        ("wall/__init__.py", "import yipanqi.engine", "Only analytics, rehearsal and cli"),
        (
            "gateways/simulators/rules.py",
            "import yipanqi.ops.vault.masks",
            "Messages, signatures and simulators",
        ),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / "src" / "yipanqi" / module
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    done = contracts(copy)
    assert done.returncode != 0
    broken = [said for said in done.stdout.splitlines() if said.endswith("BROKEN")]
    assert any(said.startswith(contract) for said in broken), done.stdout
