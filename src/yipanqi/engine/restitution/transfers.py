"""The transfers of a case file as a canonical frame, checked all at once; the first that does not fit is named.

Leaves the rest of the file to `reading`.
"""

from collections.abc import Sequence
from typing import Any, Final, NoReturn

import polars as pl

from yipanqi.engine.ledger import SCHEMA, Ledger, LedgerError, ledger_from_frame
from yipanqi.engine.ledger.columns import KIND_NAMES, MAX_AMOUNT_MINOR
from yipanqi.engine.ledger.importing.amounts import read_amounts
from yipanqi.engine.ledger.importing.instants import read_instants
from yipanqi.engine.restitution.case import CaseError

_NEEDED: Final = ("id", "booked_at", "payer", "payee", "amount")
_TEXTS: Final = ("currency", "payer_bank", "payee_bank", "channel", "kind", "reverses")
_USUAL: Final = {"currency": "CNY", "kind": "transfer"}


def read_transfers(rows: Sequence[Any], zone: str) -> Ledger:
    """The ledger of a case's transfers; times without an offset are in `zone`. Raises CaseError."""
    for number, row in enumerate(rows, start=1):
        if type(row) is not dict:
            raise CaseError(
                f"transfer number {number}: is no object with id, booked_at, payer, payee and amount"
            )
    given: set[str] = set().union(*rows)
    texts = {name: _column(rows, name) for name in _NEEDED}
    for name in _NEEDED:
        _refuse_first(rows, texts[name].is_null() | (texts[name] == ""), name, "is missing")
    texts |= {name: _column(rows, name) if name in given else _blank(len(rows)) for name in _TEXTS}
    texts |= {name: texts[name].fill_null(usual) for name, usual in _USUAL.items()}
    _refuse_first(rows, texts["id"].is_duplicated(), "id", "is given twice")
    _refuse_first(rows, ~texts["kind"].is_in(KIND_NAMES), "kind", f"is none of {', '.join(KIND_NAMES)}")
    booked_at = read_instants(texts["booked_at"], zone, excel=False)
    _refuse_first(rows, booked_at.is_null(), "booked_at", "is no instant like 2026-01-31T18:00:00+08:00")
    amounts = read_amounts(texts["amount"], texts["currency"])
    minor = amounts["minor"]
    _refuse_first(rows, minor.is_null(), "amount", 'is no amount of money like "100.00"')
    _refuse_first(rows, minor < 1, "amount", "is not more than zero")
    _refuse_first(rows, minor > MAX_AMOUNT_MINOR, "amount", "is too large")
    del texts["amount"]
    frame = pl.DataFrame({**texts, "booked_at": booked_at, "amount_minor": minor, "serial": _serials(rows)})
    try:
        return ledger_from_frame(frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()))
    except LedgerError as error:
        raise CaseError(f"transfers: {error}", field="transfers") from error


def _column(rows: Sequence[dict[str, Any]], name: str) -> pl.Series:
    cells = [row.get(name) for row in rows]
    try:
        return pl.Series(name, cells, dtype=pl.String, strict=True)
    except TypeError:
        at = next(at for at, cell in enumerate(cells) if cell is not None and not isinstance(cell, str))
        _refuse(rows, at, name, 'must be text, as in "100.00"')


def _blank(count: int) -> pl.Series:
    return pl.repeat(None, count, dtype=pl.String, eager=True)


def _serials(rows: Sequence[dict[str, Any]]) -> pl.Series:
    """Serials may be written as numbers or as text."""
    cells = [row.get("serial") for row in rows]
    for at, cell in enumerate(cells):
        if cell is None or type(cell) is int:
            continue
        if not isinstance(cell, str) or not (cell.isdecimal() or cell == ""):
            _refuse(rows, at, "serial", "is no whole number")
        cells[at] = int(cell) if cell else None
    try:
        return pl.Series(cells, dtype=pl.Int64, strict=True)
    except (TypeError, OverflowError):
        _refuse(rows, 0, "serial", "one of the serials is too large")


def _refuse_first(rows: Sequence[dict[str, Any]], wrong: pl.Series, name: str, why: str) -> None:
    if wrong.any():
        _refuse(rows, int(wrong.arg_true()[0]), name, why)


def _refuse(rows: Sequence[dict[str, Any]], at: int, name: str, why: str) -> NoReturn:
    row = rows[at]
    value = "" if row.get(name) in (None, "") else f"{str(row[name])[:60]!r} "
    who = f"transfer {row.get('id')}" if name != "id" and row.get("id") else f"transfer number {at + 1}"
    raise CaseError(f"{who}, field {name}: {value}{why}", transfer=str(row.get("id")), field=name)
