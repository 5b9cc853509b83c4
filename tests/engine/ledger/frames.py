"""Random canonical frames with everything a ledger keeps: ties, serials or none, reversals, currencies, banks,
channels.
"""

import random

import polars as pl
from hypothesis import strategies as st

from yipanqi.engine.ledger import SCHEMA
from yipanqi.engine.ledger.columns import KIND_NAMES

ACCOUNTS = ("A", "AB", "B", "6222 01", "转账", "账" * 20)
BANKS = (None, "工商银行", "ICBC", "b")


@st.composite
def records(draw, most=30):
    """Transfers as dicts with unique ids, some reversing others."""
    span = draw(st.sampled_from([1, 5, 1000]))
    rows = []
    for number in range(draw(st.integers(0, most))):
        row = {
            "id": f"{draw(st.sampled_from(['t', 'T', '号', '长' * 12]))}{number}",
            "booked_at": draw(st.integers(-span, span)),
            "serial": draw(st.one_of(st.none(), st.integers(-2, 2))),
            "payer": draw(st.sampled_from(ACCOUNTS)),
            "payee": draw(st.sampled_from(ACCOUNTS)),
            "currency": draw(st.sampled_from(["CNY", "CNY", "CNY", "HKD", "AUD"])),
            "amount_minor": draw(st.integers(1, 9)),
            "kind": draw(st.sampled_from(KIND_NAMES)),
            "payer_bank": draw(st.sampled_from(BANKS)),
            "payee_bank": draw(st.sampled_from(BANKS)),
            "channel": draw(st.sampled_from([None, "手机银行", "POS"])),
            "reverses": None,
        }
        if rows and draw(st.integers(0, 3)) == 0:
            other = draw(st.sampled_from(rows))
            row |= {"payer": other["payee"], "payee": other["payer"], "amount_minor": other["amount_minor"]}
            row |= {"currency": other["currency"], "reverses": other["id"], "kind": "reversal"}
        rows.append(row)
    return rows


def in_order(rows):
    """Transfers in the order that a ledger has, said plainly."""
    return sorted(
        rows, key=lambda r: (r["booked_at"], r["serial"] is not None, r["serial"] or 0, r["id"].encode())
    )


def frame_from(rows):
    """The canonical frame of transfers given as dicts."""
    return pl.DataFrame(rows, schema=SCHEMA)


def many(count, accounts=200, seed=1):
    """The canonical frame of transfers drawn by a seeded generator, several of them within each second."""
    draw = random.Random(seed)
    rows = [
        {
            "id": f"T{seed}-{number}",
            "booked_at": draw.randrange(count // 4 + 1) * 1_000_000,
            "serial": draw.choice([None, draw.randrange(5)]),
            "payer": f"622{draw.randrange(accounts):05}",
            "payee": f"622{draw.randrange(accounts):05}",
            "currency": "CNY",
            "amount_minor": draw.randrange(1, 100_000),
            "kind": draw.choice(["transfer", "transfer", "transfer", "cash_out", "fee"]),
            "payer_bank": draw.choice(BANKS),
            "payee_bank": draw.choice(BANKS),
            "channel": None,
            "reverses": None,
        }
        for number in range(count)
    ]
    return frame_from(rows)
