"""A centre whose calls find that somebody has paid, and the words in which tests ask about the case."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.ops.workorders.conftest import record
from yipanqi.analytics.triage import triage_alerts
from yipanqi.ops.alerts.models import Alert
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.reading import PaymentFacts, read_payment
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.workorders.models import WorkOrder
from yipanqi.ops.workorders.services import take_next
from yipanqi.rehearsal.world import PROVINCE, World

SUSPECT = "6222021602001234567"
OWN_CARD = "6217000010001234567"


@pytest.fixture
def paid_call(world: World) -> Callable[..., Any]:
    """A warning called by an officer who records that money has gone; the alert. `officer` and fields of the row."""

    def make(officer: Any = None, **row: Any) -> Any:
        given = {"suspect_account": SUSPECT, "suspect_bank": "工行", "amount": "20000", "paid": "true"} | row
        taken = world.take_in([world.row(**given)])
        triage_alerts([fate.alert_id for fate in taken.fates if fate.alert_id], now=world.now)
        officer = officer or world.officer(f"seat{taken.fates[0].alert_id.hex[-8:]}")
        held = take_next(acting_officer=officer, now=world.now)
        assert held
        order = WorkOrder.objects.for_system("the test looks").get(id=held[0].id)
        record(world, order, "paid", officer)
        return Alert.objects.for_system("the test looks").get(id=order.alert_id)

    return make


def case_of(alert: Any) -> Any:
    """The one case of an alert, however it stands; an error when there is none or more than one."""
    return Case.objects.for_system("the test looks").get(alert=alert)


def seen(case: Any) -> Any:
    """The case as it stands in the table."""
    return Case.objects.for_system("the test looks").get(id=case.id)


def facts(world: World, **fields: Any) -> PaymentFacts:
    """A payment of 30,000 yuan a minute ago; None drops a field."""
    raw = {
        "payee_account": SUSPECT,
        "payee_name": "周二",
        "payee_bank": "工商银行",
        "amount": "30000",
        "paid_at": (world.now - timedelta(minutes=1)).isoformat(),
    } | fields
    typed = {name: value for name, value in raw.items() if value is not None}
    return read_payment(typed, scope_code=PROVINCE, now=world.now)


def events(subject: Any) -> list[str]:
    """What the journal says of an object, in order."""
    return list(
        Entry.objects.filter(subject_id=str(subject.id)).order_by("id").values_list("event", flat=True)
    )
