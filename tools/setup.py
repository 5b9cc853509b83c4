"""Build what a clone needs to run: `.venv`, the front-end files, the compiled messages and the engine's kernels.

Each step is skipped when its inputs are what they were (a stamp in `.venv/stamps` holds their hash), so a second run
takes a moment. A step that cannot be done ends the run with one line naming the way out. Needs Python 3.11 and,
when the front end has to be built, Node 20 with npm. Starts nothing and touches nothing outside
the clone but the user's cache, where kernels lie.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
SOURCE = ROOT / "src" / "yipanqi"
NODE = 20


def fail(message: str) -> None:
    """End the run with one line."""
    raise SystemExit(f"setup: {message}")


def run(what: str, command: list[str | Path], hint: str = "") -> None:
    """Run a command in the clone; on failure show what it said and end with one line."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        print("\n".join(f"  {line}" for line in said[-15:]), file=sys.stderr)
        fail(f"{what} failed{'; ' + hint if hint else ''}")


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """A hash of the files' names and bytes and of some words."""
    total = hashlib.sha256("\n".join(words).encode())
    for path in sorted(files):
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def step(name: str, doing: str, mark: str, there: bool, act: Callable[[], None]) -> None:
    """Do one step unless its stamp holds `mark` and its product is `there`; say what is done and how long it took."""
    stamp = STAMPS / name
    if there and stamp.exists() and stamp.read_text() == mark:
        return
    print(f"setup: {doing} …", flush=True)
    started = time.monotonic()
    act()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)
    print(f"setup: {name} done in {time.monotonic() - started:.0f} s", flush=True)


def make_venv() -> None:
    """Make `.venv` afresh with the Python that runs this."""
    shutil.rmtree(VENV, ignore_errors=True)
    hint = "on Debian: apt-get install python3-venv"
    run("making .venv", [sys.executable, "-m", "venv", VENV], hint)
    if subprocess.run([PYTHON, "-m", "pip", "--version"], check=False, capture_output=True).returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(f"this Python has no pip to put into .venv; {hint}")


def pip(what: str, *arguments: str | Path) -> None:
    """Install with the pip inside `.venv`."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-q"]
    run(what, [PYTHON, "-m", "pip", "install", *options, *arguments])


def check_node() -> None:
    """End the run unless Node of a recent enough version and npm are there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = "Node" if node is None else "npm"
        fail(f"{missing} is missing; install Node {NODE} or newer with npm, the front-end files need it")
    said = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True).stdout.strip()
    found = re.match(r"v(\d+)", said)
    if found is None or int(found.group(1)) < NODE:
        fail(f"Node {said.lstrip('v') or 'of an unknown version'} is too old; install Node {NODE} or newer")


def install_modules() -> None:
    """Fetch the front-end packages as locked."""
    check_node()
    run("npm ci", ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"])


def compile_kernels() -> None:
    """Have the engine's kernels compiled, so that no real transfer waits for them."""
    for room in ("tracing", "restitution"):
        run("compiling the engine's kernels", [PYTHON, "-m", f"yipanqi.engine.{room}.warming"])


def build_frontend() -> None:
    """Copy the few front-end files that the pages use."""
    check_node()
    run("building the front end", ["node", "tools/frontend.mjs"])


def main() -> None:
    """Run every step that is due."""
    os.chdir(ROOT)
    version = ".".join(map(str, sys.version_info[:2]))
    works = (
        PYTHON.exists()
        and not subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode
    )
    step("venv", f"making .venv with Python {version}", version, works, make_venv)

    lock = ROOT / "requirements.lock"
    count = sum(1 for line in lock.read_text().splitlines() if re.match(r"[a-z0-9]", line))
    packages = fingerprint([lock], version)
    install = lambda: pip("installing the Python packages", "--require-hashes", "-r", lock)  # noqa: E731
    step(
        "packages",
        f"installing {count} Python packages, checked by hash (a minute or two)",
        packages,
        True,
        install,
    )

    project = fingerprint([ROOT / "pyproject.toml"], str(ROOT), version)
    command = (VENV / "bin" / "yipanqi").exists()
    editable = lambda: pip("installing yipanqi", "--no-deps", "--no-build-isolation", "-e", ROOT)  # noqa: E731
    step("yipanqi", "installing yipanqi itself", project, command, editable)

    modules = fingerprint([ROOT / "package.json", ROOT / "package-lock.json"])
    step(
        "modules",
        "fetching the front-end packages",
        modules,
        (ROOT / "node_modules").is_dir(),
        install_modules,
    )
    vendor = (SOURCE / "web" / "static" / "vendor" / "icons.svg").exists()
    frontend = fingerprint([ROOT / "tools" / "frontend.mjs"], modules)
    step("frontend", "building the front-end files", frontend, vendor, build_frontend)

    texts = list(SOURCE.rglob("*.po"))
    compiled = all(path.with_suffix(".mo").exists() for path in texts)
    messages = lambda: run("compiling the messages", [PYTHON, "tools/messages.py", "compile"])  # noqa: E731
    step("messages", "compiling the messages", fingerprint(texts), compiled, messages)

    rooms = ("ledger", "restitution", "tracing")
    sources = [path for room in rooms for path in (SOURCE / "engine" / room).rglob("*.py")]
    kernels = fingerprint([SOURCE / "engine" / "compiled.py", *sources], packages)
    step("kernels", "compiling the engine's kernels (two minutes)", kernels, True, compile_kernels)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
