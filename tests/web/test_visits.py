"""The visits desk over HTTP: masked pages that a phone may keep, reports that may come twice, photos behind a gate."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import VisitReport, WorkOrder
from yipanqi.ops.workorders.outcomes import record_outcome
from yipanqi.ops.workorders.services import take_next
from yipanqi.ops.workorders.visits import record_visit
from yipanqi.rehearsal.world import World
from yipanqi.web.views.visits import CARDS

Browser = Callable[..., Client]
NAME, PHONE, ADDRESS = "欧阳小明", "13800002207", "福州市仓山区上渡路18号2座301室"
SAID = "客户自称欧阳小明，已转账一笔"
JPEG = b"\xff\xd8\xff\xe0 a photo \xff\xd9"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def sent_out(world: World) -> Callable[..., list[Any]]:
    """Visits that wait, one per row of overrides, each for a person of high level who cannot be reached."""

    def make(*rows: dict[str, Any]) -> list[Any]:
        person = {
            "person_name": NAME,
            "person_address": ADDRESS,
            "text": SAID,
            "amount": "50000",
            "person_age": 34,
        }
        world.take_in([world.row(**person | row) for row in rows or ({"person_phone": PHONE},)])
        world.triage()
        operator = world.officer(f"op{uuid4().hex[:6]}", name="林静")
        while taken := take_next(acting_officer=operator, now=world.now):
            record_outcome(work_order_id=taken[0].id, version=taken[0].version, outcome="unreachable",
                           note="空号", acting_officer=operator, now=world.now)  # fmt: skip
        return list(visits().order_by("opened_at", "id"))

    return make


def visits() -> Any:
    return WorkOrder.objects.for_system("the test looks").filter(kind="visit")


@pytest.fixture
def station(browser: Browser) -> Client:
    return browser(roles=["station_officer"], language="en", name="He Zhiyuan")


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    html: str = answer.content.decode()
    assert "{{" not in html and "{%" not in html and "None" not in html
    return html


def send(client: Client, order: Any, outcome: str = "dissuaded", **form: Any) -> Any:
    """A report as the phone's outbox sends it."""
    body = {"version": order.version, "outcome": outcome, "submission_id": str(uuid4())} | form
    return client.post(reverse("visit_report", args=[order.id]), body, headers=AS_JSON)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_desk_from_list_to_report(world: World, browser: Browser, sent_out: Any, language: str) -> None:
    (order,) = sent_out()
    client = browser(roles=["station_officer"], language=language)
    url = reverse("visit", args=[order.id])
    assert url in page(client, "/visits") and "福州市仓山区****" in page(client, "/visits")
    assert client.post(reverse("visit_take", args=[order.id]), {"version": order.version})["Location"] == url
    detail = page(client, url)
    for line in catalog.scripts(order.fraud_type).door_lines:
        assert line.get(language) in detail
    if language == "zh-hans":
        assert f"geo:0,0?q={quote('福建省福州市仓山区')}" in detail
    for outcome in catalog.visit_outcomes().values():
        assert outcome.name.get(language) in detail
    assert catalog.call_outcomes()["unreachable"].name.get(language) in detail
    assert f'data-own="{url}"' in page(client, "/visits")
    form = dict(re.findall(r'name="(version|submission_id)" value="([^"]+)"', detail))
    told = client.post(
        reverse("visit_report", args=[order.id]), form | {"outcome": "dissuaded", "note": "说清了"}
    )
    assert (told.status_code, told["Location"]) == (303, url)
    assert catalog.visit_outcomes()["dissuaded"].name.get(language) in page(client, url)
    alert_page = page(client, reverse("alert_detail", args=[order.alert_id]))
    assert "说清了" in alert_page and catalog.visit_outcomes()["dissuaded"].name.get(language) in alert_page
    assert catalog.statuses()["work_kind.callback"].name.get(language) in alert_page


