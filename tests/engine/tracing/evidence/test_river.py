"""The river holds all of a trace's money, whatever is gathered, and stays within its limits."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tracing.evidence.sample import FIRST, FRIEND, SECOND, VICTIM, case
from tests.engine.tracing.ledgers import ledger_of, ledgers
from tests.engine.tracing.oracle import Row
from yipanqi.engine.tracing.evidence.river import SEVERAL, make_river
from yipanqi.engine.tracing.tracing import TraceError, trace


def test_the_case():
    river = make_river(case())
    boxes = {box.key: box for box in river.boxes}
    assert set(boxes) == {(VICTIM, 0), (FIRST, 0), (SECOND, 0), (FRIEND, 0), ("CASH", 3)}
    assert [boxes[key].column for key in ((VICTIM, 0), (FIRST, 0), (SECOND, 0), (FRIEND, 0))] == [0, 1, 2, 2]
    assert (boxes["CASH", 3].left_minor, boxes["CASH", 3].end) == (500_000, "cash_out")
    first = boxes[FIRST, 0]
    assert (first.in_minor, first.out_minor, first.held_minor) == (6_000_000, 2_123_456, 3_876_544)
    bands = {(river.boxes[b.source].key[0], river.boxes[b.target].key[0]): b.minor for b in river.bands}
    assert bands == {
        (VICTIM, FIRST): 5_000_000,
        (FIRST, SECOND): 2_000_000,
        (SECOND, "CASH"): 500_000,
        (SECOND, FIRST): 1_000_000,
        (FIRST, FRIEND): 123_456,
    }
    assert not river.gathers and not river.deeper


@settings(max_examples=300, deadline=None)
@given(
    ledgers(), st.sampled_from(["fifo", "haircut", "poison"]), st.integers(1, 4), st.integers(2, 4), st.data()
)
def test_nothing_is_lost_or_made(rows, method, box_limit, column_limit, data):
    seeds = data.draw(
        st.lists(st.sampled_from([row.id for row in rows]), min_size=1, max_size=4, unique=True)
    )
    sinks = data.draw(st.sampled_from([{}, {"B": "merchant"}]))
    try:
        answer = trace(ledger_of(rows), seeds, method=method, sinks=sinks)
    except TraceError:  # seeds of two currencies
        return
    river = make_river(answer, box_limit=box_limit, column_limit=column_limit)
    assert len(river.columns) <= column_limit
    assert all(len(column) <= box_limit + 1 for column in river.columns)
    if method == "poison":
        assert {band.minor for band in river.bands} <= {1} and not river.counted
        return
    assert sum(box.held_minor for box in river.boxes) == answer.totals.held_minor
    assert sum(box.left_minor for box in river.boxes) == answer.totals.left_system_minor
    within = sum(
        box.in_minor - sum(band.minor for band in river.bands if band.target == place)
        for place, box in enumerate(river.boxes)
    )
    moved = sum(transfer.tainted_minor for transfer in answer.transfers)
    assert sum(band.minor for band in river.bands) + within == moved


def test_the_smallest_share_one_box_that_says_how_many_and_how_much():
    rows = [_row(0, "V", "A", 10_000)] + [_row(n, "A", f"B{n}", 100 + n) for n in range(1, 9)]
    river = make_river(trace(ledger_of(rows), ["t0"]), box_limit=3)
    *alone, rest = (river.boxes[place] for place in river.columns[2])
    assert [box.key[0] for box in alone] == ["B8", "B7", "B6"]
    assert (rest.gathered, rest.in_minor, rest.held_minor) == (5, 515, 515)
    assert river.gathers


def test_one_account_more_than_the_limit_needs_no_gathering():
    rows = [_row(0, "V", "A", 10_000)] + [_row(n, "A", f"B{n}", 100) for n in range(1, 5)]
    river = make_river(trace(ledger_of(rows), ["t0"]), box_limit=3)
    assert not river.gathers and len(river.columns[2]) == 4


def test_deep_levels_stand_in_the_last_column():
    rows = [_row(n, f"A{n}", f"A{n + 1}", 100) for n in range(9)]
    river = make_river(trace(ledger_of(rows), ["t0"]), column_limit=4)
    assert river.deeper and [len(column) for column in river.columns] == [1, 1, 1, 7]


def test_a_way_out_used_from_two_levels_stands_behind_each():
    rows = [
        _row(0, "V", "A", 1_000),
        _row(1, "A", "B", 400),
        _row(2, "A", "CASH", 100, "cash_out"),
        _row(3, "B", "CASH", 50, "cash_out"),
        _row(4, "B", "COIN", 50, "exchange"),
    ]
    river = make_river(trace(ledger_of(rows), ["t0"]), box_limit=1)
    out = Counter({box.key: box.left_minor for box in river.boxes if box.left_minor})
    assert out == {("CASH", 2): 100, ("CASH", 3): 50, ("COIN", 3): 50}
    gathered = make_river(trace(ledger_of(rows), ["t0"], until=None), box_limit=0).boxes[-1]
    assert (gathered.gathered, gathered.end, gathered.left_minor) == (2, SEVERAL, 100)


def _row(number, payer, payee, amount, kind="transfer"):
    return Row(f"t{number}", number, payer, payee, amount, number, kind, None, "CNY")
