"""A bank's signed answer through the API: let in once, applied, kept when it cannot be used, refused to strangers."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.ops.measures.conftest import ACCOUNT, Desk
from yipanqi.gateways import signing
from yipanqi.gateways.messages import AnswerMessage, Official, OrderKind, Organisation, Result
from yipanqi.gateways.risk_platform import write_answer
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.measures.models import Answer, Order, PaymentStop
from yipanqi.rehearsal.world import World

pytestmark = pytest.mark.django_db(transaction=True)
SEED = bytes(range(32))
PATH = "/api/v1/answers"


@pytest.fixture
def stop(db: None) -> tuple[Desk, PaymentStop, Order]:
    """A stop whose order the bank has received; the bank signs with `SEED`."""
    desk = Desk(World().load())
    desk.bank = desk.world.bank("ccb", public_key=signing.public_key_of(SEED))
    stop = desk.propose()
    desk.send(desk.order(stop))
    return desk, stop, desk.order(stop)


def body(desk: Desk, order: Order, **more: Any) -> bytes:
    at = desk.world.now
    given: dict[str, Any] = {
        "order_id": str(order.id),
        "kind": OrderKind.STOP,
        "institution": "ccb",
        "result": Result.OK,
        "answer_id": str(uuid.uuid4()),
        "answered_at": at,
        "account_number": ACCOUNT,
        "balance_minor": 4_821_000,
        "starts_at": at,
        "ends_at": at + timedelta(hours=48),
        "organisation": Organisation("ccb", "建设银行"),
        "operator": Official("99", "0001", "经办"),
    } | more
    return write_answer(AnswerMessage(**given))


def post(raw: bytes, *, signer: str = "ccb", seed: bytes = SEED, headers: Any = None) -> Any:
    signed = headers or signing.sign(
        signer=signer, seed=seed, method="POST", path=PATH, body=raw, now=RealClock().now()
    )
    return Client().post(PATH, raw, content_type="application/json", headers=signed)


def test_an_answer_is_applied_once(stop: Any) -> None:
    desk, found, order = stop
    raw = body(desk, order)
    first = post(raw)
    assert (first.status_code, first.json()) == (202, {"effect": "applied", "problem": ""})
    now = desk.seen(found)
    assert (now.status, now.stopped_minor, now.coverage) == ("stopped", 4_821_000, "short")
    assert post(raw).json()["effect"] == "repeated"


def test_a_replayed_request_is_refused(stop: Any) -> None:
    desk, _, order = stop
    raw = body(desk, order)
    signed = signing.sign(signer="ccb", seed=SEED, method="POST", path=PATH, body=raw, now=RealClock().now())
    assert post(raw, headers=signed).status_code == 202
    again = post(raw, headers=signed)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "signature_replayed")


@pytest.mark.parametrize(
    "forged",
    [
        {"seed": bytes(32)},
        {"signer": "nobody"},
        {"headers": {"X-Signer": "ccb"}},
    ],
)
def test_a_stranger_is_not_heard(stop: Any, forged: Any) -> None:
    desk, found, order = stop
    assert post(body(desk, order), **forged).status_code == 401
    assert desk.seen(found).status == "sent" and not Answer.objects.exists()


def test_what_cannot_be_read_is_kept_and_told(stop: Any) -> None:
    desk, found, _ = stop
    answer = post(b'{"TxCode": "100102", "Result": "maybe"}')
    assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "message_refused"
    kept = Answer.objects.get()
    assert (kept.problem, kept.order) == ("answer_unreadable", None) and kept.field
    assert desk.seen(found).status == "sent"


def test_a_bank_cannot_answer_for_another(stop: Any) -> None:
    desk, found, order = stop
    assert post(body(desk, order, institution="icbc")).status_code == 422
    assert Answer.objects.get().field == "MessageFrom" and desk.seen(found).status == "sent"
