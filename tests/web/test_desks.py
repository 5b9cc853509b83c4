"""What the desks do over HTTP: the seat's keys, the hotline, the file drop and the correction of held rows."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert, QuarantinedRow, Signal
from yipanqi.ops.alerts.reading import FIELDS
from yipanqi.ops.workorders.models import Attempt, WorkOrder
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
Fill = Callable[..., list[Any]]
HX = {"HX-Request": "true"}


def form_of(client: Client) -> dict[str, str]:
    html = client.get("/seat").content.decode()
    return dict(re.findall(r'name="(work_order_id|version)" value="([^"]+)"', html))


def test_the_seat_from_next_to_undo(world: World, browser: Browser, fill: Fill) -> None:
    client = browser(language="en", name="Lin Jing")
    fill(good=2)
    taken = client.post("/seat/next", headers=HX)
    assert taken.status_code == 200 and 'name="work_order_id"' in taken.content.decode()
    form = form_of(client)
    done = client.post(
        "/seat/outcome", form | {"outcome": "dissuaded", "note": "x", "answer_1": "yes"}, headers=HX
    )
    assert done.status_code == 200 and "Dissuaded" in done.content.decode()
    attempt = Attempt.objects.for_system("look").get()
    assert attempt.note.reveal() == "[1:yes] x" and form_of(client)["work_order_id"] != form["work_order_id"]
    stale = client.post("/seat/outcome", form | {"outcome": "paid"}, headers=HX)
    assert stale.status_code == 409 and catalog.error_text("version_conflict").en in stale.content.decode()
    assert client.post("/seat/undo", headers=HX).status_code == 200
    assert form_of(client)["work_order_id"] == form["work_order_id"]
    late = client.post("/seat/undo", headers=HX)
    assert late.status_code == 409 and catalog.error_text("undo_expired").en in late.content.decode()
    assert client.post("/seat/give-back", form_of(client), headers=HX).status_code == 200
    assert WorkOrder.objects.for_system("look").filter(status="waiting").count() == 2


def test_the_seat_without_scripts(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    assert client.post("/seat/next")["Location"] == "/seat"
    fill()
    assert client.post("/seat/next").status_code == 303
    assert client.post("/seat/outcome", form_of(client) | {"outcome": "refused"}).status_code == 303
    assert client.post("/seat/outcome", {"outcome": "refused"}).status_code == 404
    world.advance(timedelta(seconds=11))
    assert client.post("/seat/undo").status_code == 409
    assert WorkOrder.objects.for_system("look").get(kind="visit").status == "waiting"


def test_the_unmasked_field_is_the_one_asked_for(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    (call,) = fill()
    client.post("/seat/next")
    for field, plain in (("name", "林晓梅"), ("suspect_account", "6222021602001234567")):
        answer = client.post("/seat/unmask", {"work_order_id": str(call), "field": field})
        assert answer.status_code == 200 and plain in answer.content.decode()
    assert client.post("/seat/unmask", {"work_order_id": str(call), "field": "identity"}).status_code == 400


def test_the_hotline_takes_one_warning_once(world: World, browser: Browser) -> None:
    client = browser(unit="350104")
    token = re.search(r'name="external_id" value="([^"]+)"', client.get("/hotline").content.decode())
    assert token
    form = {
        "external_id": token.group(1),
        "person_phone": "13800002207",
        "text": "刷单",
        "amount": "3万",
        "paid": "",
    }
    form["occurred_at"] = "2026-03-02T09:30"
    assert client.post("/hotline", form).status_code == client.post("/hotline", form).status_code == 200
    signal = Signal.objects.get()
    assert (signal.source, signal.sender, signal.amount_minor) == ("hotline_96110", "hotline", 3_000_000)
    assert signal.occurred_at.isoformat() == "2026-03-02T01:30:00+00:00"
    assert Alert.objects.for_system("look").get().place_code == "350104"
    wrong = client.post("/hotline", form | {"external_id": "h2", "person_phone": "12"})
    assert wrong.status_code == 422 and catalog.error_text("phone_invalid").zh in wrong.content.decode()
    assert 'value="12"' in wrong.content.decode() and not QuarantinedRow.objects.for_system("look").exists()


def drop(client: Client, text: str, encoding: str = "utf-8", **form: str) -> Any:
    upload = SimpleUploadedFile("march.csv", text.encode(encoding), content_type="text/csv")
    return client.post("/imports", {"source": "telecom", "file": upload, **form})


def test_a_file_is_dropped_corrected_and_done(world: World, browser: Browser) -> None:
    client = browser()
    head = "external_id,occurred_at,person_phone,person_name\r\n"
    good = "F1,2026-03-02T09:59:00+08:00,13800002207,王小明\r\n"
    page = drop(client, head + good + "\r\nF2,2026-03-02 9:59,13800002208,李四\r\n", "gb18030")
    assert page.status_code == 200 and catalog.error_text("datetime_invalid").zh in page.content.decode()
    held = QuarantinedRow.objects.for_system("look").get()
    assert (held.file, held.row_no, held.sender) == ("march.csv", 4, "file:telecom")
    again = drop(client, head + good)
    assert again.status_code == 200 and Signal.objects.count() == 1
    url = reverse("quarantine_detail", args=[held.id])
    row = {"external_id": "F2", "occurred_at": "bad", "person_phone": "13800002208", "person_name": "李四"}
    still = client.post(url, row)
    assert still.status_code == 422 and catalog.error_text("datetime_invalid").zh in still.content.decode()
    fixed = client.post(url, row | {"occurred_at": "2026-03-02T09:59:00+08:00"})
    assert fixed.status_code == 303 and Signal.objects.count() == 2
    twice = client.post(url, row | {"occurred_at": "2026-03-02T09:59:00+08:00"})
    assert (
        twice.status_code in {409, 422}
        and catalog.error_text("already_replayed").zh in twice.content.decode()
    )
    assert str(Signal.objects.get(external_id="F2").alert_id) in client.get(url).content.decode()


def test_a_held_row_is_discarded_with_a_reason(world: World, browser: Browser, fill: Fill) -> None:
    client = browser(language="en")
    fill(good=0, bad=1)
    held = QuarantinedRow.objects.for_system("look").get()
    url = reverse("quarantine_detail", args=[held.id])
    form = re.search(
        r'<form[^>]*data-confirm="[^"]+"[^>]*>.*?</form>', client.get(url).content.decode(), re.S
    )
    assert (
        form and 'value="discard"' in form.group() and re.search(r'name="reason"[^>]*required', form.group())
    )
    for reason, code, facts in (("  ", "reason_required", {}), ("x" * 201, "field_too_long", {"limit": 200})):
        told = client.post(url, {"act": "discard", "reason": reason})
        assert told.status_code == 422 and catalog.error_text(code, **facts).en in told.content.decode()
        assert 'name="amount" type="text" value="x"' in told.content.decode(), "the row's own fields stay"
    assert client.post(url, {"act": "discard", "reason": "a test row"}).status_code == 303
    held.refresh_from_db()
    page = client.get(url).content.decode()
    assert held.status == "discarded" and "a test row" in page and 'value="discard"' not in page
    again = client.post(url, {"act": "discard", "reason": "twice"})
    assert again.status_code == 422 and catalog.error_text("already_replayed").en in again.content.decode()


def test_what_cannot_be_dropped_is_said(world: World, browser: Browser) -> None:
    client = browser()
    assert client.post("/imports", {"source": "telecom"}).status_code == 422
    for text, encoding, code in (
        ("a,b\r\n1,2", "utf-8", "header_missing"),
        (",".join(FIELDS), "utf-8", "batch_empty"),
        (",".join(FIELDS) + "\r\n1", "utf-16", "file_not_readable"),
    ):
        page = drop(client, text, encoding)
        assert page.status_code == 422 and catalog.error_text(code).zh in page.content.decode()
    page = drop(client, "x", source="nobody")
    assert page.status_code == 422 and catalog.error_text("source_unknown").zh in page.content.decode()


def test_the_template_is_a_file_that_can_be_dropped(world: World, browser: Browser) -> None:
    client = browser()
    template = client.get("/imports/template").content.decode("utf-8-sig")
    line = {"external_id": "T1", "occurred_at": "2026-03-02T09:59:00+08:00", "person_phone": "13800002207"}
    assert drop(client, template + ",".join(line.get(name, "") for name in FIELDS)).status_code == 200
    assert Signal.objects.get().external_id == "T1"
