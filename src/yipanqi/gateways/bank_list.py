"""Reading a bank's lists of the stops and freezes it holds, for the daily reconciliation.

Strict: one bad line refuses the list. Leaves alone: what disagrees with ours (`ops.measures.reconciling`).
"""

from yipanqi.gateways.reading import Fields, parse_object, refuse
from yipanqi.ops.measures.freezing.reconciling import BankFreeze
from yipanqi.ops.measures.reconciling import BankStop

MAX_BYTES = 64 * 1024 * 1024
STATUSES = ("in_effect", "lifted", "expired")
FREEZE_STATUSES = ("queued", "in_effect", "released", "expired")


def read_list(body: bytes) -> list[BankStop]:
    """The stops in effect out of `{"stops": [...]}`. Raises MessageRefused naming line and field."""
    fields = parse_object(body, limit=MAX_BYTES)
    if not fields.has("stops"):
        refuse("stops", "missing")
    lines = [_line(each) for each in fields.find_objects("stops")]
    fields.done()
    return [stop for status, stop in lines if status == "in_effect"]


def read_freezes(body: bytes) -> list[BankFreeze]:
    """The freezes that run, waiting ones too, out of `{"freezes": [...]}`. Raises MessageRefused as `read_list`."""
    fields = parse_object(body, limit=MAX_BYTES)
    if not fields.has("freezes"):
        refuse("freezes", "missing")
    lines = [_freeze(each) for each in fields.find_objects("freezes")]
    fields.done()
    return [freeze for status, freeze in lines if status in {"queued", "in_effect"}]


def _freeze(fields: Fields) -> tuple[str, BankFreeze]:
    status = fields.choice("status", FREEZE_STATUSES)
    freeze = BankFreeze(
        order_id=fields.find_uuid("order_id") or "",
        account=fields.text("account_number", 64),
        starts_at=fields.instant("starts_at"),
        ends_at=fields.instant("ends_at"),
        frozen_minor=fields.amount_minor("frozen"),
    )
    for name in ("asked", "department", "ended_at"):  # kept by the bank, of no use here
        fields.skip(name)
    fields.done()
    return status, freeze


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
