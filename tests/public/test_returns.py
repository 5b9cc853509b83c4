"""The public page: by code, both languages, light, without cookie and script; nothing told of codes that fail."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.ops.returns.decided import Decided
from yipanqi import public
from yipanqi.ops.returns.codes import code_index, new_code
from yipanqi.ops.returns.following import Followed, RunningNotice, Stage, running_notices
from yipanqi.ops.returns.models import Claim, FundReturn
from yipanqi.public.models import PublicUsage
from yipanqi.public.presenting import STAGES, STEPS
from yipanqi.rehearsal.world import START_AT, World

URL = "/public/returns"
HAN = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"<[^>]*>")
CSS = Path(public.__file__).parents[1] / "web" / "static" / "css" / "public.css"


@pytest.fixture
def decided(world: World) -> Decided:
    return Decided(world)


def ask(code: str, *, lang: str = "zh-hans", **more: Any) -> Any:
    return Client().post(f"{URL}?lang={lang}", {"code": code}, **more)


def code_of(decided: Decided, no: int = 0) -> str:
    """Give a claim a code and tell it."""
    code = new_code()
    rows = Claim.objects.for_system("the test issues").filter(id=decided.claims()[no].id)
    rows.update(code_index=code_index(code))
    return code


def stand(decided: Decided, status: str, **more: Any) -> None:
    rows = FundReturn.objects.for_system("the test moves it").filter(id=decided.fund_return.id)
    rows.update(status=status, **more)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_the_front_is_light_and_leaves_nothing_behind(world: World, lang: str) -> None:
    page = Client().get(f"{URL}?lang={lang}")
    html = page.content.decode()
    assert page.status_code == 200 and f'<html lang="{lang}">' in html
    assert not page.cookies and page["Cache-Control"] == "no-store" and page["X-Robots-Tag"] == "noindex"
    assert (
        "default-src 'none'" in page["Content-Security-Policy"]
        and "frame-ancestors" in page["Content-Security-Policy"]
    )
    assert "<script" not in html and "style=" not in html and len(page.content) + CSS.stat().st_size < 150_000
    assert 'href="tel:96110"' in html and 'name="viewport"' in html and 'method="post"' in html
    assert bool(HAN.search(TAG.sub("", html).replace("中文", ""))) == (lang == "zh-hans")
    assert Client().head(URL).status_code == 200 and Client().put(URL).status_code == 405


def test_the_browsers_language_is_the_first(world: World) -> None:
    english = Client(headers={"Accept-Language": "en"})
    assert (
        'lang="en"' in english.get(URL).content.decode()
        and 'lang="zh-hans"' in english.get(f"{URL}?lang=zh-hans").content.decode()
    )
    assert 'lang="en"' in english.get(f"{URL}?lang=xx").content.decode()


def looked_up(code: str) -> tuple[bytes, int]:
    PublicUsage.objects.all().delete()
    with CaptureQueriesContext(connection) as captured:
        page = ask(code)
    assert page.status_code == 200 and not page.cookies
    return page.content, len(captured)


def test_codes_that_open_nothing_are_told_apart_by_nothing(decided: Decided) -> None:
    """Never issued, replaced by a newer one, of an excluded claim, of a withdrawn return, mistyped, empty, long."""
    replaced = code_of(decided)
    excluded, _ = code_of(decided, 1), code_of(decided)
    Claim.objects.for_system("t").filter(id=decided.claims()[1].id).update(status="excluded")
    answers = {
        looked_up(each)
        for each in (new_code(), replaced, excluded, replaced[:-1], "", "查询码", "0" * 900, "-")
    }
    assert len(answers) == 1
    withdrawn = code_of(decided)
    known = looked_up(withdrawn)
    stand(decided, "withdrawn")
    assert looked_up(withdrawn) in answers and known not in answers


def test_a_code_is_read_as_people_type_it(decided: Decided) -> None:
    code = code_of(decided)
    alike = code.replace("-", "").lower().replace("0", "o").replace("1", "l")
    assert ask(f"  {alike[:5]} {alike[5:]} ").content.count(b"R1") == 1
    assert decided.fund_return.number in ask(code).content.decode()


def test_nothing_of_the_case_and_of_others_is_told(decided: Decided) -> None:
    stand(decided, "ordered")
    html = ask(code_of(decided)).content.decode()
    assert "30,000.00" in html and "3.00" in html and "4500" in html
    for hidden in (
        "林晓梅",
        "周二",
        "15,000.00",
        "6217000010001234500",
        str(decided.cases[0].number),
        "刷单",
    ):
        assert hidden not in html


def test_an_eleventh_look_up_within_a_minute_waits(world: World) -> None:
    assert [ask("x").status_code for _ in range(11)] == [200] * 10 + [429]
    page = ask("x", lang="en")
    assert page.status_code == 429 and page["Retry-After"] == "60" and page["Cache-Control"] == "no-store"
    assert "Try again in 60 seconds" in page.content.decode()
    assert ask("x", REMOTE_ADDR="203.0.113.7").status_code == 200
    assert Client().get(URL).status_code == 200  # the notices are for everybody
    world.advance(timedelta(minutes=1))
    assert ask("x").status_code == 200


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("step", list(STEPS))
def test_every_step_has_its_page(world: World, monkeypatch: pytest.MonkeyPatch, step: str, lang: str) -> None:
    stages = tuple(
        Stage(code, state, START_AT) for code in STAGES for state in ("done", "now", "later", "missed")
    )
    told = Followed(
        "R1", "350104", stages, step, date(2026, 3, 5), 1, 2, 3, "8123", "告1", date(2026, 3, 4), "决1"
    )
    monkeypatch.setattr("yipanqi.public.views.follow", lambda _: told)
    text = TAG.sub(" ", ask("x", lang=lang).content.decode())
    assert "{" not in text and "None" not in text and "%(" not in text
    assert bool(HAN.search(re.sub(r"中文|告1|决1", "", text))) == (lang == "zh-hans")


def test_the_running_notices_are_listed_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [
        RunningNotice(f"告{no}", "350104", (("6222 **** 1234", "ccb"),), 2, 100, date(2026, 4, 1))
        for no in range(45)
    ]
    monkeypatch.setattr(
        "yipanqi.public.views.running_notices", lambda now, start, limit: many[start : start + limit]
    )
    pages = [
        Client().get(URL, {"page": page}).content.decode()
        for page in ("1", "2", "3", "0", "-1", "x", "9" * 99)
    ]
    assert [len(re.findall(r"告\d+<", page)) for page in pages] == [20, 20, 5, 20, 20, 20, 0]
    assert "page=2" in pages[0] and "page=1" in pages[1] and "page=3" in pages[1] and "page=4" not in pages[2]


def test_a_notice_runs_until_its_last_day_is_over(decided: Decided) -> None:
    ends_at = decided.world.now + timedelta(days=30)
    stand(decided, "noticed", notice_number="告1", notice_last=date(2026, 4, 1), notice_ends_at=ends_at)
    (found,) = running_notices(now=ends_at - timedelta(seconds=1))
    assert found.total_minor == 4_500_450 and found.accounts == (("6222 **** 4567", "ccb"),)
    assert running_notices(now=ends_at) == []
    html = Client().get(URL).content.decode()
    assert "45,004.50" in html and "6222021602001234567" not in html


@pytest.mark.parametrize(
    ("status", "claim", "step"),
    [
        ("open", "notified", "apply"),
        ("divided", "applied", "wait_check"),
        ("submitted", "verified", "wait_division"),
        ("noticed", "verified", "notice"),
        ("noticed", "notified", "apply"),
        ("deciding", "verified", "wait_decision"),
        ("decided", "notified", "apply_later"),
        ("decided", "verified", "wait_order"),
        ("closed", "notified", "ask_again"),
    ],
)
def test_what_a_victim_has_to_do_follows_from_where_it_stands(
    decided: Decided, status: str, claim: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yipanqi.ops.returns.following import follow  # inline: the door has its own name for it

    code = code_of(decided)
    stand(decided, status, notice_last=date(2026, 4, 1))
    Claim.objects.for_system("t").update(status=claim)
    found = follow(code)
    assert found is not None and found.next_step == step
    assert bool(found.principal_minor) == (status in {"decided", "closed"})
