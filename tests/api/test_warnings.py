"""The partner door over HTTP: answers after the commit, refuses in one shape, and tells nothing to strangers."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from yipanqi import catalog
from yipanqi.ops.alerts.models import Alert, QuarantinedRow, Signal
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.models import PartnerKey
from yipanqi.rehearsal.world import World

Post = Callable[..., Any]


@pytest.fixture
def post() -> Post:
    """POST JSON to the API with a key; the status, the answer and its headers."""
    client = Client(raise_request_exception=False)

    def send(path: str, body: object, key: str = "", language: str = "en") -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = body if isinstance(body, bytes) else json.dumps(body)
        url = f"/api/v1/{path}"
        return client.post(
            url, data, content_type="application/json", headers=headers | {"Accept-Language": language}
        )

    return send


def problem(answer: Any) -> dict[str, Any]:
    (only,) = answer.json()["errors"]
    assert set(only) == {"row", "field", "code", "message"}
    return only


def test_one_warning_and_its_repeats(world: World, post: Post) -> None:
    key, row = world.partner(), world.row()
    answer = post("warnings", row, key)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert str(Alert.objects.for_system("look").get().id) == answer.json()["alert_id"]
    again = post("warnings", row, key)
    assert (again.status_code, again.json()) == (202, answer.json() | {"status": "duplicate"})
    joined = post("warnings", world.row(person_phone=row["person_phone"]), key)
    assert joined.json()["status"] == "joined" and joined.json()["alert_id"] == answer.json()["alert_id"]


def test_the_source_and_the_actor_are_the_keys(world: World, post: Post) -> None:
    key = world.partner("telecom", source="telecom")
    post("warnings", world.row(), key)
    signal = Signal.objects.get()
    assert (signal.sender, signal.source) == ("telecom", "telecom")
    entry = Entry.objects.get(event="alert.opened")
    assert (entry.actor_kind, entry.actor_id) == ("partner", "telecom")


@pytest.mark.django_db(transaction=True)
def test_202_comes_after_the_commit(world: World, post: Post) -> None:
    key = world.partner()
    answers = [post("warnings", world.row(), key).json()]
    post("warnings/batch", {"rows": [world.row()] * 2}, key)
    parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = {ours: value for ours, theirs in parts.items() if (value := connection.settings_dict[theirs])}
    with psycopg.connect(**address) as other:
        seen = {str(row[0]) for row in other.execute("SELECT id FROM alerts_signal").fetchall()}
        jobs = other.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").fetchone()
    assert answers[0]["signal_id"] in seen and len(seen) == 2 and jobs and jobs[0] >= 2


def test_a_bad_row_names_every_field_and_is_kept(world: World, post: Post) -> None:
    key = world.partner()
    answer = post("warnings", world.row(person_phone="1", amount="x", colour="red"), key)
    assert answer.status_code == 422
    told = {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert told == {
        ("person_phone", "phone_invalid"),
        ("amount", "amount_not_a_number"),
        ("colour", "field_unknown"),
    }
    assert all(error["message"] for error in answer.json()["errors"])
    assert QuarantinedRow.objects.for_system("look").get().row_no == 1


@pytest.mark.parametrize(
    "body", [b"[1, 2]", b"3", b"null", b'"text"', b"{}", b'{"external_id": "\\ud800\\u0000"}']
)
def test_json_that_is_no_row_is_kept_all_the_same(world: World, post: Post, body: bytes) -> None:
    answer = post("warnings", body, world.partner())
    assert answer.status_code == 422 and answer.json()["errors"]
    assert QuarantinedRow.objects.for_system("look").count() == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(world: World, post: Post, body: bytes) -> None:
    key = world.partner()
    for path in ("warnings", "warnings/batch"):
        answer = post(path, body, key)
        assert answer.status_code in {400, 422} and answer.json()["errors"], path
    assert not QuarantinedRow.objects.for_system("look").exists()


def test_a_batch_says_what_became_of_each(world: World, post: Post) -> None:
    key, row = world.partner(), world.row()
    rows = [row, row, world.row(person_phone=row["person_phone"]), world.row(amount="x"), "no row"]
    answer = post("warnings/batch", {"rows": rows, "label": "march\x00.json"}, key, "zh-hans")
    body = answer.json()
    assert answer.status_code == 202
    counts = {name: body[name] for name in ("accepted", "joined", "duplicate", "quarantined")}
    assert counts == {"accepted": 1, "joined": 1, "duplicate": 1, "quarantined": 2}
    assert [(reject["row"], reject["code"]) for reject in body["rejects"]] == [
        (4, "amount_not_a_number"),
        (5, "not_a_row"),
    ]
    assert body["rejects"][0]["message"] == catalog.error_text("amount_not_a_number").zh
    again = post("warnings/batch", {"rows": rows[:3]}, key).json()
    assert again["duplicate"] == 3 and again["batch_id"] != body["batch_id"]


def test_rejects_are_told_up_to_a_hundred_and_all_kept(world: World, post: Post) -> None:
    answer = post("warnings/batch", {"rows": [{}] * 120}, world.partner()).json()
    assert len(answer["rejects"]) == catalog.windows()["batch_rejects_shown"].count == 100
    assert answer["quarantined"] == QuarantinedRow.objects.for_system("look").count() == 120


def test_ten_thousand_pass_and_one_more_is_refused(world: World, post: Post) -> None:
    key, row = world.partner(), world.row()
    answer = post("warnings/batch", {"rows": [row] * 10_000}, key)
    assert (answer.status_code, answer.json()["duplicate"]) == (202, 9_999)
    refused = post("warnings/batch", {"rows": [row] * 10_001}, key)
    assert (refused.status_code, problem(refused)["code"]) == (413, "batch_too_large")
    assert "10000" in problem(refused)["message"].replace(",", "")
    empty = post("warnings/batch", {"rows": []}, key)
    assert (empty.status_code, problem(empty)["code"]) == (400, "batch_empty")
    shapeless = post("warnings/batch", {"row": []}, key)
    assert (shapeless.status_code, problem(shapeless)["field"]) == (422, "rows")


def test_a_place_of_another_scope_is_refused(world: World, post: Post) -> None:
    key = world.partner("county", scope="350104")
    answer = post("warnings", world.row(jurisdiction_code="350203"), key)
    assert (answer.status_code, problem(answer)["code"]) == (422, "jurisdiction_outside")
    assert QuarantinedRow.objects.for_system("look").get().place_code == "350104"


def test_without_a_good_key_nothing_is_said_or_taken(world: World, post: Post) -> None:
    key = world.partner()
    revoked = world.partner("gone")
    PartnerKey.objects.filter(partner__code="gone").update(revoked_at=world.now)
    other_act = world.partner("reader")
    PartnerKey.objects.filter(partner__code="reader").update(acts=["answers.read"])
    expired = world.partner("late")
    PartnerKey.objects.filter(partner__code="late").update(expires_at=world.now)
    for bad in ("", "x", revoked, other_act, expired, key[:-1] + ("a" if key[-1] != "a" else "b")):
        for path in ("warnings", "warnings/batch"):
            answer = post(path, world.row(), bad)
            assert answer.status_code == 401, bad
            assert problem(answer) == {
                "row": None,
                "field": "",
                "code": "key_invalid",
                "message": catalog.error_text("key_invalid").en,
            }
    assert not Signal.objects.exists() and not QuarantinedRow.objects.for_system("look").exists()


def test_the_rate_is_told_with_the_wait(world: World, post: Post) -> None:
    key = world.partner("slow", rate=3)
    world.advance(timedelta(seconds=20))
    for _ in range(3):
        assert post("warnings", world.row(), key).status_code == 202
    answer = post("warnings", world.row(), key)
    assert (answer.status_code, answer["Retry-After"]) == (429, "40")
    assert problem(answer)["message"] == catalog.error_text("rate_exceeded", seconds=40).en
    assert problem(post("warnings/batch", {"rows": [{}] * 4}, key))["code"] == "batch_too_large"
    world.advance(timedelta(seconds=40))
    assert post("warnings", world.row(), key).status_code == 202


def test_the_openapi_document_and_its_page(db: None, client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.") and set(document["paths"]) == {
        "/api/v1/warnings",
        "/api/v1/warnings/batch",
        "/api/v1/directives",
        "/api/v1/directives/{external_id}",
        "/api/v1/answers",
        "/api/v1/reports",
        "/api/v1/transfers",
    }
    row = document["paths"]["/api/v1/warnings"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert {"external_id", "occurred_at", "person_phone"} <= set(row["required"])
    for path in document["paths"].values():
        for call in path.values():
            assert {"401", "413", "422", "429"} <= set(call["responses"])
            assert call["tags"] == ["answers"] or call["security"], "an answer is signed instead"
            assert {"200", "202"} & set(call["responses"])
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200 and "openapi.json" in text
    assert "http://" not in text and "https://" not in text
    assert "script-src 'self'" in page["Content-Security-Policy"]
    inline = [part for part in text.split("<script")[1:] if "src=" not in part.partition(">")[0]]
    assert all('type="application/json"' in part.partition(">")[0] for part in inline)


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_one_row_is_a_batch(world: World, post: Post) -> None:
    answer = post("warnings/batch", {"rows": [world.row()]}, world.partner())
    assert answer.status_code == 202 and answer.json()["accepted"] == 1
    assert uuid.UUID(answer.json()["batch_id"])
