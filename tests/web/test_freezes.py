"""The freezes over HTTP: proposing one, the list under its tabs, one freeze, the acts on it, and the file."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.ops.measures.conftest import FreezeDesk, held
from tests.web.stopped import HX
from tests.web.test_pages import HAN, queries, shown
from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.answering import Former
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order, Signature
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
TABS = ("waiting", "expiring", "unanswered", "queued", "frozen", "ended")
PLAIN = "6222021602001234567"


@pytest.fixture
def freezing(world: World) -> FreezeDesk:
    """The desk with filed cases, an approver of every tier and one bank."""
    return FreezeDesk(world)


def made(desk: FreezeDesk, number: int, **more: Any) -> Freeze:
    """A proposed freeze of an account of its own."""
    return desk.freeze(desk.filed(payee_account=f"62220216020{number:08d}"), **more)


def in_effect(desk: FreezeDesk, number: int, **answer: Any) -> Freeze:
    """A freeze that the bank has answered."""
    freeze = made(desk, number)
    desk.sign_freeze(freeze)
    desk.send(desk.freeze_order(freeze))
    assert desk.reply(freeze, account=freeze.account.number.reveal(), **answer).effect == "applied"
    return desk.look(freeze)


def until(desk: FreezeDesk, freeze: Freeze, more: timedelta) -> None:
    """Let the clock go on to the end of a freeze, and `more`."""
    desk.world.advance(freeze.expires_at - desk.world.now + more)  # type: ignore[operator]


def ids(client: Client, query: str = "") -> list[str]:
    return re.findall(
        r'<tr id="freeze-([0-9a-f-]{36})"', client.get(f"/funds/freezes{query}").content.decode()
    )


def under(client: Client, tab: str) -> list[str]:
    return ids(client, f"?tab={tab}")


def given(client: Client, url: str) -> dict[str, str]:
    """The version hidden in an act's form."""
    return dict(re.findall(r'name="(version)" value="([^"]+)"', client.get(url, headers=HX).content.decode()))


def typed(account: Any, **more: Any) -> dict[str, Any]:
    """The form that proposes a freeze, filled in."""
    return {
        "account": str(account),
        "amount": "50,000.00",
        "kind": "amount",
        "term_kind": "ordinary",
        "covers_interest": "on",
        "ground": "victim_paid",
    } | more


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_freeze_stands_under_its_tab(freezing: FreezeDesk, browser: Browser, language: str) -> None:
    client = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    empty = {tab: shown(client, f"/funds/freezes?tab={tab}") for tab in TABS}
    assert len(set(empty.values())) == 6
    waiting = made(freezing, 1)
    frozen = in_effect(freezing, 2)
    former = Former("某市公安局", 1_000_000, freezing.world.now + timedelta(days=40))
    queued = in_effect(freezing, 3, frozen_minor=0, former=former)
    silent = made(freezing, 4)
    freezing.sign_freeze(silent)
    freezing.send(freezing.freeze_order(silent))
    freezing.world.advance(timedelta(minutes=11))
    fire_due(now=freezing.world.now)
    assert under(client, "waiting") == [str(waiting.id)]
    assert under(client, "unanswered") == [str(silent.id)]
    assert under(client, "queued") == [str(queued.id)]
    assert under(client, "frozen") == [str(frozen.id)]
    assert under(client, "expiring") == under(client, "ended") == []
    page = shown(client, "/funds/freezes?tab=frozen")
    words = {"zh-hans": ("建行 6222 **** 0002", "50,000.00", "待甄别", "冻结中", "续冻", "解除"),
             "en": ("CCB 6222 **** 0002", "50,000.00", "to be screened", "Frozen", "Renew", "Release")}  # fmt: skip
    for word in words[language]:
        assert word in page, word
    if language == "en":
        assert not HAN.findall(page.replace("中文", ""))
    assert ids(client, f"?tab=frozen&case={frozen.case.number}") == [str(frozen.id)]
    assert ids(client, "?tab=frozen&district=350200") == [] and ids(client, "?tab=frozen&bank=icbc") == []
    assert client.get("/funds/freezes?district=x").status_code == 200
    assert client.get("/funds/freezes?tab=nonsense").context["tab"] == "waiting"


def test_what_is_about_to_end_is_told_and_then_ends(freezing: FreezeDesk, browser: Browser) -> None:
    client, signer = (
        browser(roles=["funds_officer"], language="en"),
        browser(roles=["approver"], language="en"),
    )
    freeze = in_effect(freezing, 1)
    assert "Freezes about to end" not in shown(signer, "/approvals")
    until(freezing, freeze, -timedelta(days=2, hours=20))
    fire_due(now=freezing.world.now)
    assert under(client, "expiring") == [str(freeze.id)]
    page = shown(client, "/funds/freezes?tab=expiring")
    assert "nobody attends to it" in page and "Let end" in page
    assert "Freezes about to end that nobody attends to" in shown(signer, "/approvals")
    until(freezing, freeze, timedelta(seconds=1))
    fire_due(now=freezing.world.now)
    assert under(client, "ended") == [str(freeze.id)] and "Lapsed" in shown(
        client, "/funds/freezes?tab=ended"
    )


def test_three_freezes_ask_no_more_than_one(freezing: FreezeDesk, browser: Browser) -> None:
    client, signer = browser(roles=["funds_officer"]), browser(roles=["approver"])
    freeze = in_effect(freezing, 1)
    made(freezing, 11)
    urls = ["/funds/freezes?tab=frozen", "/funds/freezes", f"/funds/freezes/{freeze.id}"]
    one = [queries(client, url) for url in urls] + [queries(signer, "/approvals/queue")]
    in_effect(freezing, 2), in_effect(freezing, 3), made(freezing, 12), made(freezing, 13)
    assert [queries(client, url) for url in urls] + [queries(signer, "/approvals/queue")] == one


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_proposing_says_what_to_whom_and_who_signs(
    freezing: FreezeDesk, browser: Browser, language: str
) -> None:
    client = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    case = freezing.filed()
    stop = held(freezing, case=case)
    page = client.get(f"/cases/{case.id}/freeze")
    text = shown(client, f"/cases/{case.id}/freeze")
    assert page.context["found"]["id"] == stop.account_id and page.context["values"]["amount"] == "50,000.00"
    words = {"zh-hans": ("由建行冻结", "6222 **** 4567", "县", "设区的市", "6个月", "1年"),
             "en": ("Have CCB freeze 6222 **** 4567", "6 months", "1 year", "the stop ends")}  # fmt: skip
    for word in words[language]:
        assert word in re.sub(r"(\d) (?=[个年])", r"\1", text), word
    assert PLAIN not in page.content.decode()
    url = f"/cases/{case.id}/freeze"
    more = client.post(url, typed(stop.account_id, amount="60,000"))
    assert more.status_code == 422
    assert catalog.error_text("amount_note_missing").get(language) in more.content.decode()
    assert 'value="60,000"' in more.content.decode()
    assert client.post(url, typed(stop.account_id, amount="a lot")).status_code == 422
    done = client.post(url, typed(stop.account_id))
    freeze = Freeze.objects.for_system("look").get()
    assert (done.status_code, done["Location"]) == (303, f"/funds/freezes/{freeze.id}")
    assert (freeze.stop_id, freeze.asked_minor, freeze.holder_name.reveal()) == (stop.id, 5_000_000, "周二")
    assert freeze.traced_minor is None and freeze.covers_interest and freeze.kind == "amount"
    again = client.get(f"{url}?account={stop.account_id}").content.decode()
    assert str(freeze.id) in again and 'name="amount"' not in again


def test_where_nothing_can_be_frozen_it_says_why(
    freezing: FreezeDesk, browser: Browser, settings: Any
) -> None:
    client = browser(roles=["funds_officer"], language="en")
    case = freezing.case()
    assert catalog.error_text("case_not_filed").en in shown(client, f"/cases/{case.id}/freeze")
    account = case.payments.get().payee_id
    assert client.post(f"/cases/{case.id}/freeze", typed(account)).status_code in {409, 422}
    other = freezing.filed(payee_account="6222021602000000001")
    assert client.get(f"/cases/{other.id}/freeze?account={account}").status_code == 404
    assert client.get(f"/cases/{other.id}/freeze?account=x").status_code == 404
    assert browser(roles=["funds_officer"], unit="350203").get(f"/cases/{case.id}/freeze").status_code == 404


