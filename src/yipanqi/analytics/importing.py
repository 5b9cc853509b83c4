"""Banks' files handed in on a case: kept sealed, read by a job, numbers replaced by accounts before anything is
stored.

The same file again changes nothing, and a job that was killed goes on where it was: rows are known by their id and
content. What a column means is the engine's importer's matter, what rows become in the ledger `settling`'s.
"""

import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from procrastinate.contrib.django import app as queue

from yipanqi import catalog
from yipanqi.analytics.models import FlowImport, LedgerRow
from yipanqi.analytics.reversals import earlier_originals
from yipanqi.analytics.settling import settle_all
from yipanqi.casework.lifecycles.flow_import import FLOW_IMPORT
from yipanqi.engine.ledger.importing import Imported, import_flows
from yipanqi.engine.ledger.table import instant
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.moving import lock_open_case
from yipanqi.ops.cases.services import ask_to_follow
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entry
from yipanqi.ops.partners.rows import printable
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.subjects.rules import bank_of
from yipanqi.ops.subjects.services import resolve_accounts
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.vault.files import keep_file, read_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

IMPORT_TASK = "analytics.read_flows"
FILE, REJECTS = "flow_file", "flow_rejects"  # kinds of kept files
SENDER = "file"
CHUNK_ROWS = 20_000
_MEGABYTE = 1024 * 1024
FILE_LIMIT = f"{catalog.windows()['flow_file_max_bytes'].count // _MEGABYTE} MB"
_SUFFIXES = {".csv", ".txt", ".xlsx", ".xls", ".parquet"}
_COLUMNS = (
    "sender", "external_id", "delivery", "digest", "booked_at", "serial", "payer_id", "payer_known", "payee_id",
    "payer_name", "payee_name", "currency", "amount_minor", "kind", "payer_bank", "payee_bank", "channel", "reverses",
    "received_at",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_LANDING = (
    f"CREATE TEMP TABLE landing ON COMMIT DROP AS SELECT {_NAMES} FROM analytics_ledgerrow WITH NO DATA"
)
_TAKE = (
    f"INSERT INTO analytics_ledgerrow ({_NAMES}) SELECT {_NAMES} FROM landing "
    "ON CONFLICT (sender, external_id) DO NOTHING"
)


class FileRefused(YipanqiError):
    """A file cannot be taken in. Codes: flow_file_too_large (limit), flow_file_kind_unknown, flow_file_empty."""

    code = "flow_file_refused"


@transaction.atomic
def import_file(*, case_id: uuid.UUID, upload: Any, acting_officer: "Officer", now: datetime) -> FlowImport:
    """Keep an uploaded file of bank flows (`name`, `size`, `read()`) and have it read by a job. Raises FileRefused."""
    require(acting_officer, "ledger.import")
    case = lock_open_case(case_id, acting_officer, act="case.read")
    name = printable(Path(str(upload.name).replace("\\", "/")).name, 100)
    if Path(name).suffix.lower() not in _SUFFIXES:
        raise FileRefused("not a kind of file banks' flows come in", code="flow_file_kind_unknown")
    if upload.size > catalog.windows()["flow_file_max_bytes"].count:
        raise FileRefused("the file is too large", code="flow_file_too_large", limit=FILE_LIMIT)
    data = upload.read()
    if not data:
        raise FileRefused("the file is empty", code="flow_file_empty")
    found = FlowImport(
        id=new_id(now),
        case=case,
        status=FLOW_IMPORT.initial,
        file_name=name,
        asked_by=acting_officer,
        asked_at=now,
        total=len(data),
    )
    found.put_at(case.place_code)
    found.sha256 = keep_file(FILE, found.id, data)
    found.save(force_insert=True)
    write_entry(_draft(found, "import.asked", as_actor(acting_officer), now))
    queue.configure_task(IMPORT_TASK, queue="trace").defer(import_id=str(found.id))
    return found


def access_import(officer: "Officer", import_id: uuid.UUID, *, act: str = "trace.read") -> FlowImport:
    """The import, if the officer may do `act` and its case lies in the officer's scope."""
    require(officer, act)
    found: FlowImport | None = FlowImport.objects.in_scope(officer.scope_code).filter(id=import_id).first()
    if found is None:
        raise YipanqiError(f"import {import_id} is not in your scope", code="not_found")
    return found


@transaction.atomic
def rejects_of(*, import_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> tuple[str, str, bytes]:
    """(file name, content type, bytes) of the rows that were not taken, with reasons; they hold numbers, so it is
    journaled."""
    found = access_import(acting_officer, import_id, act="ledger.import")
    if not found.rejected:
        raise YipanqiError("no row was rejected", code="not_found")
    write_entry(_draft(found, "import.rejects_taken", as_actor(acting_officer), now, rejected=found.rejected))
    return f"rejects-{found.id.hex[-8:]}.csv", "text/csv; charset=utf-8", read_file(REJECTS, found.id)


def read_flows(import_id: uuid.UUID, *, now: datetime) -> None:
    """The job: read a kept file into the rows of the ledger. Ends `failed` when it cannot be read at all."""
    with transaction.atomic():
        found = _locked(import_id)
        if found.status in FLOW_IMPORT.resting:
            return
        _move(found, "start", now)
    try:
        imported = _read(found)
        if imported.refused and not imported.totals.rows_in:
            raise FileRefused(imported.refused[0])
        _store(found, imported, now)
    except YipanqiError as error:
        code = error.code if error.code in catalog.errors() else "flow_file_refused"
        _end(import_id, "fail", now, error=code, payload={"reason": code})
        return
    settle_all(now=now)
    _finish(found, imported, now)


def give_up_reading(import_id: uuid.UUID, *, now: datetime) -> None:
    """Note that a file could not be read by accident."""
    _end(import_id, "fail", now, error="flow_file_refused", payload={"reason": "flow_file_refused"})


def _read(found: FlowImport) -> Imported:
    """The file's rows; it lies open on the disk only while it is read, in a folder that is the service's alone."""
    with tempfile.TemporaryDirectory(prefix="flows-", dir=settings.DATA) as folder:
        path = Path(folder) / found.file_name
        path.write_bytes(read_file(FILE, found.id))
        return import_flows([path], progress=lambda done, total: _say(found.id, "reading", done, total))


def _store(found: FlowImport, imported: Imported, now: datetime) -> None:
    frame = imported.frame
    _say(found.id, "storing", 0, len(frame))
    own = _own_ids(frame)
    names = {row["account"]: row["name"] for row in imported.accounts.iter_rows(named=True) if row["name"]}
    accounts = _accounts(frame, now)
    originals = earlier_originals(frame, accounts, sender=SENDER)
    for start in range(0, len(frame), CHUNK_ROWS):
        rows = frame.slice(start, CHUNK_ROWS).to_dicts()
        with transaction.atomic():
            _copy(_lines(rows, own, originals, accounts, names, found, now))
        _say(found.id, "storing", min(start + CHUNK_ROWS, len(frame)), len(frame))


def _accounts(frame: pl.DataFrame, now: datetime) -> dict[str, uuid.UUID]:
    """The account of each number; a number that some row names a bank of is known with its bank."""
    sides = [frame.select(number=side, bank=f"{side}_bank") for side in ("payer", "payee")]
    named = pl.concat(sides).group_by("number").agg(pl.col("bank").drop_nulls().first().fill_null(""))
    pairs = list(named.sort("number").iter_rows())
    found: dict[str, uuid.UUID] = {}
    for start in range(0, len(pairs), CHUNK_ROWS):
        resolved = resolve_accounts(pairs[start : start + CHUNK_ROWS], now=now)
        found |= {number: account.id for number, account in resolved.items()}
    return found


def _own_ids(frame: pl.DataFrame) -> dict[str, str]:
    """Ids under which a file's rows are kept: an id that a bank gave is good within its file only, so content goes
    along."""
    content = ("booked_at", "serial", "payer", "payee", "currency", "amount_minor", "kind")
    told = frame.select(
        "id", pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in content], separator="\x1f")
    )
    return {
        own: hashlib.blake2b(f"{own}\x1f{said}".encode(), digest_size=16).hexdigest()
        for own, said in told.iter_rows()
    }


