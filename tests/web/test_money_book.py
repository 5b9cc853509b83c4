"""The money ledger's pages: sums by place and case, the proof with its statements, the export, and the papers' door."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.ops.papers.conftest import any_fields
from yipanqi.kernel.ids import new_id
from yipanqi.ops.indicators.proving import PROOFS, prove_all
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.services import Leg, post, shift
from yipanqi.ops.papers.services import make_paper, render_paper
from yipanqi.rehearsal.world import World
from yipanqi.web import money_book, papers

READER = {"roles": ["funds_officer"]}


def posted(world: World, case: Any, *legs: Leg) -> None:
    post(
        "test", legs, once=str(new_id(world.now)), case_id=case.id, place_code=case.place_code,
        ref=("case", case.id), acting=SYSTEM, now=world.now,
    )  # fmt: skip


def halfway(world: World) -> Any:
    """A case of 50,000 yuan: 30,000 frozen with some interest, 12,000 of it attributed and 2,000 of that returned."""
    case = world.case()
    given = {
        "case_id": case.id,
        "place_code": case.place_code,
        "account_id": case.payments.get().payee_id,
        "victim_id": case.victim_id,
    }
    posted(
        world,
        case,
        *shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 3_000_000, **given),
        *shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 123, part=Part.INTEREST, **given),
        *shift(Book.HOLDINGS, Kind.FROZEN, Kind.ATTRIBUTED, 1_200_000, **given),
        *shift(Book.CLAIMS, Kind.OUTSTANDING, Kind.ATTRIBUTED, 1_200_000, **given),
        *shift(Book.HOLDINGS, Kind.ATTRIBUTED, Kind.RETURNED, 200_000, **given),
        *shift(Book.CLAIMS, Kind.ATTRIBUTED, Kind.RETURNED, 200_000, **given),
    )
    return case


def cells(row: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(cell["book"], cell["code"]): cell["full"] for cell in row["cells"] if not cell["is_zero"]}


def test_by_place_with_both_books_that_add_up(world: World, browser: Any) -> None:
    halfway(world)
    answer = browser(**READER).get("/funds/money")
    (row,) = answer.context["table"]["rows"]
    assert (row["name"], row["agrees"], answer.context["agrees"]) == ("福州市", True, True)
    assert cells(row) == {
        ("C", "loss"): "50,000.00",
        ("C", "outstanding"): "38,000.00",
        ("C", "attributed"): "10,000.00",
        ("C", "returned"): "2,000.00",
        ("H", "frozen"): "18,000.00",
        ("H", "attributed"): "10,000.00",
        ("H", "returned"): "2,000.00",
    }
    claims, holdings = answer.context["bars"]
    assert (claims["whole"]["full"], holdings["whole"]["full"]) == ("50,000.00", "30,000.00")
    assert {part["code"]: part["sum"]["short"] for part in holdings["parts"]} == {
        "frozen": "1.8万",
        "attributed": "1.0万",
        "returned": "2,000",
    }
    month = answer.context["months"][0]
    assert (month["recovered_ratio"], month["return_ratio"]) == ("24.0%", "16.7%")
    html = answer.content.decode()
    assert "+ 1.23" in html and "每一行都分毫不差" in html


def test_from_the_place_to_the_case_to_the_account(world: World, browser: Any) -> None:
    case = halfway(world)
    client = browser(language="en", **READER)
    (place,) = client.get("/funds/money").context["table"]["rows"]
    listed = client.get(place["url"])
    (row,) = listed.context["table"]["rows"]
    assert row["name"] == case.number and row["agrees"]
    shown = client.get(row["url"])
    holdings, claims = shown.context["book"]["holdings"], shown.context["book"]["claims"]
    account, victim = holdings["rows"]
    assert account["name"] == "CCB 6222 **** 4567" and victim["under"] and victim["name"] == "林*梅"
    assert cells(account)["H", "frozen"] == "18,000.00" and cells(victim)["H", "attributed"] == "10,000.00"
    assert cells(claims["rows"][0])["C", "outstanding"] == "38,000.00"
    html = shown.content.decode()
    assert reverse("case_detail", args=[case.id]) in html and "6222021602001234567" not in html
    assert [len(each["shifts"]) for each in shown.context["postings"]] == [6, 1]


def test_by_number_and_what_is_not_there(world: World, browser: Any) -> None:
    case = world.case()
    client = browser(**READER)
    (row,) = client.get("/funds/money", {"number": case.number}).context["table"]["rows"]
    assert row["id"] == case.id
    assert "没有这个编号的案件" in client.get("/funds/money", {"number": "A1"}).content.decode()
    for wrong in ({"case": str(uuid.uuid4())}, {"case": "x"}, {"place": "999999"}, {"place": "x"}):
        assert client.get("/funds/money", wrong).status_code == 404
    elsewhere = browser(unit="350200", **READER)
    assert elsewhere.get("/funds/money", {"case": str(case.id)}).status_code == 404
    assert elsewhere.get("/funds/money", {"place": "350100"}).context["table"]["rows"] == []
    assert "还没有记账" in elsewhere.get("/funds/money").content.decode()


def test_an_auditor_sees_the_ledger_without_a_way_into_the_case(world: World, browser: Any) -> None:
    case = world.case()
    client = browser(roles=["auditor"])
    html = client.get("/funds/money", {"case": str(case.id)}).content.decode()
    assert case.number in html and reverse("case_detail", args=[case.id]) not in html
    assert reverse("money_book") in client.get("/").content.decode()


def test_the_proof_shows_each_law_with_a_statement_and_names_the_case(world: World, browser: Any) -> None:
    client = browser(**READER)
    case = world.case()
    whole = client.get("/funds/money/proof")
    assert [row["ok"] for row in whole.context["rows"]] == [True] * len(PROOFS)
    assert whole.content.decode().count("<pre>") == len(PROOFS)
    given = {"case_id": case.id, "place_code": case.place_code, "account_id": case.payments.get().payee_id}
    posted(world, case, *shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 7, **given))
    broken = client.get("/funds/money/proof")
    assert broken.context["broken"] == 1
    (row,) = [row for row in broken.context["rows"] if not row["ok"]]
    assert (row["code"], row["left"], row["right"], row["case"].id) == (
        "freezes_agree",
        "0.07",
        "0.00",
        case.id,
    )
    assert f"?case={case.id}" in broken.content.decode()


@pytest.mark.django_db(transaction=True)
def test_last_nights_failure_stands_above_the_ledger(world: World, browser: Any) -> None:
    client = browser(**READER)
    case = world.case()
    assert client.get("/funds/money").context["alarms"] == []
    given = {"case_id": case.id, "place_code": case.place_code, "account_id": case.payments.get().payee_id}
    posted(world, case, *shift(Book.HOLDINGS, Kind.BANK, Kind.FROZEN, 7, **given))
    prove_all(now=world.now)
    world.seal()
    answer = client.get("/funds/money")
    assert answer.context["alarms"] == [money_book.law_name("freezes_agree")]
    assert "夜间核对发现资金账不平" in answer.content.decode()


def test_the_export_is_masked_and_adds_up(world: World, browser: Any) -> None:
    case = halfway(world)
    client = browser(**READER)
    text = b"".join(client.get("/funds/money/export").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["case"] for row in rows} == {case.number}
    for book in "CH":
        fen = [
            round(float(row[side] or 0) * 100)
            for row in rows
            for side in ("in", "out")
            if row["book"] == book
        ]
        assert sum(fen[::2]) == sum(fen[1::2]) > 0
    assert "6222021602001234567" not in text and "林晓梅" not in text
    assert Entry.objects.filter(event="money.exported", payload__rows=len(rows)).count() == 1


def test_a_paper_is_taken_through_the_gate_of_what_it_is_about(world: World, browser: Any) -> None:
    case = world.case()
    paper = make_paper(
        "release_notice", fields=any_fields("release_notice"),
        subject=("case", case.id), case_id=case.id, place_code=case.place_code,
        acting=SYSTEM, now=world.now,
    )  # fmt: skip
    client = browser(**READER)
    url = reverse("paper", args=[paper.id, "pdf"])
    (listed,) = papers.listed(case.id)
    assert (listed["ready"], listed["digest"]) == (False, f"SHA-256 {paper.content_sha256}")
    waiting = client.get(url)
    assert waiting.status_code == 409 and "文书正在生成" in waiting.content.decode()
    render_paper(paper_id=paper.id, now=world.now)
    answer = client.get(url)
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    assert answer["Content-Type"] == "application/pdf" and answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in answer["Content-Disposition"]
    assert client.get(reverse("paper", args=[paper.id, "docx"])).content.startswith(b"PK")
    assert Entry.objects.filter(event="paper.taken").count() == 2
    assert [form["form"] for form in papers.listed(case.id)[0]["forms"]] == ["docx", "pdf"]
    assert client.get(reverse("paper", args=[paper.id, "exe"])).status_code == 404
    assert browser(unit="350200", **READER).get(url).status_code == 404
    assert browser(roles=["appeal_officer"]).get(url).status_code == 403  # reads papers, but no cases


def test_a_paper_about_something_without_a_gate_is_nobodys(
    world: World, client: Client, browser: Any
) -> None:
    case = world.case()
    paper = make_paper(
        "release_notice", fields=any_fields("release_notice"),
        subject=("rumour", case.id), case_id=case.id, place_code=case.place_code,
        acting=SYSTEM, now=world.now,
    )  # fmt: skip
    assert browser(**READER).get(reverse("paper", args=[paper.id, "pdf"])).status_code == 404
