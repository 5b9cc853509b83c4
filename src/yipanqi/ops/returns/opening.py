"""Opening a return of held money, and taking further victims' cases into it.

A fund goes in when a person found whose the money is and nobody else's return holds it. Leaves alone: applications
(`claiming`), who gets how much (`choosing`).
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Q

from yipanqi.casework.lifecycles.claim import CLAIM
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.enums import SubjectRole
from yipanqi.ops.cases.losses import WITHOUT_LOSS
from yipanqi.ops.cases.models import Case, CaseSubject, Payment
from yipanqi.ops.cases.queries import access_case, list_payments
from yipanqi.ops.cases.queries import pack_of as pack_of_case
from yipanqi.ops.journal.services import Draft, write_entries
from yipanqi.ops.measures.freezing.moving import free_minor, lock_freezes
from yipanqi.ops.measures.models import Freeze
from yipanqi.ops.moneybook.enums import Book, Kind
from yipanqi.ops.moneybook.queries import balance
from yipanqi.ops.returns.models import Claim, FundReturn, ReturnFund
from yipanqi.ops.returns.moving import ReturnRefused, claim_draft, lock_return_of, return_draft, touch
from yipanqi.ops.screening.queries import may_enter_return
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.ops.vault.fields import Sealed

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

PREPARED = ("open", "divided")


@transaction.atomic
def open_return(
    *,
    case_id: uuid.UUID,
    freeze_ids: Sequence[uuid.UUID],
    escrow: bool = False,
    acting_officer: "Officer",
    now: datetime,
) -> FundReturn:
    """Open a return of a filed case's frozen money, and of what the accused paid in; known victims become candidates.

    Raises ReturnRefused: freeze_not_in_pack, fund_not_screened, fund_in_other_return, element_missing.
    """
    require(acting_officer, "return.manage")
    seen = access_case(acting_officer, case_id)
    case: Case = Case.objects.for_system("seen").select_for_update(no_key=True).get(id=seen.id)
    pack = pack_of_case(case)
    if not pack.has("return.approver_min"):
        raise ReturnRefused("the pack knows no return", code="freeze_not_in_pack")
    freezes = lock_freezes(freeze_ids)
    held = balance(Book.HOLDINGS, Kind.ESCROW, case_id=case.id) if escrow else 0
    if len(freezes) != len(set(freeze_ids)) or any(each.case_id != case.id for each in freezes):
        raise ReturnRefused("a freeze of another case", code="not_found")
    if not freezes and not held:
        raise ReturnRefused("there is nothing to give back", code="element_missing", field="freeze")
    found = _new_return(case, pack.id, pack.version, acting_officer, now)
    found.save(force_insert=True)
    funds = [_fund(found, freeze, now) for freeze in freezes]
    if held:
        funds.append(_escrow(found, case, held, now))
    claims = [_new_claim(found, each, acting_officer, now) for each in _candidates(case, freezes)]
    told = {
        "round": found.round,
        "accounts": len(funds),
        "claims": len(claims),
        "frozen_minor": sum(fund.principal_minor for fund in funds),
    }
    acting = as_actor(acting_officer)
    drafts = [return_draft(found, "return.opened", acting, now, **told)]
    write_entries([*drafts, *(_added(claim, acting_officer, now) for claim in claims)])
    return found


@transaction.atomic
def add_claim(
    *, return_id: uuid.UUID, version: int, case_number: str, acting_officer: "Officer", now: datetime
) -> Claim:
    """Take a further victim's filed case into a return that is being prepared. Raises ReturnRefused `claim_not_ready`.

    The case may lie outside the officer's place: a return gives victims their money wherever they live.
    """
    found = lock_return_of(acting_officer, return_id, version=version)
    _check_prepared(found)
    rows = _takeable(Case.objects.for_system("victims of a return live in any place")).filter(
        number=case_number
    )
    case: Case | None = rows.select_related("victim").first()
    if case is None or Claim.objects.for_system("the same").filter(fund_return=found, case=case).exists():
        raise ReturnRefused("no such filed case, or it is in already", code="claim_not_ready")
    claim = _new_claim(found, case, acting_officer, now)
    drafts = touch(found, acting=as_actor(acting_officer), now=now, claim_id=str(claim.id))
    write_entries([*drafts, _added(claim, acting_officer, now)])
    return claim


def refresh(found: FundReturn, freezes: Iterable[Freeze]) -> None:
    """Bring the sums of a locked return's funds and claims up to now; its freezes are locked. Saves them."""
    by_id = {freeze.id: freeze for freeze in freezes}
    for fund in ReturnFund.objects.filter(fund_return=found):
        if fund.freeze_id:
            fund.principal_minor, fund.interest_minor = free_minor(by_id[fund.freeze_id])
        else:
            fund.principal_minor = balance(Book.HOLDINGS, Kind.ESCROW, case_id=fund.escrow_case_id)
        fund.save()
    claims = Claim.objects.for_system("of a locked return").filter(fund_return=found)
    for claim in claims.select_related("case"):
        claim.loss_minor, claim.recovered_minor = loss_of(claim.case)
        claim.save(update_fields=["loss_minor", "recovered_minor"])


