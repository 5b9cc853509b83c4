"""`python -m benchmarks.restitution [--rows N] [--victims N] [--accounts N]`: one large fund split in one process.

The accounts are mules in rings: victims pay the first half of a ring, which pays the second half; strangers pay in,
cash goes out, all amounts by the balance, from a seed. `--mixed` makes one ring of all accounts, so that every account
comes to hold every victim's money: the worst case, not a likely one. Leaves what is right to the tests.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np
import polars as pl

from yipanqi.engine.ledger import SCHEMA, Ledger, ledger_from_frame
from yipanqi.engine.restitution import Case, Claim, Facts, Frozen, Policy, parse_case, split, split_json

RESULTS = Path(__file__).with_name("restitution.json")
START_MICROS = 1_767_225_600_000_000
POLICIES = {
    "direct, else traced share": Policy(),
    "direct, else loss ratio": Policy(proportional="loss_ratio"),
    "haircut": Policy(method="haircut"),
    "fifo": Policy(method="fifo"),
    "libr_cap": Policy(method="libr_cap"),
}


@numba.njit(cache=True)  # type: ignore[misc]
def _pay(seed: int, rows: int, victims: int, accounts: int, ring: int) -> Any:
    """(payer, payee, amount, balance): victims are -1 - v, strangers and cash stand behind the accounts."""
    np.random.seed(seed)
    payer, payee, amount = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
    balance = np.zeros(accounts, np.int64)
    half, row = max(1, ring // 2), 0
    while row < rows:
        first = np.random.randint(0, accounts // ring) * ring
        one, chance = first + np.random.randint(0, half), np.random.random()
        if row < victims * 2 or chance < 0.03:
            victim = row % victims
            one = (victim % (accounts // ring)) * ring + np.random.randint(0, half)
            payer[row], payee[row], amount[row] = -1 - victim, one, np.random.randint(50_000, 5_000_000)
        elif chance < 0.45:
            payer[row], payee[row] = accounts + np.random.randint(0, 1000), first + np.random.randint(0, ring)
            amount[row] = np.random.randint(1_000, 100_000)
        else:
            one = one if chance < 0.75 else first + half + np.random.randint(0, ring - half)
            if balance[one] < 10:
                continue
            out = chance > 0.65
            payer[row] = one
            payee[row] = accounts + 1000 if out else first + half + np.random.randint(0, ring - half)
            if payee[row] == one:
                continue
            amount[row] = np.random.randint(1, balance[one] // 4 + 2)
        if 0 <= payer[row] < accounts:
            balance[payer[row]] -= amount[row]
        if payee[row] < accounts:
            balance[payee[row]] += amount[row]
        row += 1
    return payer, payee, amount, balance


def make_fund(rows: int, victims: int, accounts: int, ring: int) -> tuple[pl.DataFrame, list[int]]:
    """(canonical frame, balances): each victim's account is V and a number, each mule's A and a number."""
    payer, payee, amount, balance = _pay(7, rows, victims, accounts, ring)
    names = pl.Series(
        [f"V{n:05d}" for n in range(victims - 1, -1, -1)]
        + [f"A{n:04d}" for n in range(accounts)]
        + [f"U{n:04d}" for n in range(1000)]
        + ["ATM"]
    )
    order = np.arange(rows)
    columns: dict[str, Any] = {
        "id": pl.Series(order).cast(pl.String).str.zfill(9),
        "booked_at": START_MICROS + order * 864_000,
        "serial": order,
        "payer": names.gather(payer + victims),
        "payee": names.gather(payee + victims),
        "currency": pl.repeat("CNY", rows, eager=True),
        "amount_minor": amount,
        "kind": pl.repeat("transfer", rows, eager=True),
    }
    missing = {
        name: pl.repeat(None, rows, dtype=kind, eager=True)
        for name, kind in SCHEMA.items()
        if name not in columns
    }
    frame = pl.DataFrame({**columns, **missing}).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )
    return frame, balance.tolist()


def make_case(ledger: Ledger, frame: pl.DataFrame, balances: list[int]) -> Case:
    """Everything in the mules' accounts is frozen, with some interest; every victim claims what he paid."""
    losses = (
        frame.filter(pl.col("payer").str.starts_with("V")).group_by("payer").agg(pl.col("amount_minor").sum())
    )
    return Case(
        id="fund",
        frozen={f"A{n:04d}": Frozen(minor, minor // 1000) for n, minor in enumerate(balances)},
        claims={victim: Claim(minor) for victim, minor in losses.iter_rows()},
        ledger=ledger,
    )


def document(case: Case, frame: pl.DataFrame) -> str:
    """The same as a CASE.json."""
    said = frame.select(
        "id", "payer", "payee", "serial",
        booked_at=pl.from_epoch("booked_at", "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
        amount=(pl.col("amount_minor") // 100).cast(pl.String)
        + "." + (pl.col("amount_minor") % 100).cast(pl.String).str.zfill(2),
    )  # fmt: skip
    return json.dumps(
        {
            "id": case.id,
            "transfers": said.to_dicts(),
            "frozen": {
                account: {"principal": _text(each.principal_minor), "interest": _text(each.interest_minor)}
                for account, each in case.frozen.items()
            },
            "claims": {claim: {"loss": _text(each.loss_minor)} for claim, each in case.claims.items()},
            "runs": [{"policy": {}}],
        }
    )


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds, answer)."""
    started = time.perf_counter()
    answer = call()
    return time.perf_counter() - started, answer


def measure(rows: int, victims: int, accounts: int, ring: int) -> dict[str, float | int]:
    """Seconds of each step, kernels compiled before; facts are found anew for every policy."""
    frame, balances = make_fund(rows, victims, accounts, ring)
    found: dict[str, float | int] = {}
    found["index the ledger"], ledger = timed(lambda: ledger_from_frame(frame))
    case = make_case(ledger, frame, balances)
    for name, policy in POLICIES.items():
        found[name], answer = timed(lambda policy=policy: split(case, policy, Facts(case)))
        assert answer.paid_minor + answer.held_minor == sum(
            each.principal_minor + each.interest_minor for each in case.frozen.values()
        )
        if policy == Policy():
            found["parts"] = sum(len(each.paid) for each in answer.accounts)
            found["write the answer as JSON"], _ = timed(lambda answer=answer: json.dumps(split_json(answer)))
    text = document(case, frame)
    found["CASE.json, MB"] = len(text) // 1_000_000
    found["read CASE.json"], _ = timed(lambda: parse_case(text))
    found["resident MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def main() -> int:
    """Measure, print, and write the record with --json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restitution", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--victims", type=int, default=10_000)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--ring", type=int, default=10, help="accounts in a ring (default 10)")
    parser.add_argument("--mixed", action="store_true", help="one ring of all accounts")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    asked = parser.parse_args()
    ring = asked.accounts if asked.mixed else asked.ring
    measure(2_000, 50, 10, 10)  # compiles the kernels
    found = measure(asked.rows, asked.victims, asked.accounts, ring)
    for what, value in found.items():
        print(f"{what:<28} {value:>10,.2f}")
    if asked.write:
        record = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
            "rows": asked.rows, "victims": asked.victims, "accounts": asked.accounts, "ring": ring,
            "seconds": {what: round(value, 2) for what, value in found.items()},
        }  # fmt: skip
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
