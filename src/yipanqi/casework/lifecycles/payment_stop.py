"""The life of a payment stop (止付): proposed, signed by a second person, sent to the bank, answered, and always ended.

Where the policy pack lets an order leave before its signature, `send` leads from proposed and `sign_after` puts the
signature under what is already under way. Whatever happened to an order that may have reached the bank, the stop ends
by `lift`, by `expire` or by becoming a freeze. `correct` orders the lift of a stop that a bank says it holds after the
stop had ended here.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

LIVE = ("proposed", "approved", "sent", "unanswered", "stopped", "lifting")

PAYMENT_STOP = Lifecycle(
    name="payment_stop",
    initial="proposed",
    statuses=(*LIVE, "refused", "declined", "lifted", "expired", "superseded"),
    resting=("refused", "declined", "lifted", "expired", "superseded"),
    transitions=(
        Transition("sign", ("proposed",), "approved", "stop.signed"),
        Transition("sign_after", ("sent",), "sent", "stop.signed"),
        Transition("sign_after", ("unanswered",), "unanswered", "stop.signed"),
        Transition("sign_after", ("stopped",), "stopped", "stop.signed"),
        Transition("decline", ("proposed",), "declined", "stop.declined"),
        Transition("send", ("proposed", "approved", "unanswered"), "sent", "stop.sent"),
        Transition("time_out", ("proposed", "approved", "sent"), "unanswered", "stop.unanswered"),
        Transition("confirm", ("proposed", "approved", "sent", "unanswered"), "stopped", "stop.stopped"),
        Transition("confirm", ("lifting",), "lifting", "stop.stopped"),
        Transition("refuse", ("proposed", "approved", "sent", "unanswered"), "refused", "stop.refused"),
        Transition("extend", ("stopped",), "stopped", "stop.extended"),
        Transition(
            "lift",
            ("proposed", "approved", "sent", "unanswered", "stopped"),
            "lifting",
            "stop.lift_ordered",
        ),
        Transition("confirm_lift", ("lifting",), "lifted", "stop.lifted"),
        Transition("expire", LIVE, "expired", "stop.expired"),
        Transition("supersede", ("stopped",), "superseded", "stop.superseded"),
        Transition("correct", ("refused", "declined", "lifted", "expired"), "lifting", "stop.corrected"),
    ),
)
