"""A door visit on a phone: from the seat's outcome to the door, through a lost connection, and back to the alert."""

import re
from datetime import UTC, datetime
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from yipanqi.web.demo import DEMO_PASSWORD

pytestmark = pytest.mark.browser
NAME, ADDRESS = "欧阳小明", "福州市仓山区上渡路18号2座301室"
JPEG = b"\xff\xd8\xff\xe0 a photo of a door \xff\xd9"
NOTE = "家属在场，已退出群聊"
WORDS = {
    "zh-hans": {
        "dissuaded": "当面劝阻",
        "saved": "已存本机，待发送",
        "sent": "已发送到中心",
        "offline": "没有信号",
        "cancelled": "该工单已取消",
        "closed": "已办结",
        "photo": "照片",
        "none": "现在没有待办的上门",
    },
    "en": {
        "dissuaded": "Dissuaded in person",
        "saved": "Saved on this phone, will be sent",
        "sent": "Sent to the centre",
        "offline": "No signal",
        "cancelled": "The visit had been cancelled",
        "closed": "Closed",
        "photo": "Photo",
        "none": "No visit is waiting",
    },
}
IN_OUTBOX = """() => new Promise((done, fail) => { const request = indexedDB.open('visits', 1);
    request.onerror = () => fail(request.error);
    request.onsuccess = () => {
        const all = request.result.transaction('reports').objectStore('reports').getAll();
        all.onsuccess = () => { request.result.close(); done(all.result); }; }; })"""
EMPTY = "async () => (await caches.keys()).length === 0 && (await indexedDB.databases()).length === 0"
numbers = count(1)


def visit_of(site: Site, sign_in) -> tuple[str, str]:
    """A resident who cannot be reached: the seat hands the alert to the station. Ids of alert, and the phone."""
    number = next(numbers)
    phone = f"1400001{number:04}"
    answer = site.warn(
        external_id=f"door-{number}",
        occurred_at=datetime.now(UTC).isoformat(),
        person_phone=phone,
        person_name=NAME,
        person_address=ADDRESS,
        person_age=34,
        jurisdiction_code="350104001",
        text="该客户称在群里做刷单任务，先返小额佣金，现被要求做连单垫付。",
        amount="50000.00",
        suspect_account="6299001234567890123",
        suspect_bank="建设银行",
    )
    seat = sign_in("operator")
    seat.goto(f"{site.url}/seat")
    expect(seat.locator("[data-key=n], [data-key='4']").first).to_be_visible(timeout=10_000)
    seat.keyboard.press("n")
    expect(seat.locator("#seat-board")).to_contain_text("欧**明")
    seat.keyboard.press("4")
    expect(seat.locator("[data-undo-until]")).to_be_visible()
    return answer["alert_id"], phone


def card(page: Page) -> Locator:
    """The first visit of the list."""
    return page.locator(".visit-card").first


KEPT = """async () => { const all = [];
    for (const name of await caches.keys()) { const shelf = await caches.open(name);
        for (const one of await shelf.keys()) if (!one.url.includes('/static/')) {
            all.push(one.url, await (await shelf.match(one)).text()); } }
    return all.join(' '); }"""
SMALL = """[...document.querySelectorAll('main a, main button, main label, main summary')]
    .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
    .filter((one) => !one.matches('.field > label:not(.btn)')).map((one) => one.outerHTML.slice(0, 80))"""


def assert_thumb(page: Page) -> None:
    """Everything to touch on the page is 44 px high at least."""
    assert page.evaluate(SMALL) == []


def await_kept(page: Page, path: str) -> None:
    """Wait until the phone keeps the page of a visit."""
    page.wait_for_function(
        "async (path) => Boolean(await (await caches.open('visits-pages')).match(path))", arg=path
    )


def taken_and_shown(page: Page, phone: str) -> str:
    """The officer takes the first visit, and has phone, address and warnings shown; the visit's path."""
    card(page).locator("a").click()
    page.locator("form[action$='/take'] button").click()
    expect(page.locator("#report")).to_be_visible()
    assert not [each for each in (phone, ADDRESS, NAME) if each in page.content()]
    page.locator("#field-phone button").click()
    expect(page.locator(f"#field-phone a[href='tel:{phone}']")).to_be_visible()
    page.locator("#field-address button").click()
    expect(page.locator("#field-address a[href^='geo:0,0?q=']")).to_be_visible()
    expect(page.locator("#field-address")).to_contain_text(ADDRESS)
    page.locator(".visit-background summary").click()
    expect(page.locator(".visit-text")).to_contain_text("刷单")
    return str(page.evaluate("location.pathname"))


