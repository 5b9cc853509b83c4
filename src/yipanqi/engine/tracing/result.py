"""What a trace answers: accounts, transfers, totals, and where and why it stopped.

Plain frozen records and the black-box contract's JSON. Money in minor units; under `poison` nothing is known of
amounts and they are None. Leaves how the answer is found to `following`, and papers made of it to `evidence`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from yipanqi.engine.ledger.currencies import exponent_of as exponent_of

CHINA: Final = timezone(timedelta(hours=8))  # the zone in which instants are written


@dataclass(frozen=True, slots=True)
class TracedAccount:
    """An account that traced money reached, in one currency. `level` is the fewest hops: a seed's payee is 1.

    `sink` is the kind of the end where traced money left the system here, None where it goes on or lies.
    """

    account: str
    currency: str
    bank: str
    level: int
    tainted_in_minor: int | None
    tainted_out_minor: int | None
    held_minor: int | None
    first_at: datetime
    last_at: datetime
    sink: str | None


@dataclass(frozen=True, slots=True)
class TracedTransfer:
    """A seed, or a transfer with traced money in it."""

    id: str
    payer: str
    payee: str
    booked_at: datetime
    amount_minor: int
    tainted_minor: int | None
    currency: str
    kind: str
    is_seed: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Where the seeds' money is: seeded = held + left the system + displaced by other seeds."""

    seeded_minor: int
    held_minor: int
    left_system_minor: int
    displaced_minor: int


@dataclass(frozen=True, slots=True)
class StoppedAt:
    """An account where the trace ends although it may have paid on: `why` is "sink" or "hub", `kind` the sink's
    kind.
    """

    account: str
    why: str
    kind: str
    tainted_in_minor: int | None


@dataclass(frozen=True, slots=True)
class Owned:
    """How much of what an account holds came from one seed."""

    account: str
    currency: str
    seed: str
    held_minor: int


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of some seeds' money through a ledger.

    `accounts` by level, first arrival, account; `transfers` in the ledger's order; `digest` and `rows` name the
    ledger and how many of its transfers were followed; `void` are the seeds that a reversal has cancelled.
    """

    seeds: tuple[str, ...]
    method: str
    until: datetime | None
    accounts: tuple[TracedAccount, ...]
    transfers: tuple[TracedTransfer, ...]
    totals: Totals | None
    ambiguous: tuple[str, ...]
    stops: tuple[StoppedAt, ...]
    owners: tuple[Owned, ...]
    void: tuple[str, ...]
    digest: str
    rows: int


def decimal_text(minor: int | None, currency: str) -> str | None:
    """An amount as the contract writes it: 5000000 gives "50000.00"; None stays None."""
    if minor is None:
        return None
    exponent = exponent_of(currency)
    whole, part = divmod(minor, 10**exponent)
    return f"{whole}.{part:0{exponent}d}" if exponent else str(whole)


def instant_text(at: datetime) -> str:
    """An instant in ISO 8601 with the offset of China."""
    return at.astimezone(CHINA).isoformat()


def trace_json(trace: Trace) -> dict[str, Any]:
    """The trace as `yipanqi trace --json` prints it, by the black-box contract of the architecture."""
    currency = trace.accounts[0].currency if trace.accounts else "CNY"
    totals = trace.totals
    parts = ("seeded", "held", "left_system", "displaced")
    return {
        "seeds": list(trace.seeds),
        "method": trace.method,
        "accounts": [_account_json(account) for account in trace.accounts],
        "transfers": [_transfer_json(transfer) for transfer in trace.transfers],
        "totals": {
            part: decimal_text(getattr(totals, f"{part}_minor") if totals else None, currency)
            for part in parts
        },
        "ambiguous": list(trace.ambiguous),
    }


def _account_json(account: TracedAccount) -> dict[str, Any]:
    amounts = {
        name: decimal_text(getattr(account, f"{name}_minor"), account.currency)
        for name in ("tainted_in", "tainted_out", "held")
    }
    return {
        "account": account.account,
        "level": account.level,
        **amounts,
        "first_at": instant_text(account.first_at),
        "last_at": instant_text(account.last_at),
        "sink": account.sink,
    }


def _transfer_json(transfer: TracedTransfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "payer": transfer.payer,
        "payee": transfer.payee,
        "booked_at": instant_text(transfer.booked_at),
        "amount": decimal_text(transfer.amount_minor, transfer.currency),
        "tainted": decimal_text(transfer.tainted_minor, transfer.currency),
    }