def loss_of(case: Case) -> tuple[int, int]:
    """A case's loss, and how much of it is settled or attributed already, by the book of claims."""
    outstanding = balance(Book.CLAIMS, Kind.OUTSTANDING, case_id=case.id)
    return case.loss_minor, case.loss_minor - outstanding


def _check_prepared(found: FundReturn) -> None:
    if found.status not in PREPARED:
        raise ReturnRefused("the return is not being prepared", code="claim_not_ready", status=found.status)


def _new_return(case: Case, pack_id: str, pack_version: str, officer: "Officer", now: datetime) -> FundReturn:
    rows = FundReturn.objects.for_system("of a locked case").filter(case=case)
    before = rows.aggregate(n=Max("round"))["n"] or 0
    previous: FundReturn | None = rows.filter(round=before).first()
    found = FundReturn(
        id=new_id(now),
        number=f"R{case.number.lstrip('A')}-{before + 1}",
        case=case,
        round=before + 1,
        previous=previous,
        status=FUND_RETURN.initial,
        method_note=Sealed.of("text", ""),
        pack_id=pack_id,
        pack_version=pack_version,
        opened_by=officer,
        opened_at=now,
        reason=Sealed.of("text", ""),
    )
    found.put_at(case.place_code)
    return found


def _fund(found: FundReturn, freeze: Freeze, now: datetime) -> ReturnFund:
    if not may_enter_return(freeze):
        raise ReturnRefused("nobody found whose it is", code="fund_not_screened", freeze_id=str(freeze.id))
    if ReturnFund.objects.filter(freeze=freeze, is_open=True).exists():
        raise ReturnRefused("another return holds it", code="fund_in_other_return", freeze_id=str(freeze.id))
    principal, interest = free_minor(freeze)
    level = CaseSubject.objects.filter(
        case=found.case, account=freeze.account, role=SubjectRole.SUSPECT_ACCOUNT, level__isnull=False
    ).values_list("level", flat=True)
    return ReturnFund.objects.create(
        id=new_id(now),
        fund_return=found,
        freeze=freeze,
        account=freeze.account,
        level=level.first() or 1,
        principal_minor=principal,
        interest_minor=interest,
    )


def _escrow(found: FundReturn, case: Case, held: int, now: datetime) -> ReturnFund:
    if ReturnFund.objects.filter(escrow_case=case, is_open=True).exists():
        raise ReturnRefused("another return holds it", code="fund_in_other_return")
    return ReturnFund.objects.create(
        id=new_id(now), fund_return=found, escrow_case=case, level=0, principal_minor=held
    )


def _candidates(case: Case, freezes: Sequence[Freeze]) -> list[Case]:
    """The freezing case, and every filed case whose victim paid, or which names, one of the frozen accounts."""
    accounts = [freeze.account_id for freeze in freezes]
    paid = Payment.objects.filter(payee_id__in=accounts, replaced_at__isnull=True).values("case_id")
    named = CaseSubject.objects.filter(account_id__in=accounts, role=SubjectRole.SUSPECT_ACCOUNT)
    rows = _takeable(Case.objects.for_system("victims of a return live in any place"))
    found = rows.filter(Q(id=case.id) | Q(id__in=paid) | Q(id__in=named.values("case_id")))
    return list(found.select_related("victim").order_by("reported_at", "id"))


def _takeable(rows: Any) -> Any:
    return rows.filter(filed_at__isnull=False, loss_minor__gt=0).exclude(status__in=WITHOUT_LOSS)


def _new_claim(found: FundReturn, case: Case, officer: "Officer", now: datetime) -> Claim:
    loss, recovered = loss_of(case)
    payments = list_payments(case)
    claim = Claim(
        id=new_id(now),
        fund_return=found,
        case=case,
        victim=case.victim,
        status=CLAIM.initial,
        loss_minor=loss,
        recovered_minor=recovered,
        first_loss_at=payments[0].paid_at if payments else None,
        added_by=officer,
        added_at=now,
        agent_name=Sealed.of("name", ""),
        destination_name=Sealed.of("name", ""),
        other_reason=Sealed.of("text", ""),
    )
    claim.put_at(case.place_code)
    claim.save(force_insert=True)
    return claim


def _added(claim: Claim, officer: "Officer", now: datetime) -> Draft:
    return claim_draft(claim, "claim.added", as_actor(officer), now, loss_minor=claim.loss_minor)