def recorded_without_signal(page: Page, keep, language: str) -> None:
    """The officer records what came of it, with a note and a photo, while there is no line."""
    words = WORDS[language]
    card(page).locator("a").click()
    expect(page.locator("#visit-line")).to_contain_text(words["offline"])
    page.locator("input[value=dissuaded]").check(force=True)
    page.fill("#note", NOTE)
    page.set_input_files("#photo", {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
    keep(page, f"visit-filled-{language}")
    page.locator("#report button[type=submit]").click()
    expect(page.locator(".outbox-line[data-state=waiting]")).to_contain_text(words["saved"])
    expect(page.locator("#report")).to_be_hidden()
    keep(page, f"visit-saved-{language}")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_visit_through_a_lost_connection(site: Site, sign_in, keep, language: str) -> None:
    words = WORDS[language]
    alert_id, phone = visit_of(site, sign_in)
    page = sign_in("station", language=language, size="phone")
    page.goto(f"{site.url}/visits")
    expect(card(page)).to_contain_text("欧**明")
    keep(page, f"visits-list-{language}")
    assert_thumb(page)
    path = taken_and_shown(page, phone)
    keep(page, f"visit-shown-{language}")
    assert_thumb(page)

    page.goto(f"{site.url}/visits")
    await_kept(page, path)
    kept = str(page.evaluate(KEPT))
    assert path in kept and not [each for each in (phone, NAME, ADDRESS, "刷单任务") if each in kept]
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#visit-line")).to_contain_text(words["offline"])
    recorded_without_signal(page, keep, language)
    page.goto(f"{site.url}/visits")
    expect(card(page).locator("[data-mark]")).to_contain_text(words["saved"])
    keep(page, f"visits-saved-{language}")

    page.context.set_offline(False)
    sent = page.locator(".outbox-line[data-state=sent]")
    expect(sent).to_contain_text(words["sent"], timeout=30_000)
    expect(page.locator("main")).to_contain_text(words["none"])
    keep(page, f"visits-sent-{language}")
    page.goto(f"{site.url}/alerts/{alert_id}")
    for told in (words["dissuaded"], NOTE, words["closed"]):
        expect(page.locator("main")).to_contain_text(told)
    photo = page.locator("a", has_text=words["photo"]).get_attribute("href")
    assert page.context.request.get(f"{site.url}{photo}").body() == JPEG

    page.locator("details.menu summary").click()
    page.locator("form[action$='/logout'] button").click()
    page.wait_for_url("**/login")
    page.wait_for_function(EMPTY)


def test_what_comes_too_late_is_told_on_the_phone(site: Site, sign_in, keep) -> None:
    words = WORDS["zh-hans"]
    alert_id, _ = visit_of(site, sign_in)
    page = sign_in("station", size="phone")
    page.goto(f"{site.url}/visits")
    card(page).locator("a").click()
    expect(page.locator("#report")).to_be_visible()
    page.context.set_offline(True)
    page.locator("input[value=paid]").check(force=True)
    page.locator("#report button[type=submit]").click()
    expect(page.locator(".outbox-line[data-state=waiting]")).to_be_visible()
    duty = sign_in("duty")
    duty.goto(page.url)
    duty.fill("#reason", "家属来电，已在派出所报案")
    duty.locator("form[action$='/cancel'] button").click()
    expect(duty.locator("main")).to_contain_text("已取消")
    assert "家属来电" not in duty.content()  # it may name people, and the phone keeps this page
    duty.locator(".visit-background summary").click()
    expect(duty.locator(".visit-text")).to_contain_text("家属来电")
    keep(duty, "visit-cancelled-duty")

    page.context.set_offline(False)
    late = page.locator(".outbox-line[data-state=kept]")
    expect(late).to_contain_text(words["cancelled"], timeout=30_000)
    expect(page.locator(".visit-back")).to_contain_text("已取消")  # the page shows what is so now
    told = page.evaluate(IN_OUTBOX)
    assert [(one["fields"], one["photo"]) for one in told] == [({"version": "1"}, None)]
    keep(page, "visit-kept")
    duty.goto(f"{site.url}/alerts/{alert_id}")
    expect(duty.locator("main")).to_contain_text(words["cancelled"])
    late.locator("button").click()
    expect(page.locator("#outbox")).to_be_hidden()


def test_whoever_signs_in_next_finds_nothing_of_the_other(site: Site, sign_in) -> None:
    visit_of(site, sign_in)
    page = sign_in("station", size="phone")
    page.goto(f"{site.url}/visits")
    page.locator("form[action$='/take'] button").first.click()
    path = page.evaluate("location.pathname")
    page.goto(f"{site.url}/visits")
    await_kept(page, path)
    card(page).locator("a").click()
    page.context.set_offline(True)
    page.locator("form[action$='/give-back'] button").click()
    expect(page.locator("#toasts")).to_contain_text("需要有信号")
    page.locator("input[value=not_home]").check(force=True)
    page.locator("#report button[type=submit]").click()
    expect(page.locator(".outbox-line[data-state=waiting]")).to_be_visible()
    page.context.clear_cookies()  # the session is over, nobody signed out
    page.context.set_offline(False)
    expect(page.locator("#visit-line")).to_contain_text("重新登录", timeout=30_000)
    page.goto(f"{site.url}/visits")
    page.wait_for_url(re.compile(r"/login\?next="))
    page.wait_for_function("async () => !(await caches.has('visits-pages'))")
    page.fill("[name=username]", "duty")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/visits")
    expect(page.locator(".visit-card").first).to_be_visible()
    page.wait_for_function("() => localStorage.getItem('visits-unsent') === '0'")
    expect(page.locator("#outbox")).to_be_hidden()


def test_a_report_is_withdrawn_before_it_is_sent(site: Site, sign_in) -> None:
    visit_of(site, sign_in)
    page = sign_in("station", size="phone")
    page.goto(f"{site.url}/visits")
    page.locator(".visit-card a").last.click()
    page.context.set_offline(True)
    page.locator("input[value=mismatch]").check(force=True)
    page.locator("#report button[type=submit]").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".outbox-line button").click()
    expect(page.locator("#outbox")).to_be_hidden()
    expect(page.locator("#report")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [390, 320, 195])  # the last is 390 px at 200 % zoom
def test_the_desk_fits_and_speaks(site: Site, sign_in, keep, language: str, width: int) -> None:
    page = sign_in("station", language=language, size="phone")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{site.url}/visits")
    keep(page, f"visits-{width}-{language}")
    page.locator(".visit-card a").first.click()
    keep(page, f"visit-{width}-{language}")
    assert_thumb(page)
