"""The approver's desk over HTTP: one signature at a time, both hands, the queue beside it and the pop-up elsewhere."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.ops.measures.conftest import Desk
from tests.web.stopped import HX, Fill, held, protective, stop, waiting
from tests.web.test_pages import HAN, queries, shown
from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.deadlines import fire_due
from yipanqi.ops.measures.models import Order
from yipanqi.ops.measures.proposing import propose_extension
from yipanqi.ops.measures.signing import sign
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]


def queue(client: Client, url: str = "/approvals") -> list[str]:
    """Ids of the signatures in the queue."""
    return re.findall(r'id="queue-([0-9a-f-]{36})"', client.get(url).content.decode())


def mark(text: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', text)
    assert found
    return found.group(1)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_stop_that_left_ahead_is_told_whole(desk: Desk, browser: Browser, language: str) -> None:
    client = browser(roles=["approver"], language=language, name="Han")
    assert catalog.stop_grounds()["victim_report"].name.get(language) not in shown(client, "/approvals")
    found = stop(desk, note="")
    desk.send(desk.order(found))
    page = shown(client, "/approvals")
    ground = catalog.stop_grounds()["victim_report"]
    clock = (desk.world.now + timedelta(minutes=30)).strftime(":%M:%S")
    words = {
        "zh-hans": ("止付：建行 6222 **** 0000", "50,000.00", "先行下达", "自动发出解除止付", "来源已核对", "周*",
                    "已发出的指令继续有效", "立即发出解除止付", "签批剩余"),
        "en": ("Stop CCB 6222 **** 0000", "50,000.00", "before the signature", "the order to lift leaves by itself",
               "source read", "what has left stays in effect", "the order to lift leaves at once", "left to sign"),
    }  # fmt: skip
    for word in (
        *words[language],
        ground.name.get(language),
        ground.law.get(language),
        clock,
        found.case.number,
    ):
        assert word in page, word
    assert "周二" not in page and found.account.number.reveal() not in page
    if language == "en":
        assert not HAN.findall(re.sub(r"中文|周\*|警员\w+", "", page))


def test_a_stop_that_waits_for_its_signature_is_told_whole(
    desk: Desk, browser: Browser, fill: Fill, settings: Any
) -> None:
    settings.POLICY_PACK = "SG"
    client = browser(roles=["approver"], language="en")
    found = protective(desk, fill)
    page = shown(client, "/approvals")
    for word in ("Stop CCB 6217 **** 4567", "nothing has left yet", "the proposal lapses and nothing ever leaves",
                 "the order leaves at once", "nothing leaves", "Resident protected", "source not verified",
                 "1 signal", catalog.levels()[found.alert.level].name.en, "Reasons"):  # fmt: skip
        assert word in page, word
    assert not Order.objects.exists()
    assert client.post(f"/approvals/{waiting(found).id}/sign")["Location"] == "/approvals"
    assert desk.order(found).status == "waiting" and desk.seen(found).status == "approved"


def test_signing_brings_the_next(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver"], language="en")
    first = waiting(stop(desk, 1))
    desk.world.advance(timedelta(seconds=40))
    second = waiting(stop(desk, 2))
    assert queue(client) == [str(first.id), str(second.id)]
    done = client.post(f"/approvals/{first.id}/sign", headers=HX)
    text = done.content.decode()
    assert done.status_code == 200 and "<html" not in text and done["HX-Replace-Url"] == "/approvals"
    assert "Signed: Stop CCB 6222 **** 0001" in text and f"/approvals/{second.id}/sign" in text
    assert "Signed today" in text and ">0:40</b>" in text
    first.refresh_from_db()
    assert (first.status, first.seconds_to_sign) == ("signed", 40)
    entry = Entry.objects.filter(event="stop.signed").get()
    assert entry.actor_id == str(client.officer.id)  # type: ignore[attr-defined]
    client.post(f"/approvals/{second.id}/sign")
    assert "Nothing waits for your signature" in shown(client, "/approvals")


def test_sending_back_needs_a_reason_and_takes_back_what_left(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver"], language="en")
    found = stop(desk)
    desk.send(desk.order(found))
    url = f"/approvals/{waiting(found).id}/decline"
    for reason, code, facts in (("  ", "reason_missing", {}), ("x" * 501, "field_too_long", {"limit": 500})):
        refused = client.post(url, {"reason": reason}, headers=HX)
        text = refused.content.decode()
        assert refused.status_code == 422 and catalog.error_text(code, **facts).en in text
        assert reason.strip() in text and f"/approvals/{waiting(found).id}/sign" in text
    done = client.post(url, {"reason": "the account is a utility's"}, headers=HX)
    assert done.status_code == 200 and "Sent back: Stop CCB 6222 **** 0000" in done.content.decode()
    assert desk.seen(found).status == "lifting" and desk.order(found, "lift").status == "waiting"
    assert "the account is a utility&#x27;s" in client.get(f"/funds/{found.id}").content.decode()


def test_who_was_faster_is_named(desk: Desk, browser: Browser) -> None:
    client, other = (browser(roles=["approver"], language="en", name=name) for name in ("Han", "Guo"))
    found, next_one = waiting(stop(desk, 1)), waiting(stop(desk, 2))
    poll = f"/approvals/queue?id={found.id}"
    seen = mark(client.get(f"/approvals?id={found.id}").content.decode())
    assert client.get(f"{poll}&seen={seen}").status_code == 204
    assert other.post(f"/approvals/{found.id}/sign").status_code == 303
    told = client.get(f"{poll}&seen={seen}")
    assert told.status_code == 200 and "Guo signed this at" in told.content.decode()
    assert 'hx-target="#approval-state"' in told.content.decode() and mark(told.content.decode()) != seen
    late = client.post(f"/approvals/{found.id}/decline", {"reason": "no"}, headers=HX)
    assert late.status_code == 409 and "Guo signed this at" in late.content.decode()
    page = client.get(f"/approvals?id={found.id}").content.decode()
    assert "Guo signed this at" in page and f"/approvals/{found.id}/sign" not in page
    assert queue(client) == [str(next_one.id)]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda desk, url, other: other.post(f"{url}/decline", {"reason": "no"}), "Guo sent this back at"),
        (lambda desk, url, other: lapse(desk), "Nobody signed this in time; it lapsed at"),
        (lambda desk, url, other: answered(desk), "The stop ended at"),
    ],
)
def test_however_it_ended_the_sheet_says_so(desk: Desk, browser: Browser, end: Any, said: str) -> None:
    client, other = (browser(roles=["approver"], language="en", name=name) for name in ("Han", "Guo"))
    found = waiting(stop(desk))
    end(desk, f"/approvals/{found.id}", other)
    assert said in shown(client, f"/approvals?id={found.id}")


def lapse(desk: Desk) -> None:
    desk.world.advance(timedelta(minutes=31))
    fire_due(now=desk.world.now)


def answered(desk: Desk) -> None:
    order = Order.objects.get()
    desk.send(order)
    desk.answer(order, ok=False, account=order.stop.account.number.reveal())


def test_nobody_signs_what_is_their_own(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver", "funds_officer"], language="en")
    desk.funds = client.officer  # type: ignore[attr-defined]
    found = held(desk)
    clerk = desk.world.officer("clerk", roles=["funds_officer"])
    propose_extension(
        stop_id=found.id, version=found.version, ground="not_yet_verified", acting_officer=clerk,
        now=desk.world.now,
    )  # fmt: skip
    own = waiting(stop(desk, 2))
    assert queue(client) == [] and client.get("/approvals/pending").context["count"] == 0
    for signature in (own, waiting(found)):
        refused = client.post(f"/approvals/{signature.id}/sign", headers=HX)
        assert refused.status_code == 409
        assert catalog.error_text("second_person_needed").en in refused.content.decode()
        signature.refresh_from_db()
        assert signature.status == "waiting"


def test_a_station_is_told_that_a_county_signs(desk: Desk, browser: Browser) -> None:
    found = desk.propose(desk.world.case())
    found.put_at("350104001")
    found.save()
    signature = waiting(found)
    signature.put_at("350104001")
    signature.save()
    client = browser(roles=["approver"], language="en", unit="350104001")
    refused = client.post(f"/approvals/{signature.id}/sign", headers=HX)
    assert refused.status_code == 409 and catalog.error_text("tier_too_low").en in refused.content.decode()


def test_an_extension_says_what_it_is_and_what_if_not(desk: Desk, browser: Browser, settings: Any) -> None:
    client = browser(roles=["approver"], language="en")
    found = held(desk)
    propose_extension(
        stop_id=found.id, version=found.version, ground="not_yet_verified", acting_officer=desk.funds,
        now=desk.world.now,
    )  # fmt: skip
    page = shown(client, "/approvals")
    for word in ("Extend the stop of CCB 6222 **** 0000", "the whole stop is lifted by itself", "Covered",
                 "2 of 2 allowed", "The bank holds CNY 50,000.00",
                 catalog.stop_grounds()["not_yet_verified"].name.en):  # fmt: skip
        assert word in page, word
    desk.send(desk.order(found, "extend"))
    assert "The bank acknowledged it at" in shown(client, "/approvals")
    desk.world.advance(timedelta(minutes=11))
    fire_due(now=desk.world.now)
    assert "The bank has not answered in time" in shown(client, "/approvals")
    assert client.post(f"/approvals/{waiting(found).id}/sign").status_code == 303


def test_an_empty_desk_gets_the_board_when_something_comes(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver"])
    seen = mark(client.get("/approvals").content.decode())
    assert client.get(f"/approvals/queue?id=&seen={seen}").status_code == 204
    found = waiting(stop(desk))
    board = client.get(f"/approvals/queue?id=&seen={seen}")
    assert (
        board["HX-Retarget"] == "#approval-board" and f"/approvals/{found.id}/sign" in board.content.decode()
    )


def test_the_pop_up_tells_once_and_only_approvers(desk: Desk, browser: Browser) -> None:
    client, operator = browser(roles=["approver"], language="en"), browser(roles=["operator"])
    assert 'id="summons"' in client.get("/funds").content.decode()
    assert 'id="summons"' not in client.get("/approvals").content.decode()
    assert 'id="summons"' not in operator.get("/funds").content.decode()
    empty = mark(client.get("/approvals/pending").content.decode())
    assert client.get(f"/approvals/pending?seen={empty}").status_code == 204
    found = waiting(stop(desk))
    told = client.get(f"/approvals/pending?seen={empty}")
    text = told.content.decode()
    assert told.status_code == 200 and f'data-summons="{found.id}"' in text and 'role="alertdialog"' in text
    assert "To sign: Stop CCB 6222 **** 0000" in text and f"/approvals?id={found.id}" in text
    assert client.get(f"/approvals/pending?seen={mark(text)}").status_code == 204
    assert queries(client, f"/approvals/pending?seen={mark(text)}") < queries(client, "/approvals/pending")
    sign(signature_id=found.id, acting_officer=desk.approver, now=desk.world.now)
    gone = client.get(f"/approvals/pending?seen={mark(text)}")
    assert gone.status_code == 200 and "data-summons=" not in gone.content.decode()


def test_another_county_signs_nothing_of_ours(desk: Desk, browser: Browser) -> None:
    found = waiting(stop(desk))
    home, away = (browser(unit=unit, roles=["approver"]) for unit in ("350104", "350203"))
    assert queue(home) == [str(found.id)] and queue(away) == []
    assert away.get("/approvals/pending").context["count"] == 0
    answers = [
        away.get(f"/approvals?id={found.id}"),
        away.get(f"/approvals/queue?id={found.id}"),
        away.post(f"/approvals/{found.id}/sign"),
        away.post(f"/approvals/{found.id}/decline", {"reason": "no"}),
        home.get("/approvals?id=nonsense"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert home.post(f"/approvals/{found.id}/sign").status_code == 303


def test_three_signatures_ask_no_more_than_one(world: World, desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver"])
    stop(desk, 0)
    urls = ("/approvals", "/approvals/pending", "/approvals/queue")
    one = [queries(client, url) for url in urls]
    stop(desk, 1), stop(desk, 2)
    assert [queries(client, url) for url in urls] == one


def test_home_tells_what_waits_to_be_signed(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["approver"], language="en")
    stop(desk, 1), stop(desk, 2)
    home = client.get("/?all=1")
    assert home.context["counts"] == {"approvals": "2", "funds": "2"} and "2 to sign" in home.content.decode()
