"""Random acts along the way back: no freeze without a signature, no money decided without its notice or its report."""

from hypothesis import settings
from hypothesis.stateful import invariant

from tests.casework.lifecycles.test_lifecycle_machines import LifeOf
from tests.casework.lifecycles.way_back import CLAIM_MODEL, FREEZE_MODEL, PAYOUT_MODEL, RETURN_MODEL
from yipanqi.casework.lifecycles.claim import CLAIM
from yipanqi.casework.lifecycles.freeze import FREEZE, LIVE, UNDER_WAY
from yipanqi.casework.lifecycles.fund_return import FUND_RETURN
from yipanqi.casework.lifecycles.payout import PAYOUT

HELD = {"freeze.frozen", "freeze.moved_up"}
ENDS = {"freeze.refused", "freeze.declined", "freeze.released", "freeze.lapsed", "freeze.handed_over"}


class LifeOfAFreeze(LifeOf):
    lifecycle = FREEZE
    model = FREEZE_MODEL

    @invariant()
    def nothing_leaves_before_its_signature(self) -> None:
        assert self.events[:1] in ([], ["freeze.signed"], ["freeze.declined"])
        assert (self.status in UNDER_WAY) <= bool({"freeze.signed", "freeze.corrected"} & set(self.events))

    @invariant()
    def only_what_holds_is_cut_paid_or_handed_over(self) -> None:
        for place, event in enumerate(self.events):
            if event in {"freeze.cut", "freeze.topped_up", "freeze.returned", "freeze.handed_over"}:
                assert HELD & set(self.events[:place])

    @invariant()
    def an_end_is_left_only_by_a_correction(self) -> None:
        for before, after in zip(self.events, self.events[1:], strict=False):
            if before in ENDS:
                assert after == "freeze.corrected"
        assert (self.status in FREEZE.resting) is (self.status not in LIVE)


class LifeOfAReturn(LifeOf):
    lifecycle = FUND_RETURN
    model = RETURN_MODEL

    @invariant()
    def a_decision_follows_a_report_or_a_notice_that_was_asked_about(self) -> None:
        for before, after in zip(["", *self.events], self.events, strict=False):
            if after == "return.decided":
                assert before in {"return.submitted", "return.decision_asked"}
            if after == "return.decision_asked":
                assert before == "return.noticed"

    @invariant()
    def no_bank_is_told_without_a_decision_that_still_stands(self) -> None:
        undone = {"return.reconsidered", "return.changed", "return.sent_back"}
        for place, event in enumerate(self.events):
            if event == "return.ordered":
                past = self.events[:place]
                decided = len(past) - past[::-1].index("return.decided")
                assert not undone & set(past[decided:])

    @invariant()
    def what_was_ordered_is_never_withdrawn(self) -> None:
        if "return.ordered" in self.events:
            assert self.status in {"ordered", "paid", "closed"}


class LifeOfAClaim(LifeOf):
    lifecycle = CLAIM
    model = CLAIM_MODEL

    @invariant()
    def who_was_excluded_applies_anew(self) -> None:
        for before, after in zip(["", *self.events], self.events, strict=False):
            if after == "claim.verified":
                assert before == "claim.applied"
            if before == "claim.excluded":
                assert after == "claim.restored"


class LifeOfAPayout(LifeOf):
    lifecycle = PAYOUT
    model = PAYOUT_MODEL

    @invariant()
    def after_a_receipt_only_further_ones_follow(self) -> None:
        if "payout.received" in self.events:
            assert set(self.events[self.events.index("payout.received") :]) == {"payout.received"}


TestLifeOfAFreeze = LifeOfAFreeze.TestCase
TestLifeOfAReturn = LifeOfAReturn.TestCase
TestLifeOfAClaim = LifeOfAClaim.TestCase
TestLifeOfAPayout = LifeOfAPayout.TestCase
for _case in [TestLifeOfAFreeze, TestLifeOfAReturn, TestLifeOfAClaim, TestLifeOfAPayout]:
    _case.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
