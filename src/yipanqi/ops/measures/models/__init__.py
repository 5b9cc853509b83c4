"""Tables of measures: stops, freezes and their changes, signatures, orders and answers, differences."""

from yipanqi.ops.measures.models.asking import AskedSignature, Signature, by_officer
from yipanqi.ops.measures.models.freezes import Freeze, FreezeChange
from yipanqi.ops.measures.models.orders import Answer, Difference, Order, Reconciliation
from yipanqi.ops.measures.models.stops import UNDER_WAY, PaymentStop

__all__ = [
    "UNDER_WAY",
    "Answer",
    "AskedSignature",
    "Difference",
    "Freeze",
    "FreezeChange",
    "Order",
    "PaymentStop",
    "Reconciliation",
    "Signature",
    "by_officer",
]
