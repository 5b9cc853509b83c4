"""The life of a return of frozen money to its victims (资金返还): divided, signed, announced where it goes by
ratio, decided, paid by the banks, closed.

A direct return goes from its report straight to `decide`; the other by `publish` and `submit_decision`,
once the public notice is over and no objection is open. `reconsider` takes all of it up again while no bank
was told to pay; a further `order` pays what failed, or who applied later. `pay_late` is a receipt for what
had been given up: the bank's books decide. Whether the notice is needed and what is attributed is settled
elsewhere.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

FUND_RETURN = Lifecycle(
    name="fund_return",
    initial="open",
    statuses=(
        "open",
        "divided",
        "submitted",
        "noticed",
        "deciding",
        "decided",
        "ordered",
        "paid",
        "closed",
        "withdrawn",
    ),
    resting=("closed", "withdrawn"),
    transitions=(
        Transition("divide", ("open", "divided"), "divided", "return.divided"),
        Transition("change", ("divided",), "open", "return.changed"),
        Transition("submit", ("divided",), "submitted", "return.submitted"),
        Transition("send_back", ("submitted", "deciding"), "divided", "return.sent_back"),
        Transition("decide", ("submitted", "deciding"), "decided", "return.decided"),
        Transition("publish", ("submitted",), "noticed", "return.noticed"),
        Transition("submit_decision", ("noticed",), "deciding", "return.decision_asked"),
        Transition("reconsider", ("noticed", "deciding", "decided"), "open", "return.reconsidered"),
        Transition("order", ("decided", "ordered", "paid"), "ordered", "return.ordered"),
        Transition("pay", ("ordered",), "ordered", "return.paid"),
        Transition("complete", ("ordered",), "paid", "return.completed"),
        Transition("pay_late", ("paid",), "paid", "return.paid"),
        Transition("pay_late", ("closed",), "closed", "return.paid"),
        Transition("close", ("paid",), "closed", "return.closed"),
        Transition("withdraw", ("open", "divided"), "withdrawn", "return.withdrawn"),
    ),
)
