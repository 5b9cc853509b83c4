"""The funds desk over HTTP: its tabs, one stop, lifting and extending it, unmasking, and the file."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.ops.measures.conftest import ACCOUNT, Desk
from tests.web.stopped import HX, Fill, counts, held, protective, stop
from tests.web.test_pages import HAN, queries, shown
from tests.web.test_scope import rows_of
from yipanqi import catalog
from yipanqi.kernel.days import ZONE
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.models import Answer, Order, PaymentStop, Signature
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
HOURS_48 = timedelta(hours=48)


def ids(client: Client, query: str = "") -> list[str]:
    """Ids of the stops on a page of the list, in their order."""
    return re.findall(r'id="stop-([0-9a-f-]{36})"', client.get(f"/funds{query}").content.decode())


def form(client: Client, found: PaymentStop, act: str) -> dict[str, str]:
    """The hidden fields of an act's form."""
    html = client.get(f"/funds/{found.id}/{act}", headers=HX).content.decode()
    return dict(re.findall(r'name="(version)" value="([^"]+)"', html))


def test_a_case_without_a_stop_stands_above_all_until_its_order_has_left(
    desk: Desk, browser: Browser
) -> None:
    client = browser(roles=["funds_officer"])
    case, other = desk.case(payee_account="6222021602000000077"), desk.case()
    page = client.get("/funds").content.decode()
    assert page.index(f"/cases/{case.id}/register") < page.index(f"/cases/{other.id}/register")
    found = desk.propose(other)
    page = client.get("/funds/rows").content.decode()
    assert f'id="case-{case.id}"' in page and f'id="case-{other.id}"' not in page
    desk.send(desk.order(found))
    assert f'id="case-{case.id}"' not in client.get("/funds?tab=stopped").content.decode()
    reader = browser(roles=["commander"]).get("/funds").content.decode()
    assert f"/cases/{case.id}/register" not in reader and f'href="/cases/{case.id}"' in reader


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_stop_stands_under_its_tab(desk: Desk, browser: Browser, language: str) -> None:
    client = browser(roles=["funds_officer"], language=language, name="Lin Jing")
    nothing = {
        tab: shown(client, f"/funds?tab={tab}")
        for tab in ("now", "lapsing", "unanswered", "stopped", "ended")
    }
    assert len(set(nothing.values())) == 5 and set(counts(client).values()) == {"0"}
    proposed, lapsing, silent = stop(desk, 1), held(desk, 2), stop(desk, 3)
    desk.send(desk.order(silent))
    desk.world.advance(timedelta(minutes=11))
    fire_due(now=desk.world.now)
    desk.send(desk.order(proposed))
    refused = stop(desk, 4)
    desk.send(desk.order(refused))
    desk.answer(desk.order(refused), ok=False, account=refused.account.number.reveal())
    desk.world.advance(timedelta(hours=37))
    fresh = held(desk, 5)
    assert counts(client) == {
        "now": "0", "lapsing": "1", "unanswered": "2", "stopped": "2", "ended": "1", "reconciliation": "0",
    }  # fmt: skip
    assert ids(client, "?tab=lapsing") == [str(lapsing.id)]
    assert ids(client, "?tab=stopped") == [str(lapsing.id), str(fresh.id)]
    assert set(ids(client, "?tab=unanswered")) == {str(proposed.id), str(silent.id)}
    text = shown(client, "/funds?tab=stopped") + shown(client, "/funds?tab=ended")
    words = {"zh-hans": ("建行 6222 **** 0002", "涉案止付", "足额", "要素不符", "到期"),
             "en": ("CCB 6222 **** 0002", "Suspect stop", "Covered", "An element differs", "lapses")}  # fmt: skip
    assert all(word in text for word in words[language]), text
    if language == "en":
        assert not HAN.findall(text.replace("中文", ""))


