"""Evidence of a screening: taking a file in, looking at it, withdrawing it. Each act and each look is journaled.

A file is checked by its content and kept sealed in the vault under its row's id; its name is never a path. What it
proves is the officer's to weigh (`services.find`).
"""

import hashlib
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.screening.models import Evidence, Screening
from yipanqi.ops.screening.moving import (
    ScreeningRefused,
    check_held,
    check_open,
    checked_text,
    lock_screening,
)
from yipanqi.ops.screening.queries import access_evidence, access_screening
from yipanqi.ops.screening.sniffing import KINDS, named, sniff
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed
from yipanqi.ops.vault.files import keep_file, read_file

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

KIND = "evidence"
NOTE_MAX = 500
NAME_MAX = 64
MEGABYTE = 1024 * 1024


@transaction.atomic
def add_evidence(
    *,
    screening_id: uuid.UUID,
    kind: str,
    file_name: str,
    data: bytes,
    handed_in_by: str = "",
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> Evidence:
    """Take a file in while nothing is found yet. Raises ScreeningRefused or FileUnknown for what is not taken."""
    access_screening(acting_officer, screening_id, act="screening.enter")
    if kind not in catalog.evidence_kinds():
        raise ScreeningRefused("no such kind of evidence", code="evidence_sort_unknown", kind=kind[:16])
    most = catalog.windows()["evidence_max_bytes"].count
    if len(data) > most:
        limit = f"{most // MEGABYTE} MB"
        raise ScreeningRefused("the file is too large", code="evidence_too_large", limit=limit)
    note, giver = checked_text(note, NOTE_MAX), checked_text(handed_in_by, NAME_MAX)
    found, digest = sniff(data), hashlib.sha256(data).hexdigest()
    screening = lock_screening(screening_id)
    check_open(screening)
    check_held(screening.freeze)
    _check_room(screening, digest)
    made = Evidence(
        id=new_id(now),
        screening=screening,
        kind=kind,
        file_name=Sealed.of("text", named(file_name, found)),
        media_type=found.media_type,
        bytes=len(data),
        sha256=digest,
        handed_in_by=Sealed.of("name", giver),
        note=Sealed.of("text", note),
        added_by=acting_officer,
        added_at=now,
    )
    keep_file(KIND, made.id, data)
    made.save(force_insert=True)
    _touch(screening)
    told = {"kind": kind, "content_digest": digest}
    write_entry(_draft(made, "evidence.added", as_actor(acting_officer), now, **told))
    return made


@transaction.atomic
def withdraw_evidence(
    *, evidence_id: uuid.UUID, reason: str, acting_officer: "Officer", now: datetime
) -> Evidence:
    """Take a file out of account, with a reason: it stays kept and seen, but no finding leans on it."""
    found = access_evidence(acting_officer, evidence_id, act="screening.enter")
    reason = checked_text(reason, NOTE_MAX)
    if not reason:
        raise ScreeningRefused("a reason is needed", code="reason_missing")
    screening = lock_screening(found.screening_id)
    check_open(screening)
    found = Evidence.objects.select_related("screening").get(id=evidence_id)
    if found.withdrawn_at is not None:
        return found
    found.withdrawn_by, found.withdrawn_at = acting_officer, now
    found.reason = Sealed.of("text", reason)
    found.save(update_fields=["withdrawn_by", "withdrawn_at", "reason"])
    _touch(screening)
    write_entry(_draft(found, "evidence.withdrawn", as_actor(acting_officer), now))
    return found


@transaction.atomic
def view_evidence(
    *, evidence_id: uuid.UUID, acting_officer: "Officer", now: datetime
) -> tuple[str, str, bytes]:
    """A file's name, media type and bytes; the look is journaled. Raises FileMissing without the kept file."""
    found = access_evidence(acting_officer, evidence_id)
    data = read_file(KIND, found.id)
    write_entry(_draft(found, "evidence.viewed", as_actor(acting_officer), now))
    return named(found.file_name.reveal(), KINDS[found.media_type]), found.media_type, data


def _check_room(screening: Screening, digest: str) -> None:
    rows = Evidence.objects.filter(screening=screening)
    if rows.filter(sha256=digest, withdrawn_at__isnull=True).exists():
        raise ScreeningRefused("this very file is there already", code="evidence_known")
    most = catalog.windows()["evidence_max_files"].count
    if rows.count() >= most:
        raise ScreeningRefused("no room for more files", code="evidence_too_many", limit=most)


def _touch(screening: Screening) -> None:
    """Whoever is about to find has to see the file, or its withdrawal, first."""
    screening.version += 1
    screening.save(update_fields=["version"])


def _draft(found: Evidence, event: str, acting: Actor, now: datetime, **more: object) -> Draft:
    payload: dict[str, object] = {
        "evidence_id": str(found.id),
        "screening_id": str(found.screening_id),
        **more,
    }
    place = found.screening.place_code
    return Draft(event, acting, "screening", str(found.screening_id), now, place, payload)
