"""Random case documents for the properties of splits."""

import json

from hypothesis import strategies as st

HOLDERS = ("A", "B", "C")
VICTIMS = ("V1", "V2", "V3", "V4")
OTHERS = ("U", "W", "OWN")
KINDS = ("transfer",) * 14 + ("cash_out", "fee", "reversal")
AMOUNTS = st.one_of(st.integers(1, 12), st.integers(1, 400), st.integers(1, 5_000_000))


def text(minor):
    return f"{minor // 100}.{minor % 100:02d}"


@st.composite
def transfers(draw):
    """Money from victims and others into holders' accounts, between them, out of them, and sometimes back."""
    rows, at = [], 0
    amounts = draw(st.sampled_from([st.integers(1, 12), st.integers(1, 300), AMOUNTS]))
    tying = draw(st.booleans())
    for number in range(draw(st.integers(1, 18))):
        payer = draw(st.sampled_from((*VICTIMS, *HOLDERS, *HOLDERS, *OTHERS)))
        payee = draw(st.sampled_from((*HOLDERS, *HOLDERS, "ATM", "V1") if payer in HOLDERS else HOLDERS))
        at += draw(st.integers(0, 1)) if tying else 1
        row = {
            "id": f"t{number}",
            "booked_at": f"2025-03-01T09:{at:02d}:00+08:00",
            "payer": payer,
            "payee": payee,
        }
        row |= {"amount": text(draw(amounts)), "kind": draw(st.sampled_from(KINDS))}
        if tying and draw(st.booleans()):
            row["serial"] = draw(st.integers(0, 3))
        if row["kind"] == "reversal" and rows:
            one = draw(st.sampled_from(rows))
            row |= {
                "payer": one["payee"],
                "payee": one["payer"],
                "amount": one["amount"],
                "reverses": one["id"],
            }
        rows.append(row)
    return rows


@st.composite
def policies(draw):
    return {
        key: draw(st.sampled_from(values))
        for key, values in {
            "method": ("none", "haircut", "fifo", "lifo", "pari_passu", "libr_cap", "libr_cap"),
            "proportional": ("traced_share", "loss_ratio"),
            "unidentified": ("hold", "redistribute"),
            "interest": ("follow_principal", "hold"),
            "prior_recovery": ("net_claim", "hotchpot"),
            "remainder": ("largest_remainder", "hold"),
        }.items()
        if draw(st.booleans())
    }


@st.composite
def claim(draw, rows):
    """A claim of about what was paid, sometimes with a part of it back, sometimes of other transfers."""
    paid = draw(st.integers(0, 40_000))
    found = {"loss": text(paid)}
    if draw(st.booleans()):
        found["recovered"] = text(draw(st.integers(0, max(1, paid * 5 // 4))))
    return found


@st.composite
def claims(draw, rows, names):
    """Claims of some victims; one may name its transfers."""
    found = {}
    for name in names:
        own = sum(round(float(row["amount"]) * 100) for row in rows if row["payer"] == name)
        found[name] = draw(claim(rows))
        if own and draw(st.integers(0, 3)):
            found[name]["loss"] = text(own)
    free = [row["id"] for row in rows if row["payer"] not in VICTIMS]
    if free and draw(st.integers(0, 3)) == 0:
        found["K"] = draw(claim(rows)) | {
            "transfers": draw(st.lists(st.sampled_from(free), max_size=3, unique=True))
        }
    return found


@st.composite
def documents(draw, balances):
    """A whole case; `balances` tells from transfers and openings what lies in each account at the end."""
    rows = draw(transfers())
    payers = sorted({row["payer"] for row in rows} & set(VICTIMS)) if draw(st.integers(0, 5)) else VICTIMS
    names = draw(st.lists(st.sampled_from(payers or VICTIMS), min_size=1, max_size=4, unique=True))
    opening = {each: text(draw(st.integers(0, 300))) for each in HOLDERS if draw(st.integers(0, 3)) == 0}
    lies = balances(rows, opening)
    frozen = {}
    full = [account for account in HOLDERS if lies.get(account)] or ["A"]
    some = full if draw(st.integers(0, 4)) else HOLDERS
    for account in draw(st.lists(st.sampled_from(some), min_size=1, max_size=3, unique=True)):
        minor = lies.get(account, 0)
        fate = draw(st.integers(0, 5))
        principal = minor if fate else draw(st.integers(0, minor + minor // 4 + 3))
        frozen[account] = {"principal": text(principal)}
        if draw(st.booleans()):
            frozen[account]["interest"] = text(draw(st.integers(0, 50)))
    found = {
        "id": "random", "transfers": rows, "opening": opening, "own": draw(st.sampled_from(([], ["OWN"]))),
        "frozen": frozen, "claims": draw(claims(rows, names)),
        "runs": [{"policy": policy} for policy in draw(st.lists(policies(), min_size=1, max_size=3))],
    }  # fmt: skip
    late = [name for name in VICTIMS if name not in names]
    if late and draw(st.integers(0, 2)) == 0:
        found["second_round"] = {
            "after": {"policy": draw(policies())},
            "claims": draw(claims(rows, late[:1])),
        }
        found["second_round"]["claims"].pop("K", None)
    return json.loads(json.dumps(found))
