"""The first true way through: a warning arrives, an operator calls by keyboard, the wall moves within a second."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": {
        "type": "刷单返利",
        "waiting": "待呼",
        "dissuaded": "已劝阻",
        "undo": "撤销",
        "closed": "已办结",
    },
    "en": {
        "type": "Order brushing",
        "waiting": "Waiting",
        "dissuaded": "Dissuaded",
        "undo": "Undo",
        "closed": "Closed",
    },
}


def warning(number: int) -> dict[str, object]:
    """A resident being led on by order brushing, who has paid once."""
    return {
        "external_id": f"walk-{number}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "person_phone": f"1400000{number:04}",
        "person_name": "欧阳小明",
        "jurisdiction_code": "350104",
        "text": "该客户称在群里做刷单任务，先返小额佣金，现被要求做连单垫付，已转账一笔。",
        "amount": "2000.00",
        "paid": True,
        "payment_count": 1,
        "suspect_account": "6299001234567890123",
        "suspect_bank": "建设银行",
    }


def figure(page, name: str) -> int:
    """One of the wall's five figures."""
    text = page.locator(f'[data-ref="{name}"]').inner_text()
    return int(re.sub(r"[^\d]", "", text) or 0)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_warning_from_arrival_to_outcome(site: Site, sign_in, keep, language: str) -> None:
    words = WORDS[language]
    wall = sign_in("commander", language=language, size="wall")
    wall.goto(f"{site.url}/wall")
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(re.compile(r"\d"))
    before = {name: figure(wall, name) for name in ("warnings", "calls", "dissuaded")}
    keep(wall, f"wall-before-{language}")
    seat = sign_in("operator", language=language)
    seat.goto(f"{site.url}/seat")
    keep(seat, f"seat-empty-{language}")

    number = 1 if language == "en" else 2
    alert_id = site.warn(**warning(number))["alert_id"]
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(str(before["warnings"] + 1), timeout=5000)
    expect(wall.locator("body")).to_contain_text(words["type"])

    seat.reload()
    seat.keyboard.press("n")
    expect(seat.locator("#seat-board")).to_contain_text("欧**明")
    expect(seat.locator("#seat-board")).to_contain_text(words["type"])
    assert "欧阳小明" not in seat.content() and f"1400000{number:04}" not in seat.content()
    seat.keyboard.press("r")
    expect(seat.locator("#field-phone")).to_contain_text(f"1400000{number:04}")
    keep(seat, f"seat-call-{language}")

    seat.keyboard.press("1")
    expect(wall.locator('[data-ref="dissuaded"]')).to_have_text(str(before["dissuaded"] + 1), timeout=5000)
    expect(seat.locator("#seat-board")).to_contain_text(words["undo"])
    keep(seat, f"seat-recorded-{language}")
    seat.keyboard.press("z")
    expect(wall.locator('[data-ref="dissuaded"]')).to_have_text(str(before["dissuaded"]), timeout=5000)
    expect(
        seat.locator("#field-phone")
    ).to_be_visible()  # the call is back in hand before it is recorded again
    seat.keyboard.press("1")
    expect(wall.locator('[data-ref="calls"]')).to_have_text(str(before["calls"] + 1), timeout=5000)
    keep(wall, f"wall-after-{language}")

    wall.set_viewport_size({"width": 1366, "height": 768})
    wall.goto(f"{site.url}/alerts/{alert_id}")
    expect(wall.locator("body")).to_contain_text(words["closed"])
    assert "1400000" not in wall.inner_text("body")
    keep(wall, f"alert-{language}")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize(
    ("username", "paths"),
    [
        ("operator", ("seat", "alerts", "hotline", "imports", "wall")),
        ("duty", ("directives", "directives?tab=done", "directives/new", "quarantine", "alerts?status=paid")),
        ("funds", ("funds", "funds?tab=ended", "funds/reconciliation")),
        ("approver", ("approvals",)),
        ("alliance", ("partners", "quarantine?state=replayed")),
        ("auditor", ("journal",)),
        ("admin", ("staff", "?all")),
    ],
)
def test_every_desk_fits_and_speaks(site: Site, sign_in, keep, username, paths, size, language) -> None:
    page = sign_in(username, language=language, size=size)
    for path in paths:
        page.goto(f"{site.url}/{path}")
        page.wait_for_timeout(300)
        keep(page, f"{re.sub(r'[^a-z]+', '-', path).strip('-') or 'home'}-{size}-{language}")


def test_the_wall_comes_back_after_a_lost_connection(site: Site, sign_in) -> None:
    wall = sign_in("commander", size="wall")
    wall.goto(f"{site.url}/wall")
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(re.compile(r"\d"))
    before = figure(wall, "warnings")
    site.cut()
    expect(wall.locator("body")).to_contain_text("重新连接", timeout=5_000)
    site.warn(**warning(77))
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(str(before + 1), timeout=20_000)
    wall.reload()
    expect(wall.locator('[data-ref="warnings"]')).to_have_text(str(before + 1), timeout=5_000)
