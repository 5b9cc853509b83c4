"""The live chase equals the batch trace on every prefix, with given openings, late rows and reversals and all."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tracing.ledgers import ACCOUNTS, BASE, frame_of, ledgers
from tests.engine.tracing.oracle import Row
from yipanqi.engine.ledger import ledger_from_frame
from yipanqi.engine.tracing import LiveTrace, Movement, TraceError, trace

RUNS = int(os.environ.get("YIPANQI_RUNS", "80"))
METHODS = ("haircut", "fifo", "lifo")


class Growing:
    """A ledger in memory that grows by frames."""

    def __init__(self):
        self.frame = frame_of([])

    def append(self, frame):
        self.frame = pl.concat([self.frame, frame])

    def ledger(self):
        return ledger_from_frame(self.frame)


def movement(row):
    at = datetime.fromtimestamp(BASE, UTC) + timedelta(seconds=row.at)
    return Movement(
        row.id, at, row.payer, row.payee, row.amount, serial=row.serial, kind=row.kind, currency=row.currency,
        reverses=row.reverses,
    )  # fmt: skip


@st.composite
def streams(draw):
    """Rows of one currency in some order of arrival, in batches, with seeds that are opened at some moment."""
    rows = [row for row in draw(ledgers(most=20)) if row.currency == "CNY"]
    if not rows:
        rows = [row for row in draw(ledgers(most=20)) if row.currency == "CNY"]
    ordered = sorted(rows, key=lambda row: row.order)
    if draw(st.booleans()):
        ordered = draw(st.permutations(ordered))
    cuts = sorted(draw(st.sets(st.integers(0, len(ordered)), max_size=6)) | {0, len(ordered)})
    batches = [ordered[a:b] for a, b in pairwise(cuts) if a < b]
    ids = [row.id for row in rows] or ["none"]
    seeds = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
    opened = draw(st.integers(0, len(batches)))
    sinks = dict.fromkeys(draw(st.sets(st.sampled_from(ACCOUNTS), max_size=1)), "merchant")
    opening = {name: draw(st.integers(0, 300)) for name in ACCOUNTS}
    return batches, seeds, opened, sinks, opening


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS, deadline=None)
@given(stream=streams())
def test_equals_the_batch_on_every_prefix(method, stream):
    batches, seeds, opened, sinks, opening = stream
    history = Growing()
    live = LiveTrace(history, method=method, opening=opening, sinks=sinks)
    for number, batch in enumerate([*batches, None]):
        if number == opened:
            live.open(seeds)
        if batch is None:
            break
        history.append(frame_of(batch))
        live.push([movement(row) for row in batch])
        ledger = history.ledger()
        came = [seed for seed in seeds if ledger.ids.find(seed) is not None] if number >= opened else []
        expected = trace(ledger, came, method=method, opening=opening, sinks=sinks)
        assert live.accounts() == expected.accounts


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS, deadline=None)
@given(rows=ledgers(most=24), data=st.data())
def test_steps_forward_alone_equal_the_batch(method, rows, data):
    rows = [row for row in rows if row.kind != "reversal" and row.currency == "CNY"]
    rows.sort(key=lambda row: row.order)
    seeds = data.draw(st.lists(st.sampled_from([*ACCOUNTS[:1], *(row.id for row in rows)]), max_size=5))
    opening = {name: data.draw(st.integers(0, 50)) for name in ACCOUNTS}
    history = Growing()
    live = LiveTrace(history, method=method, opening=opening)
    live.open(seeds)
    while rows:
        size = data.draw(st.integers(1, len(rows)))
        while size < len(rows) and rows[size].at == rows[size - 1].at:
            size += 1  # what comes at one instant comes together: nothing is late
        batch, rows = rows[:size], rows[size:]
        history.append(frame_of(batch))
        live.push_frame(frame_of(data.draw(st.permutations(batch))))
        ledger = history.ledger()
        came = [seed for seed in seeds if ledger.ids.find(seed) is not None]
        assert live.accounts() == trace(ledger, came, method=method, opening=opening).accounts


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS // 2, deadline=None)
@given(stream=streams())
def test_every_arrival_is_told_in_order(method, stream):
    batches, seeds, _, sinks, opening = stream
    rows = sorted(
        (row for batch in batches for row in batch if row.kind != "reversal"), key=lambda row: row.order
    )
    history = Growing()
    live = LiveTrace(history, method=method, opening=opening, sinks=sinks)
    live.open(seeds)
    told = []
    for row in rows:
        history.append(frame_of([row]))
        told += live.push([movement(row)])
    came = [seed for seed in seeds if any(row.id == seed for row in rows)]
    expected = trace(history.ledger(), came, method=method, opening=opening, sinks=sinks)
    assert [(m.transfer_id, m.amount_minor) for m in told] == [
        (t.id, t.tainted_minor) for t in expected.transfers
    ]


def test_only_reached_accounts_are_kept():
    history = Growing()
    live = LiveTrace(history, opening={})
    live.open(["seed"])
    rows = [Row(f"r{n}", n, f"P{n % 97}", f"Q{n % 89}", 10 + n) for n in range(2_000)]
    rows += [Row("seed", 3_000, "V", "M", 500), Row("on", 3_001, "M", "N", 500)]
    history.append(frame_of(rows))
    live.push([movement(row) for row in rows])
    assert set(live.reached.slots) == {("M", "CNY"), ("N", "CNY")}
    assert len(live.reached.money.pots) == 64


class Counted(Growing):
    """Counts how often it is asked."""

    asked = 0

    def ledger(self):
        self.asked += 1
        return super().ledger()


def chased(rows, *, opened):
    history = Counted()
    live = LiveTrace(history, method="fifo")
    live.open(opened)
    history.append(frame_of(rows))
    history.asked = 0
    return history, live


def test_the_ledger_is_asked_once_for_all_accounts_that_are_new():
    chain = [Row(f"c{n}", n, f"P{n}", f"P{n + 1}", 100) for n in range(200)]
    history, live = chased(chain, opened=["c0"])
    assert len(live.push_frame(frame_of(chain))) == 200
    assert history.asked == 1
    back = [Row("back", 300, "P200", "P0", 40), Row("far", 301, "X", "Y", 1)]
    history.append(frame_of(back))
    live.push_frame(frame_of(back))
    live.push_frame(frame_of([Row("more", 302, "P0", "P200", 10)]))
    assert history.asked == 2  # for P0 alone


@pytest.mark.parametrize("serial", [None, 7])
def test_objects_and_frames_are_put_in_order(serial):
    rows = [
        Row("seed", 1, "V", "M", 500),
        Row("c", 2, "M", "O", 300, serial=7),
        Row("b", 2, "M", "N", 300, serial=7),
        Row("a", 2, "M", "Q", 300, serial=serial),
    ]
    told = []
    for push in (
        lambda live: live.push([movement(row) for row in rows]),
        lambda live: live.push_frame(frame_of(rows)),
    ):
        _, live = chased(rows, opened=["seed"])
        told.append([(each.transfer_id, each.amount_minor) for each in push(live)])
    assert told[0] == told[1] == [("seed", 500), ("b", 200), ("c", 300)]  # 400 were there before


def test_an_account_in_two_currencies_is_two():
    first = [Row("yuan", 1, "V", "M", 70), Row("seed", 2, "V", "M", 500, currency="USD")]
    history, live = chased(first, opened=[])
    live.open(["seed"])
    then = [Row("on", 3, "M", "N", 200, currency="USD"), Row("other", 4, "M", "N", 60)]
    history.append(frame_of(then))
    live.push([movement(row) for row in then])
    assert live.accounts() == trace(history.ledger(), ["seed"], method="fifo").accounts
    assert {(each.account, each.currency, each.held_minor) for each in live.accounts()} == {
        ("M", "USD", 300),
        ("N", "USD", 200),
    }


def test_the_bank_is_the_one_that_was_told_last():
    rows = [Row("seed", 1, "V", "M", 500), Row("more", 2, "V", "M", 500)]
    history, live = chased(rows[:1], opened=["seed", "more"])
    live.push([movement(rows[0])])
    history.append(frame_of(rows[1:]))
    told = live.push([replace(movement(rows[1]), payee_bank="ccb")])
    assert [each.bank for each in (*told, *live.accounts())] == ["ccb", "ccb"]


def test_a_transfer_that_the_ledger_lacks_is_refused():
    _, live = chased([Row("seed", 1, "V", "M", 500)], opened=["seed", "gone"])
    with pytest.raises(TraceError, match="gone"):
        live.push_frame(frame_of([Row("seed", 1, "V", "M", 500), Row("gone", 1, "V", "N", 5)]))
