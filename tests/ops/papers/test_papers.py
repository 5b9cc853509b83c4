"""Making, rendering and taking papers: fixed at the act, rendered once, sealed at rest, each step in the journal."""

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.ops.papers.conftest import NOTICE, make
from yipanqi.casework.authority import NotAllowed
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.numbering import unit_name
from yipanqi.ops.papers.queries import papers_of, read_paper
from yipanqi.ops.papers.services import RENDER_TASK, render_paper
from yipanqi.ops.vault.files import keep_file
from yipanqi.rehearsal.world import World


def events(paper: Paper) -> list[tuple[str, dict[str, Any]]]:
    rows = Entry.objects.filter(subject_kind="paper", subject_id=str(paper.id)).order_by("id")
    return [(each.event, each.payload) for each in rows]


def rendered(world: World, **over: Any) -> Paper:
    paper = make(world, **over)
    assert render_paper(paper_id=paper.id, now=world.now) is True
    return Paper.objects.for_system("a test").get(id=paper.id)


def code_of(refusal: pytest.ExceptionInfo[YipanqiError]) -> str:
    return refusal.value.code


def test_a_paper_is_fixed_and_hashed_at_the_act(world: World) -> None:
    paper = make(world)
    assert paper.number == "福州仓山公（反诈）刑冻字〔2026〕1号"
    text = paper.content.reveal()
    assert hashlib.sha256(text.encode()).hexdigest() == paper.content_sha256
    assert json.loads(text)["unit"] == "福州市公安局仓山分局"
    [(event, payload)] = events(paper)
    assert (event, payload["content_digest"]) == ("paper.made", paper.content_sha256)
    job = ProcrastinateJob.objects.get(task_name=RENDER_TASK)
    assert job.args == {"paper_id": str(paper.id)}
    assert papers_of(paper.subject_id) == [paper]


def test_no_name_or_number_lies_open_in_the_database_or_the_files(world: World) -> None:
    paper = rendered(world)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(p)::text FROM papers_paper p UNION ALL SELECT payload::text FROM journal_entry"
        )
        stored = "\n".join(row[0] for row in cursor.fetchall())
    for private in (NOTICE["holder"], NOTICE["account"]):
        assert private not in stored
    kept = list((Path(settings.DATA) / "files").glob(f"paper_*/*/{paper.id.hex}.sealed"))
    assert len(kept) == 2
    for file in kept:
        data = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
        assert b"%PDF" not in data and b"PK\x03\x04" not in data[:200]


def test_a_paper_is_rendered_once(world: World) -> None:
    paper = rendered(world)
    assert paper.rendered_at == world.now
    assert render_paper(paper_id=paper.id, now=world.now) is False
    again = Paper.objects.for_system("a test").get(id=paper.id)
    assert (again.word_sha256, again.pdf_sha256) == (paper.word_sha256, paper.pdf_sha256)
    assert [event for event, _ in events(paper)] == ["paper.made", "paper.rendered"]
    assert events(paper)[1][1]["pdf_digest"] == paper.pdf_sha256


