"""Opens the LEDGER of a command: a folder made by `import`, or one file of transfers read into memory.

A file with rejects is refused, since following money through a ledger with holes would mislead; rows that tell
of no transfer are no holes. Leaves importing many files to `importing`.
"""

from pathlib import Path
from typing import Final

import polars as pl

from yipanqi.catalog import reject_reasons
from yipanqi.cli.progress import Progress
from yipanqi.engine.ledger import Ledger, LedgerError, ledger_from_frame
from yipanqi.engine.ledger.importing import import_flows
from yipanqi.engine.ledger.store import Store

_NO_HOLES: Final = ("not_a_transfer", "query_result_only", "failed_at_bank")


def open_ledger(path: Path) -> Ledger:
    """The ledger in a folder or a file. Raises LedgerError, naming file, row, column and reason of the first
    reject.
    """
    if path.is_dir():
        return Store.open(path).ledger()
    imported = import_flows([path], progress=Progress("bytes"))
    if imported.refused:
        raise LedgerError(imported.refused[0])
    holes = imported.rejects.filter(~pl.col("reason_code").is_in(_NO_HOLES))
    if len(holes):
        raise LedgerError(
            reject_line(holes.row(0, named=True)) + f"; {len(holes)} such rows, import it first"
        )
    return ledger_from_frame(imported.frame)


def reject_line(reject: dict[str, object], lang: str = "en") -> str:
    """A reject as one line: file, row, column, value, reason."""
    reason = reject_reasons()[str(reject["reason_code"])].name.get(lang)
    column = f", column {reject['column']}" if reject["column"] else ""
    value = "" if reject["value"] is None else f": {str(reject['value'])[:60]!r}"
    return f"{reject['file']}: row {reject['row']}{column}{value}: {reason}"
