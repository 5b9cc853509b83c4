"""The desk of returns over HTTP: the list, opening, one return, claims, methods, objections, the approver's sheet."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.web.returned import Returning
from tests.web.test_pages import HAN, queries, shown
from yipanqi.ops.returns.models import Claim, FundReturn, Objection
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
ALL = ["funds_officer", "approver", "appeal_officer", "duty_officer", "commander"]


@pytest.fixture
def bench(world: World) -> Returning:
    return Returning(world)


def follow(client: Client, url: str, **form: object) -> str:
    """Post a form as a browser does, and the page it leads to."""
    answer = client.post(url, form, follow=True)
    assert answer.status_code == 200, answer.content.decode()[-3000:]
    return answer.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_the_case_to_the_submitted_report(bench: Returning, browser: Browser, language: str) -> None:
    funds = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    found = bench.opened()
    shown(funds, "/funds/returns")
    assert str(found.id) in funds.get("/funds/returns").content.decode()
    page = f"/funds/returns/{found.id}"
    shown(funds, page)
    claim = bench.claim(found)
    mine = f"{page}/claims/{claim.id}"
    shown(funds, mine)
    assert funds.get(mine).context["claim"]["transfers"] == 1
    told = funds.post(f"{mine}/move", {"act": "notify", "version": claim.version})
    assert told.status_code == 200 and told["Cache-Control"].startswith("max-age=0")
    code = told.content.decode().split('id="follow-code">')[1].split("<")[0]
    assert len(code) == 14 and code not in funds.get(mine).content.decode()
    claim = bench.claim(found)
    form = {"applicant": "victim", "destination": "other", "account": "6217000010001234567", "bank": "icbc"}
    refused = funds.post(f"{mine}/apply", form | {"version": claim.version, "holder_name": ""})
    assert refused.status_code == 422 and 'role="alert"' in refused.content.decode()
    form |= {"other_reason": "原卡已注销", "holder_name": "林晓梅"}
    assert "disabled" not in follow(funds, f"{mine}/apply", version=claim.version, **form)
    claim = bench.claim(found)
    assert claim.status == "applied" and 'value="verify"' not in funds.get(mine).content.decode()
    second = browser(roles=["funds_officer"], language=language)
    follow(second, f"{mine}/move", act="verify", version=claim.version)
    assert bench.claim(found).status == "verified"
    shown(funds, f"{page}/methods")
    division = bench.divided(found)
    text = shown(funds, f"{page}/methods")
    assert "50,000.00" in text and "25,000.00" in text
    cell = funds.get(f"{page}/methods").content.decode().split('class="cell" href="')[1].split('"')[0]
    assert funds.get(cell.replace("&amp;", "&"), headers={"HX-Request": "true"}).status_code == 200
    chosen = {"division": str(division.id), "method": "direct_else_proportional", "ground": "not_traceable"}
    follow(funds, f"{page}/methods/choose", version=bench.fresh(found).version, **chosen)
    follow(funds, f"{page}/move", act="submit", version=bench.fresh(found).version)
    assert bench.fresh(found).status == "submitted"
    shown(funds, page)
    if language == "en":
        assert not HAN.findall(
            shown(funds, "/funds/returns?tab=decide").replace("中文", "").replace("福州", "")
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_report_is_read_and_signed_and_an_objection_decided(
    bench: Returning, browser: Browser, language: str
) -> None:
    found = bench.verified(bench.opened())
    bench.submitted(found)
    chief = browser(roles=["approver"], unit="350100", language=language)
    text = shown(chief, "/approvals")
    assert found.number in text and "50,000.00" in text
    signature = bench.asked(found)
    follow(chief, f"/approvals/{signature.id}/sign")
    assert bench.fresh(found).status == "noticed"
    page = f"/funds/returns/{found.id}/objections"
    duty = browser(roles=["duty_officer"], language=language)
    form = {"kind": "holder", "name": "周二", "phone": "13800002207", "text": "其中两万元是货款。"}
    assert "周二" not in follow(duty, f"{page}/lodge", **form)
    objection = Objection.objects.for_system("look").get()
    appeal = browser(roles=["appeal_officer"], language=language)
    assert 'value="reject"' in appeal.get(page).content.decode()
    assert 'value="reject"' not in duty.get(page).content.decode()
    follow(appeal, f"{page}/{objection.id}/decide", outcome="reject", reason="没有提供任何证据材料。")
    assert Objection.objects.for_system("look").get().status == "rejected"
    shown(appeal, page)
    shown(appeal, "/funds/returns?tab=notice")
    shown(browser(roles=["funds_officer"], language=language), f"/funds/returns/{found.id}")


def test_opening_asks_the_case_and_says_why_money_may_not_enter(bench: Returning, browser: Browser) -> None:
    funds = browser(roles=["funds_officer"], language="en")
    freeze = bench.freeze()
    assert "not screened" in shown(funds, f"/funds/returns/new?case={freeze.case.number}")
    assert "No case with this number" in shown(funds, "/funds/returns/new?case=A0")
    refused = funds.post("/funds/returns/new", {"case": str(freeze.case_id), "freeze": str(freeze.id)})
    assert refused.status_code >= 400 and not FundReturn.objects.for_system("look").exists()


def test_the_property_of_a_case_is_entered_and_read(bench: Returning, browser: Browser) -> None:
    freeze = bench.freeze()
    page = f"/cases/{freeze.case_id}/property"
    funds = browser(roles=["funds_officer"], language="en")
    shown(funds, page)
    form = {"kind": "surrendered", "amount": "1000.00", "received": "2026-01-05", "payer": "周二",
            "receipt": "S-1", "stage": "investigation"}  # fmt: skip
    assert "1,000.00" in follow(
        funds, f"{page}/repayment", **form | {"received": bench.world.now.date().isoformat()}
    )
    handed = {"to": "procuratorate", "receiver": "Cangshan", "stage": "prosecution", "freeze": str(freeze.id)}
    assert "50,000.00" in follow(funds, f"{page}/hand-over", **handed)
    chief = browser(roles=["approver"], language="en")
    shown(chief, "/approvals")


def test_three_returns_ask_no_more_than_one(bench: Returning, browser: Browser) -> None:
    funds = browser(roles=["funds_officer"])
    bench.opened(1)
    one = queries(funds, "/funds/returns")
    bench.opened(2)
    bench.opened(3)
    assert queries(funds, "/funds/returns") == one
    assert Claim.objects.for_system("look").count() == 3
