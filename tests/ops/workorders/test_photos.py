"""Photos of visits: sealed on the disk, hashed in the row, shown to who may see the visit, each look written down."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from tests.ops.workorders.conftest import record
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.vault.files import FileMissing
from yipanqi.ops.vault.keys import KeyRingError
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.photos import view_photo
from yipanqi.ops.workorders.queries import NotFound
from yipanqi.ops.workorders.visits import Told, record_visit
from yipanqi.rehearsal.world import World

JPEG = b"\xff\xd8\xff\xe1\x00\x18Exif\x00\x00 taken at 26.05N 119.30E \xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def reported(world: World, line: Any, take: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A visit at a station whose report has this photo."""
    monkeypatch.setattr(settings, "DATA", tmp_path)

    def make(photo: bytes | None) -> VisitReport:
        line({"jurisdiction_code": "350104001"})
        operator = world.officer(f"op{uuid4().hex[:6]}")
        record(world, take(operator), "unreachable", operator)
        visit = WorkOrder.objects.for_system("look").get(kind="visit")
        told = Told("dissuaded", uuid4(), world.now, photo=photo)
        officer = world.officer("st", roles=["station_officer"], unit="350104001")
        return record_visit(
            work_order_id=visit.id, version=visit.version, told=told, acting_officer=officer, now=world.now
        )

    return make


@pytest.mark.parametrize(("photo", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_it_is_kept_as_taken_and_sealed(
    world: World, reported: Any, tmp_path: Path, photo: bytes, media_type: str
) -> None:
    report = reported(photo)
    assert (report.photo_type, report.photo_bytes) == (media_type, len(photo))
    assert report.photo_sha256 == hashlib.sha256(photo).hexdigest()
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert photo[3:20] not in kept.read_bytes() and kept.stat().st_mode & 0o077 == 0
    viewer = world.officer("duty", roles=["duty_officer"], unit="350104")
    assert view_photo(report_id=report.id, acting_officer=viewer, now=world.now) == (photo, media_type)
    entry = Entry.objects.get(event="visit.photo_viewed")
    assert (entry.actor_id, entry.payload["report_id"]) == (str(viewer.id), str(report.id))


def test_who_may_not_see_the_visit_sees_no_photo(world: World, reported: Any) -> None:
    report = reported(JPEG)
    away = world.officer("away", roles=["station_officer"], unit="350203")
    operator = world.officer("seat", unit="350104")
    for officer in (away, operator):
        with pytest.raises(YipanqiError):
            view_photo(report_id=report.id, acting_officer=officer, now=world.now)
    assert not Entry.objects.filter(event="visit.photo_viewed").exists()


def test_a_photo_that_is_gone_or_changed_says_so(world: World, reported: Any, tmp_path: Path) -> None:
    report = reported(JPEG)
    officer = world.officer("duty", roles=["duty_officer"])
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    sealed = kept.read_bytes()
    kept.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(KeyRingError):
        view_photo(report_id=report.id, acting_officer=officer, now=world.now)
    kept.unlink()
    with pytest.raises(FileMissing):
        view_photo(report_id=report.id, acting_officer=officer, now=world.now)


def test_a_report_without_a_photo_has_none(world: World, reported: Any, tmp_path: Path) -> None:
    report = reported(None)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    with pytest.raises(YipanqiError) as refused:
        view_photo(
            report_id=report.id, acting_officer=world.officer("duty", roles=["duty_officer"]), now=world.now
        )
    assert refused.value.code == NotFound.code
