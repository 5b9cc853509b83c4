"""Random acts against each lifecycle, beside a model written out by hand: what is refused changes nothing."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.casework.lifecycles.way_back import WAY_BACK
from yipanqi import catalog
from yipanqi.casework import lifecycles
from yipanqi.casework.lifecycles.alert import ALERT
from yipanqi.casework.lifecycles.case import CASE
from yipanqi.casework.lifecycles.directive import DIRECTIVE
from yipanqi.casework.lifecycles.flow_import import FLOW_IMPORT
from yipanqi.casework.lifecycles.partner_order import PARTNER_ORDER
from yipanqi.casework.lifecycles.payment_stop import PAYMENT_STOP
from yipanqi.casework.lifecycles.stop_suggestion import STOP_SUGGESTION
from yipanqi.casework.lifecycles.trace_run import TRACE_RUN
from yipanqi.casework.lifecycles.work_order import WORK_ORDER
from yipanqi.casework.machine import Lifecycle, TransitionRefused

ALERT_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "received": {"triage": ("triaged", "alert.triaged")},
    "triaged": {
        "begin_contact": ("contacting", "alert.contact_begun"),
        "dismiss": ("closed", "alert.dismissed"),
        "confirm_paid": ("paid", "alert.paid"),
    },
    "contacting": {
        "call_later": ("contacting", "alert.deferred"),
        "hand_to_station": ("contacting", "alert.handed_to_station"),
        "hand_to_seat": ("contacting", "alert.handed_to_seat"),
        "dismiss": ("closed", "alert.dismissed"),
        "close": ("closed", "alert.closed"),
        "confirm_paid": ("paid", "alert.paid"),
    },
    "paid": {"settle_paid": ("closed", "alert.settled"), "undo_outcome": ("contacting", "alert.reopened")},
    "closed": {
        "signal_again": ("triaged", "alert.reopened"),
        "call_back": ("contacting", "alert.reopened"),
        "undo_outcome": ("contacting", "alert.reopened"),
    },
}
WORK_ORDER_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "waiting": {
        "take": ("taken", "work_order.taken"),
        "undo": ("taken", "work_order.reopened"),
        "cancel": ("cancelled", "work_order.cancelled"),
    },
    "taken": {
        "give_back": ("waiting", "work_order.given_back"),
        "call_later": ("waiting", "work_order.deferred"),
        "lapse": ("waiting", "work_order.lapsed"),
        "complete": ("done", "work_order.completed"),
        "cancel": ("cancelled", "work_order.cancelled"),
    },
    "done": {"undo": ("taken", "work_order.reopened")},
    "cancelled": {},
}
DIRECTIVE_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "issued": {
        "accept": ("accepted", "directive.accepted"),
        "hand_down": ("issued", "directive.handed_down"),
        "withdraw": ("withdrawn", "directive.withdrawn"),
    },
    "accepted": {
        "act": ("acted", "directive.acted"),
        "hand_down": ("issued", "directive.handed_down"),
        "withdraw": ("withdrawn", "directive.withdrawn"),
    },
    "acted": {
        "verify": ("verified", "directive.verified"),
        "send_back": ("accepted", "directive.sent_back"),
    },
    "verified": {"feed_back": ("fed_back", "directive.fed_back")},
    "fed_back": {},
    "withdrawn": {},
}
CASE_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "reported": {
        "accept": ("accepted", "case.accepted"),
        "withdraw": ("withdrawn", "case.withdrawn"),
        "refuse": ("refused", "case.refused"),
    },
    "accepted": {"file": ("filed", "case.filed"), "refuse": ("refused", "case.refused")},
    "filed": {"solve": ("solved", "case.solved"), "close": ("closed", "case.closed")},
    "solved": {"prosecute": ("prosecuted", "case.prosecuted"), "close": ("closed", "case.closed")},
    "prosecuted": {"try": ("tried", "case.tried"), "close": ("closed", "case.closed")},
    "tried": {"close": ("closed", "case.closed")},
    "refused": {},
    "closed": {},
    "withdrawn": {},
}
STOP_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "proposed": {
        "sign": ("approved", "stop.signed"),
        "decline": ("declined", "stop.declined"),
        "send": ("sent", "stop.sent"),
        "time_out": ("unanswered", "stop.unanswered"),
        "confirm": ("stopped", "stop.stopped"),
        "refuse": ("refused", "stop.refused"),
        "lift": ("lifting", "stop.lift_ordered"),
        "expire": ("expired", "stop.expired"),
    },
    "approved": {
        "send": ("sent", "stop.sent"),
        "time_out": ("unanswered", "stop.unanswered"),
        "confirm": ("stopped", "stop.stopped"),
        "refuse": ("refused", "stop.refused"),
        "lift": ("lifting", "stop.lift_ordered"),
        "expire": ("expired", "stop.expired"),
    },
    "sent": {
        "sign_after": ("sent", "stop.signed"),
        "time_out": ("unanswered", "stop.unanswered"),
        "confirm": ("stopped", "stop.stopped"),
        "refuse": ("refused", "stop.refused"),
        "lift": ("lifting", "stop.lift_ordered"),
        "expire": ("expired", "stop.expired"),
    },
    "unanswered": {
        "sign_after": ("unanswered", "stop.signed"),
        "send": ("sent", "stop.sent"),
        "confirm": ("stopped", "stop.stopped"),
        "refuse": ("refused", "stop.refused"),
        "lift": ("lifting", "stop.lift_ordered"),
        "expire": ("expired", "stop.expired"),
    },
    "stopped": {
        "sign_after": ("stopped", "stop.signed"),
        "extend": ("stopped", "stop.extended"),
        "lift": ("lifting", "stop.lift_ordered"),
        "expire": ("expired", "stop.expired"),
        "supersede": ("superseded", "stop.superseded"),
    },
    "lifting": {
        "confirm": ("lifting", "stop.stopped"),
        "confirm_lift": ("lifted", "stop.lifted"),
        "expire": ("expired", "stop.expired"),
    },
    "refused": {"correct": ("lifting", "stop.corrected")},
    "declined": {"correct": ("lifting", "stop.corrected")},
    "lifted": {"correct": ("lifting", "stop.corrected")},
    "expired": {"correct": ("lifting", "stop.corrected")},
    "superseded": {},
}
ORDER_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "waiting": {
        "send": ("sent", "order.sent"),
        "time_out": ("unanswered", "order.unanswered"),
        "fulfil": ("fulfilled", "order.fulfilled"),
        "refuse": ("refused", "order.refused"),
        "cancel": ("cancelled", "order.cancelled"),
    },
    "sent": {
        "time_out": ("unanswered", "order.unanswered"),
        "fulfil": ("fulfilled", "order.fulfilled"),
        "refuse": ("refused", "order.refused"),
        "cancel": ("cancelled", "order.cancelled"),
    },
    "unanswered": {
        "send": ("sent", "order.sent"),
        "fulfil": ("fulfilled", "order.fulfilled"),
        "refuse": ("refused", "order.refused"),
        "cancel": ("cancelled", "order.cancelled"),
    },
    "cancelled": {
        "fulfil": ("fulfilled", "order.fulfilled"),
        "refuse": ("refused", "order.refused"),
    },
    "fulfilled": {},
    "refused": {},
}


def job_model(first: str, noun: str) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """The life of what a job does once: started, perhaps again, and ended one way or the other."""
    begins = {"start": ("running", f"{noun}.started"), "fail": ("failed", f"{noun}.failed")}
    return {
        first: begins,
        "running": {**begins, "finish": ("done", f"{noun}.finished")},
        "done": {},
        "failed": {},
    }


TRACE_MODEL, IMPORT_MODEL = job_model("queued", "trace"), job_model("waiting", "import")
ENDS = {"take": "taken", "dismiss": "dismissed", "pass": "passed"}
SUGGESTION_MODEL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "open": {
        "change": ("open", "suggestion.changed"),
        **{a: (e, f"suggestion.{e}") for a, e in ENDS.items()},
    },
    **{status: {} for status in ENDS.values()},
}
MODELS: tuple[tuple[Lifecycle, Mapping[str, Mapping[str, tuple[str, str]]]], ...] = (
    (ALERT, ALERT_MODEL),
    (WORK_ORDER, WORK_ORDER_MODEL),
    (DIRECTIVE, DIRECTIVE_MODEL),
    (CASE, CASE_MODEL),
    (PAYMENT_STOP, STOP_MODEL),
    (PARTNER_ORDER, ORDER_MODEL),
    (TRACE_RUN, TRACE_MODEL),
    (STOP_SUGGESTION, SUGGESTION_MODEL),
    (FLOW_IMPORT, IMPORT_MODEL),
    *WAY_BACK,
)
ACTS = sorted({act for _, model in MODELS for acts in model.values() for act in acts})


class LifeOf(RuleBasedStateMachine):
    """Gives any act to one object and keeps what happened; subclasses name the table and its model."""

    lifecycle: Lifecycle
    model: Mapping[str, Mapping[str, tuple[str, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.status = self.lifecycle.initial
        self.events: list[str] = []

    @rule(act=st.sampled_from([*ACTS, "fly"]))
    def any_act(self, act: str) -> None:
        self.give(act)

    @rule(data=st.data())
    def an_allowed_act(self, data: st.DataObject) -> None:
        allowed = self.lifecycle.allowed(self.status)
        if allowed:
            self.give(data.draw(st.sampled_from(allowed)))

    def give(self, act: str) -> None:
        expected = self.model[self.status].get(act)
        try:
            transition = self.lifecycle.next(self.status, act)
        except TransitionRefused as refusal:
            assert expected is None
            allowed = refusal.facts["allowed"]
            assert isinstance(allowed, tuple)
            assert set(allowed) == set(self.model[self.status])
            assert self.status in str(refusal) and act in str(refusal)
            assert all(name in str(refusal) for name in allowed)
            return
        assert (transition.target, transition.event) == expected
        self.status = transition.target
        self.events.append(transition.event)

    @invariant()
    def the_status_is_declared(self) -> None:
        assert self.status in self.lifecycle.statuses

    @invariant()
    def the_allowed_acts_are_those_of_the_model(self) -> None:
        assert set(self.lifecycle.allowed(self.status)) == set(self.model[self.status])


class LifeOfAnAlert(LifeOf):
    lifecycle = ALERT
    model = ALERT_MODEL

    @invariant()
    def an_alert_is_triaged_first_and_once(self) -> None:
        assert self.events[:1] in ([], ["alert.triaged"])
        assert self.events.count("alert.triaged") <= 1

    @invariant()
    def a_payment_is_settled_only_after_it_was_confirmed(self) -> None:
        for before, after in zip(self.events, self.events[1:], strict=False):
            if after == "alert.settled":
                assert before == "alert.paid"
            if before in {"alert.closed", "alert.dismissed", "alert.settled"}:
                assert after == "alert.reopened"


class LifeOfAWorkOrder(LifeOf):
    lifecycle = WORK_ORDER
    model = WORK_ORDER_MODEL

    @invariant()
    def one_holder_at_a_time(self) -> None:
        held = False
        for event in self.events:
            if event in {"work_order.taken", "work_order.reopened"}:
                assert not held
                held = True
            elif event != "work_order.cancelled":
                assert held
                held = False

    @invariant()
    def done_is_left_only_by_undo_and_cancelled_never(self) -> None:
        for before, after in zip(self.events, self.events[1:], strict=False):
            if before == "work_order.completed":
                assert after == "work_order.reopened"
            assert before != "work_order.cancelled"


class LifeOfADirective(LifeOf):
    lifecycle = DIRECTIVE
    model = DIRECTIVE_MODEL

    @invariant()
    def it_is_fed_back_only_after_a_report_that_was_verified(self) -> None:
        if self.status == "fed_back":
            assert self.events[-3:] == ["directive.acted", "directive.verified", "directive.fed_back"]

    @invariant()
    def whoever_has_it_in_hand_accepted_it_or_got_it_back(self) -> None:
        for before, after in zip(["", *self.events], self.events, strict=False):
            if after == "directive.acted":
                assert before in {"directive.accepted", "directive.sent_back"}


class LifeOfACase(LifeOf):
    lifecycle = CASE
    model = CASE_MODEL

    @invariant()
    def nothing_follows_filing_without_acceptance_and_filing(self) -> None:
        if self.status in {"filed", "solved", "prosecuted", "tried", "closed"}:
            assert self.events[:2] == ["case.accepted", "case.filed"]

    @invariant()
    def only_a_report_nobody_accepted_is_withdrawn(self) -> None:
        if self.status == "withdrawn":
            assert self.events == ["case.withdrawn"]


class LifeOfAPaymentStop(LifeOf):
    lifecycle = PAYMENT_STOP
    model = STOP_MODEL

    @invariant()
    def what_left_is_never_declined(self) -> None:
        if "stop.declined" in self.events and "stop.corrected" not in self.events:
            assert self.events == ["stop.declined"]

    @invariant()
    def only_what_holds_is_extended_or_becomes_a_freeze(self) -> None:
        held = {"stop.stopped", "stop.extended", "stop.signed"}
        for before, after in zip(["", *self.events], self.events, strict=False):
            if after in {"stop.extended", "stop.superseded"}:
                assert before in held and "stop.stopped" in self.events

    @invariant()
    def an_end_is_left_only_by_a_correction(self) -> None:
        ends = {"stop.refused", "stop.declined", "stop.lifted", "stop.expired", "stop.superseded"}
        for before, after in zip(self.events, self.events[1:], strict=False):
            if before in ends:
                assert after == "stop.corrected"


class LifeOfAPartnerOrder(LifeOf):
    lifecycle = PARTNER_ORDER
    model = ORDER_MODEL

    @invariant()
    def the_bank_settles_it_once_and_for_good(self) -> None:
        settled = {"order.fulfilled", "order.refused"}
        assert not settled & set(self.events[:-1])


TestLifeOfAPaymentStop = LifeOfAPaymentStop.TestCase
TestLifeOfAPartnerOrder = LifeOfAPartnerOrder.TestCase
TestLifeOfACase = LifeOfACase.TestCase
TestLifeOfAnAlert = LifeOfAnAlert.TestCase
TestLifeOfAWorkOrder = LifeOfAWorkOrder.TestCase
TestLifeOfADirective = LifeOfADirective.TestCase
for _case in [each for name, each in list(globals().items()) if name.startswith("TestLifeOf")]:
    _case.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_every_lifecycle_has_its_model() -> None:
    modules = {each.name for each in pkgutil.iter_modules(lifecycles.__path__)}
    assert {lifecycle.name for lifecycle, _ in MODELS} == modules


@pytest.mark.parametrize("lifecycle", [each for each, _ in MODELS], ids=lambda each: each.name)
def test_every_event_is_declared_in_the_catalog(lifecycle: Lifecycle) -> None:
    assert {each.event for each in lifecycle.transitions} <= set(catalog.events())


@pytest.mark.parametrize(("lifecycle", "model"), MODELS, ids=[each.name for each, _ in MODELS])
def test_the_table_is_the_model(
    lifecycle: Lifecycle, model: Mapping[str, Mapping[str, tuple[str, str]]]
) -> None:
    assert set(lifecycle.statuses) == set(model)
    for status, acts in model.items():
        for act in ACTS:
            if act in acts:
                made = lifecycle.next(status, act)
                assert (made.target, made.event) == acts[act]
            else:
                with pytest.raises(TransitionRefused):
                    lifecycle.next(status, act)
