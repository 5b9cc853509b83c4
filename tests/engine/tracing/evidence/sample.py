"""A small case whose numbers fit on a hand: a victim, two levels, cash, and money that lies."""

from zoneinfo import ZoneInfo

from tests.engine.tracing.ledgers import ledger_of
from tests.engine.tracing.oracle import Row
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.tracing.evidence import Provenance
from yipanqi.engine.tracing.result import Trace
from yipanqi.engine.tracing.tracing import trace

PROVENANCE = Provenance("CN", "1", ZoneInfo("Asia/Shanghai"))
VICTIM, FIRST, SECOND, FRIEND = (
    "6299000000000001",
    "6299000000000012",
    "6299000000000023",
    "6299000000000034",
)


def case_ledger(second: str = SECOND) -> Ledger:
    """50,000.00 in; 20,000.00 to the second level, of which 5,000.00 to cash; 10,000.00 back and forth."""
    rows = [
        Row("t1", 0, VICTIM, FIRST, 5_000_000, 1, "transfer", None, "CNY"),
        Row("t2", 60, FIRST, second, 2_000_000, 2, "transfer", None, "CNY"),
        Row("t3", 120, second, "CASH", 500_000, 3, "cash_out", None, "CNY"),
        Row("t4", 180, second, FIRST, 1_000_000, 4, "transfer", None, "CNY"),
        Row("t5", 240, FIRST, FRIEND, 123_456, 5, "transfer", None, "CNY"),
    ]
    return ledger_of(rows)


def case(method: str = "haircut", second: str = SECOND) -> Trace:
    """The trace of the case's first transfer."""
    return trace(case_ledger(second), ["t1"], method=method)
