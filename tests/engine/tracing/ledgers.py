"""Random small ledgers for the properties of tracing, and their way into the engine."""

import polars as pl
from hypothesis import strategies as st

from tests.engine.tracing.oracle import Row
from yipanqi.engine.ledger import SCHEMA, ledger_from_frame

ACCOUNTS = ("A", "B", "C", "D", "E", "转")
KINDS = ("transfer",) * 12 + ("fee", "cash_out", "card_payment", "clearing", "exchange", "reversal")
BASE = 1_767_225_600  # 2026-01-01T00:00:00Z
AMOUNTS = st.one_of(st.integers(1, 12), st.integers(1, 400), st.integers(1, 2**52))


@st.composite
def ledgers(draw, most=28):
    """Rows with ties, missing serials, ends, reversals, transfers to oneself and a few in another currency."""
    count = draw(st.integers(1, most))
    rows, accounts = [], ACCOUNTS[: draw(st.integers(2, len(ACCOUNTS)))]
    amounts = draw(st.sampled_from([st.integers(1, 12), st.integers(1, 400), AMOUNTS]))
    for number in range(count):
        at = draw(st.integers(0, count if draw(st.booleans()) else 3))
        serial = draw(st.one_of(st.none(), st.integers(0, 3)))
        payer, payee = draw(st.sampled_from(accounts)), draw(st.sampled_from(accounts))
        amount, kind, reverses = draw(amounts), draw(st.sampled_from(KINDS)), None
        if kind == "reversal" and rows:
            one = draw(st.sampled_from(rows))
            payer, payee, amount, reverses = one.payee, one.payer, one.amount, one.id
            at, serial = one.at + draw(st.integers(0, 2)), draw(st.one_of(st.none(), st.integers(0, 9)))
            if draw(st.integers(0, 5)) == 0:
                amount += 1
        currency = "USD" if draw(st.integers(0, 14)) == 0 else "CNY"
        name = f"{draw(st.sampled_from(['t', 'T', '号']))}{number}"
        rows.append(Row(name, at, payer, payee, amount, serial, kind, reverses, currency))
    return rows


def frame_of(rows):
    """The canonical frame of some rows."""
    return pl.DataFrame(
        {
            "id": [row.id for row in rows],
            "booked_at": [(BASE + row.at) * 1_000_000 for row in rows],
            "serial": [row.serial for row in rows],
            "payer": [row.payer for row in rows],
            "payee": [row.payee for row in rows],
            "currency": [row.currency for row in rows],
            "amount_minor": [row.amount for row in rows],
            "kind": [row.kind for row in rows],
            "payer_bank": [None] * len(rows),
            "payee_bank": [None] * len(rows),
            "channel": [None] * len(rows),
            "reverses": [row.reverses for row in rows],
        },
        schema=SCHEMA,
    )


def ledger_of(rows):
    """The engine's ledger of some rows."""
    return ledger_from_frame(frame_of(rows))
