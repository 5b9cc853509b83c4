"""Returns on their way for the tests of their pages, led there by the services themselves."""

from typing import Any

from tests.ops.screening.conftest import Bench
from yipanqi.ops.returns.choosing import ask_division, choose, default_method
from yipanqi.ops.returns.claiming import ApplicationFacts, enter_application, notify_claim, verify_claim
from yipanqi.ops.returns.keeping import MethodResult, Share, begin, digest_of, input_of, keep
from yipanqi.ops.returns.models import Claim, Division, FundReturn, ReturnSignature
from yipanqi.ops.returns.opening import open_return
from yipanqi.ops.returns.signing import sign
from yipanqi.ops.returns.submitting import submit
from yipanqi.ops.screening.services import find

REASONS = "资金由被害人转入，持有人说不清来源"


class Returning(Bench):
    """A bench that goes on to the return: each word is one act."""

    def opened(self, number: int = 0) -> FundReturn:
        """A return of a freeze that was found to be the victim's in full."""
        freeze = self.freeze(number)
        screening = self.open(freeze)
        self.hand_in(screening)
        find(
            screening_id=screening.id,
            version=self.seen(screening).version,
            outcome="involved_full",
            reasons=REASONS,
            answers={},
            acting_officer=self.officer,
            now=self.world.now,
        )
        return open_return(
            case_id=freeze.case_id, freeze_ids=[freeze.id], acting_officer=self.officer, now=self.world.now
        )

    def claim(self, found: FundReturn) -> Any:
        """The return's first claim."""
        return Claim.objects.for_system("the test looks").filter(fund_return=found).first()

    def told(self, found: FundReturn) -> str:
        """The first victim is told; the code."""
        claim = self.claim(found)
        given = {"acting_officer": self.officer, "now": self.world.now}
        return notify_claim(claim_id=claim.id, version=claim.version, **given)[1]

    def verified(self, found: FundReturn) -> FundReturn:
        """The first victim is told, applies and is verified by another officer."""
        self.told(found)
        claim = self.claim(found)
        facts = ApplicationFacts(
            account="6217000010001234567", bank="icbc", holder_name="林晓梅", other_reason="原卡已注销"
        )
        given = {"claim_id": claim.id, "now": self.world.now}
        enter_application(version=claim.version, facts=facts, acting_officer=self.officer, **given)
        verify_claim(version=self.claim(found).version, acting_officer=self.second(), **given)
        return self.fresh(found)

    def second(self) -> Any:
        """Another funds officer."""
        if not hasattr(self, "_second"):
            self._second = self.world.officer("second", roles=["funds_officer"])
        return self._second

    def divided(self, found: FundReturn) -> Division:
        """A division by two methods, kept as the job keeps it."""
        division = ask_division(return_id=found.id, acting_officer=self.officer, now=self.world.now)
        begin(division.id, now=self.world.now)
        given = input_of(division.id, self.fresh(found))
        results = []
        for method, part in ((default_method(found), 10), ("fifo", 5)):
            shares = tuple(
                Share(fund.id, claim.id, fund.principal_minor * part // 10 // len(given.claims), 0)
                for fund in given.funds
                for claim in given.claims
            )
            left = {claim.id: 0 for claim in given.claims}
            results.append(MethodResult(method, "proportional" if part == 10 else "method", shares, left))
        keep(division.id, results, digest_of(given), now=self.world.now)
        return Division.objects.get(id=division.id)

    def chosen(self, found: FundReturn) -> FundReturn:
        """The default chosen on its ground."""
        division = self.divided(found)
        return choose(
            return_id=found.id,
            version=self.fresh(found).version,
            division_id=division.id,
            method=default_method(found),
            ground="not_traceable",
            acting_officer=self.officer,
            now=self.world.now,
        )

    def submitted(self, found: FundReturn) -> FundReturn:
        """The report lies with the approver."""
        chosen = self.chosen(found)
        return submit(
            return_id=found.id,
            version=chosen.version,
            reserve=True,
            acting_officer=self.officer,
            now=self.world.now,
        )

    def noticed(self, found: FundReturn) -> FundReturn:
        """The report is signed, the division announced."""
        self.submitted(found)
        sign(
            signature_id=self.asked(found).id,
            acting_officer=self.chief(),
            now=self.world.now,
        )
        return self.fresh(found)

    def asked(self, found: FundReturn) -> Any:
        """The signature a return waits for."""
        rows = ReturnSignature.objects.for_system("the test looks")
        return rows.get(fund_return=found, status="waiting")

    def chief(self) -> Any:
        """An approver of the prefecture."""
        if not hasattr(self, "_chief"):
            self._chief = self.world.officer("chief", roles=["approver"], unit="350100")
        return self._chief

    def fresh(self, found: FundReturn) -> FundReturn:
        """The return as it stands in the table."""
        rows = FundReturn.objects.for_system("the test looks")
        return rows.select_related("case", "division").get(id=found.id)
