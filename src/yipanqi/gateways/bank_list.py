"""Reading a bank's list of the stops it holds, for the daily reconciliation. Strict: one bad line refuses the list."""

from yipanqi.gateways.reading import Fields, parse_object, refuse
from yipanqi.ops.measures.reconciling import BankStop

MAX_BYTES = 64 * 1024 * 1024
STATUSES = ("in_effect", "lifted", "expired")


def read_list(body: bytes) -> list[BankStop]:
    """The stops in effect out of `{"stops": [...]}`. Raises MessageRefused naming line and field."""
    fields = parse_object(body, limit=MAX_BYTES)
    if not fields.has("stops"):
        refuse("stops", "missing")
    lines = [_line(each) for each in fields.find_objects("stops")]
    fields.done()
    return [stop for status, stop in lines if status == "in_effect"]


def _line(fields: Fields) -> tuple[str, BankStop]:
    status = fields.choice("status", STATUSES)
    stop = BankStop(
        order_id=fields.find_uuid("order_id") or "",
        account=fields.text("account_number", 64),
        starts_at=fields.instant("starts_at"),
        ends_at=fields.instant("ends_at"),
    )
    for name in ("asked", "balance", "ended_at"):  # kept by the bank, of no use here
        fields.skip(name)
    fields.done()
    return status, stop
