"""What a freeze says to others: the fields of its papers, and what a bank is told of it with an order."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yipanqi import catalog
from yipanqi.casework.terms import ends_at
from yipanqi.kernel.days import day_start
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import Actor
from yipanqi.ops.measures.enums import FreezeKind, OrderKind
from yipanqi.ops.measures.freezing.queries import freeze_order_id
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order
from yipanqi.ops.measures.moving import pack_of
from yipanqi.ops.measures.queries import stop_order_id
from yipanqi.ops.papers.models import Paper
from yipanqi.ops.papers.services import make_paper


@dataclass(frozen=True)
class OrderFacts:
    """What the message of an order about a freeze says beside the account; `reason` in Chinese, as on the notice.

    `from_at` and `until_at` are there in a freeze and a renewal, `release_minor` in a cut; `original_id` is the stop's
    order in a freeze, else the freeze's own; `asked_by` is who asked for just this order.
    """

    reason: str
    document: str
    original_id: uuid.UUID | None
    asked_by: Any
    from_at: datetime | None = None
    until_at: datetime | None = None
    release_minor: int | None = None


def facts_of_order(order: Order) -> OrderFacts:
    """The facts of an order about a freeze, which was claimed with its freeze."""
    freeze, change = order.freeze, _change_of(order)
    ordered = order.kind == OrderKind.FREEZE
    renewed = order.kind == OrderKind.RENEW
    original = (freeze.stop and stop_order_id(freeze.stop)) if ordered else freeze_order_id(freeze)
    start, last = freeze.from_date, freeze.until_date
    if change is not None and renewed:
        start, last = change.from_date, change.until_date
    return OrderFacts(
        reason=_reason(freeze, change),
        document=(change.document if change else "") or freeze.document,
        original_id=original,
        asked_by=change.asked_by if change else freeze.proposed_by,
        from_at=_day_start(freeze, start) if ordered or renewed else None,
        until_at=ends_at(last, pack_of(freeze).zone) if ordered or renewed else None,
        release_minor=change.minor if change and order.kind == OrderKind.CUT else None,
    )


def freeze_notice(
    freeze: Freeze,
    *,
    officers: list[str],
    acting: Actor,
    now: datetime,
    change: FreezeChange | None = None,
) -> Paper:
    """The notice to freeze, or to freeze on (续冻) for a renewal."""
    whole = freeze.kind == FreezeKind.FULL
    scope = "账户内全部存款、汇款" if whole else "限额冻结"
    fields = _common(freeze, officers) | {
        "bank": catalog.banks()[freeze.partner.bank].name.zh,
        "amount": yuan(freeze.asked_minor),
        "scope": f"继续冻结（{scope}）" if change else scope,
        "interest": "是" if freeze.covers_interest else "否",
        "start": _day(change.from_date if change else freeze.from_date),
        "until": _day(change.until_date if change else freeze.until_date),
    }
    return _made("freeze_notice", fields, freeze, acting, now)


def release_notice(
    freeze: Freeze, change: FreezeChange, *, officers: list[str], acting: Actor, now: datetime
) -> Paper:
    """The notice to the bank to let go of a part or of all."""
    fields = _letting_go(freeze, change.minor or freeze.frozen_minor, change.ground, officers, left=None) | {
        "bank": catalog.banks()[freeze.partner.bank].name.zh,
        "earlier": freeze.document,
    }
    return _made("release_notice", fields, freeze, acting, now)


def owner_notice(
    freeze: Freeze, *, released_minor: int, reason: str, officers: list[str], acting: Actor, now: datetime
) -> Paper:
    """What the holder is told once the bank has let go; `freeze` holds what is left by now."""
    fields = _letting_go(freeze, released_minor, reason, officers, left=freeze.frozen_minor)
    return _made("owner_notice", fields, freeze, acting, now)


def yuan(minor: int) -> str:
    """An amount as it stands on a paper."""
    return f"人民币{format_amount(minor)}元"


def _common(freeze: Freeze, officers: list[str]) -> dict[str, str]:
    return {
        "case": freeze.case.number,
        "holder": freeze.holder_name.reveal(),
        "account": freeze.account.number.reveal(),
        "officers": "、".join(dict.fromkeys(officers)),
    }


def _letting_go(
    freeze: Freeze, minor: int, reason: str, officers: list[str], *, left: int | None
) -> dict[str, str]:
    remains = freeze.frozen_minor - minor if left is None else left
    known = catalog.freeze_end_reasons().get(reason)
    return _common(freeze, officers) | {
        "released": yuan(minor),
        "left": yuan(max(0, remains)),
        "reason": known.name.zh if known else reason,
    }


def _made(kind: str, fields: dict[str, str], freeze: Freeze, acting: Actor, now: datetime) -> Paper:
    return make_paper(
        kind,
        fields=fields,
        subject=("freeze", freeze.id),
        case_id=freeze.case_id,
        place_code=freeze.place_code,
        acting=acting,
        now=now,
    )


def _change_of(order: Order) -> FreezeChange | None:
    found: FreezeChange | None = getattr(
        order, "change", None
    )  # absent where no signed change gave the order
    return found


def _reason(freeze: Freeze, change: FreezeChange | None) -> str:
    code = change.ground if change else freeze.ground
    known = catalog.freeze_grounds().get(code) or catalog.freeze_end_reasons().get(code)
    return known.name.zh if known else code


def _day(day: date | None) -> str:
    assert day is not None
    return f"{day.year}年{day.month}月{day.day}日"


def _day_start(freeze: Freeze, day: date | None) -> datetime:
    assert day is not None
    return day_start(datetime(day.year, day.month, day.day, 12, tzinfo=pack_of(freeze).zone))
