"""The manifest of a store: which segments make up its ledger. Replaced whole, so a reader sees one state or the next.

Leaves what is in a segment to `segments`, and who may write to `store`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yipanqi.engine.ledger.columns import LedgerError

FORMAT: Final = "yipanqi-ledger"
VERSION: Final = 1
NAME: Final = "manifest.json"
TEMPORARY: Final = "manifest.json.new"
Before = Callable[[str], None]  # called with what is about to change on disk


@dataclass(frozen=True)
class Entry:
    """A segment: its folder's name, its transfers, and all their money."""

    name: str
    rows: int
    amount_minor: int


@dataclass(frozen=True)
class Manifest:
    """The segments, oldest first, and how often the manifest was replaced."""

    generation: int
    segments: tuple[Entry, ...]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a ledger's folder; LedgerError when there is none that this version can read."""
    try:
        told: Any = json.loads((folder / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerError(f"{folder} is not a ledger: it holds no {NAME}") from None
    except OSError as error:
        raise LedgerError(f"{folder / NAME} cannot be read: {error.strerror}") from error
    except ValueError:
        raise LedgerError(f"{folder / NAME} is damaged: it is not JSON") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise LedgerError(f"{folder} is not a ledger: its {NAME} is not one of a ledger")
    if told.get("version") != VERSION:
        raise LedgerError(
            f"{folder}: format {told.get('version')} is unknown here; this version reads {VERSION}"
        )
    try:
        entries = [Entry(str(e["name"]), int(e["rows"]), int(e["amount_minor"])) for e in told["segments"]]
        return Manifest(int(told["generation"]), tuple(entries))
    except (KeyError, TypeError, ValueError):
        raise LedgerError(f"{folder / NAME} is damaged: it does not list its segments") from None


def replace_manifest(folder: Path, manifest: Manifest, before: Before) -> None:
    """Put a manifest in the place of the one there, at once and lastingly."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "generation": manifest.generation,
        "segments": [vars(entry) for entry in manifest.segments],
    }
    before("create " + TEMPORARY)
    with (folder / TEMPORARY).open("wb") as file:
        before("write " + TEMPORARY)
        file.write(json.dumps(told, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    before("rename " + TEMPORARY)
    (folder / TEMPORARY).replace(folder / NAME)
    before("sync " + NAME)
    sync(folder)


def sync(path: Path) -> None:
    """Wait until a file or a folder's list of files is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
