"""Reconciliation over HTTP: differences with banks in words, answers nobody could use, and asking for a comparison."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.ops.measures.conftest import ACCOUNT, Desk, FreezeDesk
from tests.web.stopped import counts, held, stop
from tests.web.test_pages import queries, shown
from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.measures import answering, stop_answers
from yipanqi.ops.measures.answering import keep_unreadable
from yipanqi.ops.measures.freezing import answering as freeze_answering
from yipanqi.ops.measures.freezing.changing import ask_renewal
from yipanqi.ops.measures.freezing.reconciling import BankFreeze
from yipanqi.ops.measures.models import Answer, Difference, Order, PaymentStop
from yipanqi.ops.measures.reconciling import BankStop, compare, note_failure
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
HOURS_48 = timedelta(hours=48)


def listed(found: PaymentStop, **more: Any) -> BankStop:
    """What the bank's list says of a stop that agrees with ours."""
    order = Order.objects.get(stop=found, kind="stop")
    given = {
        "order_id": str(order.id),
        "account": found.account.number.reveal(),
        "starts_at": found.stopped_at,
        "ends_at": found.expires_at,
    } | more
    return BankStop(**given)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_differences_are_told_in_words_and_settled_with_a_note(
    desk: Desk, browser: Browser, language: str
) -> None:
    client = browser(roles=["funds_officer"], language=language)
    empty = shown(client, "/funds/reconciliation")
    ours, ends, other = held(desk, 1), held(desk, 2), held(desk, 3)
    desk.world.advance(timedelta(hours=1))
    later = ends.expires_at + timedelta(hours=1)
    unknown = BankStop("", ACCOUNT, desk.world.now, desk.world.now + HOURS_48)
    book = [listed(ends, ends_at=later), listed(other, account="6222021602009999999"), unknown]
    compare(partner=desk.bank, listed=book, now=desk.world.now)
    page = shown(client, "/funds/reconciliation")
    assert page != empty and counts(client)["reconciliation"] == "4"
    kinds = {each.kind for each in Difference.objects.all()}
    assert kinds == {"only_ours", "end_differs", "account_differs", "only_theirs"}
    for kind in kinds:
        assert catalog.statuses()[f"difference.{kind}"].name.get(language) in page
    says = {"zh-hans": ("清单中没有", "另一账户", "本中心没有这笔止付"),
            "en": ("not in its list", "another account", "no such stop of this centre")}  # fmt: skip
    assert all(word in page for word in says[language])
    assert str(ours.id) in client.get("/funds/reconciliation").content.decode()
    item = Difference.objects.get(kind="only_ours")
    url = f"/funds/differences/{item.id}"
    blank = client.post(url, {"note": " "})
    assert (
        blank.status_code == 422
        and catalog.error_text("reason_missing").get(language) in blank.content.decode()
    )
    assert client.post(url, {"note": "bank had rebooted"})["Location"] == "/funds/reconciliation"
    item.refresh_from_db()
    assert (item.status, item.note.reveal()) == ("settled", "bank had rebooted")
    assert client.post(url, {"note": "twice"}).status_code == 404


