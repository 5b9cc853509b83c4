"""From screenings, evidence and findings to what the desk shows: in words, masked, each outcome with what it causes.

No decisions and no queries here: what is due, found and allowed comes from the rows that the caller looked up.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.analytics.statements import Line, Side, Statement
from yipanqi.casework.terms import last_day
from yipanqi.catalog import FindingKind, GoodFaithPoint, PolicyPack
from yipanqi.kernel.days import day_of
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.screening.queries import DOUBT, SENT_BACK
from yipanqi.web import presenting as show
from yipanqi.web import stops

KILO, MEGA = 1024, 1024 * 1024
SHOWN_HASH = 12
ICONS = {"image/jpeg": "camera", "image/png": "camera", "text/plain": "clipboard-text"}
SORTS = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "text/plain": "TXT",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}


def row(freeze: Any, screening: Any, finding: Any, files: int, at: datetime) -> dict[str, object]:
    """A freeze as the list shows it: its clock, its money, what was found."""
    return {
        **plain(freeze),
        "clock": stops.clock(due, at) if (due := clock(freeze, screening, finding)) else None,
        "settled": bool(finding) and not marks(screening, finding),
        "marks": marks(screening, finding),
        "opened": screening is not None,
        "files": files,
        "finding": found(finding, freeze) if finding else None,
    }


def plain(freeze: Any) -> dict[str, object]:
    """What is held, of whom, for which case."""
    return {
        "id": freeze.id,
        "bank": stops.bank_name(freeze.partner),
        "account": freeze.account.number.masked,
        "holder": freeze.holder_name.masked,
        "frozen": show.amount(freeze.frozen_minor),
        "interest": show.amount(freeze.interest_minor) if freeze.interest_minor else "",
        "share": share(freeze),
        "status": stops.status_of("freeze", freeze.status),
        "case": freeze.case.number,
        "case_id": freeze.case_id,
        "fraud_type": show.fraud_type(freeze.fraud_type),
        "place": full_name(freeze.place_code, show.language()),
    }


def share(freeze: Any) -> dict[str, object] | None:
    """How much of the frozen money was traced when it was frozen; None where nobody traced it."""
    if freeze.traced_minor is None or freeze.frozen_minor <= 0:
        return None
    ratio = min(1.0, freeze.traced_minor / freeze.frozen_minor)
    return {"traced": show.amount(freeze.traced_minor), "ratio": f"{ratio:.3f}", "percent": f"{ratio:.0%}"}


def marks(screening: Any, finding: Any) -> list[str]:
    """Why a freeze with a finding stands on the desk again."""
    if finding is None:
        return []
    if finding.change is not None and finding.change.status in SENT_BACK:
        return [_("sent back")]
    return [_("doubt to be looked at")] if finding.outcome == DOUBT and screening.late_at else []


def clock(freeze: Any, screening: Any, finding: Any) -> stops.Clock | None:
    """What somebody has to do next and until when: find, see the asked change through, look at a doubt again."""
    if screening is None:
        within = pack_of(freeze).duration("screen.within")
        return stops.Clock(_("begin and find by"), freeze.confirmed_at + within, freeze.confirmed_at)
    if finding is None:
        return stops.Clock(_("find by"), screening.due_at, screening.opened_at)
    if finding.outcome == DOUBT:
        return stops.Clock(_("look again by"), screening.due_at, finding.found_at)
    change = finding.change
    if change is not None and change.due_at and change.status in ("asked", "ordered"):
        return stops.Clock(_("to be carried out by"), change.due_at, finding.found_at)
    return (
        stops.Clock(_("find by"), screening.due_at, screening.opened_at)
        if marks(screening, finding)
        else None
    )


def pack_of(freeze: Any) -> PolicyPack:
    """The policy pack pinned on the freeze."""
    return catalog.policy(freeze.pack_id, freeze.pack_version)


def file(each: Any) -> dict[str, object]:
    """A piece of evidence: what, how large, its hash, who brought and who took it."""
    kind = catalog.evidence_kinds()[each.kind]
    return {
        "id": each.id,
        "kind": kind.name.get(show.language()),
        "name": each.file_name.reveal(),
        "icon": ICONS.get(each.media_type, "file-upload"),
        "sort": SORTS.get(each.media_type, each.media_type),
        "size": size(each.bytes),
        "sha256": each.sha256,
        "hash": each.sha256[:SHOWN_HASH],
        "giver": each.handed_in_by.masked,
        "note": each.note.reveal(),
        "by": each.added_by.name,
        "at": each.added_at,
        "withdrawn_at": each.withdrawn_at,
        "withdrawn_by": each.withdrawn_by.name if each.withdrawn_by else "",
        "reason": each.reason.reveal(),
    }


def size(count: int) -> str:
    """A number of bytes as a desk says it: 214 kB, 1.8 MB."""
    return f"{count / MEGA:.1f} MB" if count >= MEGA else f"{max(1, round(count / KILO))} kB"


def kinds() -> list[dict[str, str]]:
    """The kinds of evidence as the choices of a select."""
    language = show.language()
    return [
        {"code": each.code, "name": each.name.get(language), "meaning": each.meaning.get(language)}
        for each in catalog.evidence_kinds().values()
    ]


def points(answers: Mapping[str, str]) -> list[dict[str, object]]:
    """The good-faith test with the answers given so far; the points of the law first, as the catalog has them."""
    return [_point(each, answers.get(each.code, "unknown")) for each in catalog.good_faith().values()]


def _point(each: GoodFaithPoint, answer: str) -> dict[str, object]:
    language = show.language()
    words = {"yes": _("yes"), "no": _("no"), "unknown": _("not known")}
    return {
        "code": each.code,
        "name": each.name.get(language),
        "help": each.help.get(language),
        "law": each.law.get(language),
        "verified": each.verified,
        "decides": each.decides,
        "answer": words[answer],
        "speaks": _speaks(each, answer),
        "answers": [
            {"code": code, "name": name, "checked": code == answer, "speaks": _speaks(each, code)}
            for code, name in words.items()
        ],
    }


def _speaks(each: GoodFaithPoint, answer: str) -> str:
    return "open" if answer == "unknown" else "for" if each.is_clean(answer) else "against"


def outcomes(freeze: Any, chosen: str, at: datetime) -> list[dict[str, object]]:
    """The five outcomes with their keys, each saying what it sets going and until when."""
    language = show.language()
    return [
        {
            "code": each.code,
            "key": each.key,
            "name": each.name.get(language),
            "meaning": each.meaning.get(language),
            "effect": each.effect.get(language),
            "goes": _goes(each, freeze, at),
            "law": each.law.get(language),
            "verified": each.verified,
            "tone": tone(each),
            "needs_amount": "amount" in each.needs,
            "needs": _needs(each),
            "checked": each.code == chosen,
        }
        for each in catalog.findings().values()
    ]


def tone(kind: FindingKind) -> str:
    """An outcome's tone as the chips know it."""
    return "safe" if kind.tone == "good" else kind.tone


