"""What a province is made of: people, accounts, transfers, frauds, warnings, and what is true about them.

Plain frozen records; money in fen (`_minor`), instants in seconds since the start (`_s`) where the
simulation runs and aware UTC datetimes where others read. Leaves alone how they come about and how they are
written.
"""

from dataclasses import dataclass
from datetime import date, datetime

from yipanqi.engine.province.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Resident:
    """A synthetic person. Phone and ID number have valid shapes in ranges that were never issued."""

    id: str
    name: str
    sex: str
    birth_date: date
    age: int
    phone: str
    id_number: str
    jurisdiction_code: str
    place_name: str
    account: str
    bank_code: str
    payday: int


@dataclass(frozen=True, slots=True)
class Account:
    """A payment account. `kind`: personal, company, shop, or a way out: cash, exchange, clearing."""

    number: str
    bank_code: str
    holder_id: str
    holder_name: str
    kind: str
    opened_date: date
    opening_minor: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved: the canonical row. `kind` is transfer, card_payment, cash_out, exchange or clearing."""

    id: str
    booked_at: datetime
    booked_s: int
    payer: str
    payee: str
    amount_minor: int
    serial: int
    payer_bank: str
    payee_bank: str
    channel: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ring:
    """A mule ring (跑分团伙): accounts by level, the feeder that pays rebates, the exchange it sells to."""

    id: str
    feeder: str
    levels: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    exchange: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a victim to a mule account."""

    transfer_id: str
    paid_s: int
    amount_minor: int
    payee: str


@dataclass(slots=True)
class Fraud:
    """One fraud as it is played: `payments` and `rebate_minor` fill while the money moves."""

    id: str
    number: int
    fraud_type: str
    victim: Resident
    ring: Ring
    contact_s: int
    payments: list[Payment]
    rebate_minor: int = 0


@dataclass(frozen=True, slots=True)
class TaintedTransfer:
    """A transfer with one fraud's money: level 0 is the victim's payment, then by the payer's level.

    `payment_id` is the transfer by which the victim paid what is passed on here.
    """

    fraud_id: str
    transfer_id: str
    level: int
    amount_minor: int
    payment_id: str


@dataclass(frozen=True, slots=True)
class Warning:
    """A partner's message as it is sent: `row` is the intake row without its source."""

    source: str
    external_id: str
    occurred_at: datetime
    sent_at: datetime
    resident_id: str
    row: dict[str, str]


@dataclass(frozen=True, slots=True)
class WarningTruth:
    """What is true about a warning, as if nobody acted on it.

    `answers_on_call` is 1, 2 or 3, or 0 for never. `would_pay_at` and `would_pay_minor` are the next
    payment after `sent_at`; `savable_minor` is all that is still to be paid then.
    """

    source: str
    external_id: str
    sent_at: datetime
    resident_id: str
    is_true: bool
    fraud_id: str
    fraud_type: str
    answers_on_call: int
    paid_before_minor: int
    would_pay_at: datetime | None
    would_pay_minor: int
    savable_minor: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true: `warnings` runs parallel to `Province.warnings`."""

    frauds: tuple[Fraud, ...]
    rings: tuple[Ring, ...]
    tainted: tuple[TaintedTransfer, ...]
    warnings: tuple[WarningTruth, ...]


@dataclass(frozen=True, slots=True)
class Province:
    """A played province, as if no centre had acted. `transfers` and `warnings` are in time order."""

    scenario: Scenario
    residents: tuple[Resident, ...]
    accounts: tuple[Account, ...]
    transfers: tuple[Transfer, ...]
    warnings: tuple[Warning, ...]
    truth: Truth
    closing_minor: dict[str, int]