def test_contradicting_answers_and_failed_runs_are_told(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    found = held(desk)
    Difference.objects.create(
        id=found.id, partner=desk.bank, stop=found, kind="answer", reference="r", ours="stopped",
        theirs="mismatch", found_at=desk.world.now, seen_at=desk.world.now,
    )  # fmt: skip
    page = shown(client, "/funds/reconciliation")
    assert "not compared yet" in page and "An element differs" in page and "Ask the bank what is true" in page
    Difference.objects.update(theirs="extended", ours="expired")
    assert "Expired" in shown(client, "/funds/reconciliation")
    note_failure(partner=desk.bank, error="timeout", now=desk.world.now)
    assert "Its list could not be had" in shown(client, "/funds/reconciliation")
    compare(partner=desk.bank, listed=[listed(found)], now=desk.world.now + timedelta(seconds=1))
    page = shown(client, "/funds/reconciliation")
    assert "Its list could not be had" not in page


def test_answers_nobody_could_use_are_told_and_taken_off(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    found = stop(desk)
    desk.answer(desk.order(found), account=ACCOUNT)
    keep_unreadable(raw='{"x": 1}', field="Result", partner=desk.bank, now=desk.world.now)
    page = shown(client, "/funds/reconciliation")
    for code in ("answer_account_differs", "answer_unreadable"):
        assert catalog.answer_problems()[code].name.en in page
    item = Answer.objects.get(problem="answer_unreadable")
    plain = client.post(f"/funds/answers/{item.id}/unmask")
    assert "{&quot;x&quot;: 1}" in plain.content.decode()
    assert Entry.objects.get(event="answer.unmasked").payload["answer_id"] == str(item.id)
    assert client.post(f"/funds/answers/{item.id}").status_code == 303
    assert catalog.answer_problems()["answer_unreadable"].name.en not in shown(
        client, "/funds/reconciliation"
    )
    assert client.post(f"/funds/answers/{item.id}").status_code == 404
    county = browser(unit="350104", roles=["funds_officer"])
    assert counts(county)["reconciliation"] == "1"


def test_what_a_bank_says_of_freezes_is_told_in_words(world: World, browser: Browser) -> None:
    freezing = FreezeDesk(world)
    freeze = freezing.frozen()
    freezing.world.advance(timedelta(minutes=2))
    order = freezing.freeze_order(freeze)
    line = BankFreeze(str(order.id), ACCOUNT, freeze.frozen_at, freeze.expires_at + HOURS_48, 1_000_000)
    stranger = BankFreeze("", ACCOUNT, freeze.frozen_at, freeze.expires_at, 0)
    client = browser(roles=["funds_officer"], language="en")
    given = {"partner": freezing.bank, "listed": [], "now": freezing.world.now}
    for freezes in ([line, stranger], []):
        compare(freezes=freezes, **given)
        page = shown(client, "/funds/reconciliation")
        told = ("50,000.00", "10,000.00", "no such freeze of this centre") if freezes else ("Frozen",)
        assert all(words in page for words in told)
    freezing.ask(ask_renewal, freeze, until_date=freeze.until_date + HOURS_48, ground="still_investigating")
    freezing.sign_freeze(freeze)
    freezing.reply(freeze, "renew", ok=False, failure="freeze_ended", frozen_minor=None)
    assert catalog.bank_failures()["freeze_ended"].name.en in shown(client, "/funds/reconciliation")


def test_every_problem_of_an_answer_has_its_words() -> None:
    modules = (answering, stop_answers, freeze_answering)
    source = "".join(Path(each.__file__).read_text("utf-8") for each in modules)
    said = set(re.findall(r'"(answer_\w+)"', source)) | set(re.findall(r'problem="(\w+)"', source))
    assert said == set(catalog.answer_problems())


def test_a_comparison_is_asked_of_every_bank(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"], language="en")
    asked = client.post("/funds/reconcile")
    assert asked["Location"] == "/funds/reconciliation?asked=1"
    assert "1 bank was asked" in shown(client, asked["Location"])
    assert ProcrastinateJob.objects.get(task_name="gateways.reconcile").args == {"partner_code": "ccb"}
    reader = browser(roles=["commander"]).get("/funds/reconciliation").content.decode()
    assert reverse("reconcile") not in reader


def test_ten_differences_ask_no_more_than_one(desk: Desk, browser: Browser) -> None:
    client = browser(roles=["funds_officer"])
    first = [held(desk, 0)]
    desk.world.advance(timedelta(hours=1))
    compare(partner=desk.bank, listed=[], now=desk.world.now)
    one = queries(client, "/funds/reconciliation")
    first += [held(desk, number) for number in range(1, 3)]
    desk.world.advance(timedelta(hours=1))
    compare(partner=desk.bank, listed=[], now=desk.world.now)
    assert Difference.objects.count() == 3 and queries(client, "/funds/reconciliation") == one
