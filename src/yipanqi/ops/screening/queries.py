"""Looking screenings up: through a gate, within the officer's scope; what is still to be found, and what was.

Leaves alone: the acts (`services`, `evidence`). What returns lean on is `finding_of` and `may_enter_return`.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.queries import Page, page_by_key
from yipanqi.ops.jurisdictions.policies import policy_in_force
from yipanqi.ops.jurisdictions.scoping import scope_filter
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.screening.models import Evidence, Finding, Screening
from yipanqi.ops.staff.gates import require

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PAGE = 20
TABS = ("open", "found")
DOUBT = "doubtful_hold"
SENT_BACK = ("declined", "failed")  # what was asked for did not come about: somebody has to look again
_OF_FREEZE = ("account", "partner", "case", "screening")


class ScreeningNotFound(YipanqiError):
    """No such screening, freeze or file within the officer's scope."""

    code = "not_found"


@dataclass(frozen=True)
class ScreeningFilter:
    """What the list is narrowed by; empty means all."""

    tab: str = "open"
    district: str = ""
    case: str = ""


def access_held(officer: "Officer", freeze_id: uuid.UUID, *, act: str = "screening.read") -> Freeze:
    """A freeze under which money came to be held, screened or not, if it lies in the officer's scope."""
    require(officer, act)
    rows = Freeze.objects.in_scope(officer.scope_code).select_related(*_OF_FREEZE)
    freeze: Freeze | None = rows.filter(id=freeze_id, confirmed_at__isnull=False).first()
    if freeze is None:
        raise ScreeningNotFound(f"freeze {freeze_id} is not in your scope")
    return freeze


def access_screening(
    officer: "Officer", screening_id: uuid.UUID, *, act: str = "screening.read"
) -> Screening:
    """The screening, if the officer may do `act` and it lies in the officer's scope."""
    require(officer, act)
    rows = Screening.objects.in_scope(officer.scope_code).select_related("freeze", "account", "case")
    screening: Screening | None = rows.filter(id=screening_id).first()
    if screening is None:
        raise ScreeningNotFound(f"screening {screening_id} is not in your scope")
    return screening


def access_evidence(officer: "Officer", evidence_id: uuid.UUID, *, act: str = "screening.read") -> Evidence:
    """The file's row, through the gate of its screening."""
    require(officer, act)
    mine = Screening.objects.in_scope(officer.scope_code).values("id")
    rows = Evidence.objects.select_related("screening").filter(id=evidence_id, screening__in=mine)
    found: Evidence | None = rows.first()
    if found is None:
        raise ScreeningNotFound(f"evidence {evidence_id} is not in your scope")
    return found


def unscreened(officer: "Officer") -> Any:
    """Freezes that hold money and that nobody has settled, as a lazy set: without a finding in force, with one whose
    asked change was sent back or failed, or with a doubt that has waited too long."""
    require(officer, "screening.read")
    rows = Freeze.objects.in_scope(officer.scope_code).select_related(*_OF_FREEZE)
    return rows.filter(Q(screening__found_at__isnull=True) | Q(id__in=_unsettled()), status="frozen")


def list_unscreened(
    officer: "Officer", wanted: ScreeningFilter, *, now: datetime, after: str = "", limit: int = PAGE
) -> Page:
    """The freezes to be screened, soonest due first: by the screening's clock, else by what the pack gives from the
    bank's confirmation."""
    pack = policy_in_force(now)
    rows = _narrowed(unscreened(officer), wanted)
    due = (
        F("confirmed_at") + pack.duration("screen.within") if pack.has("screen.within") else F("confirmed_at")
    )
    lean = rows.select_related(None).only("id").annotate(due_at=Coalesce("screening__due_at", due))
    page = page_by_key(lean, "due_at", after, limit, newest_first=False)  # whole rows only of what is shown
    found = {each.id: each for each in rows.filter(id__in=[each.id for each in page.rows])}
    return Page([found[each.id] for each in page.rows if each.id in found], page.after)


def list_found(officer: "Officer", wanted: ScreeningFilter, *, after: str = "", limit: int = PAGE) -> Page:
    """Screenings with a finding, the newest first."""
    require(officer, "screening.read")
    rows = Screening.objects.in_scope(officer.scope_code).filter(found_at__isnull=False)
    rows = rows.select_related("freeze", "freeze__partner", "account", "case")
    return page_by_key(_narrowed(rows, wanted), "found_at", after, limit)


def matching(officer: "Officer", wanted: ScreeningFilter) -> Any:
    """The filtered rows of a tab as a lazy set, for counting."""
    if wanted.tab == "open":
        return _narrowed(unscreened(officer), wanted)
    require(officer, "screening.read")
    rows = Screening.objects.in_scope(officer.scope_code).filter(found_at__isnull=False)
    return _narrowed(rows, wanted)


def finding_of(freeze_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Finding]:
    """The finding in force of each freeze that has one; the caller has passed the freezes' gates."""
    rows = Finding.objects.filter(screening_id__in=list(freeze_ids), superseded_at__isnull=True)
    found = rows.select_related("found_by", "change", "screening")
    return {each.screening_id: each for each in found}


def may_enter_return(freeze: Freeze) -> bool:
    """Whether the money of a freeze may be returned to victims: a person found so, what is not of the case has left the
    freeze, and the bank still holds the rest."""
    found = finding_of([freeze.id]).get(freeze.id)
    if found is None or freeze.status != "frozen" or not catalog.findings()[found.outcome].may_return:
        return False
    return found.change is None or found.change.status == "done"


def findings_of(screening: Screening) -> list[Finding]:
    """All findings of a screening that passed its gate, the newest first."""
    rows = Finding.objects.filter(screening=screening).select_related("found_by", "change", "superseded_by")
    return list(rows.order_by("-found_at", "-id"))


def evidence_of(screening: Screening) -> list[Evidence]:
    """All files of a screening that passed its gate, in the order in which they came."""
    rows = Evidence.objects.filter(screening=screening).select_related("added_by", "withdrawn_by")
    return list(rows.order_by("added_at", "id"))


def count_evidence(screening_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many files stand in each screening, the withdrawn ones left out."""
    rows = Evidence.objects.filter(screening_id__in=list(screening_ids), withdrawn_at__isnull=True)
    counted = rows.values_list("screening_id").annotate(n=Count("id"))
    return dict(counted.order_by())


def _unsettled() -> Any:
    """Freezes with a finding in force that has to be looked at again."""
    rows = Finding.objects.filter(superseded_at__isnull=True)
    waited = Q(outcome=DOUBT, screening__late_at__isnull=False)
    return rows.filter(Q(change__status__in=SENT_BACK) | waited).values("screening_id")


def _narrowed(rows: Any, wanted: ScreeningFilter) -> Any:
    if wanted.district:
        rows = rows.filter(**scope_filter(wanted.district))
    return rows.filter(case__number=wanted.case) if wanted.case else rows