def _lines(
    rows: list[dict[str, Any]],
    own: dict[str, str],
    originals: dict[str, str],
    accounts: dict[str, uuid.UUID],
    names: dict[str, str],
    found: FlowImport,
    now: datetime,
) -> Iterator[tuple[object, ...]]:
    for row in rows:
        named = {side: names.pop(row[side], "") for side in ("payer", "payee")}
        for side in ("payer_bank", "payee_bank"):
            name = row[side] or ""
            row[side] = bank_of(name) or name[:64]
        yield (
            SENDER, own[row["id"]], f"{SENDER}:{found.id}", "", instant(row["booked_at"]), row["serial"],
            accounts[row["payer"]], True, accounts[row["payee"]],
            *(Sealed.of("name", named[side][:64]).token for side in ("payer", "payee")),
            row["currency"], row["amount_minor"], row["kind"], row["payer_bank"], row["payee_bank"],
            (row["channel"] or "")[:32], own.get(row["reverses"], originals.get(row["id"], "")), now,
        )  # fmt: skip


def _copy(lines: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LANDING)
        with cursor.copy(f"COPY landing ({_NAMES}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
        cursor.execute(_TAKE)
        cursor.execute("DROP TABLE landing")


def _finish(found: FlowImport, imported: Imported, now: datetime) -> None:
    totals = imported.totals
    mine = LedgerRow.objects.filter(sender=SENDER, delivery=f"{SENDER}:{found.id}")
    accepted = mine.filter(merged_into__isnull=True).count()
    told = {
        "rows_in": totals.rows_in,
        "accepted": accepted,
        "merged": totals.rows_in - totals.rejected - accepted,
        "rejected": totals.rejected,
        "breaks": len(imported.balance_breaks),
    }
    if totals.rejected:
        reasons = {code: item.name.zh for code, item in catalog.reject_reasons().items()}
        table = imported.rejects.with_columns(reason=pl.col("reason_code").replace(reasons))
        keep_file(REJECTS, found.id, b"\xef\xbb\xbf" + table.write_csv().encode())
    payload = {name: told[name] for name in ("accepted", "merged", "rejected")} | {"rows": totals.rows_in}
    _end(found.id, "finish", now, payload=payload, **told)


@transaction.atomic
def _end(
    import_id: uuid.UUID, act: str, now: datetime, *, payload: dict[str, object], **changed: object
) -> None:
    found = _locked(import_id)
    if found.status in FLOW_IMPORT.resting:
        return
    for name, value in changed.items():
        setattr(found, name, value)
    found.stage, found.done = "", found.total
    _move(found, act, now, **payload)
    ask_to_follow([found.case_id])


def _move(found: FlowImport, act: str, now: datetime, **payload: object) -> None:
    transition = FLOW_IMPORT.next(found.status, act)
    found.status = transition.target
    found.version += 1
    if transition.target in FLOW_IMPORT.resting:
        found.ended_at = now
    found.save()
    write_entry(_draft(found, transition.event, SYSTEM, now, **payload))


def _draft(found: FlowImport, event: str, acting: Actor, now: datetime, **payload: object) -> Draft:
    body = {"import_id": str(found.id), "case_id": str(found.case_id), **payload}
    return Draft(event, acting, "flow_import", str(found.id), now, found.place_code, body, after=found.status)


def _say(import_id: uuid.UUID, stage: str, done: int, total: int) -> None:
    rows = FlowImport.objects.for_system("a job tells how far its own import is").filter(id=import_id)
    rows.update(stage=stage, done=done, total=total, version=F("version") + 1)


def _locked(import_id: uuid.UUID) -> FlowImport:
    rows = FlowImport.objects.for_system("a job works on its own import").select_for_update(
        no_key=True, of=("self",)
    )
    found: FlowImport = rows.get(id=import_id)
    return found