def _needs(kind: FindingKind) -> str:
    if "good_faith" in kind.needs:
        return _("Needs evidence, and a clean answer to every point of the law.")
    return _("Needs the sum that is of the case.") if "amount" in kind.needs else ""


def _goes(kind: FindingKind, freeze: Any, at: datetime) -> str:
    """What an outcome sets going here: sum and day."""
    pack, frozen = pack_of(freeze), show.amount(freeze.frozen_minor)
    calendar = catalog.calendars()[pack.calendar]
    day = last_day(day_of(at), pack.period("freeze.unrelated_release"), calendar).strftime("%m-%d")
    match kind.asks:
        case "release":
            return _("CNY %(sum)s to be released by %(day)s; another officer signs.") % {
                "sum": frozen,
                "day": day,
            }
        case "cut":
            return _("The rest of CNY %(sum)s to be released by %(day)s; another officer signs.") % {
                "sum": frozen,
                "day": day,
            }
        case "renewal":
            again = day_of(at + pack.duration("screen.within")).strftime("%m-%d")
            return _("CNY %(sum)s stays frozen; to be looked at again by %(day)s.") % {
                "sum": frozen,
                "day": again,
            }
    until = freeze.until_date.strftime("%Y-%m-%d") if freeze.until_date else "–"
    return _("CNY %(sum)s stays frozen until %(day)s; nothing is asked of the bank.") % {
        "sum": frozen,
        "day": until,
    }


def found(finding: Any, freeze: Any) -> dict[str, object]:
    """A finding: what, by whom, with which reasons, and what became of what it asked for."""
    kind, language = catalog.findings()[finding.outcome], show.language()
    change = finding.change
    return {
        "id": finding.id,
        "name": kind.name.get(language),
        "meaning": kind.meaning.get(language),
        "effect": kind.effect.get(language),
        "tone": tone(kind),
        "involved": show.amount(finding.involved_minor),
        "reasons": finding.reasons.reveal(),
        "by": finding.found_by.name,
        "at": finding.found_at,
        "points": points(finding.answers),
        "change": {
            "name": _change_name(change.kind),
            "status": stops.status_of("freeze_change", change.status),
            "sum": show.amount(change.minor if change.kind == "cut" else freeze.frozen_minor),
            "due_at": change.due_at,
            "until": change.until_date,
            "sent_back": change.status in SENT_BACK,
        }
        if change
        else None,
        "superseded_at": finding.superseded_at,
        "superseded_by": finding.superseded_by.name if finding.superseded_at else "",
        "superseded_reason": finding.superseded_reason.reveal(),
    }


def _change_name(kind: str) -> str:
    return {"renew": _("Renewal"), "cut": _("Release of a part"), "release": _("Release")}[kind]


def statement(told: Statement) -> dict[str, object]:
    """What came and went, with bars to compare both sides."""
    most = max(told.came.minor, told.went.minor, 1)
    return {
        "came": _side(told.came, most),
        "went": _side(told.went, most),
        "lines": [_line(each) for each in told.lines],
        "days": _days(told),
    }


def _side(side: Side, most: int) -> dict[str, object]:
    return {
        "sum": show.money(side.minor),
        "count": side.count,
        "ratio": f"{side.minor / most:.3f}",
    }


def _line(each: Line) -> dict[str, object]:
    bank = catalog.banks().get(each.other_bank)
    return {
        "at": each.booked_at,
        "is_in": each.is_in,
        "sum": show.amount(each.minor),
        "other": each.other,
        "bank": bank.short_name.get(show.language()) if bank else "",
    }


def _days(told: Statement) -> str:
    firsts = [side.first_at for side in (told.came, told.went) if side.first_at]
    lasts = [side.last_at for side in (told.came, told.went) if side.last_at]
    if not firsts:
        return ""
    first, last = day_of(min(firsts)), day_of(max(lasts))
    return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}" if last - first > timedelta(0) else f"{first:%Y-%m-%d}"
