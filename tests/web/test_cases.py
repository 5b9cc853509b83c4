"""The case desk over HTTP: the list and its file, one case and what comes next, and a report by form."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.ops.cases.conftest import events
from tests.ops.measures.conftest import ACCOUNT, OWN_CARD, Desk
from tests.ops.workorders.conftest import record
from tests.web.paying import case, errors_of, value_of
from tests.web.test_pages import HAN, queries, shown
from tests.web.test_scope import rows_of
from yipanqi import catalog
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.cases.services import add_suspects
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_speak_and_are_masked(desk: Desk, browser: Browser, language: str) -> None:
    client = browser(language=language, name="Lin Jing")
    empty = shown(client, "/cases")
    found = desk.case(payer_account=OWN_CARD, payer_bank="ccb")
    stop = desk.propose(found)
    suspects = {"phones": ["+85251234567"], "links": ["pay.example/x"]}
    add_suspects(case_id=found.id, **suspects, acting_officer=desk.funds, now=desk.world.now)
    desk.send(desk.order(stop))
    desk.answer(desk.order(stop))
    pages = [shown(client, f"/cases{end}") for end in ("", f"/{found.id}", f"/{found.id}/register", "/new")]
    text = " ".join(pages)
    for plain in (
        ACCOUNT,
        OWN_CARD,
        "林晓梅",
        "周二",
        "+85251234567",
        "pay.example",
        found.victim.phone.reveal(),
    ):
        assert plain not in text, plain
    words = {"zh-hans": ("涉案止付", "止付中", "首笔止付发出", "已控 50,000.00 元"),
             "en": ("Suspect stop", "Stopped", "first stop out", "CNY 50,000.00 held")}  # fmt: skip
    assert all(word in pages[1] for word in words[language]), pages[1]
    if language == "en":
        left = HAN.findall(re.sub("中文|林\\*梅|周\\*|被害人称.*?转账", "", text + empty))
        assert not left, "".join(left)


def test_a_door_visit_that_finds_it_paid_leads_to_the_case(world: World, browser: Browser) -> None:
    seat, station = world.officer("seat"), browser(roles=["station_officer"], unit="350104001", language="en")
    world.take_in([world.row(jurisdiction_code="350104001")])
    world.triage()
    held = take_next(acting_officer=seat, now=world.now)
    assert held
    order = WorkOrder.objects.for_system("look").get(id=held[0].id)
    record(world, order, "unreachable", seat)
    visit = WorkOrder.objects.for_system("look").get(kind="visit")
    form = {"outcome": "paid", "version": visit.version, "submission_id": str(uuid.uuid4())}
    assert station.post(f"/visits/{visit.id}/report", form).status_code == 303
    link = f"/cases/{case().id}/register"
    assert f'href="{link}"' in station.get(f"/visits/{visit.id}").content.decode()
    assert station.get(link).status_code == 200


def test_who_may_what_next_is_said(world: World, browser: Browser) -> None:
    found = world.case()
    duty, boss = (
        browser(roles=["duty_officer", "approver"], language="en"),
        browser(roles=["approver"], language="en"),
    )
    url, version = f"/cases/{found.id}", re.compile(r'name="version" value="(\d+)"')

    def steps(client: Client) -> dict[str, str]:
        return {step["act"]: step["why_not"] for step in client.get(url).context["steps"]}

    assert steps(duty) == {"accept": "", "withdraw": "", "refuse": ""}
    assert steps(boss)["accept"] == "done by: Duty officer, Investigator" and steps(boss)["refuse"] == ""
    seen = version.search(duty.get(url).content.decode())
    assert seen
    form = {"act": "accept", "version": seen.group(1)}
    assert duty.post(f"{url}/move", form)["Location"] == url
    assert (
        steps(duty)["file"] == "you accepted the case: another approver decides" and steps(boss)["file"] == ""
    )
    stale = boss.post(f"{url}/move", form | {"act": "refuse", "reason": "因为"})
    assert stale.status_code == 409 and "因为" in stale.content.decode()
    missing = boss.post(f"{url}/move", {"act": "refuse", "version": "2", "reason": " "})
    assert missing.status_code == 422 and catalog.error_text("reason_missing").en in missing.content.decode()
    assert duty.post(f"{url}/move", {"act": "file", "version": "2"}).status_code == 409
    assert duty.post(f"{url}/move", {"act": "solve", "version": "2"}).status_code == 403
    assert boss.post(f"{url}/move", {"act": "file", "version": "2"}).status_code == 303
    assert boss.post(f"{url}/move", {"act": "file", "version": "3"}).status_code == 409
    assert events(found)[-2:] == ["case.accepted", "case.filed"]


def test_values_are_shown_one_by_one_and_journaled(world: World, browser: Browser) -> None:
    found, client = world.case(), browser(roles=["operator"])
    payment = Payment.objects.get()
    looks = [
        ("name", "", "林晓梅"),
        ("account", payment.payee_id, ACCOUNT),
        ("payee_name", payment.id, "周二"),
    ]
    for field, ref, plain in looks:
        answer = client.post(f"/cases/{found.id}/unmask", {"field": field, "ref": ref, "at": str(payment.id)})
        assert (
            answer.status_code == 200
            and plain in answer.content.decode()
            and "data-kept" in answer.content.decode()
        )
    assert client.post(f"/cases/{found.id}/unmask", {"field": "account", "ref": "x"}).status_code == 404
    assert Entry.objects.filter(event__endswith="unmasked").count() == 3
    boss = browser(roles=["approver"])
    assert "case_unmask" not in boss.get(f"/cases/{found.id}").content.decode() and "/unmask" not in boss.get(
        f"/cases/{found.id}"
    ).content.decode()  # fmt: skip


def test_the_list_narrows_pages_and_leaves_as_a_file(world: World, browser: Browser) -> None:
    client = browser(roles=["duty_officer"])
    for number in range(22):
        world.case(payee_account=f"62220216020{number:08d}")
    html = client.get("/cases").content.decode()
    link = re.search(r'rel="next" href="([^"]+)"', html)
    assert html.count('<a class="row-link') == 20 and link
    assert client.get(link.group(1).replace("&amp;", "&")).content.decode().count('<a class="row-link') == 2

    def found(query: str) -> int:
        return client.get(f"/cases?{query}").content.decode().count('<a class="row-link')

    assert found("account=6222+0216+0200+0000003") == 1 and found("status=filed") == 0
    assert found("phone=14100000005") == 1 and found("from=2026-03-02&to=2026-03-02&source=report") == 20
    assert found("district=350200") == 0 and found("to=2026-03-01") == 0
    for query, code in (("phone=12", "phone_invalid"), ("account=1", "account_invalid")):
        page = client.get(f"/cases?{query}").content.decode()
        assert catalog.error_text(code).zh in page and '<a class="row-link' not in page
    rows = rows_of(client.get("/cases/export?phone=14100000005"))
    assert len(rows) == 2 and "林晓梅" not in str(rows) and "50,000.00" in rows[1]
    assert Entry.objects.get(event="cases.exported").payload["rows"] == 1
    assert client.get("/cases/export?phone=1").status_code == 400


def test_what_is_overdue_stands_above_and_at_home(world: World, browser: Browser) -> None:
    client = browser(roles=["duty_officer"], language="en")
    world.case()
    assert "Overdue" not in client.get("/cases").content.decode()
    world.advance(timedelta(minutes=2))
    page = client.get("/cases").content.decode()
    assert "Overdue" in page and page.count('data-stage="late"') == 2
    assert "Overdue" not in client.get("/cases?source=report").content.decode()
    assert client.get("/?all=1").context["counts"]["cases"] == "1"


def test_more_rows_ask_no_more(world: World, browser: Browser) -> None:
    client = browser(roles=["duty_officer"])
    found = world.case(payer_account=OWN_CARD, payer_bank="ccb")
    pages = ["/cases", f"/cases/{found.id}"]
    one = [queries(client, page) for page in pages]
    for number in range(9):
        world.case(payee_account=f"62220216020{number:08d}")
        payment = Payment.objects.filter(case=found).first()
        assert payment
        Payment.objects.create(
            id=uuid.uuid4(), case=found, victim=found.victim, payer=payment.payer, payee=payment.payee,
            payee_bank="ccb", amount_minor=number + 1, paid_at=world.now, entered_at=world.now, entered_by="t",
        )  # fmt: skip
    assert [queries(client, page) for page in pages] == one


def report_form(client: Client, **more: str) -> dict[str, str]:
    token = value_of(client.get("/cases/new").content.decode(), "external_id")
    assert token.startswith("report-")
    return {
        "external_id": token, "rows": "1", "person_phone": "138 0000 2207", "occurred_at": "2026-03-02T09:30:00",
        "text": "冒充客服", "fraud_type": "T04", "jurisdiction_code": "350104001",
    } | more  # fmt: skip


ROW = {
    "p0-payee_account": ACCOUNT,
    "p0-payee_name": "周二",
    "p0-payee_bank": "ccb",
    "p0-amount": "5万",
    "p0-paid_at": "2026-03-02T09:25:30",
}


def test_a_report_by_form_is_one_case_and_goes_on_to_its_stops(desk: Desk, browser: Browser) -> None:
    client = browser(unit="350104", roles=["duty_officer"], language="en")
    lists = {"suspect_phones": "+85251234567\n\n17000000001", "suspect_links": "pay.example/x"}
    form = report_form(client) | ROW | lists
    for _ in range(2):
        answer = client.post("/cases/new", form)
        assert (answer.status_code, answer["Location"]) == (303, f"/cases/{case().id}/register")
    found = case()
    assert (found.sender, found.fraud_type, found.place_code, found.source) == (
        "desk",
        "T04",
        "350104001",
        "report",
    )
    assert (
        found.loss_minor == 5_000_000
        and Payment.objects.get().paid_at.isoformat() == "2026-03-02T01:25:30+00:00"
    )
    page = client.get(answer["Location"]).content.decode()
    assert "Have CCB stop 6222 **** 4567, 50,000.00" in page and 'data-key="s"' in page
    assert 'action="/seat/next"' not in page, "who takes no calls is offered none"
    other = client.post("/cases/new", form | {"text": "另一件"})
    assert (
        other.status_code == 422 and catalog.error_text("external_id_conflict").en in other.content.decode()
    )


def test_rows_are_added_without_a_script_and_flaws_stand_at_their_row(world: World, browser: Browser) -> None:
    client = browser(roles=["operator"])
    form = (
        report_form(client) | {"rows": "2"} | {name.replace("p0", "p1"): value for name, value in ROW.items()}
    )
    more = client.post("/cases/new", form | {"more": "1"})
    assert (
        more.status_code == 200
        and 'name="p2-amount"' in more.content.decode()
        and not Case.objects.for_system("t")
    )
    assert f'name="p1-payee_account" type="text" value="{ACCOUNT}"' in more.content.decode()
    told = errors_of(
        client.post("/cases/new", form | {"p1-amount": "0", "suspect_phones": "110", "person_phone": "1"})
    )
    assert set(told) == {"p1-amount", "suspect_phones", "person_phone"}
    twice = {name.replace("p0", "p2"): value for name, value in ROW.items()}
    told = errors_of(client.post("/cases/new", form | twice | {"rows": "3"}))
    assert set(told) == {"p2-payee_account"} and not Case.objects.for_system("t")
    assert client.post("/cases/new", form).status_code == 303
    assert client.post("/cases/new", {"rows": "9999999"}).status_code == 422
