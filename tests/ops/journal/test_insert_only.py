"""The step that closes the journal's tables can be taken back and taken again."""

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from yipanqi.ops.journal.models import Entry


def _migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("journal", name)])


@pytest.mark.django_db(transaction=True)
def test_the_triggers_go_and_come_back() -> None:
    try:
        _migrate("0001_initial")
        assert Entry.objects.all().delete() == (0, {})
    finally:
        _migrate("0002_insert_only")
    with pytest.raises(DatabaseError, match="insert-only"):
        Entry.objects.update(version=2)
