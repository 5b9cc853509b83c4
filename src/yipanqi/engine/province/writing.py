"""Writes a province to a folder: residents, accounts, transfers, warnings, truth, and a manifest of hashes.

CSV is UTF-8 with `\\n` line ends; `transfers.csv` is the canonical tracing format. Leaves alone what is in
it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from yipanqi.engine.province.records import Province
from yipanqi.engine.province.scenario import CHINA
from yipanqi.kernel.errors import YipanqiError

FORMAT_VERSION: Final = "province-1"
_CHUNK_ROWS: Final = 20_000


class OutputError(YipanqiError):
    """The folder cannot be written; the message names it and why."""

    code = "province_output_failed"


def write_province(province: Province, folder: Path) -> None:
    """Write all files of `province` into `folder`, made when absent; files of the same names are replaced."""
    files = {
        "residents.csv": _residents(province),
        "accounts.csv": _accounts(province),
        "transfers.csv": _transfers(province),
        "warnings.jsonl": _warnings(province),
        "truth/frauds.csv": _frauds(province),
        "truth/payments.csv": _payments(province),
        "truth/tainted.csv": _tainted(province),
        "truth/mules.csv": _mules(province),
        "truth/warnings.csv": _warning_truth(province),
    }
    try:
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        hashes = {name: _write(folder / name, chunks) for name, chunks in files.items()}
        text = json.dumps(_manifest(province, hashes), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (folder / "manifest.json").write_bytes(text.encode())
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}", folder=str(folder)) from error


def _manifest(province: Province, hashes: dict[str, str]) -> dict[str, object]:
    scenario = province.scenario
    return {
        "format": FORMAT_VERSION,
        "synthetic": True,
        "seed": scenario.seed,
        "days": scenario.days,
        "start": scenario.start_date.isoformat(),
        "scale": scenario.scale,
        "warnings_per_day": scenario.warnings_per_day,
        "counts": {
            "residents": len(province.residents),
            "accounts": len(province.accounts),
            "transfers": len(province.transfers),
            "warnings": len(province.warnings),
            "frauds": len(province.truth.frauds),
        },
        "sha256": hashes,
    }


def _write(path: Path, chunks: Iterable[str]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            data = chunk.encode()
            digest.update(data)
            file.write(data)
    return digest.hexdigest()


def _table(columns: str, rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns.split(","))
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % _CHUNK_ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def yuan(amount_minor: int) -> str:
    """An amount as the decimal string of the canonical files: two decimals, no separators."""
    return f"{amount_minor // 100}.{amount_minor % 100:02d}"


def _residents(province: Province) -> Iterator[str]:
    columns = "id,name,sex,birth_date,age,phone,id_number,jurisdiction_code,place_name,account,bank,synthetic"
    return _table(columns, (
        (r.id, r.name, r.sex, r.birth_date, r.age, r.phone, r.id_number, r.jurisdiction_code, r.place_name,
         r.account, r.bank_code, 1)
        for r in province.residents
    ))  # fmt: skip


def _accounts(province: Province) -> Iterator[str]:
    columns = "account,bank,holder_id,holder_name,kind,opened_date,opening,closing"
    return _table(columns, (
        (a.number, a.bank_code, a.holder_id, a.holder_name, a.kind, a.opened_date, yuan(a.opening_minor),
         yuan(province.closing_minor[a.number]))
        for a in province.accounts
    ))  # fmt: skip


def _transfers(province: Province) -> Iterator[str]:
    columns = "id,booked_at,payer,payee,amount,serial,payer_bank,payee_bank,channel,kind"
    return _table(columns, (
        (t.id, t.booked_at.astimezone(CHINA).isoformat(), t.payer, t.payee, yuan(t.amount_minor), t.serial,
         t.payer_bank, t.payee_bank, t.channel, t.kind)
        for t in province.transfers
    ))  # fmt: skip


def _warnings(province: Province) -> Iterator[str]:
    for warning in province.warnings:
        yield json.dumps({"source": warning.source, **warning.row}, ensure_ascii=False) + "\n"


def _frauds(province: Province) -> Iterator[str]:
    columns = "fraud_id,fraud_type,victim_id,victim_account,ring_id,contact_at,payments,paid,rebates"
    iso = province.scenario.local_iso
    return _table(columns, (
        (f.id, f.fraud_type, f.victim.id, f.victim.account, f.ring.id, iso(f.contact_s), len(f.payments),
         yuan(sum(payment.amount_minor for payment in f.payments)), yuan(f.rebate_minor))
        for f in province.truth.frauds
    ))  # fmt: skip


def _payments(province: Province) -> Iterator[str]:
    iso = province.scenario.local_iso
    return _table("fraud_id,transfer_id,paid_at,amount,payee", (
        (f.id, p.transfer_id, iso(p.paid_s), yuan(p.amount_minor), p.payee)
        for f in province.truth.frauds for p in f.payments
    ))  # fmt: skip


def _tainted(province: Province) -> Iterator[str]:
    rows = ((t.fraud_id, t.transfer_id, t.level, yuan(t.amount_minor)) for t in province.truth.tainted)
    return _table("fraud_id,transfer_id,level,amount", rows)


def _mules(province: Province) -> Iterator[str]:
    return _table("account,ring_id,level,role", (
        row for ring in province.truth.rings for row in (
            (ring.feeder, ring.id, 0, "feeder"),
            *(
                (account, ring.id, level, "mule")
                for level, accounts in enumerate(ring.levels, 1) for account in accounts
            ),
        )
    ))  # fmt: skip


def _warning_truth(province: Province) -> Iterator[str]:
    columns = (
        "source,external_id,sent_at,resident_id,is_true,fraud_id,fraud_type,answers_on_call,paid_before,"
        "would_pay_at,would_pay,savable"
    )
    return _table(columns, (
        (w.source, w.external_id, w.sent_at.astimezone(CHINA).isoformat(), w.resident_id, int(w.is_true),
         w.fraud_id, w.fraud_type, w.answers_on_call, yuan(w.paid_before_minor),
         w.would_pay_at.astimezone(CHINA).isoformat() if w.would_pay_at else "", yuan(w.would_pay_minor),
         yuan(w.savable_minor))
        for w in province.truth.warnings
    ))  # fmt: skip
