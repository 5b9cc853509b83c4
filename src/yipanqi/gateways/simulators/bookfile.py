"""The file that lets an institution's books survive: JSON lines, only ever appended to, replayed at the start.

One line is one act, so a line cut off by a kill is an act that never happened: it is taken off at the next start.
Nothing is forced to the disk; a dead process loses nothing, a dead machine may.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path


class BookFile:
    """An append-only file of acts. Open once per process: `replay`, then `append`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def replay(self) -> Iterator[dict[str, object]]:
        """Every whole act in order; what follows the last whole line is cut off the file."""
        whole = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                yield json.loads(line)
                whole += len(line)
        os.ftruncate(self._handle, whole)

    def append(self, act: dict[str, object]) -> None:
        """Write one act in one piece."""
        line = json.dumps(act, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        written = os.write(self._handle, line)
        if written != len(line):
            raise OSError(f"{self._path}: only {written} of {len(line)} bytes could be written")

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
