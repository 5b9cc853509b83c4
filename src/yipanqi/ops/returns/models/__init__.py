"""Tables of returns: the return and its funds, claims and their division, payouts, objections, property handed in."""

from yipanqi.ops.returns.models.claims import Allocation, Claim, Division
from yipanqi.ops.returns.models.objections import Objection
from yipanqi.ops.returns.models.payouts import Payout, PayoutLine
from yipanqi.ops.returns.models.property import HandOver, HandOverLine, Repayment
from yipanqi.ops.returns.models.returns import FundReturn, ReturnFund, ReturnSignature

__all__ = [
    "Allocation",
    "Claim",
    "Division",
    "FundReturn",
    "HandOver",
    "HandOverLine",
    "Objection",
    "Payout",
    "PayoutLine",
    "Repayment",
    "ReturnFund",
    "ReturnSignature",
]
