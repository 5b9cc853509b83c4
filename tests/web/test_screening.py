"""The screening desk over HTTP: its list, one screening, evidence handed in, taken out and withdrawn, the finding."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.ops.screening.conftest import CLEAN, DOCX, PDF, Bench
from tests.web.test_pages import HAN, queries, shown
from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.models import FreezeChange
from yipanqi.ops.screening.models import Evidence, Finding, Screening
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
REASONS = "合同、出库单与到账金额和时间相符，系正常货款。"


@pytest.fixture
def bench(world: World) -> Bench:
    """A bench for screening, with one bank connected."""
    return Bench(world)


def ids(client: Client, query: str = "") -> list[str]:
    """Ids of the freezes on a page of the list, in their order."""
    return re.findall(
        r'id="screening-([0-9a-f-]{36})"', client.get(f"/funds/screening{query}").content.decode()
    )


def upload(client: Client, freeze: Any, data: bytes = PDF, name: str = "发票.pdf", **more: str) -> Any:
    """Hand a file in as the form does."""
    given = {"kind": "invoice", "handed_in_by": "周二", "note": "三月货款"} | more
    file = SimpleUploadedFile(name, data, content_type="application/octet-stream")
    return client.post(f"/funds/screening/{freeze.id}/evidence", given | {"file": file})


def version(client: Client, freeze: Any) -> str:
    page = client.get(f"/funds/screening/{freeze.id}").content.decode()
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_list_is_empty_then_full_in_both_languages(bench: Bench, browser: Browser, language: str) -> None:
    client = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    empty = {tab: shown(client, f"/funds/screening?tab={tab}") for tab in ("open", "found")}
    assert len(set(empty.values())) == 2
    bench.freeze(1)
    bench.world.advance(timedelta(days=1))
    begun = bench.freeze(2, traced_minor=None, interest_minor=1_234)
    bench.hand_in(bench.open(begun))
    text = shown(client, "/funds/screening")
    words = {
        "zh-hans": (
            "建行 6222 **** 0001",
            "周*",
            "82%",
            "未追溯",
            "50,000.00",
            "+ 12.34",
            "1 个文件",
            "尚未开始",
        ),
        "en": (
            "CCB 6222 **** 0001",
            "周*",
            "82%",
            "nobody traced it",
            "50,000.00",
            "+ 12.34",
            "1 file",
            "not begun",
        ),
    }
    assert all(word in text for word in words[language]), text
    if language == "en":
        assert not HAN.findall(text.replace("中文", "").replace("周*", ""))
    assert client.get("/funds/screening?tab=nonsense").context["tab"] == "open"


def test_filters_pages_and_queries(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"])
    first = bench.freeze(1)
    bench.hand_in(bench.open(first))
    one = queries(client, "/funds/screening")
    made = [first, *(bench.freeze(number) for number in range(2, 24))]
    bench.hand_in(bench.open(made[3]))
    assert queries(client, "/funds/screening") == one
    seen, url = [], "/funds/screening"
    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'id="screening-([0-9a-f-]{36})"', html)
        link = re.search(r'rel="next" href="([^"]+)"', html)
        url = link.group(1).replace("&amp;", "&") if link else ""
    assert sorted(seen) == sorted(str(each.id) for each in made)
    assert ids(client, f"?case={first.case.number}") == [str(first.id)]
    assert ids(client, "?district=350200") == [] and len(ids(client, "?district=350100")) == 20
    assert "没有符合条件的记录" in shown(client, "/funds/screening?case=A1")
    assert client.get("/funds/screening?district=x").status_code == 200
    assert client.get("/funds/screening?after=nonsense").status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_screening_tells_whose_money_it_may_be(bench: Bench, browser: Browser, language: str) -> None:
    client = browser(roles=["investigator"], language=language, name="Lin Jing")
    freeze = bench.freeze(1)
    url = f"/funds/screening/{freeze.id}"
    before = html.unescape(shown(client, url))
    assert not Screening.objects.for_system("look").exists()
    assert upload(client, freeze, note="x1").status_code == 303
    text = html.unescape(shown(client, url))
    for point in catalog.good_faith().values():
        assert point.name.get(language) in text and point.help.get(language) in text
    for kind in catalog.findings().values():
        assert kind.name.get(language) in text and kind.effect.get(language) in text, kind.code
    assert "6222 **** 0001" in text and "周*" in text and "x1" in text and "周二" not in text
    found = Evidence.objects.get()
    assert found.sha256[:12] in text and found.sha256 in client.get(url).content.decode()
    assert before.split() != text.split()
    one = queries(client, url)
    upload(client, freeze, DOCX), upload(client, freeze, b"hello", "a.txt")
    assert queries(client, url) == one


def test_a_file_goes_out_as_an_attachment_that_nothing_opens(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"])
    freeze = bench.freeze(1)
    answer = upload(client, freeze, name="../../发票.exe")
    assert (answer.status_code, answer["Location"]) == (303, f"/funds/screening/{freeze.id}#evidence")
    found = Evidence.objects.get()
    reader = browser(roles=["approver"])
    url = f"/funds/screening/{freeze.id}/evidence/{found.id}"
    got = reader.get(url)
    assert got.status_code == 200 and got.content == PDF and got["Content-Type"] == "application/pdf"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got["Cache-Control"] == "no-store"
    assert got["Content-Disposition"].startswith("attachment; ") and ".exe.pdf" in got["Content-Disposition"]
    assert "\n" not in got["Content-Disposition"] and "/" not in got["Content-Disposition"].split("''")[1]
    assert Entry.objects.filter(event="evidence.viewed").count() == 1
    away = browser(roles=["funds_officer"], unit="350203")
    assert away.get(url).status_code == 404 and away.get(f"/funds/screening/{freeze.id}").status_code == 404
    assert upload(away, freeze, DOCX).status_code == 404
    other = bench.freeze(2)
    assert reader.get(f"/funds/screening/{other.id}/evidence/{found.id}").status_code == 404
    assert Entry.objects.filter(event="evidence.viewed").count() == 1


@pytest.mark.parametrize(
    ("data", "more", "status", "code"),
    [
        (b"<html><script>alert(1)</script>", {}, 422, "evidence_kind_unknown"),
        (b"%PDF-1.7" + bytes(21 << 20) + b"%%EOF", {}, 413, "evidence_too_large"),
        (PDF, {"kind": ""}, 422, "evidence_sort_unknown"),
    ],
)
def test_what_is_not_taken_says_why_and_keeps_what_was_typed(
    bench: Bench, browser: Browser, data: bytes, more: dict[str, str], status: int, code: str
) -> None:
    client = browser(roles=["funds_officer"], language="en")
    freeze = bench.freeze(1)
    answer = upload(client, freeze, data, note="typed note", **more)
    html = answer.content.decode()
    assert answer.status_code == status and 'id="evidence-error"' in html and "typed note" in html
    assert catalog.error_text(code, limit="20 MB").en in html
    assert not Evidence.objects.exists()
    none = client.post(f"/funds/screening/{freeze.id}/evidence", {"kind": "invoice"})
    assert none.status_code == 404 and 'id="evidence-error"' in none.content.decode()


def test_nothing_of_a_file_lies_on_the_disk_unsealed(settings: Any) -> None:
    most = catalog.windows()["evidence_max_bytes"].count
    assert most + 100_000 < settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def test_withdrawing_needs_a_reason_and_strikes_the_file_out(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en", name="Lin Jing")
    freeze = bench.freeze(1)
    upload(client, freeze)
    found = Evidence.objects.get()
    url = f"/funds/screening/{freeze.id}/evidence/{found.id}/withdraw"
    refused = client.post(url, {"reason": " "})
    assert refused.status_code == 422 and catalog.error_text("reason_missing").en in refused.content.decode()
    assert client.post(url, {"reason": "of another case"}).status_code == 303
    page = client.get(f"/funds/screening/{freeze.id}").content.decode()
    assert "data-withdrawn" in page and "of another case" in page and url not in page
    assert browser(roles=["approver"]).post(url, {"reason": "x"}).status_code == 403


def test_the_form_finds_and_the_page_shows_what_follows(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en", name="Lin Jing")
    freeze = bench.freeze(1)
    upload(client, freeze)
    url = f"/funds/screening/{freeze.id}"
    given = {"version": version(client, freeze), "outcome": "involved_part", "reasons": REASONS}
    short = client.post(f"{url}/find", given | {"reasons": "short", "involved": "12,400"})
    html = short.content.decode()
    assert short.status_code == 422 and 'value="12,400"' in html and ">short</textarea>" in html
    assert 'value="involved_part" data-key="2" required checked' in html
    wrong = client.post(f"{url}/find", given | {"involved": "12,4"})
    assert wrong.status_code == 422 and catalog.error_text("amount_ambiguous").en in wrong.content.decode()
    none = client.post(f"{url}/find", given)
    assert catalog.error_text("involved_out_of_range").en in none.content.decode()
    answers = {f"answer-{code}": answer for code, answer in CLEAN.items()}
    done = client.post(f"{url}/find", given | answers | {"involved": "1.24万"})
    assert (done.status_code, done["Location"]) == (303, f"{url}#finding")
    assert FreezeChange.objects.for_system("look").get().minor == 3_760_000
    page = shown(client, url)
    for word in ("Involved, a part", "CNY 12,400.00 of the case", REASONS, "Release of a part", "37,600.00",
                 "To be signed", "Found by Lin Jing", "Screening record"):  # fmt: skip
        assert word in page, word
    assert ids(client) == [] and ids(client, "?tab=found") == [str(freeze.id)]
    again = client.post(f"{url}/find", given | {"involved": "1"})
    assert again.status_code == 409 and Finding.objects.count() == 1
    assert "evidence-form" not in client.get(url).content.decode()


def test_a_finding_without_any_evidence_begins_the_screening(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["investigator"])
    freeze = bench.freeze(1)
    given = {"version": version(client, freeze), "outcome": "involved_full", "reasons": REASONS}
    assert client.post(f"/funds/screening/{freeze.id}/find", given).status_code == 303
    assert Finding.objects.get().screening_id == freeze.id


def test_reopening_keeps_the_earlier_finding_on_the_page(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en", name="Lin Jing")
    freeze = bench.freeze(1)
    url = f"/funds/screening/{freeze.id}"
    given = {"version": version(client, freeze), "outcome": "involved_full", "reasons": REASONS}
    client.post(f"{url}/find", given)
    refused = client.post(f"{url}/reopen", {"version": version(client, freeze), "reason": ""})
    assert refused.status_code == 422 and catalog.error_text("reason_missing").en in refused.content.decode()
    assert (
        client.post(f"{url}/reopen", {"version": version(client, freeze), "reason": "new papers"}).status_code
        == 303
    )
    page = shown(client, url)
    assert "Earlier finding" in page and "new papers" in page and "Make the finding" in page
    assert ids(client) == [str(freeze.id)]


def test_what_is_masked_is_shown_by_one_journaled_act(bench: Bench, browser: Browser) -> None:
    client, freeze = browser(roles=["investigator"]), bench.freeze(1)
    url = f"/funds/screening/{freeze.id}/unmask"
    for field, plain in (("account", freeze.account.number.reveal()), ("holder_name", "周二")):
        before = Entry.objects.count()
        answer = client.post(url, {"field": field})
        assert answer.status_code == 200 and plain in answer.content.decode()
        assert Entry.objects.count() == before + 1
    assert client.post(url, {"field": "note"}).status_code == 400
    assert browser(roles=["approver"]).post(url, {"field": "account"}).status_code == 403
    assert browser(roles=["investigator"], unit="350203").post(url, {"field": "account"}).status_code == 404


def test_readers_read_and_do_not_act(bench: Bench, browser: Browser) -> None:
    freeze = bench.freeze(1)
    bench.hand_in(bench.open(freeze))
    for role in ("approver", "commander", "duty_officer", "station_officer"):
        page = browser(roles=[role]).get(f"/funds/screening/{freeze.id}")
        html = page.content.decode()
        assert page.status_code == 200 and "evidence-form" not in html and "<textarea" not in html
    assert browser(roles=["operator"]).get("/funds/screening").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_story_and_the_journal_say_it_in_words(bench: Bench, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en", name="Lin Jing")
    freeze = bench.freeze(1)
    upload(client, freeze)
    given = {"version": version(client, freeze), "outcome": "involved_full", "reasons": REASONS}
    client.post(f"/funds/screening/{freeze.id}/find", given)
    bench.world.seal()
    page = shown(client, f"/funds/screening/{freeze.id}")
    for event in ("screening.opened", "evidence.added", "screening.found"):
        assert catalog.events()[event].name.en in page
    journal = shown(browser(roles=["auditor"], language="en"), "/journal")
    assert catalog.findings()["involved_full"].name.en in journal
