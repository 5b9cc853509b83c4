"""The life of a directive: an order from a higher tier or a partner to a unit, until it is checked and fed back.

Handing down gives the same directive to a unit below, which accepts it anew. Sending back is the checking unit's word
that what was done is not enough. Only what nobody has reported on yet can be withdrawn. Who belongs to which unit, and
that nobody checks the own report, is settled by the directives app.
"""

from __future__ import annotations

from yipanqi.casework.machine import Lifecycle, Transition

DIRECTIVE = Lifecycle(
    name="directive",
    initial="issued",
    statuses=("issued", "accepted", "acted", "verified", "fed_back", "withdrawn"),
    resting=("fed_back", "withdrawn"),
    transitions=(
        Transition("accept", ("issued",), "accepted", "directive.accepted"),
        Transition("hand_down", ("issued", "accepted"), "issued", "directive.handed_down"),
        Transition("act", ("accepted",), "acted", "directive.acted"),
        Transition("verify", ("acted",), "verified", "directive.verified"),
        Transition("send_back", ("acted",), "accepted", "directive.sent_back"),
        Transition("feed_back", ("verified",), "fed_back", "directive.fed_back"),
        Transition("withdraw", ("issued", "accepted"), "withdrawn", "directive.withdrawn"),
    ),
)
