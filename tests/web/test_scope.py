"""An officer of another county finds nothing of ours; what leaves as a file is masked, inert and journaled."""

import csv
import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from yipanqi import catalog
from yipanqi.config.logging import StderrHandler, formatter
from yipanqi.ops.alerts.models import Alert, QuarantinedRow
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.models import Partner, PartnerKey
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
Fill = Callable[..., list[Any]]
PHONE = "13800002207"


def rows_of(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_another_county_sees_nothing_of_ours(world: World, browser: Browser) -> None:
    world.partner("county", scope="350104")
    world.take_in([world.row(person_phone=PHONE), world.row(amount="x")], "county")
    world.triage()
    alert, held = Alert.objects.for_system("look").get(), QuarantinedRow.objects.for_system("look").get()
    home, away = browser(unit="350104"), browser(unit="350203")
    here, there = [], []
    for client, found in ((home, here), (away, there)):
        found.append(client.get(reverse("alert_detail", args=[alert.id])).status_code)
        found.append(client.get(reverse("quarantine_detail", args=[held.id])).status_code)
        found.append(str(alert.id) in client.get("/alerts").content.decode())
        found.append(str(alert.id) in client.get(f"/alerts?q={PHONE}").content.decode())
        found.append(str(alert.id) in client.get("/alerts?district=350104").content.decode())
        found.append(str(held.id) in client.get("/quarantine").content.decode())
        found.append(len(rows_of(client.get("/alerts/export"))) - 1)
        figures = client.get("/wall/state").json()["figures"]
        found.append((figures["warnings"], figures["waiting"]))
    assert here == [200, 200, True, True, True, True, 1, (1, 1)]
    assert there == [404, 404, False, False, False, False, 0, (0, 0)]


def test_another_county_can_do_nothing_to_ours(world: World, browser: Browser, fill: Fill) -> None:
    (call,) = fill(person_phone=PHONE)
    home, away = browser(unit="350104"), browser(unit="350203")
    assert home.post("/seat/next").status_code == 303 and away.post("/seat/next").status_code == 303
    order = WorkOrder.objects.for_system("look").get(id=call)
    form = {"work_order_id": str(call), "version": order.version}
    refused = [
        away.post("/seat/unmask", {"work_order_id": str(call), "field": "phone"}),
        away.post("/seat/outcome", form | {"outcome": "dissuaded"}),
        away.post("/seat/give-back", form),
    ]
    assert [answer.status_code for answer in refused] == [404, 404, 404]
    assert PHONE not in refused[0].content.decode()
    assert not Entry.objects.filter(event="person.unmasked").exists()
    assert WorkOrder.objects.for_system("look").get(id=call).status == "taken"
    seen = home.post("/seat/unmask", {"work_order_id": str(call), "field": "phone"})
    assert PHONE in seen.content.decode()
    assert Entry.objects.get(event="person.unmasked").actor_id == str(home.officer.id)  # type: ignore[attr-defined]


def test_partners_are_entered_and_ended_only_at_home(world: World, browser: Browser) -> None:
    world.partner("provincial")
    county = browser(unit="350104")
    form = {"act": "issue", "name": "仓山某行", "source": "bank", "rate": "60", "acts": "warnings.write"}
    wide = county.post("/partners", form | {"scope": "350000"})
    assert wide.status_code == 422 and Partner.objects.count() == 1
    prefix = PartnerKey.objects.get().prefix
    refused = county.post("/partners", {"act": "revoke", "key": prefix})
    assert refused.status_code == 422 and refused.context["error"] == catalog.error_text("not_found").zh
    assert refused.context["error"] in refused.content.decode() and not refused.context["errors"]
    for rate in ("0", "-1", "viele"):
        bad = county.post("/partners", form | {"scope": "350104", "rate": rate})
        assert bad.status_code == 422 and not bad.context["error"]
        told = re.search(r'id="in-rate".*?id="about-rate">(.*?)</div>', bad.content.decode(), re.S)
        assert told and catalog.error_text("rate_invalid").zh in told.group(1)
        assert f'value="{rate}"' in bad.content.decode()
    assert PartnerKey.objects.get().revoked_at is None
    assert county.post("/partners", form | {"name": "长" * 65}).status_code == 422
    idle = county.post("/partners", form | {"scope": "350104", "acts": "everything"})
    assert idle.status_code == 422 and "acts" in idle.context["errors"] and Partner.objects.count() == 1
    made = county.post(
        "/partners", form | {"scope": "350104", "acts": ["warnings.write", "directives.write"]}
    )
    assert made.status_code == 200 and "ypq_" in made.content.decode()
    own = PartnerKey.objects.exclude(prefix=prefix).get()
    assert own.partner.scope_id == "350104" and own.acts == ["warnings.write", "directives.write"]
    assert catalog.statuses()["partner_act.directives.write"].name.zh in made.content.decode()
    assert county.post("/partners", {"act": "revoke", "key": own.prefix}).status_code == 200
    own.refresh_from_db()
    assert own.revoked_at


def test_the_export_is_masked_and_written_down(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    fill(good=2)
    fill(good=1, person_name="=HYPERLINK(1)", person_phone="+85291234567", level_hint="high")
    table = rows_of(client.get("/alerts/export"))
    assert table[0][:4] == ["number", "received_at", "person_name", "phone"] and len(table) == 4
    cells = [cell for line in table[1:] for cell in line]
    assert "林*梅" in cells and not any("林晓梅" in cell or "85291234567" in cell for cell in cells)
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)
    assert any(cell.startswith("'=") for cell in cells) and any(cell.startswith("'+85") for cell in cells)
    assert len(rows_of(client.get("/alerts/export?level=high"))) == 2
    written = Entry.objects.filter(event="alerts.exported").order_by("id")
    assert [entry.payload["rows"] for entry in written] == [3, 1]
    assert written[0].actor_id == str(client.officer.id)  # type: ignore[attr-defined]


def test_no_log_line_holds_a_person(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Intake, a refusal and a crash, each told by our formatter; the phone and the name are in none of the lines."""
    assert any(isinstance(handler, StderrHandler) for handler in logging.getLogger().handlers), (
        "Django never set it up"
    )
    key, client = world.partner(), Client(raise_request_exception=False)
    row = world.row(
        person_phone=PHONE,
        person_name="欧阳不存在",
        text=f"{PHONE} 欧阳不存在",
        suspect_account="62220216020012345",
    )
    headers = {"Authorization": f"Bearer {key}", "X-Correlation-Id": "trace-of-this-test"}
    with caplog.at_level(logging.DEBUG):
        caplog.set_level(logging.INFO, logger="django.db.backends")
        for body in (row, row | {"external_id": "2", "amount": PHONE + "x"}, [row]):
            client.post(
                "/api/v1/warnings", json.dumps(body), content_type="application/json", headers=headers
            )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("yipanqi.api.v1.warnings.take_in", lambda rows, **_: 1 / 0 if rows else None)
            answer = client.post(
                "/api/v1/warnings", json.dumps(row), content_type="application/json", headers=headers
            )
            assert answer.status_code == 500
    told = [formatter().format(record) for record in caplog.records]
    assert told and any("trace-of-this-test" in line for line in told)
    for secret in (PHONE, "欧阳不存在", "62220216020012345", key):
        assert not any(secret in line for line in told), secret


def test_one_correlation_id_runs_through_answer_and_journal(world: World) -> None:
    key, client = world.partner(), Client()
    headers = {"Authorization": f"Bearer {key}"}
    answer = client.post(
        "/api/v1/warnings", json.dumps(world.row()), content_type="application/json", headers=headers
    )
    given = answer["X-Correlation-Id"]
    assert set(Entry.objects.filter(event="alert.opened").values_list("correlation_id", flat=True)) == {given}
    bad = client.get("/login", headers={"X-Correlation-Id": "<script>"})
    assert bad["X-Correlation-Id"] != "<script>" and bad["X-Correlation-Id"] != given


@pytest.mark.django_db(transaction=True)
def test_an_auditor_reads_the_journal_of_their_place(world: World, browser: Browser) -> None:
    world.take_in([world.row(jurisdiction_code=code) for code in ("350104", "350104001", "350203")])
    world.seal()
    pages = {
        place: browser(unit=place, roles=["auditor"], language="en")
        for place in ("350000", "350100", "350104", "350203")
    }
    world.seal()
    opened = Entry.objects.filter(event="alert.opened")
    ids = {entry.place_code: entry.subject_id for entry in opened}
    seen = {}
    for place, client in pages.items():
        answers = [client.get(f"/journal?subject={subject}") for subject in ids.values()]
        seen[place] = {code for code, answer in zip(ids, answers, strict=True) if answer.context["rows"]}
        assert client.post("/journal/verify").context["verified"]["count"] == f"{Entry.objects.count():,}"
    county = {"350104", "350104001"}
    assert seen == {"350000": county | {"350203"}, "350100": county, "350104": county, "350203": {"350203"}}
    without_place = Entry.objects.filter(place_code="").first()
    assert without_place and without_place.event == "clock.set"
    assert pages["350000"].get("/journal?event=clock.set").context["rows"]
    assert not pages["350104"].get("/journal?event=clock.set").context["rows"]


@pytest.mark.parametrize(
    ("roles", "offered"),
    [
        (["operator"], True),
        (["duty_officer"], True),
        (["investigator"], False),
        (["funds_officer"], False),
        (["commander"], False),
    ],
)
def test_unmasking_is_offered_only_to_who_passes_its_gate(
    world: World, browser: Browser, fill: Fill, roles: list[str], offered: bool
) -> None:
    (call,) = fill()
    client = browser(roles=roles)
    page = client.get(reverse("alert_detail", args=[Alert.objects.for_system("look").get().id]))
    assert page.status_code == 200 and (reverse("seat_unmask") in page.content.decode()) is offered
    answer = client.post("/seat/unmask", {"work_order_id": str(call), "field": "phone"})
    assert answer.status_code == (200 if offered else 403)


@pytest.mark.django_db(transaction=True)
def test_the_journal_is_found_by_officer_number_and_names_who_acted(world: World, browser: Browser) -> None:
    world.take_in([world.row()])
    world.triage()
    client = browser(unit="350000", roles=["auditor", "operator"], language="en")
    client.post("/seat/next")
    world.seal()
    officer = client.get("/journal").context["request"].user
    own = client.get(f"/journal?actor={officer.username}").context["rows"]
    assert {row["event"]["code"] for row in own} >= {"work_order.taken", "alert.contact_begun"}
    assert {row["actor"] for row in own} == {officer.name}
    others = [
        row for row in client.get("/journal").context["rows"] if row["event"]["code"] == "alert.triaged"
    ]
    assert [row["actor"] for row in others] == ["the system"]
    assert client.get(others[0]["subject_url"]).context["rows"]
