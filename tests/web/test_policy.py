"""The page of the policy packs: every value in words, what is unverified marked, the pack in force first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import escape

from yipanqi import catalog
from yipanqi.casework.authority import Role
from yipanqi.kernel.durations import parse_duration, parse_period
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.rehearsal.world import World
from yipanqi.web.views.policy import duration_in_words, period_in_words, value_in_words

Browser = Callable[..., Client]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_value_stands_there_with_its_words(browser: Browser, language: str) -> None:
    page = browser(roles=["pilot"], language=language).get("/policy")
    html = page.content.decode()
    with translation.override(language):
        for pack in catalog.policies():
            for value in pack.values.values():
                assert escape(value.name.get(language)) in html, value.code
                assert escape(value_in_words(value)) in html, value.code
                assert value.note is None or escape(value.note.get(language)) in html, value.code
    values = [value for pack in catalog.policies() for value in pack.values.values()]
    assert html.count('<span class="chip" data-tone="strong">') == sum(not each.verified for each in values)
    told = {"zh-hans": "以下各项未经法律专业人员审核。", "en": "No lawyer has checked these values."}
    assert told[language] in html


def test_the_counts_add_up(browser: Browser) -> None:
    for pack in browser().get("/policy").context["packs"]:
        rows = [row for group in pack["groups"] for row in group["rows"]]
        assert pack["total"] == len(rows) == pack["read"] + pack["unverified"]
        assert pack["read"] == sum(row["verified"] for row in rows) > 0


@pytest.mark.parametrize("pack_id", ["CN", "SG"])
def test_the_pack_in_force_comes_first_and_is_the_only_one(
    browser: Browser, world: World, settings: Any, pack_id: str
) -> None:
    settings.POLICY_PACK = pack_id
    assert policy_in_force(world.now).id == pack_id
    page = browser(language="en").get("/policy")
    assert [pack["in_force"] for pack in page.context["packs"]] == [True, False]
    assert page.context["packs"][0]["id"] == pack_id
    assert page.content.decode().count("in force here") == 2  # one says that it is not


def test_the_page_opens_when_no_pack_is_in_force(browser: Browser, settings: Any) -> None:
    settings.POLICY_PACK = "XX"
    page = browser(language="en").get("/policy")
    assert page.status_code == 200 and not any(pack["in_force"] for pack in page.context["packs"])


def test_everybody_may_read_it_and_still_lands_on_the_own_desk(browser: Browser) -> None:
    for role in Role:
        assert browser(roles=[role.value]).get("/policy").status_code == 200
    assert browser(roles=["operator", "auditor"]).get("/?all=1").content.decode().count('href="/policy"') == 2
    assert browser(roles=["administrator"]).get("/", follow=True).status_code == 200
    assert browser(roles=["appeal_officer"]).get("/")["Location"] == "/funds/returns"


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("PT45S", "45秒", "45 seconds"),
        ("PT1M", "1分钟", "1 minute"),
        ("PT60M", "60分钟", "60 minutes"),
        ("PT90M", "90分钟", "90 minutes"),
        ("P1D", "24小时", "24 hours"),
        ("PT48H", "48小时", "48 hours"),
        ("PT49H", "49小时", "49 hours"),
        ("P30D", "30天", "30 days"),
    ],
)
def test_durations_in_words(written: str, zh: str, en: str) -> None:
    for language, words in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert duration_in_words(parse_duration(written)) == words


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("P30D", "30天", "30 days"),
        ("P3WD", "3个工作日", "3 working days"),
        ("P6M", "6个月", "6 months"),
        ("P1Y", "1年", "1 year"),
    ],
)
def test_periods_in_words(written: str, zh: str, en: str) -> None:
    for language, words in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert period_in_words(parse_period(written)) == words


def test_periods_in_a_row_in_words() -> None:
    warn = catalog.policy("CN").values["freeze.warn"]
    for language, words in (("zh-hans", "30天、15天、7天、3天"), ("en", "30 days, 15 days, 7 days, 3 days")):
        with translation.override(language):
            assert value_in_words(warn) == words


def test_a_second_person_in_words() -> None:
    cn, sg = (catalog.policy(code).values["stop.second_person"] for code in ("CN", "SG"))
    with translation.override("en"):
        assert (value_in_words(cn), value_in_words(sg)) == (
            "within 30 minutes after it left",
            "before it leaves",
        )
