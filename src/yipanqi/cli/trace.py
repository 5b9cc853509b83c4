"""`yipanqi trace`: the way of some transfers' money, as a table or JSON, with papers.

Reads the files of openings and ends. Leaves following to the engine and papers to `evidence`.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from yipanqi.cli.evidence import verify_file, write_evidence
from yipanqi.cli.ledgers import open_ledger
from yipanqi.cli.progress import Progress
from yipanqi.engine.tracing import Trace, trace, trace_json
from yipanqi.engine.tracing.result import CHINA, decimal_text, instant_text
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import AmountError, parse_amount_minor

_SINK: Final = "sink"
_HEADS: Final = ("level", "account", "currency", "bank", "in", "out", "held", "first", "last", "end")


class TraceFileError(YipanqiError):
    """A file of openings or ends cannot be read; the message names file, row, column and reason."""

    code = "trace_file_invalid"


def trace_ledger(options: argparse.Namespace) -> int:
    """Trace as `options` say, or verify an evidence file; print the answer; return 0 (1: the evidence differs)."""
    ledger = open_ledger(options.ledger)
    if options.verify:
        return verify_file(options.verify, ledger)
    opening = dict(_openings(options.opening)) if options.opening else None
    sinks = dict(_sinks(options.sinks)) if options.sinks else {}
    found = trace(
        ledger,
        read_seeds(options.seeds),
        method=options.method,
        until=read_instant(options.until, "--until") if options.until else None,
        opening=opening,
        sinks=sinks,
        hub_degree=options.hub_degree,
        progress=Progress("transfers"),
    )
    write_evidence(found, options, opening=opening, sinks=sinks, hub_degree=options.hub_degree)
    print(json.dumps(_document(found), ensure_ascii=False) if options.json else _table(found))
    return 0


def read_seeds(text: str | None) -> list[str]:
    """The ids that --from names. Raises TraceFileError when there are none."""
    seeds = [seed for seed in (text or "").split(",") if seed]
    if not seeds:
        raise TraceFileError("name at least one transfer: --from ID[,ID...]")
    return seeds


def read_instant(text: str, option: str) -> datetime:
    """An instant in ISO 8601, in China's zone without offset. Raises TraceFileError, naming the option."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise TraceFileError(f"{option}: {text!r} is not an instant like 2026-01-31T18:00:00+08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _openings(path: Path) -> Iterator[tuple[str, int]]:
    for row, cells in _rows(path):
        if row == 1:
            if cells[:2] != ["account", "balance"]:
                raise TraceFileError(f"{path}: row 1: wants the columns account,balance")
            continue
        if len(cells) < 2:
            raise TraceFileError(f"{path}: row {row}: column balance is missing")
        try:
            yield cells[0], parse_amount_minor(cells[1])
        except AmountError as error:
            raise TraceFileError(f"{path}: row {row}, column balance: {error}") from error


def _sinks(path: Path) -> Iterator[tuple[str, str]]:
    """`account` or `account,kind` a row; a first row that says so is a heading."""
    for row, cells in _rows(path):
        if row == 1 and cells[0] == "account":
            continue
        yield cells[0], (cells[1] if len(cells) > 1 and cells[1] else _SINK)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row, cells in enumerate(csv.reader(file), start=1):
                if any(cell.strip() for cell in cells):
                    yield row, [cell.strip() for cell in cells]
    except OSError as error:
        raise TraceFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TraceFileError(f"{path}: is not CSV in UTF-8: {error}") from error


def _document(found: Trace) -> dict[str, object]:
    """The contract's JSON, then what else the trace knows."""
    return {
        **trace_json(found),
        "ledger": {"digest": found.digest, "rows": found.rows},
        "until": instant_text(found.until) if found.until else None,
        "void": list(found.void),
        "stops": [
            {
                "account": stop.account,
                "why": stop.why,
                "kind": stop.kind,
                "tainted_in": decimal_text(stop.tainted_in_minor, _currency(found)),
            }
            for stop in found.stops
        ],
        "owners": [
            {
                "account": owned.account,
                "currency": owned.currency,
                "seed": owned.seed,
                "held": decimal_text(owned.held_minor, owned.currency),
            }
            for owned in found.owners
        ],
    }


def _currency(found: Trace) -> str:
    return found.accounts[0].currency if found.accounts else "CNY"


def _table(found: Trace) -> str:
    lines = ["\t".join(_HEADS)]
    for account in found.accounts:
        amounts = (
            decimal_text(minor, account.currency) or "?"
            for minor in (account.tainted_in_minor, account.tainted_out_minor, account.held_minor)
        )
        times = (instant_text(at) for at in (account.first_at, account.last_at))
        own = (str(account.level), account.account, account.currency, account.bank)
        lines.append("\t".join((*own, *amounts, *times, account.sink or "")))
    totals = found.totals
    if totals:
        parts = (totals.seeded_minor, totals.held_minor, totals.left_system_minor, totals.displaced_minor)
        seeded, held, left, displaced = (decimal_text(minor, _currency(found)) for minor in parts)
        lines.append(f"seeded {seeded} = held {held} + left the system {left} + displaced {displaced}")
    lines.append(f"{len(found.transfers)} transfers by {found.method}; ledger {found.digest}")
    if found.void:
        lines.append(f"seeds that moved nothing: {', '.join(found.void)}")
    if found.ambiguous:
        lines.append(
            f"order open at ties in {len(found.ambiguous)} accounts: {', '.join(found.ambiguous[:10])}"
        )
    return "\n".join(lines)
