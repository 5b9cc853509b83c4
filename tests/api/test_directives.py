"""Directives through the partner's door: taken once, every flaw told, and answered when they were fed back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from yipanqi import catalog
from yipanqi.ops.directives.models import Directive
from yipanqi.ops.directives.services import (
    accept_directive,
    feed_back,
    report_directive,
    verify_directive,
)
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.models import PartnerKey
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db
Call = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """Call the API with a key: POST when there is a body, else GET."""
    client = Client(raise_request_exception=False)

    def send(key: str, body: object = None, path: str = "", language: str = "en") -> Any:
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        url = f"/api/v1/directives{'/' + quote(path, safe='') if path else ''}"
        if body is None:
            return client.get(url, headers=headers)
        data = body if isinstance(body, bytes) else json.dumps(body)
        return client.post(url, data, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def key(world: World) -> str:
    return world.partner("n12381", source="national_12381")


def test_one_directive_and_its_repeats(world: World, call: Call, key: str) -> None:
    row = world.directive_row(urgent=True, due_at=(world.now + timedelta(hours=1)).isoformat())
    answer = call(key, row)
    assert answer.status_code == 202
    made, body = Directive.objects.for_system("look").get(), answer.json()
    assert (body["directive_id"], body["status"], body["number"]) == (str(made.id), "issued", "2026-00001")
    assert (body["jurisdiction_code"], body["urgent"], body["late"], body["feedback"]) == (
        "350104", True, False, None,
    )  # fmt: skip
    world.advance(timedelta(hours=2))
    assert call(key, row).json() == body and Directive.objects.for_system("look").count() == 1
    other = call(key, row | {"title": "另一件事"})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "external_id_conflict")
    entry = Entry.objects.get(event="directive.issued")
    assert (entry.actor_kind, entry.actor_id, entry.place_code) == ("partner", "n12381", "350104")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_flaw_is_told_and_nothing_taken(world: World, call: Call, key: str, language: str) -> None:
    answer = call(
        key,
        world.directive_row(kind="x", title="", due_at="2020-01-01T00:00:00+08:00", no="1"),
        language=language,
    )
    assert answer.status_code == 422
    told = {(each["field"], each["code"]): each["message"] for each in answer.json()["errors"]}
    assert set(told) == {
        ("no", "field_unknown"), ("title", "field_missing"), ("kind", "directive_kind_unknown"), ("due_at", "due_past"),
    }  # fmt: skip
    assert told["due_at", "due_past"] == catalog.error_text("due_past").get(language)
    for body in (b"[1]", b"3", b"null", b'"x"'):
        refused = call(key, body)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_a_row")
    assert call(key, b"{").json()["errors"][0]["code"] == "body_not_json"
    assert not Directive.objects.for_system("look").exists()


def test_the_feedback_is_told_once_it_was_fed_back(world: World, call: Call, key: str) -> None:
    row = world.directive_row(external_id="gj/2026 号1")
    call(key, row)
    made = Directive.objects.for_system("look").get()
    acting = world.officer("a", roles=["duty_officer"], unit="350104")
    second = world.officer("b", roles=["duty_officer"], unit="350104")
    steps: list[tuple[Any, Any, dict[str, str], str]] = [
        (accept_directive, acting, {}, "accepted"),
        (report_directive, acting, {"report": "已见面劝阻"}, "acted"),
        (verify_directive, second, {}, "verified"),
        (feed_back, acting, {}, "fed_back"),
    ]
    for version, (act, officer, words, status) in enumerate(steps, 1):
        act(directive_id=made.id, version=version, acting_officer=officer, now=world.now, **words)
        told = call(key, path="gj/2026 号1")
        assert (told.status_code, told.json()["status"]) == (200, status)
        assert told.json()["feedback"] == ("已见面劝阻" if status == "fed_back" else None)
    assert told.json()["external_id"] == row["external_id"] and told.json()["fed_back_at"]


def test_a_partner_sees_only_its_own(world: World, call: Call, key: str) -> None:
    call(key, world.directive_row(external_id="mine"))
    other = world.partner("n110", source="police_model")
    for who, path in ((other, "mine"), (key, "never")):
        answer = call(who, path=path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_found")
    officer = world.officer("duty", roles=["duty_officer"])
    world.directive(officer, external_id="theirs")
    assert call(key, path="theirs").status_code == 404


def test_a_key_for_warnings_orders_nobody(world: World, call: Call, key: str) -> None:
    PartnerKey.objects.update(acts=["warnings.write"])
    for answer in (call(key, world.directive_row()), call(key, path="x"), call("no key", path="x")):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "key_invalid")
    assert not Directive.objects.for_system("look").exists()


def test_asking_and_ordering_spend_the_same_allowance(world: World, call: Call) -> None:
    key = world.partner("slow", rate=2)
    assert call(key, world.directive_row(external_id="one")).status_code == 202
    assert call(key, path="one").status_code == 200
    for answer in (call(key, path="one"), call(key, world.directive_row())):
        assert answer.status_code == 429 and answer["Retry-After"]


def test_the_document_names_the_fields_and_kinds(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    row = paths["/api/v1/directives"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(row["required"]) == {"external_id", "kind", "title", "text"}
    assert all(kind in row["properties"]["kind"]["description"] for kind in catalog.directive_kinds())
    assert {"200", "404"} <= set(paths["/api/v1/directives/{external_id}"]["get"]["responses"])
