"""What is written on the boxes of a picture: whose account, what came in and when, and what became of it.

Leaves where it is written to `picture`. Tails of account numbers are made longer where two boxes would look alike.
"""

from collections import Counter
from typing import Final, Literal, NamedTuple

from yipanqi.engine.tracing.evidence.river import SEVERAL, Box, River
from yipanqi.engine.tracing.evidence.wording import Wording

Fate = Literal["passed", "held", "left"]
_TAILS: Final = (4, 6, 8)


class Label(NamedTuple):
    """Lines of a box: name, arrival, and fates as (what, words); `tip` is all of it in full."""

    name: str
    arrival: str
    fates: list[tuple[Fate, str]]
    tip: str


def label_boxes(river: River, wording: Wording, currency: str) -> list[Label]:
    """The label of each box of a river, in the order of its boxes."""
    names = _names(river, wording)
    return [
        Label(name, _arrival(box, river, wording, currency), _fates(box, wording, currency), tip)
        for box, name, tip in zip(river.boxes, names, _tips(river, wording, currency), strict=True)
    ]


def _names(river: River, wording: Wording) -> list[str]:
    names: list[str] = []
    for digits in _TAILS:
        names = [_name(box, wording, digits) for box in river.boxes]
        own = Counter(
            name for name, box in zip(names, river.boxes, strict=True) if box.gathered == 1 and not box.end
        )
        if all(count == 1 for count in own.values()):
            break
    return names


def _name(box: Box, wording: Wording, digits: int) -> str:
    if box.gathered > 1:
        return wording.say("picture.others", count=f"{box.gathered:,}")
    return f"{wording.bank(box.bank, short=True)} {wording.tail(box.key[0], digits)}".strip()


def _arrival(box: Box, river: River, wording: Wording, currency: str) -> str:
    time = wording.short_time(box.first_at) if box.first_at else ""
    if not river.counted:
        amount = wording.say("picture.transfers", count=f"{box.count:,}")
    elif box.paid_minor and not box.in_minor:
        amount = f"{wording.say('picture.paid')} {wording.short(box.paid_minor, currency)}"
    else:
        amount = f"{wording.say('picture.in')} {wording.short(box.in_minor, currency)}"
    return " · ".join(part for part in (amount, time) if part)


def _fates(box: Box, wording: Wording, currency: str) -> list[tuple[Fate, str]]:
    """Held, out of reach, moved on, as far as there is any; the last, which bands show too, gives way to the
    others.
    """
    found: list[tuple[Fate, str]] = []
    if box.held_minor:
        found.append(("held", f"{wording.say('end.held')} {wording.short(box.held_minor, currency)}"))
    if box.end:
        amount = f" {wording.short(box.left_minor, currency)}" if box.left_minor else ""
        found.append(("left", wording.end(box.end) + amount))
    if box.out_minor and len(found) < 2:
        found.append(("passed", f"{wording.say('picture.out')} {wording.short(box.out_minor, currency)}"))
    return found


def _tips(river: River, wording: Wording, currency: str) -> list[str]:
    tips = []
    for box in river.boxes:
        who = [wording.bank(box.bank), wording.account(box.key[0]), wording.holder(box.key[0])]
        if box.gathered > 1:
            who = [wording.say("picture.others", count=f"{box.gathered:,}")]
        amounts = [
            (wording.say("picture.paid"), box.paid_minor),
            (wording.say("picture.in"), box.in_minor),
            (wording.say("picture.out"), box.out_minor),
            (wording.say("end.held"), box.held_minor),
            (wording.end(box.end or SEVERAL), box.left_minor),
        ]
        told = [f"{word} {wording.amount(minor, currency)} {currency}" for word, minor in amounts if minor]
        tips.append(" · ".join(part for part in (" ".join(filter(None, who)), *told) if part))
    return tips
