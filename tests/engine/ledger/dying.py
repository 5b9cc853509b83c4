"""Run as a program: appends to copies of a store and is killed before the first change on disk, the second, and so
on.

It forks, so that each death costs no new start; Polars must not have been used before a fork.
"""

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

import polars as pl

from yipanqi.engine.ledger.store import Store


def append_and_die(folder: Path, rows: Path, turn: int) -> None:
    """Append to the store, and die by SIGKILL before the change on disk with that number."""
    changes = count()

    def before(_: str) -> None:
        if next(changes) == turn:
            os.kill(os.getpid(), signal.SIGKILL)

    Store.open(folder, before=before).append(pl.read_ipc(rows))


def main(folder: Path) -> None:
    """`folder` holds the store `sound` and the frame `rows.ipc`; the copies are called by number."""
    shutil.copytree(folder / "sound", folder / "warm")
    Store.open(folder / "warm").compact()
    shutil.rmtree(folder / "warm")
    for turn in count():
        copy = folder / f"{turn:04}"
        shutil.copytree(folder / "sound", copy, copy_function=os.link)  # no file is ever written to twice
        child = os.fork()
        if not child:
            try:
                append_and_die(copy, folder / "rows.ipc", turn)
            except BaseException as error:  # a child must not go on as its parent
                print(error, file=sys.stderr)
                os._exit(1)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise SystemExit(f"the child of turn {turn} ended with {ended}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
