"""Opening a screening, handing evidence in, looking at it and withdrawing it, the desk's list and its clock."""

import hashlib
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from tests.ops.screening.conftest import DOCX, PDF, PNG, Bench, refused
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.screening import sniffing
from yipanqi.ops.screening.deadlines import fire_due
from yipanqi.ops.screening.models import Evidence, Screening
from yipanqi.ops.screening.queries import (
    ScreeningFilter,
    count_evidence,
    evidence_of,
    finding_of,
    list_found,
    list_unscreened,
    matching,
    may_enter_return,
    unscreened,
)
from yipanqi.ops.screening.services import open_screening, view_evidence, withdraw_evidence
from yipanqi.ops.vault.files import FileMissing

WEEK = timedelta(days=7)


def events(name: str) -> list[Entry]:
    return list(Entry.objects.filter(event=name).order_by("id"))


def path_of(found: Evidence) -> Path:
    return Path(settings.DATA) / "files" / "evidence" / found.id.hex[-2:] / f"{found.id.hex}.sealed"


def test_a_screening_carries_the_freezes_id_and_is_begun_once(bench: Bench) -> None:
    freeze = bench.freeze()
    screening = bench.open(freeze)
    assert (screening.id, screening.case_id, screening.account_id) == (
        freeze.id, freeze.case_id, freeze.account_id,
    )  # fmt: skip
    assert (screening.status, screening.due_at) == ("open", bench.world.now + WEEK)
    assert screening.place_code == freeze.place_code and screening.holder_name.reveal() == "周二"
    bench.world.advance(timedelta(hours=1))
    assert bench.open(freeze).due_at == screening.due_at
    (entry,) = events("screening.opened")
    assert entry.subject_id == str(freeze.id) and entry.payload["freeze_id"] == str(freeze.id)


