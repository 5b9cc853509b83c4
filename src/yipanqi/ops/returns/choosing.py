"""Asking for a division, and choosing one of its methods with a ground: an officer's choice, kept with who made it.

Leaves alone: computing (`analytics.dividing`, `keeping`), what follows from the choice (`submitting`).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yipanqi import catalog
from yipanqi.casework.lifecycles.division import DIVISION
from yipanqi.kernel.ids import new_id
from yipanqi.ops.journal.services import write_entries, write_entry
from yipanqi.ops.returns.keeping import MethodResult, asked_draft, digest_of, input_of, methods_of
from yipanqi.ops.returns.models import Allocation, Claim, Division, FundReturn
from yipanqi.ops.returns.moving import ReturnRefused, check_text, lock_with_freezes, move_return, pack_of
from yipanqi.ops.returns.opening import PREPARED, refresh
from yipanqi.ops.returns.queries import access_return
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

DIVIDE_TASK = "analytics.divide"
DEFAULT = "direct_else_proportional"


@transaction.atomic
def ask_division(*, return_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> Division:
    """Have the free money divided among all claims that are not left out, by every method; done by a job.

    The one under way is given back. Raises ReturnRefused `claim_not_ready` without a claim or out of its time.
    """
    access_return(acting_officer, return_id, act="return.manage")
    found, freezes = lock_with_freezes(return_id)
    if found.status not in PREPARED:
        raise ReturnRefused("the return is not being prepared", code="claim_not_ready", status=found.status)
    running: Division | None = found.divisions.exclude(status__in=DIVISION.resting).first()
    if running is not None:
        return running
    refresh(found, freezes)
    division_id = new_id(now)
    given = input_of(division_id, found)
    if not given.claims:
        raise ReturnRefused("there is no claim", code="claim_not_ready")
    pack = pack_of(found)
    division = Division(
        id=division_id,
        fund_return=found,
        status=DIVISION.initial,
        policy={"pack": [pack.id, pack.version], "methods": list(pack.choices("return.methods"))},
        input_digest=digest_of(given),
        asked_by=acting_officer,
        asked_at=now,
    )
    division.save(force_insert=True)
    told = {"case_id": str(found.case_id), "accounts": len(given.funds), "claims": len(given.claims)}
    write_entry(asked_draft(division, as_actor(acting_officer), now, **told))
    task = queue.configure_task(DIVIDE_TASK, queue="ledger", lock=f"divide:{found.id}")
    task.defer(division_id=str(division.id))
    return division


@transaction.atomic
def choose(
    *,
    return_id: uuid.UUID,
    version: int,
    division_id: uuid.UUID,
    method: str,
    ground: str,
    note: str = "",
    acting_officer: "Officer",
    now: datetime,
) -> FundReturn:
    """Choose a method of a finished division that is still of these claims and sums; its shares become the return's.

    Raises ReturnRefused: division_missing, division_outdated, ground_unknown, method_note_missing.
    """
    access_return(acting_officer, return_id, act="return.manage")
    found, freezes = lock_with_freezes(return_id, version=version)
    division: Division | None = found.divisions.filter(id=division_id, status="done").first()
    result = (
        next((each for each in methods_of(division) if each.method == method), None) if division else None
    )
    if division is None or result is None:
        raise ReturnRefused("no such method was computed", code="division_missing", method=method[:32])
    refresh(found, freezes)
    if digest_of(input_of(division.id, found)) != division.input_digest:
        raise ReturnRefused("claims or sums have changed since", code="division_outdated")
    _check_ground(ground, note, result, is_default=method == default_method(found))
    _allocate(found, division, result)
    found.division, found.method, found.basis = division, method, result.basis
    found.method_ground, found.method_note = ground, Sealed.of("text", check_text(note, needed=False))
    found.chosen_by, found.chosen_at = acting_officer, now
    told = {
        "division_id": str(division.id),
        "method": method,
        "ground": ground,
        "basis": result.basis,
        "claims": len({share.claim_id for share in result.shares}),
        "amount_minor": sum(share.principal_minor for share in result.shares),
        "interest_minor": sum(share.interest_minor for share in result.shares),
    }
    draft = move_return(found, "divide", acting=as_actor(acting_officer), now=now, **told)
    found.save()
    write_entries([draft])
    return found


def default_method(found: FundReturn) -> str:
    """The method that needs no note: the first of the pack's."""
    return pack_of(found).choices("return.methods")[0]


def is_current(division: Division, found: FundReturn) -> bool:
    """Whether a division is of the claims and sums as the return has them; a look without locks."""
    return digest_of(input_of(division.id, found)) == division.input_digest


def _check_ground(ground: str, note: str, result: MethodResult, *, is_default: bool) -> None:
    item = catalog.method_grounds().get(ground)
    if item is None or result.basis not in item.bases:
        raise ReturnRefused("no ground for this method", code="ground_unknown", ground=ground[:24])
    if (item.note_needed or not is_default) and not note.strip():
        raise ReturnRefused("say why this method", code="method_note_missing")


def _allocate(found: FundReturn, division: Division, result: MethodResult) -> None:
    """Write the method's shares; a choice made before of the same division has them already."""
    rows = Claim.objects.for_system("of a locked return").filter(fund_return=found)
    applied = set(rows.filter(status__in=["applied", "verified"]).values_list("id", flat=True))
    Allocation.objects.bulk_create(
        [
            Allocation(
                division=division,
                fund_return=found,
                fund_id=share.fund_id,
                claim_id=share.claim_id,
                method=result.method,
                principal_minor=share.principal_minor,
                interest_minor=share.interest_minor,
                is_reserved=share.claim_id not in applied,
                lines=[[line.zh, line.en] for line in share.lines],
            )
            for share in result.shares
            if share.principal_minor or share.interest_minor
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )
