"""The life of a freeze (冻结): proposed, signed before it leaves, sent, answered, perhaps waiting behind
another's, and always ended.

An order that may have reached the bank ends by `confirm_release`, by `lapse` at the end of its term, by
paying all of it back or by going with the file. Renewing and cutting leave the status: they are changes of
their own, each signed. `correct` orders the release of what a bank says it freezes after the freeze had
ended here.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

UNDER_WAY = ("approved", "sent", "unanswered", "queued", "frozen", "releasing")
LIVE = ("proposed", *UNDER_WAY)

FREEZE = Lifecycle(
    name="freeze",
    initial="proposed",
    statuses=(*LIVE, "refused", "declined", "released", "lapsed", "returned", "handed_over"),
    resting=("refused", "declined", "released", "lapsed", "returned", "handed_over"),
    transitions=(
        Transition("sign", ("proposed",), "approved", "freeze.signed"),
        Transition("decline", ("proposed",), "declined", "freeze.declined"),
        Transition("send", ("approved", "unanswered"), "sent", "freeze.sent"),
        Transition("time_out", ("approved", "sent"), "unanswered", "freeze.unanswered"),
        Transition("confirm", ("approved", "sent", "unanswered"), "frozen", "freeze.frozen"),
        Transition("confirm", ("releasing",), "releasing", "freeze.frozen"),
        Transition("queue", ("approved", "sent", "unanswered"), "queued", "freeze.queued"),
        Transition("move_up", ("queued",), "frozen", "freeze.moved_up"),
        Transition("top_up", ("frozen",), "frozen", "freeze.topped_up"),
        Transition("refuse", ("approved", "sent", "unanswered"), "refused", "freeze.refused"),
        Transition("renew", ("queued",), "queued", "freeze.renewed"),
        Transition("renew", ("frozen",), "frozen", "freeze.renewed"),
        Transition("cut", ("frozen",), "frozen", "freeze.cut"),
        Transition(
            "order_release",
            ("approved", "sent", "unanswered", "queued", "frozen"),
            "releasing",
            "freeze.release_ordered",
        ),
        Transition("confirm_release", ("releasing",), "released", "freeze.released"),
        Transition("return_part", ("frozen",), "frozen", "freeze.returned"),
        Transition("return_rest", ("frozen",), "returned", "freeze.returned"),
        Transition("hand_over", ("frozen",), "handed_over", "freeze.handed_over"),
        Transition("lapse", UNDER_WAY, "lapsed", "freeze.lapsed"),
        Transition("correct", ("refused", "declined", "released", "lapsed"), "releasing", "freeze.corrected"),
    ),
)
