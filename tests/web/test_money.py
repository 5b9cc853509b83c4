"""The money page over HTTP: the answer, the graph, one account and its acts, banks' files, papers; and the chase at
the funds desk.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.analytics.conftest import MULE, SECOND, THIRD, VICTIM, Bank
from tests.web.stopped import HX
from tests.web.test_pages import HAN, queries, shown
from yipanqi.analytics.chase import Chase
from yipanqi.analytics.importing import read_flows
from yipanqi.analytics.models import FlowImport, StopSuggestion, TraceRun
from yipanqi.analytics.running import run_trace
from yipanqi.analytics.seeding import seed_case
from yipanqi.analytics.settling import settle_all
from yipanqi.kernel.days import ZONE
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures.models import PaymentStop
from yipanqi.ops.subjects.models import Account
from yipanqi.ops.vault.fields import blind_index
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
ROLES = ["funds_officer"]


class Money:
    """A case whose 50,000 yuan went on: 30,000 to SECOND, of it 12,000 to THIRD and 3,000 out in cash."""

    def __init__(self, world: World) -> None:
        self.world, self.bank, self.chase = world, Bank(world), Chase()
        world.bank("ccb")
        self.case = world.case(payer_account=VICTIM, payer_bank="ccb")
        self.url = f"/cases/{self.case.id}/money"
        seed_case(self.case.id, now=world.now)

    def flow(self) -> None:
        """Let the banks tell all of it, and the chase follow."""
        row = self.bank.row
        self.bank.post(
            row(VICTIM, MULE, "50000.00", payee_name="周二"),
            row(MULE, SECOND, "30000.00", after=20, payee_name="吴三"),
            row(SECOND, THIRD, "12000.00", after=25),
            row(SECOND, "ATM000001", "3000.00", after=30, kind="cash_out"),
        )
        self.follow()

    def follow(self) -> None:
        """The job behind the ledger, and the chase."""
        settle_all(now=self.world.now)
        self.chase.catch_up(now=self.world.now)

    def trace(self) -> TraceRun:
        """Do what the latest run asks."""
        run = self.runs().latest("asked_at", "id")
        run_trace(run.id, now=self.world.now)
        return self.runs().get(id=run.id)

    def runs(self) -> Any:
        """Every run of the case."""
        return TraceRun.objects.for_system("the test looks").filter(case=self.case)

    def id(self, number: str) -> Any:
        """An account's id."""
        return Account.objects.get(number_index=blind_index("account", number)).id


@pytest.fixture
def money(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Money:
    """The case, with a ledger of its own; nothing is told yet."""
    monkeypatch.setattr(settings, "LEDGER_DIR", tmp_path / "ledger")
    return Money(world)


@pytest.fixture
def traced(money: Money) -> Money:
    """The same, told and traced."""
    money.flow()
    money.trace()
    return money


def graph(client: Client, money: Money) -> dict[str, Any]:
    return json.loads(client.get(f"{money.url}/graph").content)


def part(client: Client, money: Money, number: str) -> str:
    """The panel of an account."""
    return client.get(f"{money.url}/account?account={money.id(number)}").content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", ("还没有流水", "排队")), ("en", ("No transfers known yet", "Queued"))]
)
def test_before_and_while_it_is_traced_the_page_says_what_would_help(
    money: Money, browser: Browser, language: str, words: tuple[str, str]
) -> None:
    client = browser(roles=ROLES, language=language)
    empty = client.get(money.url)
    assert words[0] in empty.content.decode() and "cytoscape" not in empty.content.decode()
    seen = empty.context["mark"]
    assert client.get(f"{money.url}/state?seen={seen}").status_code == 204
    money.flow()
    page = shown(client, money.url)
    assert words[1] in page and "50,000.00" not in page
    assert client.get(f"{money.url}/state?seen={seen}")["HX-Refresh"] == "true"
    context = client.get(money.url).context
    assert context["run"]["under_way"] and context["look_again"] == 1
    money.trace()
    context = client.get(money.url).context
    assert not context["run"]["under_way"] and context["look_again"] == 5 and context["answer"]


def test_the_answer_adds_up_in_one_line(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES)
    page = client.get(traced.url)
    answer = page.context["answer"]
    assert answer["whole"] == {"short": "5.0万", "full": "50,000.00"}
    assert [(each["code"], each["sum"]["short"]) for each in answer["parts"]] == [
        ("held", "4.7万"),
        ("out", "0.3万"),
    ]
    assert "钱现在在哪里" in page.content.decode() and "按比例分摊" in page.content.decode()
    case = client.get(f"/cases/{traced.case.id}").content.decode()
    assert f'href="{traced.url}"' in case and "4.7万" in case
    assert traced.url not in browser(roles=["operator"]).get(f"/cases/{traced.case.id}").content.decode()


