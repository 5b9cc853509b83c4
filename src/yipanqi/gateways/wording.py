"""What an order says to a bank: a stop or a freeze of the tables as the canonical message.

For: the one place that turns an `Order` into an `OrderMessage`. Leaves alone: how that looks on the wire
(`risk_platform`) and how it gets there (`sending`). Texts are Chinese, as on the papers that go beside it.
"""

from typing import TYPE_CHECKING, Any

from yipanqi import catalog
from yipanqi.gateways.messages import (
    Account,
    FreezeKind,
    FreezeTerms,
    Official,
    OrderKind,
    OrderMessage,
    Organisation,
    Payer,
    PayLine,
    Target,
)
from yipanqi.ops.jurisdictions.queries import place_name
from yipanqi.ops.measures.freezing.facts import OrderFacts, facts_of_order
from yipanqi.ops.measures.freezing.queries import signer_of
from yipanqi.ops.measures.queries import stop_order_id
from yipanqi.ops.returns.queries import lines_of_order

if TYPE_CHECKING:
    from yipanqi.ops.measures.models import Freeze, Order, PaymentStop
    from yipanqi.ops.staff.models import Officer

OTHER_PAPER = "99"  # an officer is named by the house's own id, not by an identity paper
_WITH_TERMS = (OrderKind.FREEZE, OrderKind.RENEW)


def message_of(order: "Order") -> OrderMessage:
    """The canonical message of an order that was claimed with its measure, account, case and officers."""
    matter = _about_stop(order, order.stop) if order.stop else _about_freeze(order, order.freeze)
    measure = order.measure
    bank = catalog.banks()[order.partner.bank]
    return OrderMessage(
        order_id=str(order.id),
        kind=OrderKind(order.kind),
        institution=order.partner.code,
        target=Target.ACCOUNT,
        case_type=measure.fraud_type,
        urgent=True,
        account=Account(
            measure.account.number.reveal(), measure.holder_name.reveal(), bank.code, bank.name.zh
        ),
        expires_at=order.valid_until_at,
        applied_at=order.created_at,
        organisation=Organisation(measure.place_code, place_name(measure.place_code, "zh")),
        **matter,
    )


def _about_stop(order: "Order", stop: "PaymentStop") -> dict[str, Any]:
    kind = OrderKind(order.kind)
    asked = kind is OrderKind.STOP and stop.asked_minor is not None
    return {
        "case_number": stop.case.number if stop.case else f"W-{stop.alert.id.hex}",
        "payer": _payer(stop) if asked else None,
        "amount_minor": stop.asked_minor if asked else None,
        "transfer_at": stop.transfer_at if asked else None,
        "reason": catalog.stop_grounds()[stop.ground].name.zh,
        "original_order_id": None if kind is OrderKind.STOP else str(stop_order_id(stop)),
        "starts_at": order.created_at,
        "operator": _official(stop.proposed_by),
        "investigator": _official(stop.signed_by) if stop.signed_by else None,
    }


def _about_freeze(order: "Order", freeze: "Freeze") -> dict[str, Any]:
    kind, facts = OrderKind(order.kind), facts_of_order(order)
    return {
        "case_number": freeze.case.number,
        "reason": facts.reason,
        "original_order_id": str(facts.original_id) if facts.original_id else None,
        "operator": _official(facts.asked_by),
        "investigator": _official(signer_of(order)),
        "freeze": _terms(freeze, facts) if kind in _WITH_TERMS else None,
        "release_minor": facts.release_minor,
        "lines": _lines(order) if kind is OrderKind.RETURN_MONEY else (),
    }


def _terms(freeze: "Freeze", facts: OrderFacts) -> FreezeTerms:
    assert facts.from_at is not None and facts.until_at is not None
    return FreezeTerms(
        kind=FreezeKind(freeze.kind),
        asked_minor=freeze.asked_minor,
        from_at=facts.from_at,
        until_at=facts.until_at,
        covers_interest=freeze.covers_interest,
        document=facts.document,
    )


def _lines(order: "Order") -> tuple[PayLine, ...]:
    return tuple(
        PayLine(
            ref=line.ref,
            account=line.account,
            name=line.name,
            bank=line.bank,
            principal_minor=line.principal_minor,
            interest_minor=line.interest_minor,
        )
        for line in lines_of_order(order)
    )


def _payer(stop: "PaymentStop") -> Payer | None:
    payment = stop.payment
    if payment is None or payment.payer is None:
        return None
    bank = catalog.banks().get(payment.payer_bank)
    return Payer(payment.payer.number.reveal(), "", payment.payer_bank, bank.name.zh if bank else "")


def _official(officer: "Officer") -> Official:
    return Official(OTHER_PAPER, officer.username, officer.name)
