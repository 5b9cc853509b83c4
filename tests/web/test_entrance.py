"""The door: signing in, the lock, the language, where one is sent next, and whether the centre is well."""

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.rehearsal.world import World
from yipanqi.web.views import entrance

PASSWORD = "quiet-harbour-27"


def sign_in(client: Client, password: str = PASSWORD, **form: str) -> Any:
    return client.post("/login", {"username": "lin", "password": password, **form})


def test_signing_in_and_out(world: World, client: Client) -> None:
    officer = world.officer("lin", password=PASSWORD)
    assert (sign_in(client).status_code, sign_in(client)["Location"]) == (302, "/seat")
    assert client.get("/seat").status_code == 200
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/seat")["Location"] == "/login?next=/seat"
    assert Entry.objects.filter(event="officer.signed_out", actor_id=str(officer.id)).count() == 1


def test_one_desk_is_opened_at_once(world: World, client: Client) -> None:
    client.force_login(world.officer("appeal", roles=["appeal_officer"]))
    assert client.get("/")["Location"] == "/funds/returns"
    assert client.get("/?all=1").status_code == 200


@pytest.mark.parametrize(
    ("roles", "first"),
    [
        (["duty_officer"], "/directives"),
        (["commander"], "/wall"),
        (["duty_officer", "operator"], "/"),
        (["pilot"], "/"),  # its desk is not built yet
        ([], "/"),
    ],
)
def test_a_sign_in_leads_to_the_desk_of_the_only_role(
    world: World, client: Client, roles: list[str], first: str
) -> None:
    world.officer("lin", password=PASSWORD, roles=roles)
    assert sign_in(client)["Location"] == first


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        " //evil.example",
    ],
)
def test_nobody_is_sent_elsewhere(world: World, client: Client, wanted: str) -> None:
    world.officer("lin", password=PASSWORD)
    assert sign_in(client, next=wanted)["Location"] == "/seat"
    assert client.post("/language", {"language": "en", "next": wanted})["Location"] == "/"


def test_a_page_of_ours_is_where_one_goes_on(world: World, client: Client) -> None:
    world.officer("lin", password=PASSWORD)
    assert sign_in(client, next="/alerts?status=paid")["Location"] == "/alerts?status=paid"


def test_a_wrong_password_and_the_lock_say_so(world: World, client: Client) -> None:
    world.officer("lin", password=PASSWORD)
    tries = catalog.windows()["lockout_after_failures"].count
    client.headers = {"Accept-Language": "en"}  # type: ignore[attr-defined]
    for number in range(tries):
        page = client.post(
            "/login", {"username": "lin", "password": "wrong"}, headers={"Accept-Language": "en"}
        )
        assert page.status_code == 401
        wanted = "login_failed" if number < tries - 1 else "locked_out"
        sentence = catalog.error_text(wanted, minutes=15).en
        assert sentence in page.content.decode()
    assert (
        catalog.error_text("locked_out", minutes=15).zh
        in sign_in(Client(headers={"Accept-Language": "zh-hans"})).content.decode()
    )
    assert client.get("/seat").status_code == 302


def test_the_language_stays(world: World, client: Client) -> None:
    officer = world.officer("lin", password=PASSWORD)
    sign_in(client)
    assert 'lang="zh-hans"' in client.get("/seat").content.decode()
    assert client.post("/language", {"language": "en", "next": "/seat"})["Location"] == "/seat"
    assert 'lang="en"' in client.get("/seat").content.decode()
    officer.refresh_from_db()
    assert officer.language == "en"
    elsewhere = Client()
    sign_in(elsewhere)
    assert 'lang="en"' in elsewhere.get("/seat").content.decode()
    client.post("/language", {"language": "xx"})
    officer.refresh_from_db()
    assert officer.language == "en"


def test_a_strangers_browser_keeps_its_language(db: None, client: Client) -> None:
    client.post("/language", {"language": "en"})
    assert 'lang="en"' in client.get("/login").content.decode()


def test_health(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/health/alive").json() == {"status": "alive"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")

    def lost() -> int:
        raise DatabaseError("gone")

    monkeypatch.setattr(entrance, "last_feed_no", lost)
    missing = client.get("/health/ready")
    assert (missing.status_code, missing.json()["missing"]) == (503, "database")
    assert client.get("/health/alive").status_code == 200


def test_every_answer_is_hardened(world: World, client: Client) -> None:
    client.force_login(world.officer())
    for url in ("/seat", "/login", "/health/alive", "/wall/state", "/nowhere", "/api/v1/docs"):
        answer = client.get(url)
        policy = answer["Content-Security-Policy"]
        assert (
            "default-src 'self'" in policy
            and "script-src 'self'" in policy
            and "frame-ancestors 'none'" in policy
        )
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert answer["X-Frame-Options"] == "DENY" and answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Correlation-Id"]
    assert client.get("/seat")["Cache-Control"] == "no-store"


def test_the_demo_shows_its_logins_and_a_real_centre_none(db: None, client: Client, settings: Any) -> None:
    assert entrance.DEMO_PASSWORD not in client.get("/login").content.decode()
    settings.DEMO = True
    assert entrance.DEMO_PASSWORD in client.get("/login").content.decode()
