"""A bank reports for its customer: taken once, every flaw told, and a case with its payments stands at once."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from yipanqi import catalog
from yipanqi.api.v1.schemas import REPORT_EXAMPLE
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.models import PartnerKey
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db
Call = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """POST a report with a key."""
    client = Client(raise_request_exception=False)

    def send(key: str, body: object, language: str = "en") -> Any:
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        data = body if isinstance(body, bytes) else json.dumps(body)
        return client.post("/api/v1/reports", data, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def key(world: World) -> str:
    return world.partner("ccb")


def report(world: World, **fields: Any) -> dict[str, Any]:
    """The documented example as if it had happened an hour ago; None drops a field."""
    at = (world.now - timedelta(hours=1)).isoformat()
    payment = REPORT_EXAMPLE["payments"][0] | {"paid_at": at}  # type: ignore[index]
    raw = REPORT_EXAMPLE | {"occurred_at": at, "payments": [payment]} | fields
    return {name: value for name, value in raw.items() if value is not None}


def cases() -> Any:
    return Case.objects.for_system("look")


def test_one_report_and_its_repeats(world: World, call: Call, key: str) -> None:
    answer = call(key, report(world))
    made, body = cases().get(), answer.json()
    assert answer.status_code == 202 and set(body) == {"external_id", "case_id", "number", "reported_at"}
    assert (body["case_id"], body["number"]) == (str(made.id), made.number)
    assert (made.source, made.sender, made.status, made.loss_minor) == (
        "partner",
        "ccb",
        "reported",
        5_000_000,
    )
    assert made.place_code == "350104" and Payment.objects.get().payee_name.reveal() == "周二"
    entry = Entry.objects.get(event="case.reported")
    assert (entry.actor_kind, entry.actor_id) == ("partner", "ccb")
    world.advance(timedelta(days=1))
    assert (
        call(key, report(world) | {"occurred_at": answer_at(made), "payments": raw_payments(made)}).json()
        == body
    )
    assert cases().count() == 1
    other = call(key, report(world, text="另一件事"))
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "external_id_conflict")
    assert call(world.partner("icbc"), report(world)).status_code == 202 and cases().count() == 2


def answer_at(made: Any) -> str:
    return str(made.occurred_at.isoformat())


def raw_payments(made: Any) -> list[dict[str, str]]:
    return [REPORT_EXAMPLE["payments"][0] | {"paid_at": made.payments.get().paid_at.isoformat()}]  # type: ignore[index]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_flaw_is_told_and_nothing_taken(world: World, call: Call, key: str, language: str) -> None:
    raw = report(
        world, external_id=None, person_phone="1", no="1", suspect_phones=["x"], payments=[{"amount": "0"}]
    )
    answer = call(key, raw, language)
    assert answer.status_code == 422
    told = {(each["field"], each["code"]): each["message"] for each in answer.json()["errors"]}
    assert {("external_id", "field_missing"), ("person_phone", "phone_invalid"), ("no", "field_unknown"),
            ("suspect_phones[0]", "phone_invalid"), ("payments[0].amount", "amount_zero"),
            ("payments[0].payee_account", "field_missing")} <= set(told)  # fmt: skip
    assert told["payments[0].amount", "amount_zero"] == catalog.error_text("amount_zero").get(language)
    assert not cases().exists()
    for body in (b"[1]", b"3", b"null", b'"x"', b'{"external_id": "\\ud800"}'):
        assert call(key, body).status_code == 422
    assert call(key, b"{").json()["errors"][0]["code"] == "body_not_json" and not cases().exists()


def test_the_place_lies_within_the_partners_scope(world: World, call: Call) -> None:
    key = world.partner("county", scope="350104")
    answer = call(key, report(world, jurisdiction_code="350203"))
    assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "jurisdiction_outside"
    assert call(key, report(world, jurisdiction_code=None)).status_code == 202
    assert cases().get().place_code == "350104"


def test_only_a_key_for_reports_and_only_so_many(world: World, call: Call) -> None:
    key = world.partner("slow", rate=1)
    PartnerKey.objects.filter(partner__code="slow").update(acts=["warnings.write"])
    assert call(key, report(world)).status_code == 401 and not cases().exists()
    PartnerKey.objects.filter(partner__code="slow").update(acts=["reports.write"])
    assert call(key, report(world)).status_code == 202
    again = call(key, report(world))
    assert again.status_code == 429 and "Retry-After" in again


def test_the_example_of_the_page_is_a_report(world: World, call: Call, key: str) -> None:
    assert call(key, REPORT_EXAMPLE).status_code == 202
