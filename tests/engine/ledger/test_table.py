"""The ledger of a frame, against a slow and obvious reading of the same rows."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given

from tests.engine.ledger.frames import frame_from, in_order, many, records
from yipanqi.engine.ledger import LedgerError, ledger_from_frame
from yipanqi.engine.ledger.columns import LEAVES, MAX_AMOUNT_MINOR, SERIAL, VOID
from yipanqi.engine.ledger.table import instant, micros

STAYING = ("transfer", "fee", "reversal")


def void_ids(rows):
    """Ids of transfers and reversals that cancel each other; `rows` in order."""
    void, place = set(), {row["id"]: at for at, row in enumerate(rows)}
    for last, row in enumerate(rows):
        first = place.get(row["reverses"])
        if row["kind"] != "reversal" or first is None or first >= last:
            continue
        other = rows[first]
        turned = (row["payee"], row["payer"], row["amount_minor"], row["currency"])
        if turned != (other["payer"], other["payee"], other["amount_minor"], other["currency"]):
            continue
        between = [
            r
            for r in rows[first + 1 : last]
            if (r["payer"], r["currency"]) == (row["payer"], row["currency"])
        ]
        if (
            any(r["payee"] != r["payer"] for r in between)
            or row["payer"] == row["payee"]
            or {row["id"], other["id"]} & void
        ):
            continue
        void |= {row["id"], other["id"]}
    return void


def plain_pots(rows):
    """What each pot pays and gets (places in `rows`), the smallest opening that suffices, and its latest bank."""
    void, pots = void_ids(rows), {}
    for row in rows:
        for side in ("payer", "payee"):
            pots.setdefault(
                (row[side].encode(), row["currency"]), {"out": [], "in": [], "least": 0, "now": 0, "bank": ""}
            )
    for at, row in enumerate(rows):
        payer, payee = (pots[row[side].encode(), row["currency"]] for side in ("payer", "payee"))
        payer["bank"] = row["payer_bank"] or payer["bank"]
        payee["bank"] = row["payee_bank"] or payee["bank"]
        if row["payer"] == row["payee"] or row["id"] in void:
            continue
        payer["out"].append(at)
        payer["now"] -= row["amount_minor"]
        payer["least"] = min(payer["least"], payer["now"])
        if row["kind"] in STAYING:
            payee["in"].append(at)
            payee["now"] += row["amount_minor"]
    return dict(sorted(pots.items()))


@given(records())
def test_columns_and_index(rows):
    rows = in_order(rows)
    ledger, expected = ledger_from_frame(frame_from(rows)), plain_pots(rows)
    pots = ledger.pots
    assert [ledger.ids[at] for at in range(len(ledger))] == [row["id"] for row in rows]
    assert [instant(int(at)) for at in ledger.booked_at] == [instant(row["booked_at"]) for row in rows]
    assert [(pots.names.raw(p), pots.currencies[pots.currency[p]]) for p in range(len(pots))] == list(
        expected
    )
    assert [pots.names[int(pot)] for pot in ledger.payer] == [row["payer"] for row in rows]
    assert [pots.names[int(pot)] for pot in ledger.payee] == [row["payee"] for row in rows]
    assert {ledger.ids[at] for at in range(len(rows)) if ledger.flags[at] & VOID} == void_ids(rows)
    assert [bool(flag & SERIAL) for flag in ledger.flags] == [row["serial"] is not None for row in rows]
    assert [bool(flag & LEAVES) for flag in ledger.flags] == [row["kind"] not in STAYING for row in rows]
    for pot, plain in enumerate(expected.values()):
        assert ledger.out_at[ledger.out_start[pot] : ledger.out_start[pot + 1]].tolist() == plain["out"]
        assert ledger.in_at[ledger.in_start[pot] : ledger.in_start[pot + 1]].tolist() == plain["in"]
        assert pots.opening_minor[pot] == -plain["least"]
        assert pots.banks[pots.bank[pot]] == plain["bank"]


def test_an_account_has_a_pot_in_each_currency():
    rows = many(50, accounts=5).to_dicts()
    rows[3]["currency"], rows[4]["currency"] = "HKD", "AUD"
    pots = ledger_from_frame(frame_from(rows)).pots
    found = pots.of(rows[3]["payer"])
    assert {pots.names[pot] for pot in found} == {rows[3]["payer"]}
    assert "HKD" in {pots.currencies[pots.currency[pot]] for pot in found} and len(found) > 1
    assert pots.of("nobody") == []


def test_the_digest_is_that_of_the_content():
    frame = many(100)
    digest = ledger_from_frame(frame).digest
    assert ledger_from_frame(frame.reverse()).digest == digest
    for change in (
        {"amount_minor": pl.col("amount_minor") + 1},
        {"payee_bank": pl.lit("另一家")},
        {"id": pl.col("id") + "x"},
    ):
        assert ledger_from_frame(frame.with_columns(**change)).digest != digest


def test_ties_without_serial_are_told():
    base = {"currency": "CNY", "kind": "transfer", "amount_minor": 1, "serial": None}
    base |= dict.fromkeys(("payer_bank", "payee_bank", "channel", "reverses"))
    rows = [
        base | {"id": "1", "booked_at": 5, "payer": "A", "payee": "B"},
        base | {"id": "2", "booked_at": 5, "payer": "B", "payee": "C"},
        base | {"id": "3", "booked_at": 6, "payer": "C", "payee": "D"},
    ]
    ledger = ledger_from_frame(frame_from(rows))
    assert ledger.ambiguous(3) == ["B"] and ledger.ambiguous(1) == []
    numbered = ledger_from_frame(frame_from([row | {"serial": 1} for row in rows]))
    assert numbered.ambiguous(3) == []


def test_rows_until_an_instant():
    ledger = ledger_from_frame(many(40))
    last = instant(int(ledger.booked_at[-1]))
    assert ledger.rows_until(None) == ledger.rows_until(last) == 40
    assert ledger.rows_until(last - timedelta(microseconds=1)) < 40
    assert micros(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400_000_000


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount_minor": pl.lit(0, pl.Int64)}, "transfer T1-0: amount_minor cannot be 0"),
        (
            {"amount_minor": pl.lit(MAX_AMOUNT_MINOR + 1, pl.Int64)},
            f"amount_minor cannot be {MAX_AMOUNT_MINOR + 1}",
        ),
        ({"kind": pl.lit("gift")}, "transfer T1-0: kind cannot be gift"),
        ({"payer": pl.lit(None, pl.String)}, "transfer T1-0: payer cannot be None"),
        ({"id": pl.lit(None, pl.String)}, "id cannot be None"),
        ({"booked_at": pl.lit("today")}, "column booked_at: Int64 is needed, not String"),
    ],
)
def test_what_makes_no_ledger_is_told(change, told):
    with pytest.raises(LedgerError, match=told):
        ledger_from_frame(many(3).with_columns(**change))
    with pytest.raises(LedgerError, match="lack the column payee"):
        ledger_from_frame(many(3).drop("payee"))


def test_more_money_than_sums_can_hold():
    frame = many(300).with_columns(amount_minor=pl.lit(MAX_AMOUNT_MINOR, pl.Int64))
    assert len(ledger_from_frame(frame.head(256))) == 256
    with pytest.raises(LedgerError, match="more money"):
        ledger_from_frame(frame)
