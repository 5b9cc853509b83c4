"""What every act of a return shares: the refusal, locks, the lifecycles and the journal's drafts, its pack.

Lock order: people, cases, accounts, stops, freezes, orders, screenings, returns, claims, payouts, number series, money.
An act that needs freezes reads them first without a lock, locks in this order and checks again.
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yipanqi import catalog
from yipanqi.casework.lifecycles.claim import CLAIM
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.catalog import PolicyPack
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.models import Case
from yipanqi.ops.journal.services import Actor, Draft
from yipanqi.ops.measures.freezing.moving import lock_freezes
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.returns.models import Claim, FundReturn, ReturnFund
from yipanqi.ops.returns.queries import access_claim, access_return

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

TEXT_MAX = 500


class ReturnRefused(YipanqiError):
    """A return, a claim or an objection cannot be moved as asked.

    Codes: version_conflict, freeze_not_in_pack, fund_not_screened, fund_in_other_return, claim_not_ready, case_ended,
    division_missing, division_outdated, method_note_missing, ground_unknown, reason_missing, reason_unknown,
    field_too_long (limit), element_missing (field), notice_running, objection_open, objection_too_late, own_decision,
    second_person_needed, destination_missing, destination_of_another, not_found.
    """

    code = "return_refused"


def lock_return(return_id: uuid.UUID, *, version: int | None = None) -> FundReturn:
    """The return, locked after its case, as it was seen at `version` (None: at any). The caller has passed its gate."""
    rows = FundReturn.objects.for_system("acts lock by id; gates stand before")
    case_id = rows.values_list("case_id", flat=True).get(id=return_id)
    cases = Case.objects.for_system("acts on a return hold its case").filter(id=case_id)
    list(cases.select_for_update(no_key=True).values_list("id"))
    locking = rows.select_for_update(no_key=True, of=("self",))
    locked: FundReturn = locking.select_related("case", "division", "opened_by").get(id=return_id)
    if version is not None and locked.version != version:
        raise ReturnRefused("the return was changed", code="version_conflict", version=locked.version)
    return locked


def lock_return_of(
    officer: "Officer", return_id: uuid.UUID, *, act: str = "return.manage", version: int | None = None
) -> FundReturn:
    """The return, locked, if the officer may do `act` on it."""
    access_return(officer, return_id, act=act)
    return lock_return(return_id, version=version)


def lock_with_freezes(return_id: uuid.UUID, *, version: int | None = None) -> tuple[FundReturn, list[Freeze]]:
    """The return, locked after its case and the freezes of its funds."""
    rows = FundReturn.objects.for_system("acts lock by id; gates stand before")
    case_id = rows.values_list("case_id", flat=True).get(id=return_id)
    cases = Case.objects.for_system("acts on a return hold its case").filter(id=case_id)
    list(cases.select_for_update(no_key=True).values_list("id"))
    funds = ReturnFund.objects.filter(fund_return_id=return_id, freeze__isnull=False)
    freezes = lock_freezes(funds.values_list("freeze_id", flat=True))
    return lock_return(return_id, version=version), freezes


def lock_claim(claim_id: uuid.UUID, *, version: int | None = None) -> Claim:
    """The claim, locked after its return. The caller has passed its gate."""
    rows = Claim.objects.for_system("acts lock by id; gates stand before")
    lock_return(rows.values_list("fund_return_id", flat=True).get(id=claim_id))
    locking = rows.select_for_update(no_key=True, of=("self",))
    locked: Claim = locking.select_related("fund_return", "case", "victim", "destination").get(id=claim_id)
    if version is not None and locked.version != version:
        raise ReturnRefused("the claim was changed", code="version_conflict", version=locked.version)
    return locked


def lock_claim_of(officer: "Officer", claim_id: uuid.UUID, *, version: int | None = None) -> Claim:
    """The claim, locked, if the officer may manage its return."""
    access_claim(officer, claim_id, act="return.manage")
    return lock_claim(claim_id, version=version)


def pack_of(found: FundReturn) -> PolicyPack:
    """The policy pack pinned on the return."""
    return catalog.policy(found.pack_id, found.pack_version)


def check_text(text: str, *, needed: bool = True) -> str:
    """A text trimmed and within its limit. Raises ReturnRefused `reason_missing`, `field_too_long`."""
    found = text.strip()
    if needed and not found:
        raise ReturnRefused("a reason is needed", code="reason_missing")
    if len(found) > TEXT_MAX:
        raise ReturnRefused("the text is too long", code="field_too_long", limit=TEXT_MAX)
    return found


def move_return(found: FundReturn, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked return (not saved) and return its journal draft."""
    transition = FUND_RETURN.next(found.status, act)
    before, found.status = found.status, transition.target
    found.version += 1
    if transition.target in FUND_RETURN.resting and found.closed_at is None:
        found.closed_at = now
    return return_draft(found, transition.event, acting, now, before=before, **payload)


def return_draft(
    found: FundReturn, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a return."""
    body: dict[str, object] = {"return_id": str(found.id), "case_id": str(found.case_id), **payload}
    key, place, after = str(found.id), found.place_code, found.status
    return Draft(event, acting, "fund_return", key, now, place, body, before=before, after=after)


def move_claim(claim: Claim, act: str, *, acting: Actor, now: datetime, **payload: object) -> Draft:
    """Apply one act of the lifecycle to a locked claim (not saved) and return its journal draft."""
    transition = CLAIM.next(claim.status, act)
    before, claim.status = claim.status, transition.target
    claim.version += 1
    return claim_draft(claim, transition.event, acting, now, before=before, **payload)


def claim_draft(
    claim: Claim, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    """The journal draft of one event of a claim; it stands at the claim's own place."""
    body: dict[str, object] = {
        "claim_id": str(claim.id),
        "return_id": str(claim.fund_return_id),
        "case_id": str(claim.case_id),
        **payload,
    }
    key, place, after = str(claim.id), claim.place_code, claim.status
    return Draft(event, acting, "claim", key, now, place, body, before=before, after=after)


def touch(found: FundReturn, *, acting: Actor, now: datetime, **payload: Any) -> list[Draft]:
    """Note on a locked return (saved) that its claims or funds changed: a method chosen of the old ones falls."""
    if found.status == "divided":
        draft = move_return(found, "change", acting=acting, now=now, **payload)
        found.division = None
        found.method = found.basis = found.method_ground = ""
        found.chosen_by = found.chosen_at = None
        found.save()
        return [draft]
    found.version += 1
    found.save(update_fields=["version"])
    return []
