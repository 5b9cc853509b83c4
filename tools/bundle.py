"""Make `dist/yipanqi-bundle.tar.gz`: all that an install without any registry needs.

It holds this project's wheel (front end and messages inside), the wheels of every run-time package as locked, and
`install.sh`. The wheels fit the Python version and processor of the machine that made them. Needs `make setup` first.
"""

import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
WORK = DIST / "yipanqi-bundle"
INSTALL = """\
#!/bin/sh
# Installs yipanqi from this folder without any registry: sh install.sh [TARGET], by default ./yipanqi
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${{1:-yipanqi}}
python=${{PYTHON:-python{version}}}
command -v "$python" >/dev/null 2>&1 || {{ echo "install: needs Python {version} (set PYTHON to it)" >&2; exit 1; }}
"$python" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "{version}")' || {{
  echo "install: these wheels are for Python {version}" >&2; exit 1; }}
"$python" -m venv "$target" || {{ echo "install: this Python cannot make a venv (Debian: python3-venv)" >&2; exit 1; }}
pip() {{ "$target/bin/python" -m pip --disable-pip-version-check install -q --no-index "$@"; }}
pip --find-links "$here/wheels" --require-hashes -r "$here/requirements.txt"
pip --no-deps "$here"/yipanqi-*.whl
"$target/bin/python" -m pip check >/dev/null || {{ echo "install: a package is missing from the bundle" >&2; exit 1; }}
echo "installed; set DATABASE_URL and YIPANQI_DATA, then: $target/bin/python -m yipanqi.config serve"
echo "or see the demo: $target/bin/python -m yipanqi.rehearsal"
"""


def needed() -> set[str]:
    """Names of every package that yipanqi needs at run time, followed through what is installed here."""
    names: set[str] = set()
    waiting = [("yipanqi", frozenset[str]())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for text in distribution(name).requires or []:
            wish = Requirement(text)
            if wish.marker is None or any(wish.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                names.add(canonicalize_name(wish.name))
                waiting.append((canonicalize_name(wish.name), frozenset(wish.extras)))
    return names


def locked(names: set[str]) -> str:
    """The part of requirements.lock that speaks of `names`, hashes included."""
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.lock").read_text())
    found: dict[str, list[str]] = {}
    for block in blocks:  # a package has several where its version depends on Python's
        if "==" in block:
            found.setdefault(canonicalize_name(re.split(r"[=\[ ;]", block)[0]), []).append(block.rstrip())
    missing = names - set(found)
    if missing:
        raise SystemExit(f"bundle: not in requirements.lock: {', '.join(sorted(missing))}; run make lock")
    return "\n".join(block for name in sorted(names) for block in found[name]) + "\n"


def pip(*arguments: str | Path) -> None:
    """Run this environment's pip, or end with one line."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", *arguments]
    if subprocess.run(command, check=False, cwd=ROOT).returncode:
        raise SystemExit(f"bundle: pip {arguments[0]} failed")


def main() -> None:
    """Gather, pack and say where the bundle lies."""
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "wheels").mkdir(parents=True)
    requirements = WORK / "requirements.txt"
    requirements.write_text(locked(needed()))
    print("bundle: fetching the wheels …", flush=True)
    pip(
        "download",
        "--only-binary",
        ":all:",
        "--no-deps",
        "--require-hashes",
        "-r",
        requirements,
        "-d",
        WORK / "wheels",
    )
    print("bundle: building yipanqi's own wheel …", flush=True)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", WORK, ROOT)
    version = ".".join(map(str, sys.version_info[:2]))
    (WORK / "install.sh").write_text(INSTALL.format(version=version))
    (WORK / "install.sh").chmod(0o755)
    with tarfile.open(DIST / "yipanqi-bundle.tar.gz", "w:gz") as archive:
        archive.add(WORK, "yipanqi-bundle")
    shutil.rmtree(WORK)
    size = (DIST / "yipanqi-bundle.tar.gz").stat().st_size / 1e6
    print(f"bundle: dist/yipanqi-bundle.tar.gz, {size:.0f} MB")


if __name__ == "__main__":
    main()
