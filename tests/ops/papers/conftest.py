"""Fields and tables for a paper of every kind, and a paper of one kind."""

import uuid
from typing import Any

from yipanqi import catalog
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.services import make_paper
from yipanqi.rehearsal.world import World

NOTICE = {
    "bank": "中国建设银行福州分行",
    "case": "A3501042026000017",
    "holder": "周二",
    "account": "6222021602001234567",
    "amount": "50,000.00元",
    "scope": "限额冻结",
    "interest": "及于孳息",
    "start": "2026年3月2日",
    "until": "2026年9月2日",
    "officers": "陈警官、林警官",
}
ROWS = 3


def any_fields(kind: str) -> dict[str, str]:
    """A value of its own for each field the kind asks for."""
    return {name: NOTICE.get(name, f"某{name}值") for name in catalog.papers()[kind].fields()}


def any_tables(kind: str, rows: int = ROWS) -> dict[str, list[list[str]]]:
    """Some rows for each table, every cell another."""
    return {
        name: [[f"{name}{row}栏{column}" for column in range(len(columns))] for row in range(rows)]
        for name, columns in catalog.papers()[kind].tables().items()
    }


def make(world: World, kind: str = "freeze_notice", **over: Any) -> Paper:
    """A paper of the county of the world's cases."""
    known: dict[str, Any] = {
        "fields": any_fields(kind),
        "tables": any_tables(kind),
        "subject": ("freeze", uuid.UUID(int=7)),
        "case_id": uuid.UUID(int=9),
        "place_code": "350104001",
        "acting": SYSTEM,
        "now": world.now,
    }
    return make_paper(kind, **(known | over))
