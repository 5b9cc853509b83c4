"""The whole way of a stopped card: warning, call, "already paid", case, two stops, signatures, bank, door, expiry."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": {"short": "不足额", "stopped": "止付中", "expired": "已到期", "protective": "保护性止付", "door": "当面劝阻",
                "sent": "已发送到中心", "filed": "已立案", "signed": "已签批"},
    "en": {"short": "Short of the sum", "stopped": "Stopped", "expired": "Expired", "protective": "Protective stop",
           "door": "Dissuaded in person", "sent": "Sent to the centre", "filed": "Filed", "signed": "Signed"},
}  # fmt: skip
OWN_S = """() => { const own = document.createElement('button'); own.type = 'button';
    own.textContent = own.dataset.key = 's';
    own.addEventListener('click', () => sessionStorage.setItem('own-s', 'pressed'));
    document.querySelector('main').append(own); }"""
numbers = count(1)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_the_warning_to_the_end_of_the_stop(site: Site, sign_in, keep, language: str) -> None:
    words, number = WORDS[language], next(numbers)
    account, card = f"62990088123{number:08d}", f"62170011223{number:08d}"
    paid_at = (datetime.now(UTC) - timedelta(minutes=2)).replace(microsecond=0)
    transfer = {"amount": "50000.00", "at": paid_at.isoformat()}
    site.bank(
        "ccb", open=[{"number": account, "name": "周志远", "balance": "38210.00", "transfers": [transfer]}]
    )
    site.bank("icbc", open=[{"number": card, "name": "林晓梅", "balance": "8800.00"}])
    warned = {
        "occurred_at": paid_at.isoformat(),
        "person_name": "林晓梅",
        "jurisdiction_code": "350104001",
        "text": "该客户在网上刷单，已向对方账户转账，对方仍要求继续垫付。",
        "amount": "50000.00",
        "paid": True,
        "payment_count": 1,
        "suspect_account": account,
        "suspect_bank": "建设银行",
    }
    site.warn(external_id=f"stop-{number}", person_phone=f"1400002{number:04}", **warned)

    watcher = sign_in("approver", language=language)  # sits on another page when the pop-up comes
    watcher.goto(f"{site.url}/cases")
    case = _register(site, sign_in, keep, language, card)
    _sign_both(site, watcher, keep, language, case)
    duty = sign_in("duty", language=language)
    duty.goto(case)
    duty.locator("button[name=act][value=accept]").click()
    watcher.goto(case)
    watcher.locator("button[name=act][value=file]").click()
    expect(watcher.locator("body")).to_contain_text(words["filed"])
    keep(watcher, f"stop-case-{language}")
    funds = sign_in("funds", language=language)
    funds.goto(f"{site.url}/funds?tab=stopped")
    expect(funds.locator("body")).to_contain_text(f"{account[:4]} **** {account[-4:]}")
    keep(funds, f"stop-funds-{language}")
    assert site.bank("ccb", move_out=[{"number": account}])["moved"][0]["cause"] == "stopped"
    _door(site, sign_in, keep, language, {**warned, "paid": False}, number)
    try:
        _two_days_later(site, sign_in, keep, language, f"{account[:4]} **** {account[-4:]}")
    finally:
        site.later(None)


def _register(site: Site, sign_in, keep, language: str, card: str) -> str:
    """The operator hears "already paid", enters the payment by keyboard, and both banks stop; the case's address."""
    words, seat = WORDS[language], sign_in("operator", language=language)
    _take(site, seat)
    seat.keyboard.press("2")
    seat.wait_for_url(re.compile("/cases/[0-9a-f-]{36}/register"))
    case = seat.url.removesuffix("/register")
    keep(seat, f"stop-register-{language}")
    seat.fill("[name=payee_name]", "周志远")
    seat.fill("[name=payer_account]", card)
    seat.select_option("[name=payer_bank]", "icbc")
    seat.keyboard.press("Enter")
    expect(seat.locator(".stop-line[data-status=stopped]")).to_have_count(2, timeout=20_000)
    for said in (words["short"], "38,210.00", words["protective"]):
        expect(seat.locator("#case-money")).to_contain_text(said)
    keep(seat, f"stop-registered-{language}")
    return case


def _sign_both(site: Site, watcher: Page, keep, language: str, case: str) -> None:
    """The pop-up comes by itself and has its key alone; both stops are signed by keyboard."""
    expect(watcher.locator("[role=alertdialog]").first).to_be_visible(timeout=15_000)
    keep(watcher, f"stop-popup-{language}")
    watcher.goto(case)
    expect(watcher.locator("[role=alertdialog]").first).to_be_visible()
    watcher.evaluate(OWN_S)
    watcher.keyboard.press("s")
    watcher.wait_for_url("**/approvals?id=*")
    assert watcher.evaluate("sessionStorage.getItem('own-s')") is None
    watcher.goto(f"{site.url}/approvals")
    keep(watcher, f"stop-approval-{language}")
    for left in (1, 0):
        watcher.wait_for_timeout(1500)  # a sheet cannot be signed before it could be read
        watcher.keyboard.press("s")
        expect(watcher.locator(".queue-item")).to_have_count(left)
    keep(watcher, f"stop-approved-{language}")


def _two_days_later(site: Site, sign_in, keep, language: str, masked: str) -> None:
    """The stop has ended by itself, and the desk and the wall say so."""
    funds = sign_in("funds", language=language)
    site.later(timedelta(hours=48, minutes=5))
    for _ in range(30):
        funds.goto(f"{site.url}/funds?tab=ended")
        if masked in funds.inner_text("body"):
            break
        funds.wait_for_timeout(1000)
    expect(funds.locator("body")).to_contain_text(WORDS[language]["expired"])
    keep(funds, f"stop-expired-{language}")
    wall = sign_in("commander", language=language, size="wall")
    wall.goto(f"{site.url}/wall")
    expect(wall.locator('[data-ref="stop-list"]')).to_contain_text(re.compile(r"\d"))
    keep(wall, f"stop-wall-{language}")


def _take(site: Site, seat: Page) -> None:
    """Take the call as soon as the warning has been judged."""
    for _ in range(20):
        seat.goto(f"{site.url}/seat")
        seat.keyboard.press("n")
        seat.wait_for_timeout(500)
        if "林*梅" in seat.inner_text("#seat-board"):
            return
    raise AssertionError("the call did not come")


def _door(site: Site, sign_in, keep, language: str, warned: dict[str, object], number: int) -> None:
    """Somebody else cannot be reached: the station knocks, on a phone."""
    seat = sign_in("operator", language=language)
    site.warn(external_id=f"door9-{number}", person_phone=f"1400003{number:04}", **warned)
    _take(site, seat)
    seat.keyboard.press("4")
    expect(seat.locator("[data-undo-until]")).to_be_visible()
    phone = sign_in("station", language=language, size="phone")
    phone.goto(f"{site.url}/visits")
    phone.locator(".visit-card a").first.click()
    phone.locator("form[action$='/take'] button").click()
    expect(phone.locator("#report")).to_be_visible()
    phone.locator("input[value=dissuaded]").check(force=True)
    keep(phone, f"stop-visit-{language}")
    phone.locator("#report button[type=submit]").click()
    expect(phone.locator("body")).to_contain_text(WORDS[language]["sent"], timeout=15_000)
