"""The live chase: money that moves on becomes a suggested stop at once, and one that is pointless passes by itself."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from tests.analytics.conftest import MULE, SECOND, THIRD, VICTIM, Bank
from yipanqi import catalog
from yipanqi.analytics.chase import Chase
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.models import LedgerRow, StopSuggestion, TraceRun
from yipanqi.analytics.queries import list_suggestions, suggestions_mark
from yipanqi.analytics.services import dismiss_suggestion, take_suggestion
from yipanqi.casework.authority import NotAllowed
from yipanqi.engine.ledger.columns import VOID
from yipanqi.engine.tracing import trace
from yipanqi.engine.tracing.planning import rests_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.models import CaseSubject
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.models import Order, PaymentStop
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import blind_index
from yipanqi.rehearsal.world import World

Follow = Callable[..., Chase]


@pytest.fixture
def case(world: World, bank: Bank, follow: Follow) -> Any:
    """A case whose payment the bank has told; the chase is on."""
    world.bank("ccb")
    found = world.case(payer_account=VICTIM, payer_bank="ccb")
    bank.post(bank.row(VICTIM, MULE, "50000.00", payee_name="周二"))
    follow(found)
    return found


def told() -> dict[str, tuple[str, int, int]]:
    """By account: the latest suggestion's status, money there, level."""
    rows = StopSuggestion.objects.for_system("the test looks").order_by("created_at", "id")
    return {
        s.account.number.reveal(): (s.status, s.held_minor, s.level) for s in rows.select_related("account")
    }


def suggestion(number: str) -> StopSuggestion:
    rows = StopSuggestion.objects.for_system("the test looks").filter(
        account__number_index=blind_index("account", number)
    )
    found: StopSuggestion = rows.latest("created_at")
    return found


def events(prefix: str) -> list[str]:
    return [e.event for e in Entry.objects.filter(event__startswith=prefix).order_by("id")]


def test_the_first_account_is_suggested_with_its_reasons(world: World, case: Any) -> None:
    assert told() == {MULE: ("open", 5_000_000, 1)}
    found = suggestion(MULE)
    assert 0 < found.savable_minor < found.held_minor and 0 < found.chance_permille < 1000
    assert {"held", "chance"} <= {reason["code"] for reason in found.reasons}
    assert set(catalog.stop_reasons()) >= {reason["code"] for reason in found.reasons}
    assert (found.bank, found.curves, found.place_code) == ("ccb", "dwell-1", case.place_code)
    assert events("suggestion") == ["suggestion.made"] and not Order.objects.exists()


def test_money_that_moves_on_is_suggested_further_down(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20), bank.row(SECOND, THIRD, "20000.00", after=30))
    follow()
    assert told() == {
        MULE: ("passed", 5_000_000, 1),
        SECOND: ("open", 2_950_000, 2),
        THIRD: ("open", 2_000_000, 3),
    }
    bank.post(bank.row(SECOND, THIRD, "9500.00", after=40))
    follow()
    assert told()[SECOND] == ("open", 2_000_000, 2) and told()[THIRD] == ("open", 2_950_000, 3)
    assert suggestion(SECOND).version == 2 and events("suggestion")[-2:] == ["suggestion.changed"] * 2
    assert suggestion(THIRD).transfer.external_id == "ccb-0004"


def test_what_is_not_worth_a_stop_is_not_suggested(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    bank.post(
        bank.row(MULE, SECOND, "999.99", after=20),
        bank.row(MULE, "ATM00001", "48000.00", after=21, kind="cash_out"),
        bank.row(THIRD, SECOND, "80000.00", after=22),
    )
    follow()
    assert told() == {MULE: ("open", 100_001, 1)}


def test_rows_told_late_and_a_reversal_are_followed_anew(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    bank.post(bank.row(SECOND, THIRD, "30000.00", after=40))
    follow()
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20))
    follow()
    assert told()[THIRD] == ("open", 3_000_000, 3)
    bank.post(bank.row(THIRD, SECOND, "30000.00", after=50, kind="reversal", reverses="ccb-0002"))
    follow()
    assert told()[THIRD][0] == "passed" and told()[SECOND] == ("open", 4_950_000, 2)
    assert sum(bool(flag & VOID) for flag in fresh_store().ledger().flags) == 2, (
        "an earlier post's original is found"
    )


def test_a_new_process_finds_the_same(world: World, bank: Bank, case: Any, follow: Follow) -> None:
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20))
    follow()
    before, said = told(), events("suggestion")
    assert Chase().catch_up(now=world.now) == 1
    assert told() == before and events("suggestion") == said


def test_the_chase_holds_what_the_batch_holds(world: World, bank: Bank, case: Any, follow: Follow) -> None:
    names = [MULE, SECOND, THIRD, "6222021602004444444", "6222021602005555555"]
    for step in range(12):
        payer, payee = names[step % 5], names[(step * 3 + 1) % 5]
        if payer != payee:
            bank.post(bank.row(payer, payee, f"{7000 + 613 * step}.00", after=20 + (step * 37) % 50))
        chase = follow()
    pursuit = next(iter(chase._pursuits.values()))
    batch = trace(fresh_store().ledger(), ["ccb:ccb-0001"])
    assert {a.account: a.held_minor for a in pursuit.live.accounts()} == {
        a.account: a.held_minor for a in batch.accounts
    }
    assert pursuit.rests.lots() == rests_of(batch).lots(), "and since when"