def test_the_row_cannot_stand_for_another_freeze(bench: Bench) -> None:
    screening, other = bench.open(), bench.freeze(1)
    rows = Screening.objects.for_system("the test tries")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(id=screening.id).update(freeze=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(id=screening.id).update(status="found")


@pytest.mark.parametrize("status", ["releasing", "released", "lapsed", "returned", "handed_over"])
def test_nothing_is_begun_or_handed_in_where_nothing_is_held(bench: Bench, status: str) -> None:
    screening, other = bench.open(), bench.freeze(1, status=status)
    Freeze.objects.for_system("it ends").filter(id=screening.id).update(status=status)
    with refused("freeze_not_held"):
        bench.open(other)
    with refused("freeze_not_held"):
        bench.hand_in(screening)
    assert unscreened(bench.officer).count() == 0


def test_who_may_enter_and_from_where(bench: Bench) -> None:
    freeze = bench.freeze()
    screening = bench.open(freeze)
    for roles, unit, code in (
        (["station_officer"], "350000", "not_allowed"),
        (["approver"], "350000", "not_allowed"),
        (["funds_officer"], "350203", "not_found"),
    ):
        officer = bench.world.officer(f"x{roles[0]}{unit}", roles=roles, unit=unit)
        with refused(code):
            open_screening(freeze_id=freeze.id, acting_officer=officer, now=bench.world.now)
        with refused(code):
            bench.hand_in(screening, acting_officer=officer)
    investigator = bench.world.officer("inv", roles=["investigator"], unit="350104")
    assert bench.hand_in(screening, acting_officer=investigator).added_by == investigator


def test_a_file_is_kept_sealed_outside_of_everything_served(bench: Bench) -> None:
    screening = bench.open()
    found = bench.hand_in(screening, DOCX, file_name="../../购销合同.pdf")
    path = path_of(found)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert DOCX[:40] not in path.read_bytes() and b"word/document" not in path.read_bytes()
    assert found.sha256 == hashlib.sha256(DOCX).hexdigest() and found.bytes == len(DOCX)
    assert found.media_type == sniffing.DOCX.media_type and found.file_name.reveal() == "购销合同.pdf.docx"
    stored = Evidence.objects.filter(id=found.id).values()[0]
    assert "购销合同" not in str(stored) and "周二" not in str(stored) and "三月货款" not in str(stored)
    (entry,) = events("evidence.added")
    assert entry.payload["content_digest"] == found.sha256 and entry.payload["kind"] == "invoice"
    assert bench.seen(screening).version == screening.version + 1


def test_a_look_gives_the_same_bytes_and_is_written_down(bench: Bench) -> None:
    found = bench.hand_in(bench.open())
    reader = bench.world.officer("reader", roles=["approver"])
    name, media_type, data = view_evidence(evidence_id=found.id, acting_officer=reader, now=bench.world.now)
    assert (name, media_type, data) == ("发票.pdf", "application/pdf", PDF)
    (entry,) = events("evidence.viewed")
    assert entry.actor_id == str(reader.id) and entry.payload["evidence_id"] == str(found.id)
    away = bench.world.officer("away", roles=["funds_officer"], unit="350203")
    with refused("not_found"):
        view_evidence(evidence_id=found.id, acting_officer=away, now=bench.world.now)
    operator = bench.world.officer("op", roles=["operator"])
    with refused("not_allowed"):
        view_evidence(evidence_id=found.id, acting_officer=operator, now=bench.world.now)
    path_of(found).unlink()
    with pytest.raises(FileMissing):
        view_evidence(evidence_id=found.id, acting_officer=reader, now=bench.world.now)
    assert len(events("evidence.viewed")) == 1


def test_what_is_not_taken_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    screening = bench.open()
    with refused("evidence_sort_unknown"):
        bench.hand_in(screening, kind="gift")
    with refused("evidence_kind_unknown"):
        bench.hand_in(screening, b"<html><script>alert(1)</script>")
    with refused("field_too_long"):
        bench.hand_in(screening, note="x" * 501)
    with refused("field_too_long"):
        bench.hand_in(screening, handed_in_by="x" * 65)
    windows = dict(bench_windows(monkeypatch, evidence_max_bytes=len(PDF), evidence_max_files=2))
    assert windows["evidence_max_bytes"].count == len(PDF)
    with refused("evidence_too_large"):
        bench.hand_in(screening, PDF + b"\n")
    assert not Evidence.objects.exists() and not events("evidence.added")
    bench.hand_in(screening, PDF)
    with refused("evidence_known"):
        bench.hand_in(screening, PDF, file_name="another name.pdf", kind="contract")
    bench.hand_in(screening, PNG)
    with refused("evidence_too_many"):
        bench.hand_in(screening, b"hello")


def bench_windows(monkeypatch: pytest.MonkeyPatch, **counts: int) -> dict[str, Any]:
    """The catalog's windows with these counts."""
    import dataclasses

    from yipanqi import catalog

    changed = dict(catalog.windows()) | {
        name: dataclasses.replace(catalog.windows()[name], value=str(count)) for name, count in counts.items()
    }
    monkeypatch.setattr(catalog, "windows", lambda: changed)
    return changed


def test_withdrawn_evidence_stays_and_may_come_again(bench: Bench) -> None:
    screening = bench.open()
    found = bench.hand_in(screening)
    given: dict[str, Any] = {"evidence_id": found.id, "acting_officer": bench.officer, "now": bench.world.now}
    with refused("reason_missing"):
        withdraw_evidence(reason="  ", **given)
    gone = withdraw_evidence(reason="交错案件", **given)
    assert gone.withdrawn_by == bench.officer and gone.reason.reveal() == "交错案件"
    assert withdraw_evidence(reason="again", **given).reason.reveal() == "交错案件"
    assert len(events("evidence.withdrawn")) == 1 and count_evidence([screening.id]) == {}
    assert view_evidence(evidence_id=found.id, acting_officer=bench.officer, now=bench.world.now)[2] == PDF
    again = bench.hand_in(screening)
    assert [each.id for each in evidence_of(screening)] == [found.id, again.id]
    assert count_evidence([screening.id]) == {screening.id: 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(id=found.id).update(withdrawn_at=None)


def test_the_desk_lists_what_nobody_has_settled_the_soonest_due_first(bench: Bench) -> None:
    late = bench.freeze(1)
    bench.world.advance(timedelta(days=2))
    begun, fresh = bench.freeze(2), bench.freeze(3)
    bench.freeze(4, status="released"), bench.freeze(5, status="queued", frozen_minor=0)
    bench.world.advance(timedelta(days=1))
    bench.open(begun)  # due three days after the first, one after the third
    page = list_unscreened(bench.officer, ScreeningFilter(), now=bench.world.now)
    assert [each.id for each in page.rows] == [late.id, fresh.id, begun.id] and page.after == ""
    first = list_unscreened(bench.officer, ScreeningFilter(), now=bench.world.now, limit=2)
    rest = list_unscreened(bench.officer, ScreeningFilter(), now=bench.world.now, after=first.after)
    assert [each.id for each in (*first.rows, *rest.rows)] == [late.id, fresh.id, begun.id]
    of_case = ScreeningFilter(case=fresh.case.number)
    assert [each.id for each in list_unscreened(bench.officer, of_case, now=bench.world.now).rows] == [
        fresh.id
    ]
    assert matching(bench.officer, ScreeningFilter(district="350104")).count() == 3
    assert matching(bench.officer, ScreeningFilter(district="350203")).count() == 0
    assert list_found(bench.officer, ScreeningFilter(tab="found")).rows == []
    away = bench.world.officer("away", roles=["funds_officer"], unit="350203")
    assert unscreened(away).count() == 0
    with refused("not_allowed"):
        unscreened(bench.world.officer("op", roles=["operator"]))


def test_an_overdue_screening_is_called_out_once(bench: Bench) -> None:
    screening, ended = bench.open(), bench.open(bench.freeze(1))
    Freeze.objects.for_system("it ends").filter(id=ended.id).update(status="lapsed")
    assert fire_due(now=screening.due_at - timedelta(seconds=1)) == 0
    bench.world.advance(WEEK)
    assert fire_due(now=bench.world.now) == 1 and fire_due(now=bench.world.now) == 0
    (entry,) = events("screening.late")
    assert entry.subject_id == str(screening.id)
    seen = bench.seen(screening)
    assert (seen.late_at, seen.version, seen.status) == (bench.world.now, screening.version, "open")


def test_nothing_enters_a_return_unfound(bench: Bench) -> None:
    freeze = bench.freeze()
    bench.open(freeze)
    assert finding_of([freeze.id]) == {} and not may_enter_return(freeze)


@pytest.mark.django_db(transaction=True)
def test_two_officers_begin_one_screening(bench: Bench, in_threads: Callable[..., list[Any]]) -> None:
    freeze = bench.freeze()
    made = in_threads([lambda: bench.open(freeze)] * 4)
    assert {each.id for each in made} == {freeze.id} and len(events("screening.opened")) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_file_at_once_is_taken_once(bench: Bench, in_threads: Callable[..., list[Any]]) -> None:
    screening = bench.open()

    def try_it() -> str:
        try:
            bench.hand_in(screening)
        except Exception as error:
            return str(getattr(error, "code", error))
        return "taken"

    assert sorted(in_threads([try_it] * 3)) == ["evidence_known", "evidence_known", "taken"]
    assert Evidence.objects.count() == 1
