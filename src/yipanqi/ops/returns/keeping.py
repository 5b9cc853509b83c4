"""A division along its life, for the job that computes it: what is divided, and keeping what came of it.

What was computed is written once, checked against what it was computed of, and never changed. Leaves alone: computing
(`analytics.dividing`), choosing (`choosing`).
"""

import json
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from yipanqi.casework.lifecycles.division import DIVISION
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import SYSTEM, Actor, Draft, write_entry
from yipanqi.ops.returns.models import Claim, Division, FundReturn, ReturnFund

ESCROW = "escrow"


class DivisionWrong(YipanqiError):
    """A result gives more than there is, or more than was lost. Facts: method."""

    code = "division_failed"


@dataclass(frozen=True)
class FundInput:
    """Money to divide: `account` is its blind index in the ledger, ESCROW for what the accused paid in."""

    id: uuid.UUID
    account: str
    principal_minor: int
    interest_minor: int
    level: int


@dataclass(frozen=True)
class ClaimInput:
    """A claim that takes part; `key` is the case's number, by which sentences name it."""

    id: uuid.UUID
    key: str
    case_id: uuid.UUID
    loss_minor: int
    recovered_minor: int


@dataclass(frozen=True)
class DivisionInput:
    """What a division is asked of."""

    id: uuid.UUID
    pack: tuple[str, str]
    funds: tuple[FundInput, ...]
    claims: tuple[ClaimInput, ...]


@dataclass(frozen=True)
class Sentence:
    """One line of an explanation in both languages."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        """The line in a language."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class Share:
    """What one claim gets of one fund, and why."""

    fund_id: uuid.UUID
    claim_id: uuid.UUID
    principal_minor: int
    interest_minor: int
    lines: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class MethodResult:
    """A method's answer. `basis` is direct, proportional, method or given_shares; `account_lines` by fund."""

    method: str
    basis: str
    shares: tuple[Share, ...]
    unrecovered: dict[uuid.UUID, int]
    account_lines: dict[uuid.UUID, tuple[Sentence, ...]] = field(default_factory=dict)


def input_of(division_id: uuid.UUID, found: FundReturn) -> DivisionInput:
    """What a division of a locked return would be of now."""
    funds = ReturnFund.objects.filter(fund_return=found).select_related("account").order_by("level", "id")
    claims = Claim.objects.for_system("of a locked return").filter(fund_return=found)
    taking_part = claims.exclude(status="excluded").select_related("case").order_by("id")
    return DivisionInput(
        division_id,
        (found.pack_id, found.pack_version),
        tuple(
            FundInput(
                fund.id,
                fund.account.number_index if fund.account else ESCROW,
                fund.principal_minor,
                fund.interest_minor,
                fund.level,
            )
            for fund in funds
        ),
        tuple(
            ClaimInput(claim.id, claim.case.number, claim.case_id, claim.loss_minor, claim.recovered_minor)
            for claim in taking_part
        ),
    )


