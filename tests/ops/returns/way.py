"""A return through the services: two victims of one account, a frozen sum found to be of the case, and the officers."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.analytics.conftest import Bank
from tests.ops.screening.conftest import CLEAN, Bench
from yipanqi.analytics.dividing import run_division
from yipanqi.analytics.seeding import seed_case
from yipanqi.analytics.settling import settle_all
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.indicators.proving import prove
from yipanqi.ops.returns import choosing, claiming, signing, submitting
from yipanqi.ops.returns.claiming import ApplicationFacts
from yipanqi.ops.returns.models import Claim, FundReturn, ReturnSignature
from yipanqi.ops.returns.opening import open_return
from yipanqi.ops.returns.queries import claims_of, origins_of
from yipanqi.ops.screening.services import find
from yipanqi.rehearsal.world import World

VICTIM, OTHER, MULE = "6217000010001111111", "6217000010002222222", "6222021602001234567"
STRANGER = "6217000010009999999"


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(YipanqiError) as caught:
        yield
    assert caught.value.code == code


class Way:
    """Two victims paid one account, a stranger too; 50,000 of it are frozen and found to be of the case."""

    def __init__(self, world: World, *, mixed: bool = True) -> None:
        self.world, self.bench = world, Bench(world)
        self.funds = self.bench.officer
        self.second = world.officer("funds2", roles=["funds_officer"])
        self.city = world.officer("city", roles=["approver"], unit="350100")
        self.appeal = world.officer("appeal", roles=["appeal_officer"], unit="350100")
        self.auditor = world.officer("aud", roles=["auditor"], unit="350000")
        self.cases = []
        rows = []
        bank = Bank(world)
        for number, payer in enumerate([VICTIM, OTHER] if mixed else [VICTIM]):
            case = self.bench._filed(world.case(payer_account=payer, payer_bank="ccb", payee_account=MULE))
            self.cases.append(case)
            rows.append(bank.row(payer, MULE, "50000.00", after=number))
        if mixed:
            rows += [bank.row(MULE, STRANGER, "50000.00", after=10)]
        bank.post(*rows)
        for case in self.cases:
            seed_case(case.id, now=world.now)
        settle_all(now=world.now)
        self.freeze = self._freeze()

    def _freeze(self) -> Any:
        from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze

        case = self.cases[0]
        proposal = FreezeProposal(
            case_id=case.id,
            account_id=case.payments.get().payee_id,
            bank="ccb",
            holder_name="周二",
            asked_minor=5_000_000,
            traced_minor=5_000_000,
            ground="traced_money",
        )
        freeze = propose_freeze(proposal=proposal, acting_officer=self.funds, now=self.world.now)
        self.bench.sign(freeze)
        self.bench.answer(freeze, "freeze", frozen_minor=5_000_000, account=MULE)
        screening = self.bench.open(freeze)
        self.bench.hand_in(screening)
        find(
            screening_id=screening.id,
            version=self.bench.seen(screening).version,
            outcome="involved_full",
            reasons="全部为被害人转入资金，持卡人无法说明来源",
            answers=CLEAN,
            acting_officer=self.funds,
            now=self.world.now,
        )
        return self.bench.held(freeze)

    def seen(self, found: FundReturn) -> FundReturn:
        return (
            FundReturn.objects.for_system("the test looks")
            .select_related("division", "case")
            .get(id=found.id)
        )

    def open(self) -> FundReturn:
        return self.act(open_return, case_id=self.cases[0].id, freeze_ids=[self.freeze.id])

    def act(self, act: Any, officer: Any = None, **given: Any) -> Any:
        return act(acting_officer=officer or self.funds, now=self.world.now, **given)

    def tell_all(self, found: FundReturn) -> None:
        for claim in claims_of(found):
            self.act(claiming.notify_claim, claim_id=claim.id, version=claim.version)

    def apply(self, claim: Claim) -> Claim:
        claim = Claim.objects.for_system("the test looks").get(id=claim.id)
        facts = ApplicationFacts(destination_id=origins_of(claim)[0].id)
        claim = self.act(claiming.enter_application, claim_id=claim.id, version=claim.version, facts=facts)
        return self.act(claiming.verify_claim, self.second, claim_id=claim.id, version=claim.version)

    def divide(self, found: FundReturn) -> Any:
        division = self.act(choosing.ask_division, return_id=found.id)
        run_division(division.id, now=self.world.now)
        division.refresh_from_db()
        assert division.status == "done", division.error
        return division

    def choose(self, found: FundReturn, division: Any, method: str = "loss_ratio", **more: Any) -> FundReturn:
        given = {"ground": "not_traceable", "note": "两名被害人资金混同"} | more
        version = self.seen(found).version
        return self.act(
            choosing.choose,
            return_id=found.id,
            version=version,
            division_id=division.id,
            method=method,
            **given,
        )

    def submit(self, found: FundReturn) -> FundReturn:
        version = self.seen(found).version
        return self.act(submitting.submit, return_id=found.id, version=version, reserve=True)

    def waiting(self, found: FundReturn) -> ReturnSignature:
        rows = ReturnSignature.objects.for_system("the test looks")
        return rows.get(fund_return=found, status="waiting")

    def sign(self, found: FundReturn, officer: Any = None) -> FundReturn:
        return self.act(signing.sign, officer or self.city, signature_id=self.waiting(found).id)

    def noticed(self) -> FundReturn:
        found = self.open()
        self.tell_all(found)
        self.apply(claims_of(found)[0])
        self.choose(found, self.divide(found))
        self.submit(found)
        return self.sign(found)

    def proven(self) -> None:
        for check in prove(self.auditor):
            assert check.ok, check
