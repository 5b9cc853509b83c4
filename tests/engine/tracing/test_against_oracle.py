"""Every method equals the slow obvious oracle on random ledgers; money is conserved; the order of input rows is
nothing.
"""

import os
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tracing.ledgers import ACCOUNTS, BASE, ledger_of, ledgers
from tests.engine.tracing.oracle import Row, follow, without_pairs
from yipanqi.engine.tracing import METHODS, trace
from yipanqi.engine.tracing import following as following_module

RUNS = int(os.environ.get("YIPANQI_RUNS", "120"))


@st.composite
def cases(draw):
    rows = draw(ledgers())
    currency = draw(st.sampled_from(sorted({row.currency for row in rows})))
    own = sorted(row.id for row in rows if row.currency == currency)
    seeds = draw(st.lists(st.sampled_from(own), min_size=1, max_size=4, unique=True))
    until = draw(st.one_of(st.none(), st.integers(0, max(row.at for row in rows))))
    sinks = dict.fromkeys(draw(st.sets(st.sampled_from(ACCOUNTS), max_size=2)), "merchant")
    given_ = {}
    if len({row.currency for row in rows}) == 1 and draw(st.booleans()):
        given_ = draw(st.dictionaries(st.sampled_from(ACCOUNTS), st.integers(0, 500)))
    return rows, seeds, until, sinks, given_


def instant(seconds):
    if seconds is None:
        return None
    return datetime.fromtimestamp(BASE, UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS, deadline=None)
@given(case=cases())
def test_equals_the_oracle(method, case):
    rows, seeds, until, sinks, given_ = case
    expected = follow(rows, seeds, method, until=until, sinks=sinks, given=given_)
    found = trace(
        ledger_of(rows), seeds, method=method, sinks=sinks, opening=given_,
        until=instant(until),
    )  # fmt: skip
    assert {t.id: t.tainted_minor for t in found.transfers} == expected.tainted
    assert [t.id for t in found.transfers] == list(expected.tainted)
    accounts = {(a.account, a.currency): a for a in found.accounts}
    assert {name: a.level for name, a in accounts.items()} == expected.level
    assert {name: a.sink for name, a in accounts.items() if a.sink} == expected.sink
    assert {name: a.first_at for name, a in accounts.items()} == {
        name: instant(at) for name, at in expected.first.items()
    }
    assert {name: a.last_at for name, a in accounts.items()} == {
        name: instant(at) for name, at in expected.last.items()
    }
    if method == "poison":
        assert found.totals is None and all(a.held_minor is None for a in found.accounts)
        return
    assert {name: a.tainted_in_minor for name, a in accounts.items()} == dict(expected.came)
    went = {name: a.tainted_out_minor for name, a in accounts.items() if a.tainted_out_minor}
    assert went == {name: minor for name, minor in expected.went.items() if minor}
    held = {name: sum(tags.values()) for name, tags in expected.held.items()}
    assert {name: a.held_minor for name, a in accounts.items() if a.held_minor} == held
    owners = {(o.account, o.currency, o.seed): o.held_minor for o in found.owners}
    assert owners == {(*name, tag): m for name, tags in expected.held.items() for tag, m in tags.items()}
    totals = found.totals
    assert (totals.seeded_minor, totals.left_system_minor) == (expected.seeded, expected.left)
    assert totals.displaced_minor == expected.displaced
    assert totals.seeded_minor == totals.held_minor + totals.left_system_minor + totals.displaced_minor


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS // 4, deadline=None)
@given(case=cases(), data=st.data())
def test_the_order_of_input_rows_is_nothing(method, case, data):
    rows, seeds, until, sinks, given_ = case
    mixed = data.draw(st.permutations(rows))
    options = {"method": method, "sinks": sinks, "opening": given_, "until": instant(until)}
    assert trace(ledger_of(rows), seeds, **options) == trace(ledger_of(mixed), list(seeds), **options)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=RUNS // 4, deadline=None)
