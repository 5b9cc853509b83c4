"""A segment on disk: a folder with a NumPy file for each column and index of some transfers, written once, then
mapped.

Small tables of texts (currencies, banks, channels), counts and the digest stand in `segment.json`. Leaves which
segments count to `manifest`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yipanqi.engine.ledger.columns import LedgerError
from yipanqi.engine.ledger.manifest import Before, sync
from yipanqi.engine.ledger.rows import Rows
from yipanqi.engine.ledger.table import Ledger, Pots, digest_of
from yipanqi.engine.ledger.texts import Texts, frozen

_HEAD: Final = "segment.json"
TRACED: Final = (
    "booked_at",
    "payer",
    "payee",
    "amount",
    "flags",
    "out_at",
    "in_at",
    "ids.by_hash",
)  # 37 bytes a row


@dataclass(frozen=True)
class Segment:
    """Mapped transfers: all their columns, and the ledger they would make alone."""

    rows: Rows
    ledger: Ledger


def write_segment(folder: Path, rows: Rows, ledger: Ledger, before: Before) -> None:
    """Write rows and their indexed ledger into a new folder; done when all of it is on disk."""
    before("make " + folder.name)
    folder.mkdir()
    columns = _columns(rows, ledger)
    for name, column in columns.items():
        before(f"create {name}.npy")
        np.save(folder / f"{name}.npy", column)
    head = {
        "rows": len(rows),
        "pots": len(rows.currency),
        "digest": digest_of(ledger),
        "currencies": rows.currencies,
        "banks": rows.banks,
        "channels": rows.channels,
    }
    before("create " + _HEAD)
    (folder / _HEAD).write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n", "utf-8")
    before("sync " + folder.name)
    for file_name in (*(f"{name}.npy" for name in columns), _HEAD):
        sync(folder / file_name)
    sync(folder)
    sync(folder.parent)


def _columns(rows: Rows, ledger: Ledger) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {
        "booked_at": rows.booked_at,
        "serial": rows.serial,
        "payer": rows.payer,
        "payee": rows.payee,
        "amount": rows.amount,
        "flags": ledger.flags,
        "payer_bank": rows.payer_bank,
        "payee_bank": rows.payee_bank,
        "channel": rows.channel,
        "reverses_at": rows.reverses_at,
        "pots.currency": ledger.pots.currency,
        "pots.bank": ledger.pots.bank,
        "pots.opening": ledger.pots.opening_minor,
        "out_start": ledger.out_start,
        "out_at": ledger.out_at,
        "in_start": ledger.in_start,
        "in_at": ledger.in_at,
    }
    for name, texts in (("ids", rows.ids), ("pots.names", rows.names), ("reverses", rows.reverses)):
        columns |= {f"{name}.{part}": getattr(texts, part) for part in ("offsets", "blob", "by_hash")}
    return columns


def map_segment(folder: Path) -> Segment:
    """Map a segment's files. FileNotFoundError when one is gone; LedgerError when one is damaged."""
    try:
        head = json.loads((folder / _HEAD).read_bytes())
        rows = _map_rows(folder, head)
        ledger = _map_ledger(folder, rows, str(head["digest"]))
        whole = len(rows) == head["rows"] and len(ledger.pots) == head["pots"] and _fits(rows, ledger)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise LedgerError(f"{folder} is damaged: {error}") from error
    if not whole:
        raise LedgerError(f"{folder} is damaged: its columns are not of one length")
    return Segment(rows, ledger)


def _map(folder: Path, name: str) -> NDArray[Any]:
    return frozen(np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)))


def _map_texts(folder: Path, name: str) -> Texts:
    return Texts(*(_map(folder, f"{name}.{part}") for part in ("offsets", "blob", "by_hash")))


def _map_rows(folder: Path, head: dict[str, Any]) -> Rows:
    return Rows(
        booked_at=_map(folder, "booked_at"),
        serial=_map(folder, "serial"),
        payer=_map(folder, "payer"),
        payee=_map(folder, "payee"),
        amount=_map(folder, "amount"),
        flags=_map(folder, "flags"),
        ids=_map_texts(folder, "ids"),
        names=_map_texts(folder, "pots.names"),
        currency=_map(folder, "pots.currency"),
        currencies=tuple(head["currencies"]),
        payer_bank=_map(folder, "payer_bank"),
        payee_bank=_map(folder, "payee_bank"),
        banks=tuple(head["banks"]),
        channel=_map(folder, "channel"),
        channels=tuple(head["channels"]),
        reverses_at=_map(folder, "reverses_at"),
        reverses=_map_texts(folder, "reverses"),
    )


def _map_ledger(folder: Path, rows: Rows, digest: str) -> Ledger:
    bank, opening = _map(folder, "pots.bank"), _map(folder, "pots.opening")
    return Ledger(
        booked_at=rows.booked_at,
        payer=rows.payer,
        payee=rows.payee,
        amount=rows.amount,
        flags=rows.flags,
        ids=rows.ids,
        pots=Pots(rows.names, rows.currency, rows.currencies, bank, rows.banks, opening),
        out_start=_map(folder, "out_start"),
        out_at=_map(folder, "out_at"),
        in_start=_map(folder, "in_start"),
        in_at=_map(folder, "in_at"),
        known_digest=digest,
    )


def _fits(rows: Rows, ledger: Ledger) -> bool:
    """Whether all columns have the lengths that go together."""
    pots = ledger.pots
    by_row = (rows.serial, rows.payer, rows.payee, rows.amount, rows.flags, rows.payer_bank, rows.payee_bank)
    by_pot = (
        pots.names,
        pots.names.by_hash,
        pots.bank,
        pots.opening_minor,
        ledger.out_start[1:],
        ledger.in_start[1:],
    )
    return (
        all(len(column) == len(rows) for column in (*by_row, rows.channel, rows.ids, rows.ids.by_hash))
        and all(len(column) == len(pots) for column in by_pot)
        and len(rows.reverses_at) == len(rows.reverses)
        and len(ledger.out_at) == ledger.out_start[-1]
        and len(ledger.in_at) == ledger.in_start[-1]
        and len(rows.ids.blob) == rows.ids.offsets[-1]
        and len(pots.names.blob) == pots.names.offsets[-1]
    )
