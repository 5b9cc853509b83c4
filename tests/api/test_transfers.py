"""Transfers in: accepted, merged or rejected row by row, safe to repeat, and nothing kept of what is rejected."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from yipanqi.analytics.models import LedgerRow
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.partners.models import PartnerKey
from yipanqi.ops.subjects.models import Account
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db
Post = Callable[[str, Any, str], Any]


@pytest.fixture
def post(client: Client) -> Post:
    """POST a body to a path of the API with a key."""

    def call(path: str, body: object, key: str) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        data = json.dumps(body)
        return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)

    return call


def row(world: World, **more: Any) -> dict[str, Any]:
    at = (world.now - timedelta(minutes=1)).isoformat()
    base = {"id": "T1", "booked_at": at, "payer": "6222021602001234567", "payee": "6222021602002222222"}
    return {**base, "amount": "49000.00", **more}


def send(world: World, post: Post, key: str, *rows: Any) -> dict[str, Any]:
    answer = post("transfers", {"rows": list(rows)}, key)
    assert answer.status_code == 202, answer.content
    told: dict[str, Any] = answer.json()
    assert told["accepted"] + told["merged"] + told["rejected"] == len(rows)
    return told


def test_a_row_is_kept_by_tokens_with_its_three_times(world: World, post: Post) -> None:
    told = send(
        world,
        post,
        world.partner(),
        row(world, payee_bank="建设银行", payee_name="吴三", serial="7", channel="网银"),
    )
    assert told == {"accepted": 1, "merged": 0, "rejected": 0, "rejects": []}
    kept = LedgerRow.objects.get()
    assert (kept.sender, kept.external_id, kept.amount_minor, kept.serial) == ("ccb", "T1", 4_900_000, 7)
    assert (kept.payee_bank, kept.payee.bank_code, kept.payee_name.reveal()) == ("ccb", "ccb", "吴三")
    assert (kept.received_at, kept.recorded_at, kept.ledger_no) == (world.now, None, None)
    assert "6222021602002222222" not in repr(LedgerRow.objects.values()) + repr(Account.objects.values())
    assert Entry.objects.get(event="transfers.received").payload == {
        "partner_id": "ccb", "accepted": 1, "merged": 0, "rejected": 0,
    }  # fmt: skip


def test_a_repeat_merges_and_other_content_is_rejected(world: World, post: Post) -> None:
    key = world.partner()
    send(world, post, key, row(world))
    told = send(
        world, post, key, row(world), row(world, amount="1"), row(world, id="T2"), row(world, id="T2")
    )
    assert (told["accepted"], told["merged"], told["rejected"]) == (1, 2, 1)
    assert [(each["row"], each["code"]) for each in told["rejects"]] == [(2, "external_id_conflict")]
    assert LedgerRow.objects.count() == 2


def test_the_same_id_of_another_partner_is_another_row(world: World, post: Post) -> None:
    assert send(world, post, world.partner(), row(world))["accepted"] == 1
    assert send(world, post, world.partner("icbc"), row(world, amount="1"))["accepted"] == 1


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"id": ""}, "id", "field_missing"),
        ({"id": "x" * 65}, "id", "field_too_long"),
        ({"booked_at": "2026-03-01T10:12:41"}, "booked_at", "datetime_no_offset"),
        ({"booked_at": "2026-03-03T10:12:41+08:00"}, "booked_at", "occurred_in_future"),
        ({"payer": "6.22202E+18"}, "payer", "account_invalid"),
        ({"payee": 12}, "payee", "account_invalid"),
        ({"amount": "0"}, "amount", "amount_zero"),
        ({"amount": "-5"}, "amount", "amount_negative"),
        ({"amount": "5e4"}, "amount", "amount_scientific"),
        ({"amount": "90071992547409.92"}, "amount", "amount_too_large"),
        ({"amount": "1.5", "currency": "JPY"}, "amount", "amount_too_precise"),
        ({"serial": "1.5"}, "serial", "serial_invalid"),
        ({"serial": str(2**63)}, "serial", "serial_invalid"),
        ({"currency": "rmb"}, "currency", "currency_invalid"),
        ({"kind": "gift"}, "kind", "transfer_kind_unknown"),
        ({"channel": "x" * 33}, "channel", "field_too_long"),
        ({"payee_name": "\ud800"}, "payee_name", "field_not_text"),
        ({"memo": "x"}, "memo", "field_unknown"),
    ],
)
def test_a_wrong_row_comes_back_with_its_reason(
    world: World, post: Post, more: dict[str, Any], field: str, code: str
) -> None:
    told = send(world, post, world.partner(), row(world, **more), row(world, id="T2"))
    assert (told["accepted"], told["rejected"]) == (1, 1)
    problem = told["rejects"][0]
    assert (problem["row"], problem["field"], problem["code"]) == (1, field, code) and problem["message"]
    assert LedgerRow.objects.count() == 1


def test_what_is_no_row_at_all_and_every_flaw_of_a_row(world: World, post: Post) -> None:
    told = send(world, post, world.partner(), "x", row(world, amount="", payer=""), None)
    assert [(each["row"], each["code"]) for each in told["rejects"]] == [
        (1, "not_a_transfer"), (2, "field_missing"), (2, "field_missing"), (3, "not_a_transfer"),
    ]  # fmt: skip


def test_keys_limits_and_rates_hold(world: World, post: Post) -> None:
    key, slow = world.partner(), world.partner("slow", rate=2)
    assert post("transfers", {"rows": []}, key).json()["errors"][0]["code"] == "batch_empty"
    assert post("transfers", {"rows": [{}] * 10_001}, key).status_code == 413
    assert post("transfers", {"rows": [row(world)] * 3}, slow).status_code == 413
    send(world, post, slow, row(world), row(world, id="T2"))
    assert post("transfers", {"rows": [row(world)]}, slow).status_code == 429
    PartnerKey.objects.filter(partner__code="ccb").update(acts=["warnings.write"])
    assert post("transfers", {"rows": [row(world)]}, key).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_rows_pass(world: World, post: Post) -> None:
    rows = [row(world, id=f"T{number}", payee=f"62220216020{number:08d}") for number in range(10_000)]
    assert send(world, post, world.partner(), *rows)["accepted"] == 10_000
    assert send(world, post, world.partner("other"), *rows[:10])["accepted"] == 10
