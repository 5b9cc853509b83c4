"""The ledger's folder on disk, which workers read: made of the numbered rows, brought up to date before each use.

The database is the truth. A mark in the folder says up to which number its rows are there; it follows the rows, so
after a crash some are appended again and merge by their ids. A folder that is gone, old or another machine's own
catches up by itself. Which rows are numbered is `settling`'s matter.
"""

import contextlib
import os
from pathlib import Path

import structlog
from django.conf import settings

from yipanqi.analytics.frames import COLUMNS, REPORT, canonical_frame
from yipanqi.analytics.models import LedgerRow
from yipanqi.engine.ledger.columns import LedgerError
from yipanqi.engine.ledger.store import Store

TOGETHER = 50_000
_MARK = "written"
log = structlog.get_logger(__name__)


def fresh_store() -> Store:
    """The ledger on disk with every numbered row in it."""
    store = _open(Path(settings.LEDGER_DIR))
    while _write(store):
        pass
    return store


def _open(folder: Path) -> Store:
    if not (folder / "manifest.json").exists():
        (folder / _MARK).unlink(missing_ok=True)
        with contextlib.suppress(LedgerError):  # another process has made it meanwhile
            return Store.create(folder)
    return Store.open(folder)


def _write(store: Store) -> bool:
    """Append what follows the mark; whether there may be more. One statement reads it, so that it is of one moment."""
    mark = store.folder / _MARK
    number = int(mark.read_text()) if mark.exists() else 0
    rows = LedgerRow.objects.filter(ledger_no__gt=number).order_by("ledger_no")
    found = list(rows.values_list("ledger_no", "merged_into_id", "reverses", *COLUMNS)[:TOGETHER])
    if not found:
        return False
    entering = [row[3:] for row in found if row[1] is None]
    voids = [row for row in found if row[1] and row[3] == REPORT and row[11] == "reversal"]
    there = set(store.frame([f"{REPORT}:{row[2]}" for row in voids])["id"]) if voids else set()
    entering += [row[3:] for row in voids if f"{REPORT}:{row[2]}" in there]
    appended = store.append(canonical_frame(entering))
    if appended.conflicts:  # the folder is of another database
        log.error("ledger.conflicts", count=len(appended.conflicts))
    partial = mark.with_suffix(f".{os.getpid()}")
    partial.write_text(str(found[-1][0]))
    partial.replace(mark)
    return len(found) == TOGETHER
