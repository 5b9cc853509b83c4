"""Finding whose money a freeze holds, and what that sets going at once: a release, a cut or a renewal is asked for.

One officer finds, with reasons; another signs what is asked. Nothing here releases, cuts or renews by itself.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi import catalog
from yipanqi.casework.terms import ends_at, last_day
from yipanqi.catalog import FindingKind, PolicyPack
from yipanqi.kernel.days import ZONE, day_of
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.money import format_amount
from yipanqi.ops.journal.services import write_entry
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release, ask_renewal
from yipanqi.ops.measures.freezing.moving import changes_under_way, latest_renewal, lock_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange
from yipanqi.ops.papers.services import make_paper
from yipanqi.ops.screening.models import Evidence, Finding, Screening
from yipanqi.ops.screening.moving import (
    ScreeningRefused,
    check_held,
    checked_text,
    lock_screening,
    move_screening,
    screen_within,
)
from yipanqi.ops.screening.queries import DOUBT, access_screening, evidence_of
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASONS_MIN, REASONS_MAX = 10, 2000
ANSWERS = {"yes": "是", "no": "否", "unknown": "不清楚"}
_REASON_OF = {
    "involved_part": "part_involved",
    "unrelated_release": "unrelated",
    "good_faith_release": "good_faith",
}
_DOUBT_GROUND = "doubt_remains"


@transaction.atomic
def find(
    *,
    screening_id: uuid.UUID,
    version: int,
    outcome: str,
    reasons: str,
    answers: Mapping[str, str],
    involved_minor: int | None = None,
    acting_officer: "Officer",
    now: datetime,
) -> Finding:
    """Say whose money it is, with reasons; what the outcome asks of the freeze is asked in the same transaction.

    Raises ScreeningRefused, TransitionRefused where a finding is in force, and what the freeze refuses.
    """
    access_screening(acting_officer, screening_id, act="screening.find")
    kind = catalog.findings().get(outcome)
    if kind is None:
        raise ScreeningRefused("no such outcome", code="outcome_unknown", outcome=outcome[:24])
    reasons = checked_text(reasons, REASONS_MAX)
    if len(reasons) < REASONS_MIN:
        raise ScreeningRefused("the reasons are too short", code="reasons_too_short", limit=REASONS_MIN)
    given = _answers(answers)
    freeze = lock_freeze(screening_id)
    screening = lock_screening(screening_id, version=version)
    check_held(freeze)
    finding = Finding(
        id=new_id(now),
        screening=screening,
        outcome=outcome,
        involved_minor=_involved(kind, involved_minor, freeze),
        answers=given,
        reasons=Sealed.of("text", reasons),
        found_by=acting_officer,
        found_at=now,
    )
    _check_needs(kind, screening, given)
    told = {"finding_id": str(finding.id), "outcome": outcome, "amount_minor": finding.involved_minor}
    late = screening.late_at is not None or now >= screening.due_at
    draft = move_screening(screening, "find", acting=as_actor(acting_officer), now=now, late=late, **told)
    finding.change = _ask(kind, freeze, finding, acting_officer, now)
    if finding.change is not None:
        draft.payload["change_id"] = str(finding.change.id)
    screening.found_at = now
    if outcome == DOUBT:
        screening.due_at, screening.late_at = now + screen_within(freeze), None
    screening.save()
    finding.save(force_insert=True)
    write_entry(draft)
    _record(finding, freeze, now)
    return finding


def _answers(answers: Mapping[str, str]) -> dict[str, str]:
    """Every point of the good-faith test with an answer; what was left out is unknown."""
    points = catalog.good_faith()
    if not answers.keys() <= points.keys() or not set(answers.values()) <= ANSWERS.keys():
        raise ScreeningRefused("no such point or answer", code="answer_unknown")
    return {code: answers.get(code, "unknown") for code in points}


def _involved(kind: FindingKind, minor: int | None, freeze: Freeze) -> int | None:
    """How much of the frozen money is of the case; only a part has to be named."""
    if "amount" not in kind.needs:
        return freeze.frozen_minor if kind.may_return else None
    if minor is None or not 0 < minor < freeze.frozen_minor:
        raise ScreeningRefused("a part is more than nothing and less than all", code="involved_out_of_range")
    return minor


def _check_needs(kind: FindingKind, screening: Screening, answers: Mapping[str, str]) -> None:
    standing = Evidence.objects.filter(screening=screening, withdrawn_at__isnull=True)
    if "evidence" in kind.needs and not standing.exists():
        raise ScreeningRefused("this finding needs evidence", code="evidence_missing")
    points = [point for point in catalog.good_faith().values() if point.decides]
    if "good_faith" in kind.needs and not all(point.is_clean(answers[point.code]) for point in points):
        raise ScreeningRefused("a case of the law is not ruled out", code="checklist_against")


def _ask(
    kind: FindingKind, freeze: Freeze, finding: Finding, officer: "Officer", now: datetime
) -> FreezeChange | None:
    """Ask of the freeze what the outcome asks; None where it asks nothing, or not yet."""
    pack = catalog.policy(freeze.pack_id, freeze.pack_version)
    if kind.asks == "renewal":
        return _ask_renewal(freeze, pack, officer, now)
    if kind.asks == "nothing":
        return None
    within = last_day(
        day_of(now), pack.period("freeze.unrelated_release"), catalog.calendars()[pack.calendar]
    )
    asked = {
        "freeze_id": freeze.id,
        "version": freeze.version,
        "reason": _REASON_OF[kind.code],
        "due_at": ends_at(within, ZONE),
        "acting_officer": officer,
        "now": now,
    }
    if kind.asks == "release":
        return ask_release(**asked)
    return ask_cut(**asked, minor=freeze.frozen_minor - (finding.involved_minor or 0))


def _ask_renewal(freeze: Freeze, pack: PolicyPack, officer: "Officer", now: datetime) -> FreezeChange | None:
    """A renewal for as long as the law allows, once the end is near and nobody has asked for one."""
    first = timedelta(days=pack.periods("freeze.warn")[0].count)
    if freeze.expires_at is None or now < freeze.expires_at - first:
        return None
    if changes_under_way(freeze).filter(kind="renew").exists():
        return None
    return ask_renewal(
        freeze_id=freeze.id,
        version=freeze.version,
        until_date=latest_renewal(freeze),
        ground=_DOUBT_GROUND,
        acting_officer=officer,
        now=now,
    )


def _record(finding: Finding, freeze: Freeze, now: datetime) -> None:
    """The paper of the finding (甄别意见书), its evidence with hashes."""
    screening, kinds = finding.screening, catalog.evidence_kinds()
    standing = [each for each in evidence_of(screening) if each.withdrawn_at is None]
    involved = finding.involved_minor
    make_paper(
        "screening_record",
        fields={
            "case": freeze.case.number,
            "holder": screening.holder_name.reveal(),
            "account": freeze.account.number.reveal(),
            "amount": f"{format_amount(freeze.frozen_minor)}元",
            "outcome": catalog.findings()[finding.outcome].name.zh,
            "involved": "—" if involved is None else f"{format_amount(involved)}元",
            "reasons": finding.reasons.reveal(),
            "officers": finding.found_by.name,
        },
        tables={
            "evidence": [
                [str(number), kinds[each.kind].name.zh, each.file_name.reveal(), each.sha256]
                for number, each in enumerate(standing, start=1)
            ],
            "answers": [
                [point.name.zh, ANSWERS[finding.answers[code]]]
                for code, point in catalog.good_faith().items()
            ],
        },
        subject=("screening", screening.id),
        case_id=freeze.case_id,
        place_code=freeze.place_code,
        acting=as_actor(finding.found_by),
        now=now,
    )
