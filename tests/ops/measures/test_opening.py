"""What stops held before there were books is posted once by the migration."""

from importlib import import_module

import pytest
from django.db import connection, transaction

from tests.ops.measures.conftest import FreezeDesk, held

pytestmark = pytest.mark.django_db(transaction=True)


def test_stops_that_run_are_opened_once(freezing: FreezeDesk) -> None:
    stop = held(freezing)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE moneybook_moneyentry CASCADE")
    assert freezing.booked("stopped", stop) == 0
    opening = import_module("yipanqi.ops.measures.migrations.0004_opening_holdings").OPENING
    for _ in range(2):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(opening)
    assert freezing.booked("stopped", stop) == 5_000_000
    assert freezing.booked("bank", stop) == -5_000_000