def test_the_case_offers_it_once_filed_and_shows_what_came(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    case = freezing.case()
    link = f"/cases/{case.id}/freeze"
    assert link not in client.get(f"/cases/{case.id}").content.decode()
    case = freezing.filed(payee_account="6222021602000000009")
    link = f"/cases/{case.id}/freeze"
    page = client.get(f"/cases/{case.id}").content.decode()
    assert f'href="{link}" data-key="f"' in page and f"{link}?account=" in page
    reader = browser(roles=["approver"], language="en")
    assert link not in reader.get(f"/cases/{case.id}").content.decode()
    freeze = freezing.freeze(case)
    page = client.get(f"/cases/{case.id}").content.decode()
    assert link not in page and f"/funds/freezes/{freeze.id}" in page
    one = queries(client, f"/cases/{case.id}")
    freezing.sign_freeze(freeze)
    freezing.send(freezing.freeze_order(freeze))
    freezing.reply(freeze, account="6222021602000000009")
    page = shown(client, f"/cases/{case.id}")
    assert "CNY 50,000.00 frozen" in page and queries(client, f"/cases/{case.id}") == one


def test_a_stop_says_that_its_freeze_is_under_way(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    case = freezing.filed()
    stop = held(freezing, case=case)
    assert "freeze under way" not in shown(client, "/funds?tab=stopped")
    freeze = freezing.freeze(case)
    assert "freeze under way" in shown(client, "/funds?tab=stopped")
    assert f"/funds/freezes/{freeze.id}" in client.get(f"/funds/{stop.id}").content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_freeze_tells_all(freezing: FreezeDesk, browser: Browser, language: str) -> None:
    client = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    before = made(freezing, 1)
    shown(client, f"/funds/freezes/{before.id}")
    former = Former("甲市公安局", 1_000_000, freezing.world.now + timedelta(days=1))
    freeze = in_effect(freezing, 2, frozen_minor=0, former=former)
    page = shown(client, f"/funds/freezes/{freeze.id}")
    assert "甲市公安局" in page and "10,000.00" in page and freeze.document in page
    freezing.world.advance(timedelta(days=2))
    word = {"zh-hans": "请向银行核实", "en": "ask the bank whose turn it is"}[language]
    assert word in shown(client, f"/funds/freezes/{freeze.id}")
    frozen = in_effect(freezing, 3)
    url = f"/funds/freezes/{frozen.id}"
    page = shown(client, url)
    notice = catalog.papers()["freeze_notice"].name.get(language)
    for word in (catalog.freeze_grounds()["victim_paid"].name.get(language), notice, "6222 **** 0003", "周*",
                 str(frozen.until_date)):  # fmt: skip
        assert word in page, word
    assert "周二" not in page and frozen.account.number.reveal() not in client.get(url).content.decode()
    away = browser(roles=["funds_officer"], unit="350203")
    assert away.get(url).status_code == 404


def test_each_act_asks_first_and_leaves_by_a_signature(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    freeze = in_effect(freezing, 1)
    url = f"/funds/freezes/{freeze.id}"
    form = client.get(f"{url}/renew", headers=HX).content.decode()
    assert "Renew the freeze of CCB 6222 **** 0001" in form and "<html" not in form
    last = re.search(r'max="(\d{4}-\d\d-\d\d)"', form)
    assert last and last.group(1) > str(freeze.until_date)
    wanted = given(client, f"{url}/renew") | {"ground": "still_investigating"}
    for wrong, code in (("2100-01-01", "term_too_long"), ("soon", "datetime_invalid")):
        refused = client.post(f"{url}/renew", wanted | {"until_date": wrong}, headers=HX)
        assert refused.status_code in {409, 422}
        said = catalog.error_text(code, until=last.group(1)).en
        assert said in refused.content.decode(), refused.content.decode()
    done = client.post(f"{url}/renew", wanted | {"until_date": last.group(1)}, headers=HX)
    assert (
        done.status_code == 204
        and "Renewal asked for" in json.loads(done["HX-Trigger"])["funds-done"]["text"]
    )
    assert Order.objects.filter(freeze=freeze).count() == 1
    assert "Renew · To be signed" in shown(client, "/funds/freezes?tab=frozen")
    stale = client.post(f"{url}/cut", wanted | {"amount": "1", "reason": "part_involved"}, headers=HX)
    assert stale.status_code == 409 and catalog.error_text("version_conflict").en in stale.content.decode()
    cut = given(client, f"{url}/cut") | {"amount": "1.5万", "reason": "part_involved", "note": "the seller's"}
    assert client.post(f"{url}/cut", cut | {"amount": "9万"}, headers=HX).status_code in {409, 422}
    plain = client.post(f"{url}/cut", cut)
    assert (plain.status_code, plain["Location"]) == (303, url)
    kinds = set(FreezeChange.objects.for_system("look").values_list("kind", "minor"))
    assert kinds == {("renew", None), ("cut", 1_500_000)}
    page = shown(client, url)
    assert "the seller&#x27;s" in client.get(url).content.decode() and "15,000.00" in page
    assert f"{url}/cut" not in client.get(url).content.decode()
    interest = given(client, f"{url}/interest") | {"amount": "12.34"}
    assert client.post(f"{url}/interest", interest, headers=HX).status_code == 204
    assert "12.34" in shown(client, url)
    release = given(client, f"{url}/release") | {"reason": "unrelated"}
    assert client.post(f"{url}/release", release, headers=HX).status_code == 204
    until(freezing, freeze, -timedelta(days=20))
    lapse = given(client, f"{url}/let-lapse")
    assert client.post(f"{url}/let-lapse", lapse | {"reason": " "}, headers=HX).status_code == 422
    assert client.post(f"{url}/let-lapse", lapse | {"reason": "nothing left"}, headers=HX).status_code == 204
    assert "meant to end" in shown(client, url)


def test_the_approver_is_told_whole_what_is_signed(freezing: FreezeDesk, browser: Browser) -> None:
    signer = browser(roles=["approver"], language="en", name="Han")
    case = freezing.filed(payee_account="6222021602000000001")
    held(freezing, case=freezing.filed())
    freeze = freezing.freeze(case)
    page = shown(signer, f"/approvals?id={waits(freeze).id}")
    for word in ("Freeze CCB 6222 **** 0001", "50,000.00", "nothing ever leaves", "nobody traced it", "nothing leaves",
                 "the notice is made and the order leaves at once", "none holds it now", case.number,
                 catalog.freeze_grounds()["victim_paid"].name.en):  # fmt: skip
        assert word in page, word
    done = signer.post(f"/approvals/{waits(freeze).id}/sign", headers=HX)
    assert done.status_code == 200 and "Signed: Freeze CCB 6222 **** 0001" in done.content.decode()
    assert freezing.look(freeze).status == "approved"
    freezing.send(freezing.freeze_order(freeze))
    freezing.reply(freeze, account="6222021602000000001")
    client = browser(roles=["funds_officer"], language="en")
    url = f"/funds/freezes/{freeze.id}"
    cut = given(client, f"{url}/cut") | {"amount": "12,400", "reason": "part_involved"}
    assert client.post(f"{url}/cut", cut).status_code == 303
    page = shown(signer, f"/approvals?id={waits(freeze).id}")
    for word in ("Release a part of the freeze of CCB", "12,400.00", "37,600.00", "No finding stands behind it",
                 "all of it stays frozen until"):  # fmt: skip
        assert word in page, word
    back = signer.post(f"/approvals/{waits(freeze).id}/decline", {"reason": "show me"}, headers=HX)
    assert back.status_code == 200 and "Sent back: Release a part" in back.content.decode()
    release = given(client, f"{url}/release") | {"reason": "unrelated"}
    assert client.post(f"{url}/release", release).status_code == 303
    assert "Release the freeze of CCB" in shown(signer, f"/approvals?id={waits(freeze).id}")


def test_stops_and_freezes_wait_in_one_queue(freezing: FreezeDesk, browser: Browser) -> None:
    signer = browser(roles=["approver"], language="en")
    freeze = made(freezing, 1)
    seen = signer.get("/approvals/pending").context["mark"]
    assert signer.get(f"/approvals/pending?seen={seen}").status_code == 204
    stop = freezing.propose(freezing.case(payee_account=PLAIN))
    told = signer.get(f"/approvals/pending?seen={seen}")
    assert told.status_code == 200 and told.context["count"] == 2
    queue = signer.get("/approvals").context["queue"]
    stops_first = Signature.objects.for_system("look").get(stop=stop)
    assert [each["id"] for each in queue] == [stops_first.id, waits(freeze).id]
    assert signer.get("/?all=1").context["counts"]["approvals"] == "2"
    complex_one = made(freezing, 2, term_kind="complex")
    county, city = browser(roles=["approver"], unit="350104"), browser(roles=["approver"], unit="350100")
    assert waits(complex_one).id not in [each["id"] for each in county.get("/approvals").context["queue"]]
    assert waits(complex_one).id in [each["id"] for each in city.get("/approvals").context["queue"]]
    refused = county.post(f"/approvals/{waits(complex_one).id}/sign", headers=HX)
    assert refused.status_code == 409 and waits(complex_one).status == "waiting"


def waits(freeze: Freeze) -> Signature:
    """What the freeze waits for."""
    return Signature.objects.for_system("look").get(freeze=freeze, status="waiting")


def test_the_file_holds_what_the_list_does(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    freeze = in_effect(freezing, 1)
    made(freezing, 2)
    taken = client.get("/funds/freezes/export?tab=frozen")
    lines = b"".join(taken.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2 and freeze.case.number in lines[1] and "6222 **** 0001" in lines[1]
    assert freeze.account.number.reveal() not in lines[1] and "周" not in lines[1]
    entry = Entry.objects.get(event="freezes.exported")
    assert entry.payload["rows"] == 1


def test_what_is_masked_is_shown_by_one_journaled_act(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["investigator"])
    freeze = in_effect(freezing, 1)
    for field, plain in (("account", freeze.account.number.reveal()), ("holder_name", "周二")):
        before = Entry.objects.count()
        told = client.post(f"/funds/freezes/{freeze.id}/unmask", {"field": field})
        assert plain in told.content.decode() and Entry.objects.count() == before + 1


def test_the_sections_stand_above_with_what_waits(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    in_effect(freezing, 1)
    html = client.get("/funds/freezes").content.decode()
    assert [key for key in re.findall(r'data-section="(\d)"', html) if key in "1235"] == ["1", "2", "3", "5"]
    assert re.search(r'href="/funds/screening" data-section="3">.*?Screening<span class="number">1<', html)
    assert 'data-section="1"' in client.get("/funds").content.decode()
    operator = browser(roles=["operator"], language="en").get("/funds").content.decode()
    assert "data-section" not in operator


@pytest.mark.django_db(transaction=True)
def test_the_journal_says_it_in_words(freezing: FreezeDesk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    freeze = in_effect(freezing, 1)
    url = f"/funds/freezes/{freeze.id}"
    client.post(f"{url}/release", given(client, f"{url}/release") | {"reason": "unrelated"})
    freezing.world.seal()
    page = shown(client, url)
    assert catalog.events()["freeze.frozen"].name.en in page
    assert catalog.freeze_end_reasons()["unrelated"].name.en in page
    journal = shown(browser(roles=["auditor"], language="en", name="Au"), f"/journal?subject={freeze.id}")
    for word in (catalog.freeze_grounds()["victim_paid"].name.en, catalog.freeze_end_reasons()["unrelated"].name.en,
                 catalog.statuses()["freeze_kind.amount"].name.en,
                 catalog.statuses()["order_kind.release"].name.en):  # fmt: skip
        assert word in journal, word