def test_table_and_graph_hold_the_same_accounts_masked(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    page = client.get(traced.url).content.decode()
    drawn = graph(client, traced)
    ids = re.findall(r'<tr id="row-([0-9a-f-]{36})"', page)
    assert sorted(ids) == sorted(node["id"] for node in drawn["nodes"]) and len(ids) == 5
    assert ids[0] == drawn["first"]
    states = {node["id"]: node["state"] for node in drawn["nodes"]}
    assert [states[str(traced.id(each))] for each in (VICTIM, MULE, SECOND, THIRD, "ATM000001")] == [
        "victim", "held", "held", "held", "out",
    ]  # fmt: skip
    assert {node["level"] for node in drawn["nodes"]} == {0, 1, 2, 3}
    for number in (VICTIM, MULE, SECOND, THIRD):
        assert number not in page and number not in json.dumps(drawn)
    assert not HAN.findall(
        re.sub(r"中文|林\*梅", "", shown(client, traced.url)).replace(client.officer.name, "")
    )  # type: ignore[attr-defined]


def test_the_table_asks_no_more_for_ten_accounts(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES)
    few = [
        queries(client, traced.url),
        queries(client, f"{traced.url}/graph"),
        queries(client, f"/cases/{traced.case.id}"),
    ]
    rows = [traced.bank.row(MULE, f"62220216020044{n:05d}", "1500.00", after=35 + n) for n in range(9)]
    traced.bank.post(*rows)
    traced.follow()
    traced.trace()
    assert len(graph(client, traced)["nodes"]) == 14
    many = [
        queries(client, traced.url),
        queries(client, f"{traced.url}/graph"),
        queries(client, f"/cases/{traced.case.id}"),
    ]
    assert many == few


def test_one_account_says_what_to_do_and_why(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    panel = part(client, traced, SECOND)
    for word in ("Level 2", "15,000.00", "still be saved", "Stop CCB 6222 **** 2222, CNY 15,000.00", "Money came from",
                 "Money went to", "The order leaves at once",
                 "Ground: Traced money has moved into this account"):  # fmt: skip
        assert word in panel, word
    assert "Holder&#x27;s name *" not in panel.replace(' <span aria-hidden="true">*</span>', " *")
    assert "required autofocus" in part(client, traced, THIRD)  # nobody named its holder
    assert "Stop CCB" not in part(client, traced, VICTIM)
    assert "Stop CCB" not in part(browser(roles=["commander"], language="en"), traced, SECOND)
    flow = client.get(f"{traced.url}/flow?payer={traced.id(MULE)}&payee={traced.id(SECOND)}").content.decode()
    assert flow.count("30,000.00") == 2 and "CCB 4567" in flow
    assert client.get(f"{traced.url}/account?account={traced.case.id}").status_code == 404


def test_a_stop_is_proposed_from_the_panel(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    url, account = f"{traced.url}/stop", str(traced.id(THIRD))
    refused = client.post(url, {"account": account}, headers=HX)
    assert (
        refused.status_code == 422
        and "name" in refused.content.decode()
        and not PaymentStop.objects.for_system("look").exists()
    )
    done = client.post(url, {"account": account, "holder_name": "郑四"}, headers=HX)
    assert (
        done.status_code == 200 and json.loads(done["HX-Trigger"])["money-done"]["text"] == "Stop proposed."
    )
    stop = PaymentStop.objects.for_system("look").get()
    assert (stop.ground, stop.asked_minor, stop.holder_name.reveal()) == ("traced_account", 1_200_000, "郑四")
    assert StopSuggestion.objects.for_system("look").get(account_id=account).status == "taken"
    assert f'href="/funds/{stop.id}"' in done.content.decode()
    again = client.post(url, {"account": account, "holder_name": "郑四"}, headers=HX)
    assert again.status_code == 409
    none = client.post(url, {"account": str(traced.id(VICTIM))}, headers=HX)
    assert none.status_code in {409, 422} and PaymentStop.objects.for_system("look").count() == 1


def test_an_account_too_small_to_be_suggested_is_stopped_all_the_same(
    traced: Money, browser: Browser
) -> None:
    traced.bank.post(traced.bank.row(THIRD, "6222021602005555555", "600.00", after=40, payee_name="孙五"))
    traced.follow()
    traced.trace()
    client = browser(roles=ROLES)
    account = str(traced.id("6222021602005555555"))
    assert not StopSuggestion.objects.for_system("look").filter(account_id=account).exists()
    done = client.post(f"{traced.url}/stop", {"account": account}, headers=HX)
    stop = PaymentStop.objects.for_system("look").get()
    assert done.status_code == 200 and (stop.asked_minor, stop.holder_name.reveal()) == (60_000, "孙五")


def test_pins_and_ends_are_kept_and_taken_back(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    account = {"account": str(traced.id(SECOND))}
    pinned = client.post(f"{traced.url}/pin", account | {"act": "pin"}, headers=HX)
    assert (
        json.loads(pinned["HX-Trigger"])["money-done"] == {"fix": account["account"]}
        and "Unpin" in pinned.content.decode()
    )
    assert [node["id"] for node in graph(client, traced)["nodes"] if node["pinned"]] == [account["account"]]
    client.post(f"{traced.url}/pin", account | {"act": "unpin"}, headers=HX)
    assert not any(node["pinned"] for node in graph(client, traced)["nodes"])
    wrong = client.post(f"{traced.url}/sink", account | {"kind": "moon"}, headers=HX)
    assert wrong.status_code == 422
    marked = client.post(f"{traced.url}/sink", account | {"kind": "merchant"}, headers=HX)
    assert "Not an end after all" in marked.content.decode()
    traced.trace()
    states = {node["id"]: node["state"] for node in graph(client, traced)["nodes"]}
    assert states[account["account"]] == "out" and str(traced.id(THIRD)) not in states
    client.post(f"{traced.url}/sink", account | {"kind": ""}, headers=HX)
    traced.trace()
    assert str(traced.id(THIRD)) in {node["id"] for node in graph(client, traced)["nodes"]}
    plain = client.post(f"{traced.url}/pin", account | {"act": "pin"})
    assert (plain.status_code, plain["Location"]) == (303, f"{traced.url}?account={account['account']}")
    reader = browser(roles=["commander"])
    assert reader.post(f"{traced.url}/pin", account).status_code == 403


def test_expanding_brings_who_else_an_account_dealt_with(traced: Money, browser: Browser) -> None:
    traced.bank.post(traced.bank.row("6222021602007777777", SECOND, "88.00", after=-4000))
    traced.follow()
    client = browser(roles=ROLES)
    near = json.loads(client.get(f"{traced.url}/near?account={traced.id(SECOND)}").content)
    assert [(node["level"], node["state"]) for node in near["nodes"]] == [(1, "other")]
    assert str(traced.id("6222021602007777777")) in {edge["source"] for edge in near["edges"]}


def test_asking_chooses_method_and_end(traced: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    until = (traced.world.now - timedelta(seconds=36)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
    assert client.post(f"{traced.url}/ask", {"method": "fifo", "until": until})["Location"] == traced.url
    run = traced.trace()
    assert (run.method, run.asked_by_id) == ("fifo", client.officer.id)  # type: ignore[attr-defined]
    client.post(f"{traced.url}/ask", {"method": "poison"})
    traced.trace()
    page = client.get(traced.url)
    assert page.context["answer"] is None and "no sums" in page.content.decode()
    refused = client.post(f"{traced.url}/ask", {"method": "guess"})
    assert refused.status_code == 422 and 'role="alert"' in refused.content.decode()


def test_the_number_is_shown_by_one_journaled_act(traced: Money, browser: Browser) -> None:
    client, boss = browser(roles=ROLES), browser(roles=["approver"])
    given = {"account": str(traced.id(THIRD))}
    assert THIRD in client.post(f"{traced.url}/unmask", given).content.decode()
    assert Entry.objects.filter(event="account.unmasked").count() == 1
    assert boss.post(f"{traced.url}/unmask", given).status_code == 403
    assert "money/unmask" not in boss.get(f"{traced.url}/account?account={given['account']}").content.decode()


@pytest.mark.parametrize(
    ("kind", "head"), [("xlsx", b"PK"), ("svg", b"<"), ("png", b"\x89PNG"), ("json", b"{")]
)
def test_the_papers_of_a_trace(traced: Money, browser: Browser, kind: str, head: bytes) -> None:
    client = browser(roles=ROLES)
    paper = client.get(f"{traced.url}/export?kind={kind}")
    assert paper.status_code == 200 and paper.content.startswith(head)
    assert (
        f".{kind}" in paper["Content-Disposition"]
        and Entry.objects.filter(event="trace.exported").count() == 1
    )
    assert f"export?kind={kind}" in client.get(traced.url).content.decode()


def test_a_banks_file_is_handed_in_and_its_rows_accounted_for(money: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    at = (money.world.now - timedelta(minutes=1)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        "交易卡号,交易对手账卡号,交易时间,交易金额,收付标志",
        f"{VICTIM},{MULE},{at},50000.00,出",
        f"{MULE},{SECOND},{at},30000.00,出",
        f"{MULE},6.22E+18,{at},1.00,出",
    ]
    upload = SimpleUploadedFile("flows.csv", "\n".join(lines).encode())
    url = f"{money.url}/files"
    assert client.post(url, {"file": upload})["Location"] == url
    waiting = client.get(url)
    assert waiting.context["look_again"] == 1 and "<progress" in waiting.content.decode()
    found = FlowImport.objects.for_system("look").get()
    read_flows(found.id, now=money.world.now)
    page = client.get(f"{url}/state")
    told = page.context["files"][0]
    assert [told[name] for name in ("rows", "accepted", "merged", "rejected")] == ["3", "2", "0", "1"]
    taken = client.get(f"{url}/{found.id}/rejects")
    assert (
        taken.status_code == 200
        and "attachment" in taken["Content-Disposition"]
        and b"6.22E+18" in taken.content
    )
    empty = client.post(url, {"file": SimpleUploadedFile("empty.csv", b"")})
    assert empty.status_code == 422 and 'role="alert"' in empty.content.decode()
    assert client.post(url, {}).status_code == 404
    reader = browser(roles=["commander"])
    assert reader.get(url).status_code == 200 and "data-upload" not in reader.get(url).content.decode()
    assert reader.post(url, {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403


def test_what_the_chase_suggests_stands_above_the_funds_desk(money: Money, browser: Browser) -> None:
    client = browser(roles=ROLES, language="en")
    assert client.get("/funds").context["chased"] == 0
    mark = client.get("/funds").context["chase_mark"]
    assert client.get(f"/funds/chase?seen={mark}").status_code == 204
    money.flow()
    answer = client.get(f"/funds/chase?seen={mark}")
    assert answer.status_code == 200 and answer.context["chased"] == 3
    rows = answer.context["banks"][0]["rows"]
    assert sum(row["held"]["full"] == "20,000.00" for row in rows) == 1
    assert (
        "is expected to be there still" in answer.content.decode()
        and "Stop all 3 at CCB" in answer.content.decode()
    )
    home = client.get("/?all=1")
    assert home.context["counts"]["chase"] == "3" and "3 to stop now" in home.content.decode()
    assert browser(roles=["approver"]).get("/funds/chase").content.decode().count("chase/take") == 0
    away = browser(roles=ROLES, unit="350203")
    assert away.get("/funds/chase").context["chased"] == 0
    assert away.post(f"/funds/chase/{rows[0]['id']}/take", {"version": 1}, headers={}).status_code == 404


def test_a_suggestion_is_taken_or_put_away(money: Money, browser: Browser) -> None:
    money.flow()
    client = browser(roles=ROLES, language="en")
    by_account = {row["account_id"]: row for row in client.get("/funds").context["banks"][0]["rows"]}
    mule, second, third = (by_account[money.id(number)] for number in (MULE, SECOND, THIRD))
    done = client.post(f"/funds/chase/{mule['id']}/take", {"version": mule["version"]}, headers=HX)
    assert (
        done.status_code == 204
        and json.loads(done["HX-Trigger"])["funds-done"]["text"] == "Stop proposed: CCB 6222 **** 4567."
    )
    url = f"/funds/chase/{second['id']}/dismiss"
    assert "Do not stop CCB 6222 **** 2222" in client.get(url, headers=HX).content.decode()
    given = {"version": second["version"]}
    assert client.post(url, given, headers=HX).status_code == 422
    assert client.post(url, given | {"reason": "wages"}, headers=HX).status_code == 204
    unnamed = client.post(f"/funds/chase/{third['id']}/take", {"version": third["version"]}, headers=HX)
    assert (
        unnamed.status_code == 204
        and "proposed" not in json.loads(unnamed["HX-Trigger"])["funds-done"]["text"]
    )
    left = client.get("/funds").context
    assert [row["account_id"] for bank in left["banks"] for row in bank["rows"]] == [money.id(THIRD)]
    assert client.post(f"/funds/chase/{third['id']}/take", {"version": 99}).status_code == 409


def test_all_of_a_bank_are_taken_at_once_and_what_is_refused_is_told(money: Money, browser: Browser) -> None:
    money.flow()
    client = browser(roles=ROLES, language="en")
    rows = client.get("/funds").context["banks"][0]["rows"]
    done = client.post(
        "/funds/chase/take", {"take": [f"{row['id']}:{row['version']}" for row in rows]}, headers=HX
    )
    said = json.loads(done["HX-Trigger"])["funds-done"]["text"]
    assert said.startswith("2 stops proposed. ") and PaymentStop.objects.for_system("look").count() == 2