def test_an_officer_takes_it_and_the_order_leaves(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20, payee_name="吴三"))
    follow()
    officer, found = world.officer(roles=["funds_officer"]), suggestion(SECOND)
    stop = take_suggestion(
        suggestion_id=found.id, version=found.version, acting_officer=officer, now=world.now
    )
    assert (stop.ground, stop.target, stop.asked_minor, stop.case_id) == (
        "traced_account",
        "suspect",
        4_950_000,
        case.id,
    )
    assert stop.holder_name.reveal() == "吴三" and stop.partner.code == "ccb"
    assert stop.transfer_at == world.now - timedelta(seconds=40)
    assert suggestion(SECOND).stop == stop and told()[SECOND][0] == "taken"
    subject = CaseSubject.objects.get(case=case, account=found.account)
    assert (subject.role, subject.level) == ("suspect_account", 2)
    with pytest.raises(YipanqiError) as again:
        take_suggestion(suggestion_id=found.id, version=found.version, acting_officer=officer, now=world.now)
    assert again.value.code == "version_conflict"
    bank.post(bank.row(VICTIM, SECOND, "1.00", after=25))
    follow()
    assert told()[SECOND][0] == "taken", "a stopped account is not suggested again"


def test_without_a_holder_nothing_is_ordered(world: World, bank: Bank, case: Any, follow: Follow) -> None:
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20))
    follow()
    officer, found = world.officer(roles=["funds_officer"]), suggestion(SECOND)
    given = {"suggestion_id": found.id, "version": found.version, "acting_officer": officer, "now": world.now}
    with pytest.raises(YipanqiError) as missing:
        take_suggestion(**given)
    assert missing.value.code == "element_missing" and not PaymentStop.objects.for_system("look").exists()
    assert take_suggestion(**given, holder_name="吴三").holder_name.reveal() == "吴三"


def test_a_dismissed_one_comes_again_with_more_money(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    officer, found = world.officer(roles=["funds_officer"]), suggestion(MULE)
    given = {"suggestion_id": found.id, "version": 1, "acting_officer": officer, "now": world.now}
    with pytest.raises(YipanqiError) as refused:
        dismiss_suggestion(**given, reason=" ")
    assert refused.value.code == "reason_missing"
    dismiss_suggestion(**given, reason="账户属于另一名被害人")
    assert list_suggestions(officer) == [] and found.account_id
    bank.post(bank.row(THIRD, MULE, "10.00", after=20))
    follow()
    assert list_suggestions(officer) == [] and events("suggestion") == [
        "suggestion.made",
        "suggestion.dismissed",
    ]
    bank.post(bank.row(VICTIM, MULE, "50000.00", after=30))
    more = world.case(payer_account=VICTIM, payer_bank="ccb")  # another case about the same account
    follow(more)
    assert [each.case_id for each in list_suggestions(officer)] == [more.id]


def test_who_sees_and_who_decides(world: World, case: Any) -> None:
    found = suggestion(MULE)
    here, elsewhere = (
        world.officer(f"f{unit}", roles=["funds_officer"], unit=unit) for unit in ("350104", "350203")
    )
    assert [each.id for each in list_suggestions(here)] == [found.id] and list_suggestions(elsewhere) == []
    assert suggestions_mark(here) != suggestions_mark(elsewhere)
    reader = world.officer("inv", roles=["investigator"])
    assert list_suggestions(reader, case_id=case.id)
    for officer, error in ((elsewhere, YipanqiError), (reader, NotAllowed)):
        with pytest.raises(error):
            take_suggestion(suggestion_id=found.id, version=1, acting_officer=officer, now=world.now)


def test_a_case_that_has_ended_is_let_go(world: World, bank: Bank, case: Any, follow: Follow) -> None:
    officer = world.officer(roles=["funds_officer"])
    type(case).objects.for_system("ended").filter(id=case.id).update(status="closed")
    chase = follow()
    assert not chase._pursuits and list_suggestions(officer) == []


def test_the_page_gets_a_new_trace_when_the_money_moves(
    world: World, bank: Bank, case: Any, follow: Follow
) -> None:
    runs = TraceRun.objects.for_system("the test looks")
    assert [(run.status, run.asked_by) for run in runs.all()] == [("queued", None)]
    bank.post(bank.row(MULE, SECOND, "49500.00", after=20))
    follow()
    assert runs.count() == 1, "one that waits is enough"
    runs.update(status="done")
    bank.post(bank.row(THIRD, VICTIM, "5.00", after=21))
    follow()
    assert runs.count() == 1, "nothing that was reached has moved"
    bank.post(bank.row(SECOND, THIRD, "5.00", after=22))
    follow()
    assert runs.count() == 2


def test_tokens_alone_lie_in_the_ledger(world: World, case: Any) -> None:
    folder = fresh_store().folder
    lying = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert VICTIM.encode() not in lying and MULE.encode() not in lying
    assert Account.objects.get(number_index=blind_index("account", MULE)).number_index.encode() in lying


@pytest.mark.django_db(transaction=True)
def test_rounds_asked_for_at_once_leave_nothing_behind(world: World, bank: Bank) -> None:
    chase, rows = Chase(), [bank.row(MULE, SECOND, "10.00", after=step) for step in range(40)]

    def post_and_follow(part: list[dict[str, Any]]) -> None:
        for row in part:
            bank.post(row)
            chase.follow(now=lambda: world.now)
        connections.close_all()

    threads = [threading.Thread(target=post_and_follow, args=[rows[start::4]]) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(LedgerRow.objects.values_list("ledger_no", flat=True)) == list(range(1, 41))
    assert len(fresh_store().ledger()) == 40 and not chase._running
