"""The desk of directives over HTTP: tabs, acts as forms, what is told beside a field, and who sees which words."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.directives.deadlines import fire_due
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.services import receive_directive
from yipanqi.ops.partners.queries import find_partner
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
DUTY = {"roles": ["duty_officer"]}


def of(client: Client) -> Any:
    return client.officer  # type: ignore[attr-defined]


def page(client: Client, directive: Any) -> str:
    return client.get(reverse("directive_detail", args=[directive.id])).content.decode()


def send(client: Client, name: str, directive: Any, **fields: str) -> Any:
    """Send the form of an act as the page shows it now."""
    html = page(client, directive)
    url = reverse(name, args=[directive.id])
    form = re.search(rf'<form[^>]*action="{url}".*?</form>', html, re.S)
    assert form, f"the page offers no {name}"
    version = re.search(r'name="version" value="(\d+)"', form[0])
    assert version
    return client.post(url, {"version": version[1], **fields})


def offered(client: Client, directive: Any) -> set[str]:
    """The acts whose forms the page shows."""
    found = re.findall(rf'action="/directives/{directive.id}/([a-z-]+)"', page(client, directive))
    return set(found)


@pytest.fixture
def desks(world: World, browser: Browser) -> dict[str, Client]:
    """Duty officers at their desks, in English."""
    units = {"province": "350000", "county": "350104", "county2": "350104", "other": "350203"}
    return {
        name: browser(language="en", unit=unit, name=f"Officer {name}", **DUTY)
        for name, unit in units.items()
    }


def test_a_directive_goes_round_by_its_pages(world: World, desks: dict[str, Client]) -> None:
    province, county = desks["province"], desks["county"]
    token = re.search(r'name="external_id" value="([^"]+)"', province.get("/directives/new").content.decode())
    assert token
    form = {"external_id": token[1], "kind": "find_person", "title": "Find Lin", "text": "See her\n\nat home",
            "jurisdiction_code": "350104", "urgent": "true", "due_at": "2026-03-02T18:00"}  # fmt: skip
    first, again = (province.post("/directives/new", form) for _ in range(2))
    assert first.status_code == 303 and first["Location"] == again["Location"]
    made = Directive.objects.for_system("look").get()
    assert made.due_at.isoformat() == "2026-03-02T10:00:00+00:00" and made.urgent
    assert offered(county, made) == {"accept", "hand-down"} and offered(province, made) == {"withdraw"}
    assert send(county, "directive_accept", made).status_code == 303
    assert offered(county, made) == {"report", "hand-down"}
    assert send(county, "directive_report", made, report="Seen, has not paid").status_code == 303
    assert offered(county, made) == set() and "waits for" in page(county, made)
    assert send(province, "directive_send_back", made, reason="When was she seen?").status_code == 303
    assert "When was she seen?" in page(county, made)
    assert send(county, "directive_report", made, report="Seen at ten").status_code == 303
    assert send(province, "directive_verify", made).status_code == 303
    assert send(province, "directive_feed_back", made).status_code == 303
    html = page(county, made)
    for words in ("Seen, has not paid", "When was she seen?", "Seen at ten", "Fed back", "Officer province"):
        assert words in html
    assert offered(county, made) == offered(province, made) == set()
    assert "<p>See her</p>" in html


def test_who_reported_does_not_verify(world: World, desks: dict[str, Client]) -> None:
    world.partner("n12381", source="national_12381")
    made, _ = receive_directive(row=world.directive_row(), partner=find_partner("n12381"), now=world.now)
    send(desks["county"], "directive_accept", made)
    send(desks["county"], "directive_report", made, report="done")
    html = page(desks["county"], made)
    assert offered(desks["county"], made) == set() and "Another officer of" in html
    tried = desks["county"].post(reverse("directive_verify", args=[made.id]), {"version": "3"})
    assert (
        tried.status_code == 403 and catalog.error_text("directive_own_report").en in tried.content.decode()
    )
    assert offered(desks["county2"], made) == {"verify", "send-back"}
    send(desks["county2"], "directive_verify", made)
    html = page(desks["county"], made)
    assert "Partner n12381" in html and "readable to the partner" in html


def test_what_is_wrong_is_told_beside_the_field_and_nothing_typed_is_lost(
    world: World, desks: dict[str, Client]
) -> None:
    province, county = desks["province"], desks["county"]
    empty = province.post("/directives/new", {"title": "Half a thing"})
    html = empty.content.decode()
    assert empty.status_code == 422 and html.count(catalog.error_text("field_missing").en) == 3
    assert 'value="Half a thing"' in html
    past = province.post("/directives/new", {**world.directive_row(), "due_at": "2026-03-02T09:00"})
    assert past.status_code == 422 and catalog.error_text("due_past").en in past.content.decode()
    made = world.directive(of(province))
    long = send(province, "directive_withdraw", made, reason="x" * 201)
    assert long.status_code == 422 and "x" * 201 in long.content.decode()
    assert catalog.error_text("field_too_long", limit=200).en in long.content.decode()
    nowhere = send(county, "directive_hand_down", made, place="350203")
    assert nowhere.status_code == 422 and catalog.error_text("place_not_below").en in nowhere.content.decode()
    send(county, "directive_accept", made)
    blank = send(county, "directive_report", made, report=" ")
    assert blank.status_code == 422 and catalog.error_text("field_missing").en in blank.content.decode()
    made.refresh_from_db()
    assert made.status == "accepted"


def test_a_page_that_has_grown_old_acts_no_more(world: World, desks: dict[str, Client]) -> None:
    made = world.directive(of(desks["province"]))
    url = reverse("directive_accept", args=[made.id])
    assert desks["county"].post(url, {"version": "1"}).status_code == 303
    late = desks["county2"].post(url, {"version": "1"})
    assert late.status_code == 409 and catalog.error_text("version_conflict").en in late.content.decode()
    for client, status in ((desks["other"], 404), (desks["province"], 403)):
        assert client.post(url, {"version": "2"}).status_code == status
    assert desks["county"].post(url, {"version": "x"}).status_code == 409


def test_the_overdue_stand_first_and_the_tabs_count(world: World, desks: dict[str, Client]) -> None:
    province, county = desks["province"], desks["county"]
    titles = {}
    for hours in (4, 1, 3):
        due_at = (world.now + timedelta(hours=hours)).isoformat()
        titles[hours] = world.directive(of(province), title=f"due in {hours}", due_at=due_at)
    world.advance(timedelta(hours=2))
    assert fire_due(now=world.now) == 1
    send(county, "directive_accept", titles[3])
    answer = county.get("/directives")
    assert [row["title"] for row in answer.context["rows"]] == ["due in 1", "due in 3", "due in 4"]
    stages = [row["time_left"]["stage"] for row in answer.context["rows"]]
    assert stages[0] == "late" and "late" not in stages[1:]
    assert [tab["count"] for tab in answer.context["tabs"]] == ["3", "2", "1", "0", "0"]
    assert all(row["is_ours"] for row in answer.context["rows"])
    assert not any(row["is_ours"] for row in province.get("/directives").context["rows"])
    ours = county.get("/?all=1").context["counts"]
    assert ours["directives"] == "3" and "directives" not in province.get("/?all=1").context["counts"]
    assert not desks["other"].get("/directives").context["rows"]
    in_hand = county.get("/directives?tab=in_hand&kind=verify_warning&whose=own")
    assert [row["title"] for row in in_hand.context["rows"]] == ["due in 3"]
    assert "matches these filters" in county.get("/directives?tab=done&kind=other").content.decode()
    assert county.get("/directives?tab=nonsense").context["filters"]["tab"] == "open"
    assert county.get("/directives?after=nonsense").status_code == 404


def test_ten_directives_ask_no_more_than_one(world: World, desks: dict[str, Client]) -> None:
    world.partner("n12381", source="national_12381")

    def more(number: int) -> None:
        for _ in range(number):
            world.directive(of(desks["province"]))
            receive_directive(row=world.directive_row(), partner=find_partner("n12381"), now=world.now)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desks["county"].get("/directives").status_code == 200
        return len(captured)

    more(1)
    one = queries()
    more(9)
    assert queries() == one


def test_a_station_is_ordered_and_orders_nobody(
    world: World, browser: Browser, desks: dict[str, Client]
) -> None:
    station = browser(language="en", unit="350104001", roles=["station_officer"])
    made = world.directive(of(desks["county"]), jurisdiction_code="350104001")
    assert offered(station, made) == {"accept"}
    assert station.get("/directives/new").status_code == 403
    commander = browser(language="en", unit="350104001", roles=["commander"])
    assert "No unit stands below yours" in commander.get("/directives/new").content.decode()


def test_units_below_are_offered_and_no_other(
    world: World, browser: Browser, desks: dict[str, Client]
) -> None:
    html = desks["county"].get("/directives/new").content.decode()
    codes = set(re.findall(r'<option value="(\d+)"', html))
    assert codes and all(code.startswith("350104") and len(code) == 9 for code in codes)
    city = browser(unit="350100", **DUTY).get("/directives/new").content.decode()
    assert {"350104", "350104001"} <= set(re.findall(r'<option value="(\d+)"', city))


def test_from_an_alert_with_the_alert(world: World, browser: Browser, desks: dict[str, Client]) -> None:
    world.take_in([world.row()])
    world.triage()
    alert = Alert.objects.for_system("look").get()
    shown = desks["province"].get(reverse("alert_detail", args=[alert.id])).content.decode()
    assert f"/directives/new?alert={alert.id}" in shown
    operator = browser(roles=["operator"])
    assert "/directives/new" not in operator.get(reverse("alert_detail", args=[alert.id])).content.decode()
    form = desks["province"].get(f"/directives/new?alert={alert.id}")
    assert form.context["values"]["kind"] == "verify_warning"
    assert form.context["values"]["jurisdiction_code"] == "350104"
    answer = desks["province"].post("/directives/new", {**world.directive_row(), "alert": str(alert.id)})
    assert answer.status_code == 303
    made = Directive.objects.for_system("look").get()
    assert (made.subject_kind, made.subject_id) == ("alert", alert.id)
    link = reverse("alert_detail", args=[alert.id])
    assert link in page(desks["county"], made)
    investigator = browser(unit="350104", roles=["investigator"])
    assert link in page(investigator, made)
    assert desks["other"].get(f"/directives/new?alert={alert.id}").status_code == 404
    assert desks["province"].get("/directives/new?alert=nonsense").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_auditor_reads_it_without_a_word_of_it(world: World, browser: Browser) -> None:
    issuer = world.officer("issuer", roles=["duty_officer"])
    made = world.directive(issuer)
    world.seal()
    auditor = browser(language="en", roles=["auditor"])
    rows = auditor.get(f"/journal?subject={made.id}").context["rows"]
    facts = {fact["name"]: fact["value"] for row in rows for fact in row["facts"]}
    assert facts["kind of directive"] == "Check a warning" and facts["issued by"] == "Fujian"
    assert facts["issuer"] == "A unit above" and "林晓梅" not in str(rows)
    assert auditor.get(reverse("directive_detail", args=[made.id])).status_code == 403
