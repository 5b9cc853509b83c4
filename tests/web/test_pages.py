"""Every desk's page: in both languages, empty and full, whole and without a raw key, and no query per row."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert, QuarantinedRow
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
Fill = Callable[..., list[Any]]
PAGES = [
    "home",
    "seat",
    "directives",
    "visits",
    "approvals",
    "funds",
    "reconciliation",
    "freezes",
    "screenings",
    "alerts",
    "cases",
    "case_new",
    "hotline",
    "quarantine",
    "imports",
    "wall",
    "journal",
    "partners",
    "policy",
    "staff",
]
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.S)
KEYS = {*catalog.events(), *catalog.errors(), *catalog.statuses()}
HAN = re.compile(r"[\u4e00-\u9fff]")


def shown(client: Client, url: str) -> str:
    """The text a reader sees; checked for what must never be seen."""
    answer = client.get(url, follow=True)
    assert answer.status_code == 200, url
    html = answer.content.decode()
    assert "{{" not in html and "{%" not in html
    text = TAG.sub(" ", html)
    assert "None" not in re.sub(r"<option.*?</option>|<script.*?</script>", "", html, flags=re.S)
    raw = {word for word in re.findall(r"[a-z_]+(?:\.[a-z_]+)+|[a-z]+_[a-z_]+", text) if word in KEYS}
    assert not raw, f"{url} shows keys: {raw}"
    return text


def address(name: str) -> str:
    return reverse(name) + ("?all=1" if name == "home" else "")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_desk_empty_and_full(world: World, browser: Browser, fill: Fill, language: str) -> None:
    client = browser(language=language)
    empty = {name: shown(client, address(name)) for name in PAGES}
    fill(good=3, bad=2)
    world.partner("icbc")
    assert client.post("/seat/next").status_code == 303
    full = {name: shown(client, address(name)) for name in PAGES}
    for name, text in (empty | full).items():
        assert bool(HAN.search(text.replace("中文", ""))) or language == "en", name
    assert {name for name in PAGES if full[name].split() != empty[name].split()} >= {
        "seat",
        "alerts",
        "quarantine",
        "partners",
    }
    alert, held = Alert.objects.for_system("look").first(), QuarantinedRow.objects.for_system("look").first()
    detail = shown(client, reverse("alert_detail", args=[alert.id]))
    assert catalog.fraud_types()[alert.fraud_type].name.get(language) in detail
    assert catalog.error_text("amount_not_a_number").get(language) in shown(
        client, reverse("quarantine_detail", args=[held.id])
    )
    reason = catalog.reason_text("suspect_known").get(language)
    assert reason in full["seat"] and "林晓梅" not in full["seat"] + full["alerts"] + detail


def test_in_english_no_chinese_is_left(world: World, browser: Browser, fill: Fill) -> None:
    """Only names, partners' own words and the button of the other language are Chinese."""
    client = browser(language="en", name="Lin Jing")
    fill(good=2, bad=1, person_name="Wang", text="")
    own = re.compile(r"中文|合作单位\w*")
    for name in PAGES:
        if name == "staff":
            continue
        left = HAN.findall(own.sub("", shown(client, address(name))))
        assert not left, f"{name}: {''.join(left)}"


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code in {200, 204}
    return len(captured)


@pytest.mark.parametrize("url", ["/alerts", "/quarantine?state=held", "/staff", "/imports"])
def test_ten_rows_ask_no_more_than_one(world: World, browser: Browser, fill: Fill, url: str) -> None:
    client = browser()
    fill(good=1, bad=1)
    one = queries(client, url)
    fill(good=9, bad=9)
    for number in range(9):
        world.officer(f"more{number}")
    assert queries(client, url) == one


@pytest.mark.django_db(transaction=True)
def test_ten_entries_of_the_journal_ask_no_more_than_one(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    world.seal()
    one = queries(client, "/journal")
    fill(good=10)
    assert world.seal() > 10
    assert queries(client, "/journal") <= one  # a page without officers does not ask for their names


def test_ten_signals_of_a_call_ask_no_more_than_one(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    fill(good=1)
    client.post("/seat/next")
    alert = Alert.objects.for_system("look").get()
    urls = ["/seat", reverse("alert_detail", args=[alert.id])]
    one = [queries(client, url) for url in urls]
    world.take_in(
        [world.row(person_phone=alert.person.phone.reveal(), suspect_account="6222021602001230000")] * 1
    )
    world.take_in([world.row(person_phone=alert.person.phone.reveal()) for _ in range(8)])
    assert [queries(client, url) for url in urls] == one


def test_home_tells_what_waits_and_no_other_page_asks(
    world: World, browser: Browser, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, station = browser(language="en"), browser(unit="350203001", language="en")
    assert client.get("/?all=1").context["counts"] == {}
    fill(good=3, bad=2)
    home = client.get("/?all=1")
    assert home.context["counts"] == {"seat": "3", "quarantine": "2"}
    assert (
        home.content.decode().count('<span class="chip number">2</span>') == 1
        and "3 waiting" in home.content.decode()
    )
    assert station.get("/?all=1").context["counts"] == {}
    only_alerts = browser(roles=["commander"]).get("/?all=1")
    assert only_alerts.context["counts"] == {}
    monkeypatch.setattr("yipanqi.web.context.COUNT_CAP", 2)
    assert client.get("/?all=1").context["counts"] == {"seat": "2+", "quarantine": "2"}
    for name in ("hotline", "journal", "staff", "partners"):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address(name))
        asked = " ".join(query["sql"] for query in captured)
        assert "counts" not in page.context
        assert "alerts_quarantinedrow" not in asked and "workorders_workorder" not in asked, name


def test_pages_of_a_list_hold_every_row_once(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    fill(good=45)
    seen: list[str] = []
    url = "/alerts"
    for _ in range(5):
        html = client.get(url).content.decode()
        seen += re.findall(r'href="/alerts/([0-9a-f-]{36})"', html)
        link = re.search(r'rel="next" href="([^"]+)"', html)
        if not link:
            break
        url = link.group(1).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 45
    assert client.get("/alerts?after=nonsense").status_code == 404


def test_filters_narrow(world: World, browser: Browser, fill: Fill) -> None:
    client = browser()
    fill(good=2, jurisdiction_code="350104")
    fill(good=1, jurisdiction_code="350203", level_hint="high", person_phone="13800002207")

    def found(query: str) -> int:
        return client.get(f"/alerts?{query}").content.decode().count('href="/alerts/0')

    assert (
        found("") == 3
        and found("level=high") == 1
        and found("status=triaged") == 3
        and found("status=paid") == 0
    )
    assert found("district=350100") == 2 and found("source=bank") == 3 and found("source=telecom") == 0
    assert found("q=138+0000+2207") == 1 and found("q=13800002208") == 0
    assert found("from=2026-03-02&to=2026-03-02") == 3 and found("to=2026-03-01") == 0
    wrong = client.get("/alerts?q=12").content.decode()
    assert catalog.error_text("phone_invalid").zh in wrong and 'href="/alerts/0' not in wrong
    assert client.get("/alerts?district=x").status_code == 200
