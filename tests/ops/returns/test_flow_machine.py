"""Paying, repaying and closing in any order, over the real services: the books always prove, and nobody is paid twice.

Begins where the decision stands. `YIPANQI_RUNS` says how often it is played.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.returns.decided import Decided
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.measures.answering import BankAnswer, LineAnswer
from yipanqi.ops.measures.freezing.ending import expire_freezes
from yipanqi.ops.returns.answering import pay_answered
from yipanqi.ops.returns.claiming import ApplicationFacts, enter_application, verify_claim
from yipanqi.ops.returns.closing import close
from yipanqi.ops.returns.deadlines import fire_due
from yipanqi.ops.returns.deciding import revoke
from yipanqi.ops.returns.handing import HandOverFacts, enter_hand_over_receipt, propose_hand_over
from yipanqi.ops.returns.models import Allocation, HandOver, Payout, PayoutLine, ReturnSignature
from yipanqi.ops.returns.paying import order_payouts
from yipanqi.ops.returns.receiving import enter_receipt
from yipanqi.ops.returns.repaying import RepaymentFacts, enter_repayment
from yipanqi.ops.returns.signing import decline, sign
from yipanqi.rehearsal.world import World

RUNS = int(os.environ.get("YIPANQI_RUNS", "8"))
WORDS = ("paid", "payee_unknown", "other", "")
ACTS = [
    "order", "order", "order", "receipt", "receipt", "receipt", "answer", "answer", "redirect", "verify", "verify",
    "tick", "lapse", "close", "close", "revoke", "repay", "sign", "sign", "decline", "hand_over", "handed",
]  # fmt: skip


class Play:
    """Two officers, an approver, a bank, and a return that was just decided."""

    def __init__(self, decided: Decided) -> None:
        self.on = decided

    def do(self, act: str, pick: int) -> None:
        """One act of somebody; what the rules refuse changes nothing."""
        try:
            with transaction.atomic():
                getattr(self, act)(pick)
        except YipanqiError:
            pass

    def of_return(self, officer: Any = None) -> dict[str, Any]:
        seen = self.on.seen(self.on.fund_return)
        return {"return_id": seen.id, "version": seen.version} | self.by(officer)

    def by(self, officer: Any = None) -> dict[str, Any]:
        return {"acting_officer": officer or self.on.funds, "now": self.on.world.now}

    def payout(self, pick: int) -> Payout:
        payouts = list(Payout.objects.for_system("t").order_by("given_at", "id"))
        if not payouts:
            raise YipanqiError("nothing was ordered")
        return payouts[pick % len(payouts)]

    def order(self, _: int) -> None:
        order_payouts(**self.of_return(), officer_b=self.on.second.id)

    def told(self, payout: Payout, pick: int) -> dict[Any, str]:
        lines = payout.lines.order_by("id")
        words = (WORDS[(pick // 4**no) % 4] for no in range(len(lines)))
        return {line.id: word for line, word in zip(lines, words, strict=True) if word}

    def receipt(self, pick: int) -> None:
        payout = self.payout(pick)
        named = {"payout_id": payout.id, "version": payout.version, "number": f"HZ-{pick}"}
        enter_receipt(**named, lines=self.told(payout, pick), **self.by())

    def answer(self, pick: int) -> None:
        payout = self.payout(pick)
        if payout.order.status in {"fulfilled", "refused"}:
            return
        lines = [LineAnswer(str(key), word == "paid", word) for key, word in self.told(payout, pick).items()]
        given = {"ok": pick % 5 != 0, "failure": "" if pick % 5 else "unknown_freeze", "receipt": "M-1"}
        answer = BankAnswer(payout.order_id, "return_money", account="x", lines=tuple(lines), **given)
        pay_answered(answer, payout.order, SYSTEM, self.on.world.now)

    def redirect(self, pick: int) -> None:
        claim = self.on.claims()[pick % 2]
        facts = ApplicationFacts(
            account=f"62170000100012399{pick % 90 + 10}", bank="ccb", other_reason="原卡已注销"
        )
        enter_application(claim_id=claim.id, version=claim.version, facts=facts, **self.by())

    def verify(self, pick: int) -> None:
        claim = self.on.claims()[pick % 2]
        verify_claim(claim_id=claim.id, version=claim.version, **self.by(self.on.second))

    def tick(self, pick: int) -> None:
        self.on.world.advance(timedelta(days=pick % 7))
        expire_freezes(now=self.on.world.now)
        fire_due(now=self.on.world.now)

    def lapse(self, pick: int) -> None:
        if pick % 3 == 0 and self.on.world.now < self.on.freeze.expires_at:
            self.on.world.advance(self.on.freeze.expires_at - self.on.world.now)
            expire_freezes(now=self.on.world.now)

    def close(self, _: int) -> None:
        close(**self.of_return())

    def revoke(self, pick: int) -> None:
        if pick % 4 == 0:
            revoke(**self.of_return(), reason="情况有变")

    def repay(self, pick: int) -> None:
        case = self.on.cases[pick % 2]
        kind = ("surrendered", "compensated")[pick % 3 % 2]
        facts = RepaymentFacts(
            case.id, kind, "trial", "周大", 1 + pick * 9_999, self.on.world.now, "SJ-1",
            victim_id=case.victim_id if kind == "compensated" else None,
        )  # fmt: skip
        enter_repayment(facts=facts, **self.by())

    def sign(self, _: int) -> None:
        for waits in ReturnSignature.objects.for_system("t").filter(status="waiting")[:1]:
            sign(signature_id=waits.id, **self.by(self.on.boss))

    def decline(self, _: int) -> None:
        for waits in ReturnSignature.objects.for_system("t").filter(status="waiting")[:1]:
            decline(signature_id=waits.id, reason="不符", **self.by(self.on.boss))

    def hand_over(self, pick: int) -> None:
        facts = HandOverFacts(
            self.on.cases[0].id, "court", "仓山区人民法院", "trial", [self.on.freeze.id] if pick % 2 else [], pick * 999
        )  # fmt: skip
        propose_hand_over(facts=facts, **self.by())

    def handed(self, _: int) -> None:
        for found in HandOver.objects.for_system("t").filter(status="approved")[:1]:
            given = {"hand_over_id": found.id, "version": found.version, "number": "YS-1"}
            enter_hand_over_receipt(**given, **self.by())

    def check(self) -> None:
        """What holds after every act."""
        self.on.prove()
        for share in Allocation.objects.all():
            live = share.payout_lines.exclude(status="failed")
            assert live.count() <= 1, "a share under way twice"
            assert sum(each.principal_minor for each in live) <= share.principal_minor
        for payout in Payout.objects.for_system("t"):
            assert payout.officer_a_id != payout.officer_b_id and payout.fund_return.decision_number
        freeze = self.on.seen(self.on.freeze)
        paid = sum(PayoutLine.objects.filter(status="paid").values_list("principal_minor", flat=True))
        assert freeze.frozen_minor <= 6_000_000 - paid
        if self.on.seen(self.on.fund_return).status == "closed":
            assert not PayoutLine.objects.filter(status="given").exists()


@pytest.mark.django_db
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 255)), min_size=8, max_size=20))
@settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_books_prove_whatever_is_done(acts: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        play = Play(Decided(World().load()))
        for act, pick in acts:
            play.do(act, pick)
            play.check()
        transaction.set_rollback(True)
