"""The job that divides held money among claims: the engine of restitution on the centre's ledger, by every method.

Nothing here decides: what it finds is kept side by side for an officer to choose from. Leaves alone: keeping and
choosing (`ops.returns`).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from yipanqi import catalog
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.tracing import seeds_of
from yipanqi.catalog import PolicyPack
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.restitution import (
    Case,
    Claim,
    Frozen,
    Line,
    Policy,
    Split,
    explain,
    policy_from_pack,
    sentence,
    split,
)
from yipanqi.engine.restitution.facts import Facts
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.returns.keeping import (
    ESCROW,
    DivisionInput,
    MethodResult,
    Sentence,
    Share,
    begin,
    digest_of,
    fail,
    keep,
)

LOSS_RATIO = "loss_ratio"
MOST_EXPLAINED = 2_000  # accounts times claims up to which each share is kept with its lines
_REFUSED = "division_failed"


def run_division(division_id: uuid.UUID, *, now: datetime) -> None:
    """Compute a division that was asked for; one that has ended already stays as it is."""
    given = begin(division_id, now=now)
    if given is None:
        return
    try:
        results = divide(given, fresh_store().ledger())
    except YipanqiError as error:
        fail(division_id, error.code if error.code in catalog.errors() else _REFUSED, now=now)
        return
    keep(division_id, results, digest_of(given), now=now)


def give_up_division(division_id: uuid.UUID, *, now: datetime) -> None:
    """Note that a division could not be made by accident."""
    fail(division_id, _REFUSED, now=now)


def divide(given: DivisionInput, ledger: Ledger) -> list[MethodResult]:
    """What every method gives, the pack's default first. Frozen money is divided on the ledger; what the accused paid
    in has no way to follow and goes by what is still lost after that."""
    pack = catalog.policy(*given.pack)
    in_accounts = [fund for fund in given.funds if fund.account != ESCROW]
    case = Case(
        id=str(given.id),
        frozen={f.account: Frozen(f.principal_minor, f.interest_minor) for f in in_accounts},
        claims={
            each.key: Claim(each.loss_minor, each.recovered_minor, tuple(seeds_of(each.case_id)))
            for each in given.claims
        },
        ledger=ledger,
    )
    facts = Facts(case) if in_accounts else None
    return [_result(name, policy, case, facts, given) for name, policy in policies(pack).items()]


def policies(pack: PolicyPack) -> dict[str, Policy]:
    """The pack's methods by name; by loss alone is always among them, since the rules name it for what is mixed."""
    held = policy_from_pack(pack)
    first, *others = pack.choices("return.methods")
    found = {first: held}
    if held.proportional != LOSS_RATIO:
        found[LOSS_RATIO] = replace(held, proportional=LOSS_RATIO)
    return found | {method: replace(held, method=method) for method in others}


def _result(name: str, policy: Policy, case: Case, facts: Facts | None, given: DivisionInput) -> MethodResult:
    splits: list[Split] = [split(case, policy, facts)] if facts is not None else []
    unrecovered = splits[0].unrecovered if splits else {k: c.net_minor for k, c in case.claims.items()}
    escrow = next((fund for fund in given.funds if fund.account == ESCROW), None)
    if escrow is not None:
        splits.append(_by_loss(escrow.principal_minor, unrecovered, policy))
        unrecovered = splits[-1].unrecovered
    shares, lines = _told(splits, given)
    ids = {each.key: each.id for each in given.claims}
    basis = splits[0].basis
    return MethodResult(name, basis, shares, {ids[key]: minor for key, minor in unrecovered.items()}, lines)


def _by_loss(minor: int, unrecovered: Mapping[str, int], policy: Policy) -> Split:
    """The escrow among those who still lack something, by how much."""
    lacking = {key: left for key, left in unrecovered.items() if left}
    case = Case(
        id=ESCROW,
        frozen={ESCROW: Frozen(minor)},
        claims={key: Claim(left) for key, left in unrecovered.items()},
        shares={ESCROW: lacking},
    )
    return split(case, replace(policy, method=Policy().method))


def _told(
    splits: Iterable[Split], given: DivisionInput
) -> tuple[tuple[Share, ...], dict[uuid.UUID, tuple[Sentence, ...]]]:
    funds = {fund.account: fund.id for fund in given.funds}
    ids = {each.key: each.id for each in given.claims}
    explained = len(funds) * len(ids) <= MOST_EXPLAINED
    shares: list[Share] = []
    of_accounts: dict[uuid.UUID, tuple[Sentence, ...]] = {}
    for found in splits:
        for each in found.accounts:
            lines = list(explain(found, each.account)) if explained else []
            of_accounts[funds[each.account]] = _sentences(lines, None)
            for key in sorted(each.paid):
                principal = each.principal_paid.get(key, 0)
                told = _sentences(lines, key)
                shares.append(
                    Share(funds[each.account], ids[key], principal, each.paid[key] - principal, told)
                )
    return tuple(shares), of_accounts


def _sentences(lines: Sequence[Line], claim: str | None) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(sentence(line, "zh"), sentence(line, "en")) for line in lines if line.claim == claim
    )
