"""From the chase's suggestions to what the funds desk shows: by bank, the most savable first, in words; and what a
stop does.

No decisions and no queries here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.catalog import PolicyPack
from yipanqi.web import cases, money, stops
from yipanqi.web import presenting as show
from yipanqi.web.views.policy import duration_in_words

TOLD = ("age", "chance")  # of the reasons, those that neither the columns nor the bank's heading tell


def by_bank(found: Iterable[Any], at: datetime) -> list[dict[str, Any]]:
    """The suggestions under their banks; the bank where most can be saved first, and so within a bank."""
    groups: dict[str, list[Any]] = {}
    for each in sorted(found, key=lambda each: (-each.savable_minor, each.created_at, str(each.id))):
        groups.setdefault(each.bank, []).append(each)
    told = [
        {
            "code": code,
            "name": cases.bank_name(code) or code or _("bank not known"),
            "count": len(own),
            "savable_minor": sum(each.savable_minor for each in own),
            "rows": [row(each, at) for each in own],
        }
        for code, own in groups.items()
    ]
    told.sort(key=lambda bank: -bank["savable_minor"])
    return [bank | {"savable": show.money(bank["savable_minor"])} for bank in told]


def row(found: Any, at: datetime) -> dict[str, Any]:
    """One suggestion: how old, which account, what lies there, what can still be saved, and why."""
    told = {each["code"]: money.reason_words(each) for each in found.reasons}
    return {
        "id": found.id,
        "version": found.version,
        "since": found.came_at,
        "age": stops.span(max(0, int((at - found.came_at).total_seconds()))),
        "account": found.account.number.masked,
        "account_id": found.account_id,
        "bank": cases.bank_name(found.bank) or found.account.bank,
        "level_name": money.level_name(found.level),
        "held": show.money(found.held_minor),
        "savable": show.money(found.savable_minor),
        "chance": round(found.chance_permille / 10),
        "reasons": [told[code] for code in TOLD if code in told],
        "case": found.case.number,
        "case_id": found.case_id,
    }


def follows(pack: PolicyPack) -> list[str]:
    """What follows from proposing the stop of a traced account: when it leaves, who signs, how long it holds, on
    which ground.
    """
    within = pack.second_person("stop.second_person")
    ground = stops.ground("traced_account")
    signing = (
        _("The order leaves at once; a second officer signs within %(time)s, else it is lifted.")
        % {"time": duration_in_words(within)}
        if within
        else _("The order leaves once a second officer has signed.")
    )
    term = _("It holds for %(term)s.") % {"term": duration_in_words(pack.duration("stop.suspect.duration"))}
    return [signing, term, _("Ground: %(name)s (%(law)s)") % {"name": ground["name"], "law": ground["law"]}]
