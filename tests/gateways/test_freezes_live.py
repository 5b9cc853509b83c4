"""Freezes between a centre and a bank, both as processes: frozen, queued and moved up, cut, renewed, let go."""

from datetime import timedelta
from typing import Any

import pytest

from tests.gateways.conftest import Live, until
from tests.ops.measures.conftest import ACCOUNT
from yipanqi.ops.cases.models import Case
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.measures.freezing.changing import ask_cut, ask_release, ask_renewal
from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze
from yipanqi.ops.measures.models import Answer, Difference, Freeze, Order, Reconciliation, Signature
from yipanqi.ops.measures.reconciling import ask_reconciliation
from yipanqi.ops.measures.signing import sign

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def filed(live: Live) -> Case:
    """A case whose money lies at the bank, accepted and filed."""
    case = live.pay()
    detective = live.world.officer("detective", roles=["investigator"])
    for act, officer in (("accept", detective), ("file", live.approver)):
        case.refresh_from_db()
        case = move_case(
            case_id=case.id, version=case.version, act=act, acting_officer=officer, now=live.now()
        )
    return case


def frozen_asked(live: Live, case: Case) -> Freeze:
    """A freeze of the payee's account, proposed and signed."""
    payment = case.payments.get()
    proposal = FreezeProposal(
        case_id=case.id, account_id=payment.payee_id, bank="ccb", holder_name="周二",
        asked_minor=payment.amount_minor, ground="victim_paid",
    )  # fmt: skip
    freeze = propose_freeze(proposal=proposal, acting_officer=live.funds, now=live.now())
    sign_next(live, freeze)
    return freeze


def sign_next(live: Live, freeze: Freeze) -> None:
    waiting = Signature.objects.for_system("t").get(freeze=freeze, status="waiting")
    sign(signature_id=waiting.id, acting_officer=live.approver, now=live.now())


def change(live: Live, act: Any, freeze: Freeze, **more: Any) -> None:
    """Ask for a change and sign it."""
    act(freeze_id=freeze.id, version=seen(freeze).version, acting_officer=live.funds, now=live.now(), **more)
    sign_next(live, freeze)


def seen(freeze: Freeze) -> Freeze:
    return Freeze.objects.for_system("t").get(id=freeze.id)


def becomes(freeze: Freeze, status: str) -> Freeze:
    problems = Answer.objects.exclude(problem="").values_list("problem", "field")
    until(lambda: seen(freeze).status == status, 40, lambda: (seen(freeze).status, list(problems)))
    return seen(freeze)


def done(freeze: Freeze, kind: str) -> None:
    """Return once the bank did what an order of this kind says."""
    until(lambda: Order.objects.filter(freeze=freeze, kind=kind, status="fulfilled").exists(), 40)


def at_the_bank(live: Live) -> dict[str, Any]:
    (found,) = live.street.books("ccb", ACCOUNT)["freezes"]
    return dict(found)


def test_a_stop_becomes_a_freeze_that_is_cut_renewed_and_let_go(live: Live) -> None:
    case = filed(live)
    stop = live.propose(case)
    live.becomes(stop, "stopped")
    freeze = frozen_asked(live, case)
    held = becomes(freeze, "frozen")
    assert held.frozen_minor == 5_000_000 and live.seen(stop).status == "superseded"
    assert [each["status"] for each in live.effective()] == ["lifted"]
    assert live.street.control("ccb", move_out=[{"number": ACCOUNT}])["moved"][0]["cause"] == "frozen"
    change(live, ask_cut, freeze, minor=2_000_000, reason="part_involved")
    until(lambda: seen(freeze).frozen_minor == 3_000_000, 40)
    assert live.street.control("ccb", move_out=[{"number": ACCOUNT}])["moved"][0]["moved_minor"] == 2_000_000
    last = seen(freeze).until_date
    assert last
    change(live, ask_renewal, freeze, until_date=last + timedelta(days=60), ground="still_investigating")
    until(lambda: seen(freeze).periods == 1, 40)
    assert seen(freeze).until_date == last + timedelta(days=60)
    ask_reconciliation(acting_officer=live.funds, now=live.now())
    until(lambda: Reconciliation.objects.count() >= 1, 20)
    assert not Difference.objects.exists() and not Reconciliation.objects.get().error
    change(live, ask_release, freeze, reason="unrelated")
    becomes(freeze, "released")
    assert at_the_bank(live)["status"] == "released"
    assert live.street.control("ccb", move_out=[{"number": ACCOUNT}])["moved"][0]["moved_minor"] == 3_000_000
    assert not Answer.objects.exclude(problem="").exists()


def test_behind_another_authority_it_waits_and_moves_up_by_itself(live: Live) -> None:
    case = filed(live)
    ends_at = live.now() + timedelta(seconds=6)
    before = {"number": ACCOUNT, "department": "厦门市公安局", "ends_at": ends_at.isoformat()}
    live.street.control("ccb", foreign_freeze=[before])
    freeze = frozen_asked(live, case)
    waits = becomes(freeze, "queued")
    assert (waits.frozen_minor, waits.former_minor) == (0, 5_000_000)
    assert waits.former_department.reveal() == "厦门市公安局"
    held = becomes(freeze, "frozen")
    assert held.frozen_minor == 5_000_000 and held.moved_up_at
    assert Answer.objects.filter(order__freeze=freeze, order__kind="freeze").count() == 2


def test_a_bank_that_says_its_account_is_another_freezes_nothing(live: Live) -> None:
    case = filed(live)
    live.street.control("ccb", faults={"mismatch": 1})
    freeze = frozen_asked(live, case)
    refused = becomes(freeze, "refused")
    assert refused.end_reason == "mismatch" and live.street.books("ccb", ACCOUNT)["freezes"] == []
