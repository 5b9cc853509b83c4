"""From "already paid" at the seat to the register's form, for the tests of the case desk."""

import re
from datetime import timedelta
from typing import Any

from django.test import Client

from tests.ops.measures.conftest import OWN_CARD
from tests.web.stopped import HX
from tests.web.test_desks import form_of
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case, Payment
from yipanqi.ops.measures.models import PaymentStop

NEEDED = {"payee_name": "周二", "amount": "5000.00", "stop_payee": "on", "protect_card": "on"}


def case() -> Any:
    return Case.objects.for_system("look").exclude(status="withdrawn").get()


def stops() -> dict[str, Any]:
    return {stop.target: stop for stop in PaymentStop.objects.for_system("look")}


def standing() -> list[Any]:
    """The payments of the case that were not replaced."""
    return list(Payment.objects.filter(replaced_at__isnull=True).order_by("amount_minor"))


def paid(client: Client, **headers: str) -> Any:
    """Take the next call and record that money has gone."""
    client.post("/seat/next")
    return client.post("/seat/outcome", form_of(client) | {"outcome": "paid"}, headers=headers or HX)


def value_of(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)
    return found.group(1) if found else ""


def typed(client: Client, **more: str) -> dict[str, str]:
    """The register's form as the page gives it, with what the victim says on the phone."""
    html = client.get(f"/cases/{case().id}/register").content.decode()
    form = re.search(r"<form[^>]*register-form.*?</form>", html, re.S)
    assert form
    fields = dict(re.findall(r'name="(payee_ref|payer_ref)" value="([^"]+)" checked', form.group()))
    fields |= {name: value for name in ("amount", "paid_at") if (value := value_of(form.group(), name))}
    banks = re.findall(r'name="(\w+_bank)".*?</select>', form.group(), re.S)
    for name in banks:
        select = re.search(rf'name="{name}".*?</select>', form.group(), re.S)
        chosen = re.search(r'value="(\w+)" selected', select.group() if select else "")
        fields |= {name: chosen.group(1)} if chosen else {}
    return fields | NEEDED | {"payer_account": OWN_CARD, "payer_bank": "ccb"} | more


def register(client: Client, **more: str) -> Any:
    return client.post(f"/cases/{case().id}/register", typed(client, **more))


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    found: dict[str, str] = answer.context["errors"]
    return found


def paid_at(payment: Payment) -> str:
    return (payment.paid_at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")


def protect(client: Client, **more: str) -> Any:
    alert = Alert.objects.for_system("look").get()
    card = {"alert_id": str(alert.id), "payer_account": OWN_CARD, "payer_bank": "ccb"}
    return client.post("/seat/protect", card | more, headers=HX)
