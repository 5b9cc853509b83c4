"""From rows to what a desk shows: masked, in the viewer's language, money and times typeset. No decisions here.

Rows come from queries and services; this module reads their attributes and imports no table.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yipanqi import catalog
from yipanqi.casework.deadlines import time_left
from yipanqi.casework.routing import Reason
from yipanqi.kernel.days import ZONE, day_of
from yipanqi.kernel.money import format_amount, format_short
from yipanqi.kernel.places import ancestor_codes
from yipanqi.ops.jurisdictions.queries import full_name, place_name

SEXES = {"m": _("male"), "f": _("female"), "": ""}
LONG_HOURS = 100  # a longer clock is told in days
STAGES = {"calm": "calm", "soon": "amber", "late": "late"}


def language() -> str:
    """The viewer's language tag."""
    return get_language() or "zh-hans"


def fraud_type(code: str) -> dict[str, object]:
    """A fraud class with icon and colour."""
    item = catalog.fraud_types()[code]
    return {"code": code, "name": item.name.get(language()), "icon": item.icon, "color": item.color}


def level(code: str) -> dict[str, str]:
    """A level's code and word."""
    return {"code": code, "name": catalog.levels()[code].name.get(language())}


def named(vocabulary: Any, code: str) -> dict[str, str]:
    """Code and name of an item of a vocabulary; an empty code stays empty."""
    item = vocabulary.get(code)
    return {"code": code, "name": item.name.get(language()) if item else code}


def person(row: Any) -> dict[str, object]:
    """A person with every personal field masked."""
    return {
        "id": row.id,
        "name": row.name.masked or "—",
        "phone": row.phone.masked,
        "id_number": row.id_number.masked,
        "address": row.address.masked,
        "sex": SEXES[row.sex],
        "age": row.age,
        "place": full_name(row.place_code, language()),
    }


def suspect(account: Any) -> dict[str, str] | None:
    """The account money goes to, masked."""
    return {"account": account.number.masked, "bank": account.bank} if account else None


def amount(minor: int | None) -> str:
    """50,000.00, or empty when nobody named a sum."""
    return "" if minor is None else format_amount(minor)


def money(minor: int | None) -> dict[str, str] | None:
    """A sum short and in full."""
    return None if minor is None else {"short": format_short(minor, language()), "full": format_amount(minor)}


def clock(due_at: datetime, opened_at: datetime, now: datetime) -> dict[str, object]:
    """Time left as number, share and stage."""
    left = (
        time_left(due_at, min(opened_at, due_at.replace(microsecond=0)), now) if due_at > opened_at else None
    )
    seconds = left.seconds if left else int((due_at - now).total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
    if hours >= LONG_HOURS:
        text = _("%(days)s d") % {"days": hours // 24}
    return {
        "text": text if seconds >= 0 else f"-{text}",
        "ratio": max(0.0, left.ratio) if left else 0.0,
        "stage": STAGES[left.stage] if left else "late",
    }


def minute(instant: datetime) -> str:
    """An instant for a sentence: month, day, hour and minute in the centre's zone."""
    return instant.astimezone(ZONE).strftime("%m-%d %H:%M")


def moment(instant: datetime, at: datetime) -> str:
    """An instant for a sentence, to the second; the day only when it is not that of `at`."""
    shape = "%H:%M:%S" if day_of(instant) == day_of(at) else "%m-%d %H:%M:%S"
    return instant.astimezone(ZONE).strftime(shape)


def reason(item: Reason) -> str:
    """A routing reason as a sentence."""
    return catalog.reason_text(item.code, **item.facts).get(language())


def signal(row: Any, *, text: str) -> dict[str, object]:
    """One warning of the timeline; `text` is shown to officers who passed the alert's gate."""
    return {
        "occurred_at": row.occurred_at,
        "received_at": row.received_at,
        "source": catalog.sources()[row.source].name.get(language()),
        "external_id": row.external_id,
        "hint": row.fraud_type_hint,
        "text": text,
        "amount": amount(row.amount_minor),
        "paid": row.paid,
        "account": suspect(row.suspect_account),
    }


def outcome_name(code: str, *, at_door: bool = False) -> str:
    """What an outcome of a call, or of a visit, is called; some codes both know, each with a name of its own."""
    vocabularies = (catalog.visit_outcomes(), catalog.call_outcomes())
    first, then = vocabularies if at_door else vocabularies[::-1]
    found = first.get(code) or then.get(code)
    return found.name.get(language()) if found else named(catalog.statuses(), f"alert_outcome.{code}")["name"]


def visit_outcome_choices() -> list[dict[str, object]]:
    """The outcomes of a visit with their tone and what follows."""
    return [
        {
            "code": item.code,
            "name": item.name.get(language()),
            "meaning": item.meaning.get(language()),
            "tone": item.tone,
            "icon": item.icon,
        }
        for item in catalog.visit_outcomes().values()
    ]


def place_path(code: str) -> str:
    """A place from the province down, as a map finds it: 福建省福州市仓山区上渡派出所."""
    return "".join(place_name(each, language()) for each in ancestor_codes(code))


def outcome_choices() -> list[dict[str, object]]:
    """The call outcomes with key, tone and what follows."""
    return [
        {
            "code": item.code,
            "key": item.key,
            "name": item.name.get(language()),
            "tone": item.tone,
            "effect": item.effect,
            "meaning": item.meaning.get(language()),
            "icon": item.icon,
            "retry_minutes": int(item.retry_after.total_seconds() // 60) if item.retry_after else None,
        }
        for item in catalog.call_outcomes().values()
    ]


def script(fraud_code: str) -> dict[str, object]:
    """What to say, step by step, for a class of fraud."""
    found = catalog.scripts(fraud_code)
    labels = catalog.answers()
    return {
        "title": found.name.get(language()),
        "steps": [
            {
                "number": number,
                "text": step.say.get(language()),
                "answers": [
                    {
                        "code": a.answer,
                        "name": labels[a.answer].name.get(language()),
                        "follow": a.follow.get(language()),
                    }
                    for a in step.answers
                ],
            }
            for number, step in enumerate(found.steps, start=1)
        ],
    }
