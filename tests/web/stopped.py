"""Stops in every state for the tests of the desks, made by the services themselves."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.ops.measures.conftest import Desk
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.measures.models import PaymentStop, Signature
from yipanqi.ops.measures.signing import sign

Fill = Callable[..., list[Any]]
HX = {"HX-Request": "true"}


def stop(desk: Desk, number: int = 0, **more: Any) -> PaymentStop:
    """A stop of an account of its own, its order given."""
    account = f"62220216020{number:08d}"
    return desk.propose(desk.case(payee_account=account), account=account, **more)


def held(desk: Desk, number: int = 0, **more: Any) -> PaymentStop:
    """A stop that was sent, signed and holds."""
    found = stop(desk, number, **more)
    desk.send(desk.order(found))
    sign(signature_id=waiting(found).id, acting_officer=desk.approver, now=desk.world.now)
    assert desk.answer(desk.order(found), account=found.account.number.reveal()).effect == "applied"
    return desk.seen(found)


def protective(desk: Desk, fill: Fill) -> PaymentStop:
    """A protective stop of the card of a resident who is warned of."""
    fill()
    alert = Alert.objects.for_system("look").order_by("-opened_at", "-id").first()
    return desk.propose(
        target="protective", ground="imminent_payment", account="6217000010001234567", case_id=None,
        payment_id=None, alert_id=alert.id, holder_name="林晓梅",
    )  # fmt: skip


def waiting(found: PaymentStop) -> Signature:
    """The signature a stop waits for."""
    signature: Signature = Signature.objects.for_system("look").get(stop=found, status="waiting")
    return signature


def counts(client: Client) -> dict[str, str]:
    """The tabs and how much stands under each."""
    return {tab["code"]: tab["count"] for tab in client.get("/funds").context["tabs"]}