@given(case=cases(), data=st.data())
def test_heap_and_sweep_find_the_same(method, case, data):
    rows, seeds, until, sinks, given_ = case
    ledger = ledger_of(rows)
    options = {"method": method, "sinks": sinks, "opening": given_, "until": instant(until)}
    by_heap = trace(ledger, seeds, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following_module, "WINDOW", data.draw(st.integers(1, 4)))  # the sweep takes over midway
        assert trace(ledger, seeds, **options) == by_heap
        patch.setattr(following_module.walking, "follow_heap", lambda *_: following_module.walking.DENSE)
        assert trace(ledger, seeds, **options) == by_heap


@settings(max_examples=2 * RUNS, deadline=None)
@given(
    moves=st.lists(
        st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.integers(1, 4)),
        min_size=8,
        max_size=24,
    ),
    openings=st.tuples(*4 * [st.sampled_from([0, 0, 0, 3])]),
    data=st.data(),
)
def test_halves_of_one_seed_go_to_what_entered_first(moves, openings, data):
    rows = [Row("t", 0, "V", "A", data.draw(st.integers(1, 6)), 0)]
    rows += [Row(f"t{n}", n, *move, n) for n, move in enumerate(moves, 1)]
    given_ = dict(zip("ABCD", openings, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following_module.walking, "follow_heap", lambda *_: following_module.walking.DENSE)
        found = trace(ledger_of(rows), ["t"], method="haircut", opening=given_)
    expected = follow(rows, ["t"], "haircut", given=given_)
    assert {t.id: t.tainted_minor for t in found.transfers} == expected.tainted
    held = {name: sum(tags.values()) for name, tags in expected.held.items()}
    assert {(a.account, a.currency): a.held_minor for a in found.accounts if a.held_minor} == held


@settings(max_examples=RUNS, deadline=None)
@given(rows=ledgers())
def test_openings_are_the_smallest_that_suffice(rows):
    ledger = ledger_of(rows)
    balance, lowest = {}, {}
    for row in without_pairs(rows):
        if row.payer == row.payee:
            continue
        payer, payee = (row.payer, row.currency), (row.payee, row.currency)
        balance[payer] = balance.get(payer, 0) - row.amount
        lowest[payer] = min(lowest.get(payer, 0), balance[payer])
        if row.kind in {"transfer", "fee", "reversal"}:
            balance[payee] = balance.get(payee, 0) + row.amount
    for account, currency in {*balance}:
        pot = next(
            p for p in ledger.pots.of(account) if ledger.pots.currencies[ledger.pots.currency[p]] == currency
        )
        assert ledger.pots.opening_minor[pot] == -lowest.get((account, currency), 0)


@settings(max_examples=RUNS, deadline=None)
@given(rows=ledgers(), data=st.data())
def test_ties_without_serial_are_told(rows, data):
    until = data.draw(st.integers(0, max(row.at for row in rows)))
    kept = [row for row in without_pairs(rows) if row.at <= until and row.payer != row.payee]
    expected = set()
    for one in kept:
        for other in kept:
            beside = one is not other and one.at == other.at and one.currency == other.currency
            if beside and one.payer in (other.payer, other.payee):
                group = [r for r in kept if r.at == one.at and r.currency == one.currency]
                own = [r for r in group if one.payer in (r.payer, r.payee)]
                if any(r.serial is None for r in own):
                    expected.add(one.payer)
    ledger = ledger_of(rows)
    assert ledger.ambiguous(ledger.rows_until(instant(until))) == sorted(expected)


def test_a_trace_has_no_field_that_the_oracle_does_not_judge():
    assert {field.name for field in fields(trace(ledger_of([_row()]), ["x"]))} == {
        "seeds", "method", "until", "accounts", "transfers", "totals", "ambiguous", "stops", "owners", "void",
        "digest", "rows",
    }  # fmt: skip


def _row():
    return Row("x", 0, "A", "B", 5)
