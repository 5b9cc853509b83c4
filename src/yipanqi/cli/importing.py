"""`yipanqi import`: bank flows into a ledger's folder, with totals, rejects and breaks of balances."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import polars as pl

from yipanqi.catalog import reject_reasons
from yipanqi.cli.ledgers import reject_line
from yipanqi.cli.progress import Progress
from yipanqi.engine.ledger import LedgerError
from yipanqi.engine.ledger.importing import Landed, import_into, read_map

_SHOWN: Final = 5


def import_files(options: argparse.Namespace) -> int:
    """Import `options.files` into `options.out`; print totals as a table or JSON; return 0."""
    if options.rejects:
        _write(
            options.rejects, pl.DataFrame()
        )  # before anything changes: that it cannot be written is said now
    landed = import_into(
        options.out,
        options.files,
        mapping=read_map(options.map) if options.map else None,
        zone=options.zone,
        progress=Progress("bytes"),
    )
    for line in landed.imported.refused:
        print(f"refused: {line}", file=sys.stderr)
    if options.rejects:
        names = {code: item.name.get(options.lang) for code, item in reject_reasons().items()}
        _write(options.rejects, landed.rejects.with_columns(reason=pl.col("reason_code").replace(names)))
    if options.json:
        print(json.dumps(_document(landed), ensure_ascii=False))
    else:
        _print(landed, options)
    return 0


def _write(path: Path, table: pl.DataFrame) -> None:
    """UTF-8 with BOM, so that a spreadsheet shows the Chinese."""
    try:
        table.write_csv(path, include_bom=True)
    except OSError as error:
        raise LedgerError(f"{path}: cannot be written: {error.strerror or error}") from error


def _reasons(landed: Landed) -> dict[str, int]:
    counted = (
        landed.rejects.group_by("reason_code").len().sort("len", "reason_code", descending=[True, False])
    )
    return dict(counted.iter_rows())


def _document(landed: Landed) -> dict[str, Any]:
    imported, totals = landed.imported, landed.totals
    return {
        "rows_in": totals.rows_in,
        "accepted": totals.accepted,
        "merged": totals.merged,
        "rejected": totals.rejected,
        "reasons": _reasons(landed),
        "settled_by_balance": len(imported.settled),
        "balance_breaks": len(imported.balance_breaks),
        "first_breaks": imported.balance_breaks.head(_SHOWN).to_dicts(),
        "files": [{"file": each.file, "role": each.role, "rows": each.rows} for each in imported.files],
        "refused": list(imported.refused),
    }


def _print(landed: Landed, options: argparse.Namespace) -> None:
    imported, totals = landed.imported, landed.totals
    for name in ("rows_in", "accepted", "merged", "rejected"):
        print(f"{name.replace('_', ' '):<16} {getattr(totals, name):>12,}")
    for code, count in _reasons(landed).items():
        print(f"  {code:<20} {count:>6,}  {reject_reasons()[code].name.get(options.lang)}")
    for reject in landed.rejects.head(_SHOWN).iter_rows(named=True):
        print(f"  {reject_line(reject, options.lang)}")
    print(f"{'by balance':<16} {len(imported.settled):>12,}  directions that the file left blank")
    print(f"{'balance breaks':<16} {len(imported.balance_breaks):>12,}")
    for each in imported.balance_breaks.head(_SHOWN).iter_rows(named=True):
        print(f"  {each['file']}: row {each['row']}: {each['account']} has {each['stated_minor']}, "
              f"expected {each['expected_minor']} (minor units of {each['currency']})")  # fmt: skip
    print(f"{'refused files':<16} {len(imported.refused):>12,}")
    print(f"written to {options.out}")
