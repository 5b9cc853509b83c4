"""`python -m yipanqi.config` and the project's make targets: they say in one line what they cannot do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from yipanqi.config.__main__ import main, number
from yipanqi.config.environment import SettingError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("arguments", [[], ["dance"], ["migrate", "dance"]])
def test_an_unknown_command_gets_the_list(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "serve | web | worker | sealer | simulators | migrate | collectstatic" in capsys.readouterr().err


def test_a_port_that_is_no_number_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YIPANQI_PORT", "80a")
    with pytest.raises(SettingError, match="YIPANQI_PORT: '80a'"):
        number("YIPANQI_PORT", 8000)
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == "YIPANQI_PORT: '80a' is not a whole number\n"


def test_importing_the_supervisor_loads_no_django() -> None:
    code = "import sys, yipanqi.config.supervisor; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_setup_says_in_one_line_that_node_is_missing_or_old(tmp_path: Path) -> None:
    def said(node: str | None) -> str:
        for name in ("node", "npm"):
            (tmp_path / name).unlink(missing_ok=True)
            if node:
                (tmp_path / name).write_text(f"#!/bin/sh\necho {node}\n")
                (tmp_path / name).chmod(0o755)
        code = "import sys; sys.path.insert(0, 'tools'); import setup; setup.check_node()"
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            cwd=ROOT,
            env=os.environ | {"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert (done.returncode == 0) == (done.stderr == "")
        return done.stderr.strip()

    assert "\n" not in said(None) and "Node is missing; install Node 20" in said(None)
    assert "Node 18.19.0 is too old; install Node 20 or newer" in said("v18.19.0")
    assert said("v22.1.0") == ""


def test_setup_says_in_one_line_that_python_is_missing(tmp_path: Path) -> None:
    for program in ("make", "sh", "dash", "bash"):
        for folder in os.environ["PATH"].split(os.pathsep):
            if (Path(folder) / program).exists():
                (tmp_path / program).symlink_to(Path(folder) / program)
                break
    done = subprocess.run(
        ["make", "setup"],
        check=False,
        cwd=ROOT,
        env={"PATH": str(tmp_path), "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