def test_a_kept_page_says_nothing_in_plain(world: World, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    plain = (NAME, PHONE, ADDRESS, ADDRESS[6:], SAID, "空号")
    for url in ("/visits", reverse("visit", args=[order.id])):
        assert not [each for each in plain if each in page(station, url)], url
    behind = page(station, reverse("visit_background", args=[order.id]))
    assert SAID in behind and "空号" in behind and "Cancelled" not in behind
    assert "no-store" in station.get("/visits")["Cache-Control"]


def test_a_kept_page_of_a_cancelled_visit_leaves_the_reason_behind(
    world: World, browser: Browser, station: Client, sent_out: Any
) -> None:
    (order,) = sent_out()
    duty = browser(roles=["duty_officer"], language="en")
    url = reverse("visit", args=[order.id])
    why = f"家属{NAME}来电"
    assert "Cancelled" not in page(station, url)
    cancel = {"version": order.version, "reason": why}
    assert duty.post(reverse("visit_cancel", args=[order.id]), cancel).status_code == 303
    for client in (station, duty):
        kept = page(client, url)
        assert "Cancelled" in kept and not [each for each in (why, NAME, PHONE, SAID) if each in kept]
        assert why in page(client, reverse("visit_background", args=[order.id]))


def test_one_tap_shows_one_field_and_is_written_down(world: World, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    url = reverse("visit_unmask", args=[order.id])
    shown = {
        field: station.post(url, {"field": field}).content.decode() for field in ("name", "phone", "address")
    }
    assert NAME in shown["name"] and "href" not in shown["name"].replace("<use href", "")
    assert f'href="tel:{PHONE}"' in shown["phone"] and ADDRESS in shown["address"]
    assert re.search(r'href="geo:0,0\?q=%E7%A6%8F[%0-9A-Za-z]+"', shown["address"])
    looks = Entry.objects.filter(event="person.unmasked").order_by("id")
    assert [(look.payload["field"], look.ground) for look in looks] == [
        (field, "visit.door") for field in ("name", "phone", "address")
    ]
    assert station.post(url, {"field": "identity"}).status_code == 400


def test_another_county_finds_nothing(world: World, browser: Browser, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    assert send(station, order, photo=SimpleUploadedFile("a.jpg", JPEG)).status_code == 200
    away = browser(unit="350203", roles=["station_officer", "duty_officer"])
    report = VisitReport.objects.for_system("look").get()
    assert str(order.id) not in page(away, "/visits")
    refused = [
        away.get(reverse("visit", args=[order.id])),
        away.get(reverse("visit_background", args=[order.id])),
        away.get(reverse("visit_photo", args=[report.id])),
        away.post(reverse("visit_take", args=[order.id]), {"version": order.version}),
        away.post(reverse("visit_unmask", args=[order.id]), {"field": "phone"}),
        away.post(reverse("visit_cancel", args=[order.id]), {"version": order.version, "reason": "x"}),
        send(away, order),
    ]
    assert [answer.status_code for answer in refused] == [404] * len(refused)


def test_a_repeated_report_is_told_as_the_first(world: World, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    world.advance(timedelta(hours=1))
    same = {"submission_id": str(uuid4()), "made_at": (world.now - timedelta(minutes=40)).isoformat()}
    first, again = (send(station, order, **same) for _ in range(2))
    assert [answer.json() for answer in (first, again)] == [{"kept": False, "text": ""}] * 2
    report = VisitReport.objects.for_system("look").get()
    assert report.made_at == world.now - timedelta(minutes=40)


def test_what_came_too_late_is_kept_and_says_why(
    world: World, browser: Browser, station: Client, sent_out: Any
) -> None:
    (order,) = sent_out()
    colleague = browser(roles=["station_officer"])
    colleague.post(reverse("visit_take", args=[order.id]), {"version": order.version})
    told = send(station, order, note="人在娘家").json()
    reason = catalog.statuses()["visit_kept.taken_over"].name.en
    assert told["kept"] is True and told["text"].startswith(reason)
    assert "duty officer" in send(station, order, "paid").json()["text"]
    on_alert = page(station, reverse("alert_detail", args=[order.alert_id]))
    assert "人在娘家" in on_alert and reason in on_alert
    assert reason in page(station, reverse("visit", args=[order.id]))


def test_what_cannot_be_used_is_said(world: World, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    for status, code, form in (
        (400, "outcome_unknown", {"outcome": "unreachable"}),
        (400, "datetime_no_offset", {"made_at": "2026-03-02T10:00:00"}),
        (400, "datetime_invalid", {"made_at": "soon"}),
        (400, "made_before_opening", {"made_at": (world.now - timedelta(days=1)).isoformat()}),
        (400, "photo_kind_unknown", {"photo": SimpleUploadedFile("a.jpg", b"%PDF-1.7")}),
        (404, "not_found", {"submission_id": "1"}),
    ):
        answer = send(station, order, **form)
        assert (answer.status_code, answer.json()["text"]) == (status, catalog.error_text(code).en), code
    as_page = station.post(
        reverse("visit_report", args=[order.id]), {"outcome": "x", "submission_id": uuid4()}
    )
    assert as_page.status_code == 400 and catalog.error_text("outcome_unknown").en in as_page.content.decode()
    assert not VisitReport.objects.for_system("look").exists()


def test_no_more_of_a_photo_is_read_than_tells_that_it_is_too_large(
    world: World, station: Client, sent_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = sent_out()
    limit, read = catalog.windows()["photo_max_bytes"].count, []

    def record(**act: Any) -> Any:
        read.append(len(act["told"].photo))
        return record_visit(**act)

    monkeypatch.setattr("yipanqi.web.views.visits.record_visit", record)
    answer = send(station, order, photo=SimpleUploadedFile("a.jpg", JPEG + bytes(2 * limit)))
    assert (answer.status_code, read) == (413, [limit + 1])
    assert answer.json()["text"] == catalog.error_text("photo_too_large", limit="8 MB").en


def test_a_photo_is_shown_to_who_may_see_it(
    world: World, station: Client, sent_out: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    (order,) = sent_out()
    assert send(station, order, photo=SimpleUploadedFile("door.jpg", JPEG)).status_code == 200
    report = VisitReport.objects.for_system("look").get()
    url = reverse("visit_photo", args=[report.id])
    assert url in page(station, reverse("visit", args=[order.id]))
    assert url in page(station, reverse("alert_detail", args=[order.alert_id]))
    answer = station.get(url)
    assert (answer.content, answer["Content-Type"]) == (JPEG, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    assert Entry.objects.get(event="visit.photo_viewed").payload["report_id"] == str(report.id)


def test_the_duty_officer_sees_all_and_cancels_what_nobody_took(
    world: World, browser: Browser, station: Client, sent_out: Any
) -> None:
    first, second = sent_out({}, {})
    duty = browser(roles=["duty_officer"], language="en")
    station.post(reverse("visit_take", args=[first.id]), {"version": first.version})
    listed = page(duty, "/visits")
    assert str(first.id) in listed and "He Zhiyuan" in listed and "Take this visit" not in listed
    cancel = reverse("visit_cancel", args=[second.id])
    assert "reason" in page(duty, reverse("visit", args=[second.id]))
    assert "Record the visit" not in page(duty, reverse("visit", args=[second.id]))
    assert duty.post(cancel, {"version": second.version, "reason": " "}).status_code == 400
    assert duty.post(cancel, {"version": second.version, "reason": "phoned"}).status_code == 303
    assert "phoned" in page(duty, reverse("visit_background", args=[second.id]))
    in_hand = duty.post(reverse("visit_cancel", args=[first.id]), {"version": 2, "reason": "x"})
    assert (
        in_hand.status_code == 409 and Alert.objects.for_system("look").filter(status="closed").count() == 1
    )


def test_a_page_may_be_kept_until_the_session_ends_and_no_longer(world: World, sent_out: Any) -> None:
    sent_out()
    world.officer("st", roles=["station_officer"], password="a long enough pass-phrase")
    world.officer("op", roles=["operator"], password="a long enough pass-phrase")
    client = Client()
    client.post("/login", {"username": "st", "password": "a long enough pass-phrase"})
    session = catalog.windows()["session"].duration
    assert client.get("/visits")["X-Kept-Seconds"] == str(int(session.total_seconds()))
    world.advance(timedelta(hours=2))
    assert client.get("/visits")["X-Kept-Seconds"] == str(int((session - timedelta(hours=2)).total_seconds()))
    world.advance(session)
    assert client.get("/visits")["X-Kept-Seconds"] == "0"
    assert "X-Kept-Seconds" not in client.get("/alerts")
    assert client.post("/logout")["Clear-Site-Data"] == '"storage"'
    client.post("/login", {"username": "op", "password": "a long enough pass-phrase"})
    assert "Clear-Site-Data" not in client.post("/logout")


def test_the_worker_reaches_this_desk_only_and_the_token_says_whose_it_is(
    world: World, station: Client
) -> None:
    script = Client().get("/visits/worker.js")
    assert script["Content-Type"].startswith("text/javascript") and b"X-Kept-Until" in script.content
    assert script["Service-Worker-Allowed"] == "/visits"
    told = json.loads(station.get("/visits/token").content)
    assert told["officer"] == str(station.officer.id) and len(told["token"]) > 30  # type: ignore[attr-defined]
    out = Client().get("/visits/token", headers={"HX-Request": "true"})
    assert out.status_code == 401


def test_a_report_needs_the_form_token(world: World, station: Client, sent_out: Any) -> None:
    (order,) = sent_out()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(station.officer)  # type: ignore[attr-defined]
    body = {"version": order.version, "outcome": "dissuaded", "submission_id": str(uuid4())}
    url = reverse("visit_report", args=[order.id])
    assert strict.post(url, body, headers=AS_JSON).status_code == 403
    token = strict.get("/visits/token").json()["token"]
    assert strict.post(url, body, headers=AS_JSON | {"X-CSRFToken": token}).status_code == 200


def test_ten_visits_ask_no_more_than_one_and_more_than_a_page_says_so(
    world: World, station: Client, sent_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(station, "/visits")
        return len(captured)

    sent_out({})
    one = asked()
    sent_out(*[{}] * 9)
    assert asked() == one and CARDS >= 10
    monkeypatch.setattr("yipanqi.web.views.visits.CARDS", 4)
    assert "6 more are due later" in page(station, "/visits")
    home = station.get("/?all=1")
    assert home.context["counts"]["visits"] == "10"


def test_the_hotline_takes_an_address(world: World, browser: Browser) -> None:
    client = browser()
    form = {
        "external_id": "h1",
        "person_phone": PHONE,
        "person_address": ADDRESS,
        "occurred_at": "2026-03-02T09:30",
    }
    assert client.post("/hotline", form).status_code == 200
    assert Alert.objects.for_system("look").get().person.address.reveal() == ADDRESS
    long = client.post("/hotline", form | {"external_id": "h2", "person_address": "长" * 121})
    assert long.status_code == 422
    assert catalog.error_text("field_too_long", limit=120).zh in long.content.decode()
