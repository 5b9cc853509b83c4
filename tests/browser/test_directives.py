"""A directive of the national platform by keyboard: on the wall at once, accepted, reported, checked, gone."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": {
        "issued": "待签收",
        "acted": "待核查",
        "done": "已反馈",
        "own": "另一名民警核查",
        "kind": "查找人员",
    },
    "en": {
        "issued": "To accept",
        "acted": "To verify",
        "done": "Fed back",
        "own": "Another officer",
        "kind": "Find a person",
    },
}


def order(site: Site, name: str, **row: object) -> None:
    """Send a directive as the national platform."""
    body = {"external_id": name, "kind": "find_person", "title": "查找失联人员欧阳小明", "text": "请立即查找并见面核实",
            "due_at": (datetime.now(UTC) + timedelta(minutes=20)).isoformat()}  # fmt: skip
    headers = {"Authorization": f"Bearer {site.keys['n12381']}"}
    answer = httpx.post(f"{site.url}/api/v1/directives", json=body | row, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text


def total(wall: Page) -> int:
    """How many directives the wall says are open."""
    return int(re.sub(r"\D", "", wall.locator('[data-ref="directives-total"]').inner_text()) or 0)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_directive_from_the_platform_to_its_feedback(site: Site, sign_in, keep, language: str) -> None:
    words = WORDS[language]
    wall = sign_in("commander", language=language, size="wall")
    wall.goto(f"{site.url}/wall")
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(re.compile(r"\d"))
    before = total(wall)
    order(site, f"walk-{language}", urgent=True)
    expect(wall.locator('[data-ref="directives-total"]')).to_have_text(str(before + 1), timeout=5000)
    expect(wall.locator(".directive").first).to_contain_text(words["kind"])
    expect(wall.locator(".directive .left").first).to_have_attribute("data-stage", "calm")
    assert "欧阳小明" not in wall.content()
    keep(wall, f"wall-directive-{language}")

    duty = sign_in("duty", language=language)
    duty.goto(f"{site.url}/directives?whose=own")
    keep(duty, f"directives-ours-{language}")
    duty.locator("tr[data-ours] a.row-link").first.click()
    expect(duty.locator("h1")).to_contain_text("欧阳小明")
    duty.keyboard.press("a")
    expect(duty.locator("#in-report")).to_be_visible()
    duty.keyboard.press("r")
    duty.keyboard.type("Seen at ten, has not paid")
    duty.keyboard.press("Escape")
    keep(duty, f"directive-report-{language}")
    duty.locator('form[action$="/report"] button').click()
    expect(duty.locator("body")).to_contain_text(words["own"])
    address = duty.url

    second = sign_in("commander", language=language)
    second.goto(address)
    expect(second.locator("body")).to_contain_text(words["acted"])
    keep(second, f"directive-verify-{language}")
    second.keyboard.press("v")
    expect(second.locator('form[action$="/feed-back"]')).to_be_visible()
    expect(wall.locator('[data-ref="directives-total"]')).to_have_text(str(before), timeout=5000)
    second.keyboard.press("f")
    expect(second.locator(".page-acts")).to_contain_text(words["done"])
    second.set_viewport_size({"width": 390, "height": 844})
    keep(second, f"directive-done-phone-{language}")


def test_more_directives_than_fit_roll_by_whole_rows(site: Site, sign_in, keep) -> None:
    for number in range(8):
        order(site, f"roll-{number}", due_at=(datetime.now(UTC) + timedelta(hours=number + 1)).isoformat())
    wall = sign_in("commander", size="wall")
    wall.goto(f"{site.url}/wall")
    rows = wall.locator(".directive")
    expect(rows.nth(7)).to_be_attached()
    heights = wall.evaluate(
        "() => ['.roll', '.directive'].map((name) => document.querySelector(name).getBoundingClientRect().height)"
    )
    fit = heights[0] / heights[1]
    assert abs(fit - round(fit)) < 0.05 and 1 <= round(fit) < 8
    first = rows.first.get_attribute("data-id")
    expect(rows.first).not_to_have_attribute("data-id", first or "", timeout=8000)
    expect(rows.last).to_have_attribute("data-id", first or "")
    keep(wall, "wall-directives-rolled")