def digest_of(given: DivisionInput) -> str:
    """The SHA-256 of what is divided: sums of funds and claims, by their ids."""
    told = {
        "pack": given.pack,
        "funds": [[str(each.id), each.principal_minor, each.interest_minor] for each in given.funds],
        "claims": [[str(each.id), each.loss_minor, each.recovered_minor] for each in given.claims],
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def begin(division_id: uuid.UUID, *, now: datetime) -> DivisionInput | None:
    """Start a division that was asked for; None for one that has ended already."""
    division = _locked(division_id)
    if division.status in DIVISION.resting:
        return None
    draft = _move(division, "start", now)
    division.stage = "gathering"
    division.save()
    write_entry(draft)
    return input_of(division_id, division.fund_return)


@transaction.atomic
def keep(
    division_id: uuid.UUID, results: Sequence[MethodResult], input_digest: str, *, now: datetime
) -> None:
    """Write down what came of it; what is kept already stays, and what claims or sums have left behind has failed.

    Raises DivisionWrong for sums that cannot be.
    """
    division = _locked(division_id)
    if division.status in DIVISION.resting:
        return
    given = input_of(division_id, division.fund_return)
    if digest_of(given) != input_digest:
        fail(division_id, "division_outdated", now=now)
        return
    for result in results:
        _check(result, given)
    division.results, division.input_digest = pack_results(results), input_digest
    division.stage, division.ended_at = "", now
    draft = _move(division, "finish", now, basis=results[0].basis, content_digest=input_digest)
    division.save()
    write_entry(draft)


@transaction.atomic
def fail(division_id: uuid.UUID, code: str, *, now: datetime) -> None:
    """Write down why a division has no answer."""
    division = _locked(division_id)
    if division.status in DIVISION.resting:
        return
    division.error, division.stage, division.ended_at = code[:64], "", now
    draft = _move(division, "fail", now, reason=code)
    division.save()
    write_entry(draft)


def asked_draft(division: Division, acting: Actor, now: datetime, **payload: object) -> Draft:
    """The journal draft of a division that is asked for."""
    return _draft(division, "division.asked", acting, now, **payload)


def methods_of(division: Division) -> list[MethodResult]:
    """The kept results of a division, the default first; none before it is done."""
    return unpack_results(bytes(division.results)) if division.results is not None else []


def pack_results(results: Iterable[MethodResult]) -> bytes:
    """Results as compressed JSON."""
    told = [
        {
            "method": each.method,
            "basis": each.basis,
            "shares": [
                [str(s.fund_id), str(s.claim_id), s.principal_minor, s.interest_minor, _told(s.lines)]
                for s in each.shares
            ],
            "unrecovered": {str(key): minor for key, minor in each.unrecovered.items()},
            "account_lines": {str(key): _told(lines) for key, lines in each.account_lines.items()},
        }
        for each in results
    ]
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack_results(packed: bytes) -> list[MethodResult]:
    """The results that were packed."""
    told: list[dict[str, Any]] = json.loads(zlib.decompress(packed))
    return [
        MethodResult(
            each["method"],
            each["basis"],
            tuple(
                Share(uuid.UUID(fund), uuid.UUID(claim), principal, interest, _read(lines))
                for fund, claim, principal, interest, lines in each["shares"]
            ),
            {uuid.UUID(key): minor for key, minor in each["unrecovered"].items()},
            {uuid.UUID(key): _read(lines) for key, lines in each["account_lines"].items()},
        )
        for each in told
    ]


def _told(lines: Iterable[Sentence]) -> list[list[str]]:
    return [[line.zh, line.en] for line in lines]


def _read(lines: Iterable[Sequence[str]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(*line) for line in lines)


def _check(result: MethodResult, given: DivisionInput) -> None:
    """Nobody gets more than the fund has or than was lost, by whatever method."""
    left = {fund.id: [fund.principal_minor, fund.interest_minor] for fund in given.funds}
    lost = {claim.id: max(0, claim.loss_minor - claim.recovered_minor) for claim in given.claims}
    for share in result.shares:
        left[share.fund_id][0] -= share.principal_minor
        left[share.fund_id][1] -= share.interest_minor
        lost[share.claim_id] -= share.principal_minor
        if min(share.principal_minor, share.interest_minor) < 0:
            raise DivisionWrong("a share is below zero", method=result.method)
    if any(min(each) < 0 for each in left.values()) or any(minor < 0 for minor in lost.values()):
        raise DivisionWrong("a method gives more than there is or was lost", method=result.method)


def _locked(division_id: uuid.UUID) -> Division:
    rows = Division.objects.select_for_update(no_key=True, of=("self",)).select_related("fund_return")
    found: Division = rows.get(id=division_id)
    return found


def _move(division: Division, act: str, now: datetime, **payload: object) -> Draft:
    transition = DIVISION.next(division.status, act)
    before, division.status = division.status, transition.target
    division.version += 1
    return _draft(division, transition.event, SYSTEM, now, before=before, **payload)


def _draft(
    division: Division, event: str, acting: Actor, now: datetime, *, before: str = "", **payload: object
) -> Draft:
    body: dict[str, object] = {
        "division_id": str(division.id),
        "return_id": str(division.fund_return_id),
        **payload,
    }
    key, place = str(division.id), division.fund_return.place_code
    return Draft(event, acting, "division", key, now, place, body, before=before, after=division.status)
