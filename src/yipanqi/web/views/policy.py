"""The page of the policy packs: what law and practice ask of this centre, each value in words and with its source."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from yipanqi import catalog
from yipanqi.catalog.items import SecondPerson
from yipanqi.kernel.durations import Period, Unit
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@desk("policy.read")
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """Every pack of the catalog, the one in force first."""
    try:
        current = policy_in_force(now())
    except catalog.PolicyError:  # the page that tells what there is must open when nothing is in force
        current = None
    packs = sorted(catalog.policies(), key=lambda pack: pack is not current)
    return render(request, "policy.html", {"packs": [_pack(pack, pack is current) for pack in packs]})


def _pack(pack: catalog.PolicyPack, in_force: bool) -> dict[str, object]:
    groups: dict[str, list[dict[str, object]]] = {}
    for value in pack.values.values():
        groups.setdefault(value.code.partition(".")[0], []).append(_row(value))
    read = sum(value.verified for value in pack.values.values())
    return {
        "id": pack.id,
        "name": pack.name.get(show.language()),
        "version": pack.version,
        "effective_from": pack.effective_from.isoformat(),
        "effective_to": pack.effective_to.isoformat() if pack.effective_to else "",
        "currency": pack.currency,
        "zone": pack.time_zone,
        "calendar": catalog.calendars()[pack.calendar].name.get(show.language()),
        "in_force": in_force,
        "total": len(pack.values),
        "read": read,
        "unverified": len(pack.values) - read,
        "groups": [{"name": _group_name(group), "rows": rows} for group, rows in groups.items()],
    }


def _group_name(group: str) -> str:
    return {
        "stop": _("Stopping payments"),
        "dissuade": _("Warning and dissuasion"),
        "freeze": _("Freezing"),
        "screen": _("Screening held money"),
        "return": _("Returning money"),
        "appeal": _("Appeals"),
    }[group]


def _row(value: catalog.PolicyValue) -> dict[str, object]:
    basis, *leaning = value.sources
    return {
        "name": value.name.get(show.language()),
        "value": value_in_words(value),
        "note": value.note.get(show.language()) if value.note else "",
        "verified": value.verified,
        "basis": _source(basis),
        "leaning": [_source(part) for part in leaning],
    }


def _source(part: str) -> str:
    """A part of a value's source as a reader understands it."""
    kind, _space, rest = part.partition(" ")
    if kind == "M":
        return _("from memory, confidence %(share)s") % {"share": f"0{rest}"}
    if kind == "D":
        return (
            _("chosen by this house, confidence %(share)s") % {"share": f"0{rest}"}
            if rest
            else _("chosen by this house")
        )
    name = catalog.citations()[kind.removeprefix("S:")].name.get(show.language())
    return _("%(law)s, article %(number)s") % {"law": name, "number": rest} if rest else name


def value_in_words(item: catalog.PolicyValue) -> str:
    """What a value of a pack says, in the viewer's language."""
    value = item.value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, timedelta):
        return duration_in_words(value)
    if isinstance(value, Period):
        return period_in_words(value)
    if isinstance(value, SecondPerson):
        if value.within is None:
            return _("before it leaves")
        return _("within %(time)s after it left") % {"time": duration_in_words(value.within)}
    if isinstance(value, int):
        return f"{value:,}"
    parts = (value,) if isinstance(value, str) else value
    names = [
        period_in_words(part)
        if isinstance(part, Period)
        else catalog.choice_names()[part].name.get(show.language())
        for part in parts
    ]
    return ("、" if show.language().startswith("zh") else ", ").join(names)


def duration_in_words(span: timedelta) -> str:
    """A length of time in its largest whole unit: hours up to two days, then days."""
    if span % DAY == timedelta(0) and span > 2 * DAY:
        return _days(span // DAY)
    if span % HOUR == timedelta(0) and span > HOUR:
        hours = span // HOUR
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if span % MINUTE == timedelta(0):
        minutes = span // MINUTE
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    seconds = int(span.total_seconds())
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


def period_in_words(period: Period) -> str:
    """A period of the calendar with its unit."""
    count = {"n": period.count}
    match period.unit:
        case Unit.DAYS:
            return _days(period.count)
        case Unit.WORKING_DAYS:
            return ngettext("%(n)s working day", "%(n)s working days", period.count) % count
        case Unit.MONTHS:
            return ngettext("%(n)s month", "%(n)s months", period.count) % count
        case Unit.YEARS:
            return ngettext("%(n)s year", "%(n)s years", period.count) % count


def _days(count: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count}
