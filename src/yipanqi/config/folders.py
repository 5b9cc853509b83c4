"""Where one centre keeps its files, and whether this version may use them.

A data folder holds `VERSION` (the number of its layout), `keys.json`, `static/`, the embedded server's `postgres/` and,
while a centre runs on it, a lock. Which server runs there is `embedded`'s matter.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yipanqi.config.environment import SettingError

LAYOUT = "1"
ADDRESS = "database-url"
ROOT_FOLDER = Path("/var/lib/yipanqi")


def data_folder(project: Path) -> Path:
    """The data folder of the clone at `project`: `YIPANQI_DATA`, else `var` inside it.

    As root it is a folder of this clone's own under `/var/lib/yipanqi`, because the server then runs as another
    system user who must not be let into root's home folder.
    """
    chosen = os.environ.get("YIPANQI_DATA", "").strip()
    if chosen:
        return Path(chosen).expanduser().resolve()
    project = project.resolve()
    if os.geteuid() == 0:
        return ROOT_FOLDER / hashlib.sha256(str(project).encode()).hexdigest()[:12]
    return project / "var"


def open_folder(folder: Path) -> None:
    """Make the folder when it is new; refuse one of another layout or of another program.

    Raises `SettingError` with the way out: another folder, or removing this one.
    """
    way_out = "set YIPANQI_DATA to a new folder, or remove this one to start afresh"
    mark = folder / "VERSION"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = mark.read_text().strip() if mark.exists() else None
        if found is None:
            if (folder / "postgres").exists():
                raise SettingError(f"{folder}: a data folder without its VERSION file; {way_out}")
            mark.write_text(f"{LAYOUT}\n")
            found = LAYOUT
    except OSError as error:
        raise SettingError(
            f"{folder}: cannot be the data folder ({error.strerror}); set YIPANQI_DATA"
        ) from error
    if found != LAYOUT:
        raise SettingError(
            f"{folder}: made by another version of yipanqi (layout {found}, this one reads {LAYOUT}); {way_out}"
        )


def running_address(folder: Path) -> str:
    """The address of the embedded server that runs on this folder, for commands beside it; "" when none does."""
    try:
        return (folder / ADDRESS).read_text().strip()
    except OSError:
        return ""


@contextmanager
def address_noted(folder: Path, url: str) -> Iterator[None]:
    """Keep the embedded server's address in the folder while it runs, readable for its owner alone."""
    note = folder / ADDRESS
    note.touch(0o600)
    note.write_text(f"{url}\n")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder for this process until the block ends; a second centre on it raises `SettingError`.

    The system drops the claim when the process dies, however it dies.
    """
    with (folder / "centre.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise SettingError(
                f"{folder}: another centre runs on this folder (process {file.read().strip() or '?'}); "
                "stop it, or set YIPANQI_DATA to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
