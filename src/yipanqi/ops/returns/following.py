"""What the public may know of returns: how far one claim is, by its follow code, and which notices run.

No names, no text of a case, nothing of other victims. Whoever types a code that opens nothing costs the same one query
as with one that has ended. Leaves alone: issuing codes (`codes`), wording and limits (the public door).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from yipanqi.kernel.days import day_of
from yipanqi.ops.returns.codes import code_index
from yipanqi.ops.returns.models import Allocation, Claim, FundReturn, PayoutLine, ReturnFund
from yipanqi.ops.returns.standing import chosen_allocations

DECIDED = ("decided", "ordered", "paid", "closed")
ANNOUNCED = ("deciding", *DECIDED)
SHOWN_ACCOUNTS = 3


@dataclass(frozen=True)
class Stage:
    """One step of a return as its victim sees it: `state` is done, now, later, or missed in a return that has ended."""

    code: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Followed:
    """How far a claim is. `next_step` is what its victim has to do, `until` the day it speaks of.

    The shares are told once the return is decided; `account_end` is the last four signs of the account to pay to.
    """

    number: str
    place_code: str
    stages: tuple[Stage, ...]
    next_step: str
    until: date | None
    principal_minor: int
    interest_minor: int
    paid_minor: int
    account_end: str
    notice_number: str
    notice_last: date | None
    decision_number: str


@dataclass(frozen=True)
class RunningNotice:
    """A public notice that still runs: masked accounts with their banks, the total, the last day to object."""

    number: str
    place_code: str
    accounts: tuple[tuple[str, str], ...]
    more_accounts: int
    total_minor: int
    last_day: date


def follow(code: str) -> Followed | None:
    """How far the claim of a follow code is; None for one that is mistyped, has ended or never was: one query then."""
    rows = Claim.objects.for_system("a victim looks at the own claim").select_related(
        "fund_return", "destination"
    )
    rows = rows.exclude(status="excluded").exclude(fund_return__status="withdrawn")
    claim: Claim | None = rows.filter(code_index=code_index(code)).first()
    if claim is None:
        return None
    decided = claim.fund_return.status in DECIDED
    shares = (
        chosen_allocations([claim.fund_return_id]).filter(claim=claim)
        if decided
        else Allocation.objects.none()
    )
    sums = shares.aggregate(principal=Sum("principal_minor"), interest=Sum("interest_minor"))
    lines = _lines(claim) if decided else []
    step = _next_step(claim, (sums["principal"] or 0) + (sums["interest"] or 0), lines)
    return Followed(
        number=claim.fund_return.number,
        place_code=claim.fund_return.place_code,
        stages=tuple(_stages(claim, lines)),
        next_step=step,
        until=_until(step, claim.fund_return, lines),
        principal_minor=sums["principal"] or 0,
        interest_minor=sums["interest"] or 0,
        paid_minor=sum(line.principal_minor + line.interest_minor for line in lines if line.status == "paid"),
        account_end=claim.destination.number.masked[-4:].strip() if claim.destination else "",
        notice_number=claim.fund_return.notice_number,
        notice_last=claim.fund_return.notice_last,
        decision_number=(claim.fund_return.decision_number or "") if decided else "",
    )


def running_notices(*, now: datetime, start: int = 0, limit: int = 20) -> list[RunningNotice]:
    """The public notices that run, the soonest to end first."""
    rows = FundReturn.objects.for_system("a public notice is for everybody")
    rows = rows.filter(status="noticed", notice_ends_at__gt=now).order_by("notice_ends_at", "id")
    found = list(rows[start : start + limit])
    accounts: dict[uuid.UUID, list[tuple[str, str]]] = {each.id: [] for each in found}
    funds = ReturnFund.objects.filter(fund_return__in=found, freeze__isnull=False).select_related("account")
    for fund in funds.order_by("level", "id"):
        bank = fund.account.bank_code or fund.account.bank
        accounts[fund.fund_return_id].append((fund.account.number.masked, bank))
    return [_running(each, accounts[each.id]) for each in found]


def _running(fund_return: FundReturn, accounts: Sequence[tuple[str, str]]) -> RunningNotice:
    assert fund_return.notice_last is not None
    total = chosen_allocations([fund_return.id]).aggregate(
        principal=Sum("principal_minor"), interest=Sum("interest_minor")
    )
    return RunningNotice(
        number=fund_return.notice_number,
        place_code=fund_return.place_code,
        accounts=tuple(accounts[:SHOWN_ACCOUNTS]),
        more_accounts=max(0, len(accounts) - SHOWN_ACCOUNTS),
        total_minor=(total["principal"] or 0) + (total["interest"] or 0),
        last_day=fund_return.notice_last,
    )


def _next_step(claim: Claim, share: int, lines: Sequence[PayoutLine]) -> str:
    """What the victim has to do, as a code that the public door has words for."""
    status, states = claim.fund_return.status, {line.status for line in lines}
    if status not in DECIDED:
        if claim.status in {"candidate", "notified"}:
            return "apply"
        waits = {"noticed": "notice", "deciding": "wait_decision"}.get(status, "wait_division")
        return "wait_check" if claim.status == "applied" else waits
    if not share:
        return "no_share"
    if "given" in states:
        return "wait_bank_until" if _due_at(lines) else "wait_bank"
    if states and "failed" not in states:
        return "received"
    if status == "closed":
        return "ask_unit" if claim.status == "verified" else "ask_again"
    if claim.status != "verified":
        return "wait_check" if claim.status == "applied" else "apply_later"
    failures = {line.failure for line in lines if line.status == "failed"}
    return "wait_order" if not failures else "ask_unit" if "freeze_ended" in failures else "other_account"


def _until(step: str, fund_return: FundReturn, lines: Sequence[PayoutLine]) -> date | None:
    if step == "notice":
        return fund_return.notice_last
    due_at = _due_at(lines) if step == "wait_bank_until" else None
    return day_of(due_at - timedelta(microseconds=1)) if due_at else None


def _due_at(lines: Sequence[PayoutLine]) -> datetime | None:
    """When the last of what is under way has to be paid; None where that is not known of all."""
    due = [line.payout.due_at for line in lines if line.status == "given"]
    return max(due) if due and None not in due else None


def _stages(claim: Claim, lines: Sequence[PayoutLine]) -> list[Stage]:
    """The steps in their order, each with its instant once it is made."""
    of, status = claim.fund_return, claim.fund_return.status
    decided = status in DECIDED
    settled = bool(lines) and all(line.status == "paid" for line in lines)
    made: list[tuple[str, bool, datetime | None]] = [
        ("told", claim.notified_at is not None, claim.notified_at),
        ("applied", claim.status in {"applied", "verified"}, claim.applied_at),
        ("verified", claim.status == "verified", claim.verified_at),
        ("divided", status != "open", of.chosen_at),
    ]
    if of.notice_ends_at is not None or not decided:
        made.append(("noticed", status in ANNOUNCED, of.approved_at))
    made += [
        ("decided", decided, of.decided_at),
        ("ordered", bool(lines), min((line.payout.given_at for line in lines), default=None)),
        ("paid", settled, max((line.paid_at for line in lines if line.paid_at), default=None)),
    ]
    in_hand = {next((code for code, done, _ in made if not done), "")}
    if status == "noticed":
        in_hand.add("noticed")
    return [_stage(each, in_hand, over=status == "closed") for each in made]


def _stage(made: tuple[str, bool, datetime | None], in_hand: set[str], *, over: bool) -> Stage:
    code, done, at = made
    if done:
        return Stage(code, "done", at)
    if over:
        return Stage(code, "missed")
    return Stage(code, "now" if code in in_hand else "later")


def _lines(claim: Claim) -> list[PayoutLine]:
    """The last line of each share of a claim: one that failed and was ordered again stands for nothing."""
    rows = PayoutLine.objects.filter(allocation__claim=claim).select_related("payout")
    latest = {line.allocation_id: line for line in rows.order_by("payout__given_at", "id")}
    return list(latest.values())