def test_an_order_of_a_stop_in_effect_left_unanswered_is_shown(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    found = held(desk)
    form_ = form(client, found, "extend") | {"ground": "not_yet_verified"}
    assert client.post(f"/funds/{found.id}/extend", form_, headers=HX).status_code == 204
    desk.send(desk.order(found, "extend"))
    desk.world.advance(timedelta(minutes=11))
    fire_due(now=desk.world.now)
    assert ids(client, "?tab=unanswered") == ids(client, "?tab=stopped") == [str(found.id)]
    (row,) = client.get("/funds?tab=stopped").context["rows"]
    assert row["clock"]["word"] == "answer due" and row["clock"]["time_left"]["text"] == "-01:00"
    page = shown(client, "/funds?tab=unanswered")
    assert "extension under way" in page and "the bank has not answered" in page


def test_filters_narrow(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"])
    desk.world.bank("icbc")
    first, other = stop(desk, 1), stop(desk, 2, bank="icbc")
    assert set(ids(client)) == {str(first.id), str(other.id)}
    assert ids(client, "?bank=icbc") == [str(other.id)] and ids(client, "?target=protective") == []
    assert ids(client, f"?case={first.case.number}") == [str(first.id)]
    assert len(ids(client, "?district=350100")) == 2 and ids(client, "?district=350200") == []
    assert "没有符合条件的记录" in shown(client, "/funds?case=A1")
    assert client.get("/funds?district=x").status_code == 200
    assert client.get("/funds?after=nonsense").status_code == 404
    assert client.get("/funds?tab=nonsense").context["tab"] == "now"


def test_pages_hold_every_stop_once_and_a_row_asks_nothing_of_its_own(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"])
    made = [stop(desk, 0)]
    one = queries(client, "/funds/rows")
    made += [stop(desk, number) for number in range(1, 3)]
    assert queries(client, "/funds/rows") == one
    made += [stop(desk, number) for number in range(3, 23)]
    seen, url = [], "/funds"
    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'id="stop-([0-9a-f-]{36})"', html)
        link = re.search(r'rel="next" href="([^"]+)"', html)
        url = link.group(1).replace("&amp;", "&") if link else ""
    assert seen == [str(each.id) for each in made]
    part = client.get("/funds/rows?tab=now").content.decode()
    assert "<html" not in part and 'hx-target="#funds-tabs"' in part


def test_one_stop_tells_everything(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    waiting = stop(desk, 1, note="caller was still on the phone")
    url = f"/funds/{waiting.id}"
    page = shown(client, url)
    ground = catalog.stop_grounds()["victim_report"]
    for word in (
        ground.name.en, ground.law.en, "source read", "50,000.00", "周*", "1 of 2 periods used, 48 hours each",
        "not signed yet" if waiting.status != "proposed" else "To be signed", waiting.case.number,
        "caller was still on the phone", "sign by", "answer due", "警员funds",
    ):  # fmt: skip
        assert word in page, word
    assert ACCOUNT[:8] not in page and "周二" not in page
    found = held(desk, 2)
    page = shown(client, f"/funds/{found.id}")
    assert "after 0:00" in page and "Covered" in page and "Fulfilled" in page and "lapses" in page
    one = queries(client, f"/funds/{found.id}")
    form_ = form(client, found, "extend") | {"ground": "not_yet_verified"}
    assert client.post(f"/funds/{found.id}/extend", form_).status_code == 303
    assert queries(client, f"/funds/{found.id}") <= one


def test_lifting_says_what_it_does_and_does_it(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    found = held(desk)
    url = f"/funds/{found.id}/lift"
    part = client.get(url, headers=HX).content.decode()
    assert "Order CCB 6222 **** 0000 to be lifted" in part and "<html" not in part
    offered = set(re.findall(r'name="reason" value="(\w+)"', part))
    assert offered == {code for code, reason in catalog.lift_reasons().items() if reason.chosen}
    assert "<html" in client.get(url).content.decode()
    given = form(client, found, "lift")
    unknown = client.post(url, given | {"reason": "whim"}, headers=HX)
    assert unknown.status_code == 422 and catalog.error_text("reason_unknown").en in unknown.content.decode()
    assert desk.seen(found).status == "stopped" and not Order.objects.filter(kind="lift").exists()
    done = client.post(url, given | {"reason": "safe"}, headers=HX)
    told = json.loads(done["HX-Trigger"])["funds-done"]["text"]
    assert done.status_code == 204 and told == "Order to lift given: CCB 6222 **** 0000."
    assert desk.seen(found).status == "lifting" and desk.order(found, "lift").status == "waiting"
    again = client.post(url, given | {"reason": "safe"}, headers=HX)
    assert again.status_code == 409 and catalog.error_text("version_conflict").en in again.content.decode()
    assert Order.objects.filter(kind="lift").count() == 1


def test_a_proposal_that_has_not_left_is_dropped(
    world: World, desk: Desk, browser: Browser, fill: Fill, settings: Any
) -> None:
    settings.POLICY_PACK = "SG"
    found = protective(desk, fill)
    client = browser(roles=["duty_officer"], language="en")
    part = client.get(f"/funds/{found.id}/lift", headers=HX).content.decode()
    assert "Drop the proposal for CCB 6217 **** 4567" in part and "the bank hears nothing" in part
    given = form(client, found, "lift") | {"reason": "not_needed"}
    assert client.post(f"/funds/{found.id}/lift", given)["Location"] == f"/funds/{found.id}"
    assert desk.seen(found).status == "declined" and not Order.objects.exists()


def test_extending_says_until_when_and_who_signs(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    found = held(desk)
    url = f"/funds/{found.id}/extend"
    part = client.get(url, headers=HX).content.decode()
    until = (desk.world.now + 2 * HOURS_48).astimezone(ZONE).strftime("%m-%d %H:%M")
    for word in ("Extend the stop of CCB 6222 **** 0000", f"48 hours more, until {until}",
                 "Period 2 of 2", "leaves at once; a second officer signs within 30 minutes"):  # fmt: skip
        assert word in part, word
    given = form(client, found, "extend")
    wrong = client.post(url, given | {"ground": "imminent_payment"}, headers=HX)
    assert (
        wrong.status_code == 422 and catalog.error_text("ground_of_other_target").en in wrong.content.decode()
    )
    long = client.post(url, given | {"ground": "not_yet_verified", "note": "x" * 501}, headers=HX)
    assert catalog.error_text("field_too_long", limit=500).en in long.content.decode()
    done = client.post(url, given | {"ground": "not_yet_verified", "note": "bank statement asked for"})
    assert done.status_code == 303 and desk.order(found, "extend").status == "waiting"
    assert Signature.objects.for_system("look").get(purpose="extension").status == "waiting"
    page = client.get("/funds?tab=stopped").content.decode()
    assert f'id="lift-{found.id}"' in page and f'id="extend-{found.id}"' not in page


def test_buttons_follow_the_roles(desk: Desk, browser: Browser) -> None:
    found = held(desk)
    seen = {}
    for role in ("funds_officer", "approver", "operator", "commander"):
        html = browser(roles=[role]).get("/funds?tab=stopped").content.decode()
        seen[role] = [act for act in ("lift", "extend") if f'id="{act}-{found.id}"' in html]
    assert seen == {
        "funds_officer": ["lift", "extend"], "approver": ["lift"], "operator": ["extend"], "commander": [],
    }  # fmt: skip


def test_what_is_masked_is_shown_by_one_journaled_act(desk: Desk, browser: Browser) -> None:
    client, approver = browser(roles=["funds_officer"]), browser(roles=["approver"])
    found = stop(desk)
    url = f"/funds/{found.id}/unmask"
    for field, plain, event in (
        ("account", found.account.number.reveal(), "account.unmasked"),
        ("holder_name", "周二", "stop.unmasked"),
    ):
        before = Entry.objects.filter(event=event).count()
        answer = client.post(url, {"field": field})
        assert answer.status_code == 200 and plain in answer.content.decode()
        assert Entry.objects.filter(event=event).count() == before + 1
        assert approver.post(url, {"field": field}).status_code == 403
    assert client.post(url, {"field": "note"}).status_code == 400
    assert reverse("stop_unmask", args=[found.id]) not in approver.get(f"/funds/{found.id}").content.decode()


def test_another_county_finds_none_of_it(desk: Desk, browser: Browser) -> None:
    found = held(desk)
    answer = Answer.objects.get()
    home, away = (browser(unit=unit, roles=["funds_officer"]) for unit in ("350104", "350203"))
    for client, status, listed in ((home, 200, [str(found.id)]), (away, 404, [])):
        assert client.get(f"/funds/{found.id}").status_code == status
        assert client.get(f"/funds/{found.id}/lift").status_code == status
        assert client.get(f"/funds/{found.id}/extend").status_code == status
        assert client.post(f"/funds/{found.id}/unmask", {"field": "account"}).status_code == status
        assert client.post(f"/funds/answers/{answer.id}/unmask").status_code == status
        assert ids(client, "?tab=stopped") == listed
        assert len(rows_of(client.get("/funds/export?tab=stopped"))) - 1 == len(listed)
    refused = away.post(f"/funds/{found.id}/lift", {"version": found.version, "reason": "safe"})
    assert refused.status_code == 404 and desk.seen(found).status == "stopped"


def test_the_export_is_masked_and_written_down(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    held(desk, 1), stop(desk, 2)
    table = rows_of(client.get("/funds/export?tab=stopped"))
    row = dict(zip(table[0], table[1], strict=True))
    assert len(table) == 2 and row["account"] == "6222 **** 0001" and row["held"] == "50,000.00"
    assert (row["bank"], row["status"], row["ended_at"]) == ("CCB", "Stopped", "")
    entry = Entry.objects.get(event="stops.exported")
    assert entry.payload["rows"] == 1 and entry.actor_id == str(client.officer.id)  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_the_journal_tells_of_stops_in_words(desk: Desk, browser: Browser) -> None:
    auditor = browser(roles=["auditor"], language="en")
    found = held(desk)
    client = browser(roles=["funds_officer"])
    given = form(client, found, "lift") | {"reason": "unrelated"}
    assert client.post(f"/funds/{found.id}/lift", given).status_code == 303
    desk.world.seal()
    page = shown(auditor, "/journal")
    for word in ("Suspect stop", "Covered", "Stopped → Being lifted", catalog.lift_reasons()["unrelated"].name.en,
                 "Waiting → Sent", catalog.stop_grounds()["victim_report"].name.en, "Reported at a desk"):  # fmt: skip
        assert word in page, word