@pytest.mark.parametrize(
    "change",
    ["content = ''", "number = 'x'", "content_sha256 = ''", "word_sha256 = ''", "rendered_at = NULL"],
)
def test_a_rendered_paper_stays_as_it_is(world: World, change: str) -> None:
    rendered(world)
    with (
        pytest.raises(DatabaseError, match="stays as it is"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE papers_paper SET {change}")


def test_a_paper_that_waits_takes_nothing_but_its_rendering(world: World) -> None:
    make(world)
    for statement in ("UPDATE papers_paper SET number = 'x'", "DELETE FROM papers_paper"):
        with (
            pytest.raises(DatabaseError, match="stays as it is"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_content_that_was_exchanged_is_not_rendered(world: World) -> None:
    first, second = make(world), make(world, fields=NOTICE | {"amount": "1.00元"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE papers_paper DISABLE TRIGGER papers_paper_fixed")
        cursor.execute("UPDATE papers_paper SET content = %s WHERE id = %s", [second.content.token, first.id])
        cursor.execute("ALTER TABLE papers_paper ENABLE TRIGGER papers_paper_fixed")
    with pytest.raises(YipanqiError) as refusal:
        render_paper(paper_id=first.id, now=world.now)
    assert code_of(refusal) == "paper_changed"


def test_taking_gives_the_kept_bytes_and_is_journaled(world: World) -> None:
    paper = rendered(world)
    officer = world.officer("funds", roles=["funds_officer"], unit="350104")
    name, media_type, data = read_paper(paper.id, "pdf", officer, world.now)
    assert name == "协助冻结财产通知书_福州仓山公（反诈）刑冻字〔2026〕1号.pdf"
    assert media_type == "application/pdf" and data.startswith(b"%PDF")
    assert hashlib.sha256(data).hexdigest() == paper.pdf_sha256
    assert read_paper(paper.id, "docx", officer, world.now)[2].startswith(b"PK\x03\x04")
    taken = [payload for event, payload in events(paper) if event == "paper.taken"]
    assert [(each["form"], each["officer_id"]) for each in taken] == [
        ("pdf", str(officer.id)),
        ("docx", str(officer.id)),
    ]


def test_who_may_not_and_what_is_not_there(world: World) -> None:
    paper = make(world)
    funds = world.officer("funds", roles=["funds_officer"], unit="350104")
    with pytest.raises(YipanqiError) as refusal:
        read_paper(paper.id, "pdf", funds, world.now)
    assert code_of(refusal) == "paper_not_rendered"
    render_paper(paper_id=paper.id, now=world.now)
    with pytest.raises(NotAllowed):
        read_paper(paper.id, "pdf", world.officer("op", roles=["operator"]), world.now)
    elsewhere = world.officer("xm", roles=["funds_officer"], unit="350200")
    for paper_id, officer in ((paper.id, elsewhere), (uuid.UUID(int=1), funds)):
        with pytest.raises(YipanqiError) as refusal:
            read_paper(paper_id, "pdf", officer, world.now)
        assert code_of(refusal) == "not_found"
    keep_file("paper_pdf", paper.id, b"%PDF of somebody")
    with pytest.raises(YipanqiError) as refusal:
        read_paper(paper.id, "pdf", funds, world.now)
    assert code_of(refusal) == "paper_changed"


def test_numbers_run_by_series_unit_and_year(world: World) -> None:
    said = [
        make(world, kind=kind, place_code=place).number
        for kind, place in (
            ("freeze_notice", "350104001"),
            ("freeze_notice", "350104"),
            ("release_notice", "350104"),
            ("freeze_notice", "350100"),
            ("freeze_notice", "350000"),
            ("freeze_notice", "350121"),
        )
    ]
    assert said == [
        "福州仓山公（反诈）刑冻字〔2026〕1号",
        "福州仓山公（反诈）刑冻字〔2026〕2号",
        "福州仓山公（反诈）刑解字〔2026〕1号",
        "福州公（反诈）刑冻字〔2026〕1号",
        "福建公（反诈）刑冻字〔2026〕1号",
        "福州闽侯公（反诈）刑冻字〔2026〕1号",
    ]
    assert make(world, number="自编1号").number == "自编1号"


def test_a_unit_signs_with_its_own_name(world: World) -> None:
    world.load()
    names = [unit_name(code) for code in ("350000", "350100", "350104", "350104001", "350121")]
    assert names == [
        "福建省公安厅",
        "福州市公安局",
        "福州市公安局仓山分局",
        "福州市公安局仓山分局",
        "闽侯县公安局",
    ]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double(world: World, in_threads: Any) -> None:
    def made() -> str:
        return make(world).number

    def lost() -> str:
        with transaction.atomic():
            number = make(world).number
            transaction.set_rollback(True)
        return number

    in_threads([made, lost, made, lost, made])
    rows = Paper.objects.for_system("a test").values_list("number", flat=True)
    assert sorted(rows) == [f"福州仓山公（反诈）刑冻字〔2026〕{no}号" for no in (1, 2, 3)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_render_a_paper_once(world: World, in_threads: Any) -> None:
    paper = make(world)
    done = in_threads([lambda: render_paper(paper_id=paper.id, now=world.now)] * 2)
    assert sorted(done) == [False, True]
    assert [event for event, _ in events(paper)] == ["paper.made", "paper.rendered"]
