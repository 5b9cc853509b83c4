"""The months before a rehearsal: a freeze nobody attends to, accounts frozen and screened; the books agree."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests.gateways.conftest import running
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.indicators.proving import prove
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.models import Answer, Freeze
from yipanqi.ops.screening.models import Evidence, Finding
from yipanqi.ops.screening.sniffing import PDF, sniff
from yipanqi.ops.staff.models import Officer
from yipanqi.rehearsal.staging import stage
from yipanqi.rehearsal.wayback import FORGOTTEN, MULE, SELLER, Wayback, invoice_pdf
from yipanqi.rehearsal.world import World


def test_the_invoice_is_what_a_holder_may_hand_in() -> None:
    assert sniff(invoice_pdf()) == PDF


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_what_lies_behind_a_rehearsal(transactional_db: None) -> None:
    def prepare(folder: Any, world: World) -> None:
        stage(folder, now=world.now)

    with running(["abc", "ccb", "icbc"], prepare, YIPANQI_DEMO="1") as (_, street, _world):
        now = RealClock().now()
        Wayback(street).play(now - timedelta(days=1))
        rows = Freeze.objects.for_system("the test looks").select_related("account")
        freezes = {freeze.account.number.reveal(): freeze for freeze in rows}
        held = {number: street.books(bank, number) for number, bank in ((MULE, "abc"), (SELLER, "ccb"))}
    assert set(freezes) == {FORGOTTEN, MULE, SELLER}
    forgotten = freezes[FORGOTTEN]
    assert forgotten.status == "frozen" and forgotten.warned_days == 15 and forgotten.let_lapse_at is None
    assert forgotten.expires_at and timedelta(days=10) < forgotten.expires_at - now < timedelta(days=18)
    warnings = Entry.objects.filter(subject_id=str(forgotten.id), event="freeze.expiring").order_by("id")
    assert [entry.payload["days"] for entry in warnings] == [30, 15]
    assert (freezes[MULE].frozen_minor, freezes[SELLER].frozen_minor) == (33_500_000, 1_200_000)
    assert [each["frozen"] for each in held[SELLER]["freezes"]] == ["12000.00"]
    found = Finding.objects.values_list("outcome", flat=True)
    assert sorted(found) == ["involved_full", "involved_part"] and Evidence.objects.count() == 2
    assert not Answer.objects.exclude(problem="").exists()
    broken = [check for check in prove(Officer.objects.get(username="chief01")) if not check.ok]
    assert not broken, broken
    connection.close()
