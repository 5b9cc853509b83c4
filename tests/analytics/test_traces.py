"""A trace of a case: asked by who may, done by the job, shown as a graph, worked in, and taken as papers with an
entry each."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.analytics.conftest import MULE, SECOND, THIRD, VICTIM, Bank
from yipanqi.analytics import graphs, queries, running
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.models import LedgerRow, Seed, TraceRun
from yipanqi.analytics.results import pack_trace, unpack_trace
from yipanqi.analytics.running import give_up, run_trace
from yipanqi.analytics.services import (
    ask_trace,
    export_trace,
    mark_sink,
    pin,
    stop_traced,
    unmark_sink,
    unmask_traced,
    unpin,
)
from yipanqi.analytics.tracing import TRACE_TASK, follow_on
from yipanqi.casework.authority import NotAllowed
from yipanqi.engine.tracing import trace
from yipanqi.engine.tracing.evidence import verify_evidence
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import blind_index
from yipanqi.rehearsal.world import World

ATM = "ATM00001"


class Desk:
    """A case with money on two levels, an officer of the funds desk, and what they do."""

    def __init__(self, world: World, bank: Bank, follow: Callable[..., Any]) -> None:
        self.world, self.bank, self.follow = world, bank, follow
        self.officer = world.officer("funds", roles=["funds_officer"])
        self.case = world.case(payer_account=VICTIM, payer_bank="ccb")
        bank.post(
            bank.row(VICTIM, MULE, "50000.00", payee_name="周二"),
            bank.row(MULE, SECOND, "30000.00", after=20),
            bank.row(MULE, ATM, "15000.00", after=25, kind="cash_out", payee_bank=""),
            bank.row(SECOND, THIRD, "30000.00", after=30),
            bank.row(THIRD, "6222021602009999999", "1.00", after=-3000),
        )
        follow(self.case)

    def ask(self, method: str = "haircut", **more: Any) -> TraceRun:
        given = {"until": None, "acting_officer": self.officer, "now": self.world.now, **more}
        return ask_trace(case_id=self.case.id, method=method, **given)

    def done(self, run: TraceRun) -> TraceRun:
        run_trace(run.id, now=self.world.now)
        return self.seen(run)

    def seen(self, run: TraceRun) -> TraceRun:
        return queries.access_trace(self.officer, run.id)

    def act(self, act: Callable[..., Any], run: TraceRun, number: str, **more: Any) -> Any:
        account = Account.objects.get(number_index=blind_index("account", number))
        return act(
            run_id=run.id, account_id=account.id, acting_officer=self.officer, now=self.world.now, **more
        )


@pytest.fixture
def desk(world: World, bank: Bank, follow: Callable[..., Any]) -> Desk:
    return Desk(world, bank, follow)


def by_tail(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["number"][-4:]: node for node in graph["nodes"]}


def test_it_is_asked_followed_and_shown(desk: Desk) -> None:
    run = desk.ask()
    assert (run.status, run.seeds, run.pack_id) == ("queued", ["ccb:ccb-0001"], "CN")
    run = desk.done(run)
    assert (run.status, run.rows, run.error, run.stage) == ("done", 5, "", "")
    graph = queries.graph_of(run, desk.officer)
    assert graph["run"]["totals"] == {
        "seeded_minor": 5_000_000, "held_minor": 3_500_000, "left_minor": 1_500_000, "displaced_minor": 0,
    }  # fmt: skip
    assert graph["run"]["ledger_digest"] == fresh_store().ledger().digest
    nodes = by_tail(graph)
    levels = {tail: (n["level"], n["held_minor"], n["is_victim"], n["sink"]) for tail, n in nodes.items()}
    assert levels == {
        "1111": (0, 0, True, None),
        "4567": (1, 500_000, False, None),
        "2222": (2, 0, False, None),
        "3333": (3, 3_000_000, False, None),
        "* 01": (2, 0, False, "cash_out"),
    }
    assert nodes["4567"]["suggestion"]["savable_minor"] > 0 and nodes["2222"]["suggestion"] is None
    assert nodes["4567"]["bank_name"] and isinstance(nodes["4567"]["id"], uuid.UUID)
    names = {node["id"]: tail for tail, node in nodes.items()}
    edges = {
        (names[e["source"]], names[e["target"]]): (e["tainted_minor"], e["count"], e["seed"])
        for e in graph["edges"]
    }
    assert edges[("1111", "4567")] == (5_000_000, 1, True) and edges[("2222", "3333")] == (
        3_000_000,
        1,
        False,
    )
    assert MULE not in json.dumps(graph, default=str)


def test_a_job_that_runs_twice_writes_once(desk: Desk) -> None:
    run = desk.done(desk.ask())
    entries = Entry.objects.count()
    assert desk.done(run).version == run.version and Entry.objects.count() == entries


def test_the_last_answer_stays_in_sight_until_the_next(desk: Desk) -> None:
    first = desk.done(desk.ask())
    second = desk.ask("poison")
    assert queries.latest_trace(desk.officer, desk.case.id) == second
    waiting = queries.graph_of(second, desk.officer)
    assert waiting["run"]["status"] == "queued" and len(waiting["nodes"]) == 5
    poison = queries.graph_of(desk.done(second), desk.officer)
    assert poison["run"]["totals"] is None and {n["held_minor"] for n in poison["nodes"]} == {None, 0}
    assert queries.graph_of(first, desk.officer)["run"]["totals"] is not None


def test_until_is_the_end_of_it(desk: Desk) -> None:
    at = desk.world.now - timedelta(seconds=38)
    graph = queries.graph_of(desk.done(desk.ask(until=at)), desk.officer)
    assert set(by_tail(graph)) == {"1111", "4567", "2222"}


@pytest.mark.parametrize(("method", "code"), [("guess", "method_unknown")])
def test_what_cannot_be_asked(desk: Desk, method: str, code: str) -> None:
    with pytest.raises(YipanqiError) as refused:
        desk.ask(method)
    assert refused.value.code == code


def test_a_case_without_payment_in_the_ledger_says_so(desk: Desk) -> None:
    other = desk.world.case()
    with pytest.raises(YipanqiError) as refused:
        ask_trace(
            case_id=other.id, method="fifo", until=None, acting_officer=desk.officer, now=desk.world.now
        )
    assert refused.value.code == "no_payment_known"


def test_only_who_may_and_within_the_own_place(desk: Desk) -> None:
    run = desk.done(desk.ask())
    elsewhere = desk.world.officer("far", roles=["funds_officer"], unit="350203")
    reader = desk.world.officer("cmd", roles=["commander"])
    operator = desk.world.officer("op", roles=["operator"])
    for look in (
        lambda who: queries.access_trace(who, run.id),
        lambda who: queries.latest_trace(who, desk.case.id),
        lambda who: queries.graph_of(run, who),
        lambda who: queries.neighbours(run, who, uuid.uuid4()),
        lambda who: queries.transfers_between(run, who, uuid.uuid4(), uuid.uuid4()),
        lambda who: queries.known_transfers(who, desk.case.id),
        lambda who: queries.list_imports(who, desk.case.id),
    ):
        with pytest.raises(YipanqiError):
            look(elsewhere)
        with pytest.raises(NotAllowed):
            look(operator)
        look(reader)
    with pytest.raises(NotAllowed):
        desk.ask(acting_officer=reader)


def test_an_end_that_an_officer_marks_has_the_money_followed_anew(desk: Desk) -> None:
    run = desk.done(desk.ask())
    marked = desk.done(desk.act(mark_sink, run, SECOND, kind="merchant"))
    graph = queries.graph_of(marked, desk.officer)
    assert by_tail(graph)["2222"]["sink"] == "merchant" and "3333" not in by_tail(graph)
    assert graph["run"]["totals"]["left_minor"] == 4_500_000
    assert graph["stops"][0] | {"account": ""} == {
        "account": "", "why": "sink", "kind": "merchant", "tainted_in_minor": 3_000_000,
    }  # fmt: skip
    chase = desk.follow()
    held = {a.held_minor for p in chase._pursuits.values() for a in p.live.accounts() if a.level > 1}
    assert held == {0}, "the chase ends there too"
    again = desk.done(desk.act(unmark_sink, marked, SECOND))
    assert "3333" in by_tail(queries.graph_of(again, desk.officer))
    with pytest.raises(YipanqiError) as refused:
        desk.act(mark_sink, run, SECOND, kind="moon")
    assert refused.value.code == "sink_unknown"


def test_pins_stay_from_run_to_run(desk: Desk) -> None:
    run = desk.done(desk.ask())
    assert desk.act(pin, run, THIRD).version == run.version + 1
    assert desk.act(pin, run, THIRD).version == run.version + 1, "pinned once"
    again = desk.done(desk.ask("fifo"))
    assert by_tail(queries.graph_of(again, desk.officer))["3333"]["pinned"]
    desk.act(unpin, again, THIRD)
    assert not by_tail(queries.graph_of(desk.seen(again), desk.officer))["3333"]["pinned"]
    with pytest.raises(YipanqiError) as refused:
        desk.act(pin, run, "6222021602009999999")
    assert refused.value.code == "account_not_traced"


def test_flows_and_neighbours(desk: Desk) -> None:
    run = desk.done(desk.ask())
    ids = {tail: node["id"] for tail, node in by_tail(queries.graph_of(run, desk.officer)).items()}
    flows = queries.transfers_between(run, desk.officer, ids["4567"], ids["2222"])
    assert [(f["amount_minor"], f["tainted_minor"], f["seed"]) for f in flows] == [
        (3_000_000, 3_000_000, False)
    ]
    around = queries.neighbours(run, desk.officer, ids["3333"])
    found = {node["number"][-4:] for node in around["nodes"]}
    assert found == {"9999", "2222"} and {edge["amount_minor"] for edge in around["edges"]} == {
        100,
        3_000_000,
    }
    assert queries.neighbours(run, desk.officer, around["nodes"][0]["id"])["nodes"] == [] or "2222" in found


def test_a_trace_that_cannot_be_done_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_TRANSFERS", 2)
    run = desk.done(desk.ask())
    assert (run.status, run.error) == ("failed", "trace_too_wide")
    assert queries.graph_of(run, desk.officer)["run"]["error"] == "trace_too_wide"
    lost = desk.ask()
    give_up(lost.id, now=desk.world.now)
    assert desk.seen(lost).error == "trace_failed"


def test_the_job_tells_how_far_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(running, "_say", lambda run_id, **told: said.append(told))
    monkeypatch.setattr(running, "SPEAK_EVERY", -1.0)
    desk.done(desk.ask())
    stages = [each["stage"] for each in said]
    assert stages[0] == "following" and stages[-1] == "writing" and said[0]["total"] == 5


def test_the_answer_is_kept_whole(desk: Desk) -> None:
    found = trace(fresh_store().ledger(), ["ccb:ccb-0001"], method="fifo", until=desk.world.now)
    assert unpack_trace(pack_trace(found)) == found and pack_trace(found) == pack_trace(
        unpack_trace(pack_trace(found))
    )


def test_papers_show_numbers_and_each_taking_is_journaled(desk: Desk) -> None:
    run = desk.done(desk.ask())
    for kind, kind_of in (("xlsx", "spreadsheetml"), ("svg", "svg"), ("json", "json"), ("png", "png")):
        name, content_type, data = export_trace(
            run=run, kind=kind, lang="zh-hans", acting_officer=desk.officer, now=desk.world.now
        )
        assert name.startswith(desk.case.number) and name.endswith(kind) and kind_of in content_type and data
        if kind == "xlsx":
            book = zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml").decode()
            assert MULE in book and "周二" in book
        if kind == "json":
            assert verify_evidence(data, fresh_store().ledger()) == []
            assert MULE.encode() not in data
    kinds = [entry.payload["kind"] for entry in Entry.objects.filter(event="trace.exported").order_by("id")]
    assert kinds == ["xlsx", "svg", "json", "png"]


def test_papers_need_a_finished_trace_and_the_right(desk: Desk) -> None:
    waiting = desk.ask()
    with pytest.raises(YipanqiError) as refused:
        export_trace(run=waiting, kind="svg", lang="en", acting_officer=desk.officer, now=desk.world.now)
    assert refused.value.code == "trace_not_done"
    run, reader = desk.done(waiting), desk.world.officer("cmd", roles=["commander"])
    with pytest.raises(NotAllowed):
        export_trace(run=run, kind="svg", lang="en", acting_officer=reader, now=desk.world.now)


def test_a_number_is_shown_in_full_with_an_entry(desk: Desk) -> None:
    run = desk.done(desk.ask())
    account = Account.objects.get(number_index=blind_index("account", SECOND))
    given = {"run_id": run.id, "acting_officer": desk.officer, "now": desk.world.now}
    assert unmask_traced(account_id=account.id, **given) == SECOND
    assert Entry.objects.filter(event="account.unmasked", subject_id=str(account.id)).count() == 1
    stranger = Account.objects.get(number_index=blind_index("account", "6222021602009999999"))
    with pytest.raises(YipanqiError):
        unmask_traced(account_id=stranger.id, **given)


def test_a_stop_asks_for_the_transfer_that_the_bank_can_match(desk: Desk) -> None:
    fifth = "6222021602005555555"
    desk.world.bank("ccb")
    desk.bank.post(
        desk.bank.row(THIRD, fifth, "300.00", after=40, payee_name="孙五"),
        desk.bank.row(THIRD, fifth, "250.00", after=45, payee_name="孙五"),
        desk.bank.row("6222021602009999999", fifth, "9.00", after=50, payee_name="孙五"),
    )
    desk.follow()
    run = desk.done(desk.ask())
    stop = desk.act(stop_traced, run, fifth)
    assert by_tail(queries.graph_of(run, desk.officer))["5555"]["held_minor"] == 55_000
    assert (stop.asked_minor, stop.transfer_at) == (25_000, desk.world.now - timedelta(seconds=15))
    assert (stop.ground, stop.holder_name.reveal(), stop.partner.code) == ("traced_account", "孙五", "ccb")
    for number, code in ((SECOND, "nothing_held"), ("6222021602009999999", "account_not_traced")):
        with pytest.raises(YipanqiError) as refused:
            desk.act(stop_traced, run, number)
        assert refused.value.code == code


def test_money_in_another_currency_is_not_stopped_in_yuan(desk: Desk) -> None:
    desk.world.bank("ccb")
    desk.bank.post(desk.bank.row(VICTIM, SECOND, "700.00", after=35, currency="USD", payee_name="吴三"))
    desk.follow()
    dollars = LedgerRow.objects.get(external_id="ccb-0006")
    Seed.objects.filter(case=desk.case).update(row=dollars)  # as if the victim had paid in dollars
    run = desk.ask()
    with pytest.raises(YipanqiError) as refused:
        desk.act(stop_traced, desk.done(run), SECOND)
    assert refused.value.code == "not_in_yuan"


def test_what_an_officer_waits_for_goes_before_what_the_centre_makes(desk: Desk) -> None:
    TraceRun.objects.for_system("a test begins anew").delete()
    ProcrastinateJob.objects.filter(task_name=TRACE_TASK).delete()
    made = follow_on(desk.case, now=desk.world.now)
    asked = desk.ask()
    jobs = ProcrastinateJob.objects.filter(task_name=TRACE_TASK).order_by("-priority")
    assert made and [job.args["run_id"] for job in jobs] == [str(asked.id), str(made.id)]
    assert [job.priority for job in jobs] == [0, -1]


def test_a_waiting_trace_begins_where_the_payment_stands_when_it_runs(
    world: World, bank: Bank, follow: Any
) -> None:
    case = world.case(payer_account=VICTIM, payer_bank="ccb")
    follow(case)
    run = TraceRun.objects.for_system("made by the chase").get(case=case)
    assert run.seeds[0].startswith("report:")
    bank.post(bank.row(VICTIM, MULE, "50000.00"), bank.row(MULE, SECOND, "20000.00", after=5))
    follow(case)
    run_trace(run.id, now=world.now)
    run.refresh_from_db()
    assert (run.status, run.seeds) == ("done", ["ccb:ccb-0001"])
    assert len(graphs.graph_of_run(run)["nodes"]) == 3
