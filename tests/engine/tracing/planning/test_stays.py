"""Where traced money rests: first come, first gone; live equals batch; displaced money leaves no stay."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.columns import SCHEMA
from yipanqi.engine.ledger.table import Ledger, ledger_from_frame, micros
from yipanqi.engine.tracing import trace
from yipanqi.engine.tracing.planning import Lot, Rests, Stay, rests_of

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
A, B = ("A", "CNY"), ("B", "CNY")
Row = tuple[str, float, str, str, int] | tuple[str, float, str, str, int, str]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def ledger(rows: list[Row]) -> Ledger:
    """Rows are id, minutes, payer, payee, minor units, and the kind when it is no transfer."""
    frame = pl.DataFrame(
        [
            {
                **dict.fromkeys(SCHEMA),
                "id": row[0],
                "booked_at": micros(at(row[1])),
                "serial": number,
                "payer": row[2],
                "payee": row[3],
                "currency": "CNY",
                "amount_minor": row[4],
                "kind": row[5] if len(row) > 5 else "transfer",
            }
            for number, row in enumerate(rows)
        ],
        schema=SCHEMA,
    )
    return ledger_from_frame(frame)


def test_what_came_first_leaves_first() -> None:
    rests = Rests()
    rests.move(None, A, at(0), 100)
    rests.move(None, A, at(2), 300)
    rests.move(A, B, at(5), 250)
    assert rests.lots() == {A: (Lot(at(2), 150),), B: (Lot(at(5), 250),)}
    assert rests.stays(at(8)) == {
        A: [Stay(300, 100, 100, True), Stay(180, 150, 300, True), Stay(360, 150, 300, False)],
        B: [Stay(180, 250, 250, False)],
    }


def test_money_moved_to_oneself_rests() -> None:
    rests = Rests()
    rests.move(None, A, at(0), 100)
    rests.move(A, A, at(1), 100)
    assert rests.lots() == {A: (Lot(at(0), 100),)}


def test_a_trace_says_where_its_money_rests_and_where_it_ended() -> None:
    book = ledger(
        [
            ("s1", 0, "V", "A", 1000),
            ("t1", 4, "A", "B", 600),
            ("s2", 5, "W", "A", 100),
            ("c1", 6, "B", "ATM", 500, "cash_out"),
            ("o1", 7, "A", "SHOP", 400),
        ]
    )
    rests = rests_of(trace(book, ["s1", "s2"], method="fifo", sinks={"SHOP": "merchant"}))
    assert rests.lots() == {A: (Lot(at(5), 100),), B: (Lot(at(4), 100),)}
    stays = rests.stays(at(10))
    assert stays[A] == [Stay(240, 600, 1000, True), Stay(420, 400, 1000, True), Stay(300, 100, 100, False)]
    assert stays[B] == [Stay(120, 500, 600, True), Stay(360, 100, 600, False)]
    assert ("ATM", "CNY") not in stays


def test_money_that_another_seed_displaced_is_no_stay() -> None:
    book = ledger([("s1", 0, "V", "A", 1000), ("s2", 3, "A", "B", 1000)])
    rests = rests_of(trace(book, ["s1", "s2"], method="fifo"))
    assert rests.lots() == {B: (Lot(at(3), 1000),)}
    assert rests.stays(at(9)).get(A, []) == []


def test_poison_knows_no_amounts_and_no_stays() -> None:
    book = ledger([("s1", 0, "V", "A", 1000), ("t1", 3, "A", "B", 1000)])
    rests = rests_of(trace(book, ["s1"], method="poison"))
    assert rests.lots() == {} and rests.stays(at(9)) == {}


accounts = st.sampled_from("ABCD")
movements = st.lists(st.tuples(accounts, accounts, st.integers(1, 500)), min_size=1, max_size=40)


@given(movements, st.sampled_from(["fifo", "lifo", "haircut"]), st.data())
def test_lots_add_up_to_what_the_trace_holds(
    moves: list[tuple[str, str, int]], method: str, data: st.DataObject
) -> None:
    rows: list[Row] = [(f"t{n}", n / 2, payer, payee, minor) for n, (payer, payee, minor) in enumerate(moves)]
    seeds = data.draw(st.lists(st.sampled_from([row[0] for row in rows]), min_size=1, unique=True))
    found = trace(ledger(rows), seeds, method=method)
    lots = rests_of(found).lots()
    held = {(each.account, each.currency): each.held_minor for each in found.accounts if each.held_minor}
    assert {pot: sum(lot.minor for lot in lying) for pot, lying in lots.items()} == held
    assert all(list(lying) == sorted(lying, key=lambda lot: lot.at) for lying in lots.values())
