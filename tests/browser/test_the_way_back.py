"""Stopped money on its way back to whom it was taken from: freeze, screening, return, payout, and the victim's page.

One victim's money goes back directly; that of two, mixed with a stranger's, by ratio after its public notice.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SignIn, Site
from yipanqi.rehearsal.wayback import invoice_pdf

pytestmark = pytest.mark.browser
VICTIMS = ("林晓梅", "陈秋萍")
HOLDER, SECOND = "周志远", "谢芳"
REASONS = "查验发票：其中一万元为真实交易货款，其余四万元系被害人转入，持卡人说不清来源。"
LEGAL = ("knew", "free_or_far_below_price", "illegal_debt_or_crime", "other_bad_faith")
SLOW = 120  # seconds for a job that compiles first, on a busy machine
NOTICE = timedelta(days=31)
numbers = count(1)


@dataclass
class Walk:
    """One return and the people at their desks; each method is one stage of the way."""

    site: Site
    sign_in: SignIn
    keep: Any
    language: str
    victims: int
    number: int = field(default_factory=lambda: next(numbers))
    cases: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paid_at = (datetime.now(UTC) - timedelta(minutes=2)).replace(microsecond=0)
        self.mule = self.account(0)
        self.seat()

    def seat(self) -> None:
        """The officers sit down; after a leap of the clock again."""
        self.funds = self.sign_in("funds", language=self.language)
        self.chief = self.sign_in("approver", language=self.language)

    def account(self, place: int) -> str:
        return f"62177712{self.number:04d}{place:07d}"

    def look(self, page: Page, what: str) -> None:
        self.keep(page, f"return-{what}-{self.language}")

    def report(self) -> None:
        """The bank's books, its customers' reports, and the transfers: what a stranger had in it is gone again."""
        sums = [{"amount": "50000.00", "at": self.paid_at.isoformat()}] * self.victims
        held = [{"number": self.mule, "name": HOLDER, "balance": "50000.00", "transfers": sums}]
        for place, name in enumerate(VICTIMS[: self.victims], start=1):
            held.append({"number": self.account(place), "name": name, "balance": "1000.00", "transfers": []})
            self._case(place, name)
        self.site.bank("ccb", open=held)
        ways = [(self.account(place), self.mule) for place in range(1, self.victims + 1)]
        ways += [(self.mule, self.account(9))] * (self.victims - 1)
        rows = [
            {
                "id": f"w{self.number}-{at}",
                "booked_at": (self.paid_at + timedelta(seconds=at)).isoformat(),
                "payer": payer,
                "payee": payee,
                "amount": "50000.00",
                "payer_bank": "ccb",
                "payee_bank": "ccb",
            }
            for at, (payer, payee) in enumerate(ways)
        ]
        assert self._post("transfers", {"rows": rows})["rejected"] == 0

    def _case(self, place: int, name: str) -> None:
        payment = {
            "payee_account": self.mule, "payee_name": HOLDER, "payee_bank": "ccb", "amount": "50000.00",
            "paid_at": self.paid_at.isoformat(), "payer_account": self.account(place), "payer_bank": "ccb",
        }  # fmt: skip
        report = {
            "external_id": f"way-{self.number}-{place}",
            "occurred_at": self.paid_at.isoformat(),
            "person_phone": f"140000{place}{self.number:04}",
            "person_name": name,
            "jurisdiction_code": "350104",
            "text": "客户称被冒充客服诱骗，已向陌生账户转账",
            "payments": [payment],
        }
        self._post("reports", report)

    def _post(self, door: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.site.keys['ccb']}"}
        answer = httpx.post(f"{self.site.url}/api/v1/{door}", json=body, headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def file(self) -> None:
        """Every case is accepted and filed."""
        duty = self.sign_in("duty", language=self.language)
        wanted = duty.locator(".row-link")
        until(duty, f"{self.site.url}/cases?account={self.mule}", wanted.nth(self.victims - 1))
        pages = [wanted.nth(at).get_attribute("href") for at in range(self.victims)]
        for path in pages:
            self.cases.append(f"{self.site.url}{path}")
            duty.goto(self.cases[-1])
            duty.locator("button[name=act][value=accept]").click()
            expect(duty.locator("button[name=act][value=accept]")).to_have_count(0)
            self.chief.goto(self.cases[-1])
            self.chief.locator("button[name=act][value=file]").click()
            expect(self.chief.locator("button[name=act][value=file]")).to_have_count(0)

    def sign(self, what: str) -> None:
        """The approver reads the sheet and signs by keyboard."""
        until(self.chief, f"{self.site.url}/approvals", self.chief.locator(".queue-item").first)
        self.look(self.chief, f"sheet-{what}")
        self.chief.wait_for_timeout(1500)  # a sheet cannot be signed before it could be read
        self.chief.keyboard.press("s")
        expect(self.chief.locator(".queue-item")).to_have_count(0)

    def freeze(self) -> None:
        """The case's own key leads to the form; the bank confirms what was signed."""
        page = self.funds
        page.goto(self.cases[0])
        page.keyboard.press("f")
        page.wait_for_url(re.compile("/cases/[0-9a-f-]{36}/freeze"))
        page.fill("[name=amount]", "50000.00")
        page.fill("[name=amount_note]", "账户余额均为被骗资金")
        self.look(page, "freeze")
        page.locator(".act-form button[type=submit]").click()
        page.wait_for_url(re.compile("/funds/freezes/[0-9a-f-]{36}"))
        self.frozen = page.url.rsplit("/", 1)[1]
        self.sign("freeze")
        expect(page.locator("[data-part=frozen] dd")).to_have_text("50,000.00", timeout=30_000)
        self.look(page, "frozen")

    def screen(self) -> None:
        """An invoice is handed in; four fifths are of the case, and the rest leaves the freeze once signed."""
        page = self.funds
        page.goto(f"{self.site.url}/funds/screening/{self.frozen}")
        before = page.locator(".page-acts .chips").inner_text()
        page.select_option("#e-kind", "invoice")
        page.fill("#e-giver", HOLDER)
        invoice = {"name": "发票.pdf", "mimeType": "application/pdf", "buffer": invoice_pdf()}
        page.locator("#evidence-file").set_input_files(invoice)
        page.locator("#evidence-form button[type=submit]").click()
        expect(page.locator(".evidence-list > li")).to_have_count(1)
        expect(page.locator(".page-acts .chips")).not_to_have_text(before)
        for point in LEGAL:
            page.locator(f"input[name=answer-{point}][value=no]").check(force=True)
        page.locator("h1").click()
        page.keyboard.press("2")
        expect(page.locator("input[value=involved_part]")).to_be_checked()
        page.locator(".outcome-card:has(input[value=involved_part]) [name=involved]").fill("40000.00")
        page.fill("#f-reasons", REASONS)
        self.look(page, "screening")
        page.locator("#find-form button[type=submit]").click()
        expect(page.locator(".found-change")).to_contain_text("10,000.00")
        self.sign("cut")
        self.look(page, "found")

    def open(self) -> None:
        """The return is opened once the bank has let the rest go."""
        page, wanted = self.funds, f"{self.site.url}/funds/returns/new?case={self.cases[0].rsplit('/', 1)[1]}"
        until(page, wanted, page.locator("input[name=freeze]:not(:disabled)"))
        self.look(page, "new")
        page.locator("form[data-enter] button[type=submit]").click()
        page.wait_for_url(re.compile("/funds/returns/[0-9a-f-]{36}$"))
        self.page = page.url
        expect(page.locator("h1")).to_contain_text("40,000.00")
        expect(page.locator("tr[data-row]")).to_have_count(self.victims)
        self.look(page, "opened")

    def claims(self) -> None:
        """Every victim is told with a code, applies, and another officer verifies."""
        second, self.codes = self.sign_in("funds02", language=self.language), []
        page = self.funds
        page.goto(self.page)
        for path in [link.get_attribute("href") for link in page.locator("tr[data-row] .row-link").all()]:
            page.goto(f"{self.site.url}{path}")
            page.keyboard.press("n")
            self.codes.append(page.locator("#follow-code").inner_text())
            self.look(page, "told")
            page.goto(f"{self.site.url}{path}")
            page.locator("input[name=destination]").first.check(force=True)
            shown = page.locator("dd .mask").first.inner_text()
            page.fill("#in-holder", next(name for name in VICTIMS if name[0] == shown[0]))
            self.look(page, "application")
            page.locator("form[action$='/apply'] button[type=submit]").click()
            expect(page.locator("#in-holder")).to_have_count(0)
            second.goto(f"{self.site.url}{path}")
            second.keyboard.press("v")
            expect(second.locator("[data-key=v]")).to_have_count(0)
        self.look(second, "verified")

    def divide(self) -> None:
        """All methods side by side; an amount says why; the default is chosen on its ground and submitted."""
        page = self.funds
        page.goto(f"{self.page}/methods")
        page.keyboard.press("c")
        expect(page.locator("table.methods")).to_be_visible(timeout=SLOW * 1000)
        self.look(page, "methods")
        page.locator("a.cell").first.click()
        expect(page.locator("#lines-dialog .lines-sum")).to_be_visible()
        self.look(page, "why")
        page.keyboard.press("Escape")
        page.keyboard.press("1")
        page.keyboard.press("c")
        page.keyboard.press("Space")
        expect(page.locator("#choose input[name=ground]:checked")).to_have_count(1)
        page.fill("#in-note", "与账户流水一致")
        self.look(page, "choice")
        page.locator("#choose button[type=submit]").click()
        page.wait_for_url(self.page)
        page.keyboard.press("n")
        expect(page.locator("button[value=submit]")).to_have_count(0)
        self.look(page, "submitted")
        self.sign("report")

    def notice(self) -> None:
        """Money shared by ratio is announced; an objection is rejected by the appeal officer; then it is decided."""
        duty, url = self.sign_in("duty", language=self.language), f"{self.page}/objections"
        duty.goto(url)
        duty.locator("input[name=kind][value=holder]").check(force=True)
        duty.fill("#in-name", HOLDER)
        duty.fill("#in-phone", "14000000001")
        duty.fill("#in-text", "其中两万元是货款。")
        duty.locator("form[action$='/lodge'] button[type=submit]").click()
        appeal = self.sign_in("appeal", language=self.language)
        appeal.goto(url)
        appeal.locator("textarea[name=reason]").fill("没有提供任何证据材料。")
        appeal.locator("input[name=outcome][value=reject]").check(force=True)
        self.look(appeal, "objection")
        appeal.locator("form[action$='/decide'] button[type=submit]").click()
        expect(appeal.locator("input[name=outcome]")).to_have_count(0)
        self.look(appeal, "rejected")
        self.follow("noticed", "")
        self.site.bank("ccb", clock={"offset_seconds": int(NOTICE.total_seconds())})
        self.site.later(NOTICE)
        self.seat()
        self.funds.goto(self.page)
        self.look(self.funds, "notice-over")
        self.funds.keyboard.press("n")
        expect(self.funds.locator("button[value=submit_decision]")).to_have_count(0)
        self.sign("decision")

    def pay(self) -> None:
        """Two officers order; the bank's receipt comes by message; the return is closed."""
        page = self.funds
        page.goto(f"{self.page}/payouts")
        one = page.locator("#in-officer option", has_text=SECOND).get_attribute("value")
        page.select_option("#in-officer", one)
        self.look(page, "order")
        page.locator("h1").click()
        page.keyboard.press("o")
        expect(page.locator(".payout")).to_have_count(1)
        self.look(page, "ordered")
        close = page.locator("button[name=act][value=close]")
        until(page, self.page, close)
        self.look(page, "paid")
        page.keyboard.press("n")
        expect(close).to_have_count(0)
        self.look(page, "closed")
        page.goto(f"{self.page}/payouts")
        self.look(page, "receipt")

    def paper(self) -> None:
        """A paper of the return is taken as PDF."""
        paper = self.funds.locator("a[href$='.pdf']").first
        until(self.funds, self.page, paper, SLOW)
        with self.funds.expect_download() as taken:
            paper.click()
        assert taken.value.path().read_bytes().startswith(b"%PDF")

    def follow(self, what: str, told: str) -> None:
        """The victim opens the public page on a phone."""
        phone = self.sign_in("station", language=self.language, size="phone")
        phone.goto(f"{self.site.url}/public/returns?lang={self.language}")
        self.look(phone, f"public-{what}")
        phone.fill("#code", self.codes[0])
        phone.keyboard.press("Enter")
        expect(phone.locator(".stages")).to_be_visible()
        expect(phone.locator("main, body").first).to_contain_text(told)
        self.look(phone, f"follow-{what}")

    def pocket(self) -> None:
        """The desks' pages fit a phone too."""
        phone = self.sign_in("funds", language=self.language, size="phone")
        for what, path in {"return": "", "methods": "/methods", "payouts": "/payouts"}.items():
            phone.goto(self.page + path)
            self.look(phone, f"phone-{what}")


def until(page: Page, url: str, wanted: Locator, seconds: float = 60) -> None:
    """Load a page again until it shows what is wanted."""
    end = time.monotonic() + seconds
    page.goto(url)
    while not wanted.is_visible():
        assert time.monotonic() < end, f"{url}: {wanted} did not come"
        page.wait_for_timeout(500)
        page.goto(url)


@pytest.fixture
def real_time(site: Site) -> Iterator[None]:
    """The clocks go back to real time afterwards."""
    yield
    site.later(None)
    site.bank("ccb", clock={})


@pytest.mark.parametrize(("language", "victims"), [("zh-hans", 1), ("en", 2)])
def test_from_the_filed_case_to_the_money_paid_back(
    site: Site, sign_in: SignIn, keep: Any, real_time: None, language: str, victims: int
) -> None:
    walk = Walk(site, sign_in, keep, language, victims)
    walk.report()
    walk.file()
    walk.freeze()
    walk.screen()
    walk.open()
    walk.claims()
    walk.divide()
    if victims > 1:
        walk.notice()
    walk.pay()
    walk.paper()
    walk.follow("paid", "40,000.00" if victims == 1 else "20,000.00")
    walk.pocket()
