"""The canonical messages between the centre and an institution: an order to stop, lift or extend, and its answer.

For: one shape that every adapter writes and reads, without framework and without format. Leaves alone: how a message
looks on the wire (`risk_platform`), who signed it (`signing`), and what the centre or the institution does with it.
Instants are aware and in UTC, amounts whole minor units, texts that are not known are empty.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OrderKind(StrEnum):
    """What the institution shall do."""

    STOP = "stop"
    LIFT = "lift"
    EXTEND = "extend"


class Target(StrEnum):
    """What an order is about: a payment account, or a phone number to suspend."""

    ACCOUNT = "account"
    PHONE = "phone"


class Result(StrEnum):
    """Whether the institution did it."""

    OK = "ok"
    FAILED = "failed"


class FailureCode(StrEnum):
    """Why an institution did not. `mismatch` names the element in its cause: account, name, amount or time."""

    MISMATCH = "mismatch"
    ALREADY_STOPPED = "already_stopped"
    EXPIRED = "expired"
    UNKNOWN_STOP = "unknown_stop"
    NOT_IN_EFFECT = "not_in_effect"
    EXTENDED_ALREADY = "extended_already"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Account:
    """The account (or phone number) an order is about; `kind` is 01 for a person's, 02 for a company's."""

    number: str
    name: str = ""
    bank_code: str = ""
    bank_name: str = ""
    kind: str = "01"


@dataclass(frozen=True, slots=True)
class Payer:
    """The account the money came from."""

    number: str
    name: str = ""
    bank_code: str = ""
    bank_name: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """The body that orders or answers."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Official:
    """A person who answers for a message; `id_type` is 01 for a resident ID card, 99 for another document."""

    id_type: str
    id: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMessage:
    """An order to an institution. `order_id` makes it safe to repeat: it takes effect at most once.

    `institution` is the partner it goes to. After `expires_at` the institution must not act on it. The transfer
    (`amount_minor` and `transfer_at`, both or neither) is the one that brought the money. `original_order_id` names
    the stop that is lifted or extended. `supplement` says whether paperwork follows or is handed in later
    (`risk_platform.SUPPLEMENTS`). `starts_at` is when the stop, or its extension, shall begin.
    """

    order_id: str
    kind: OrderKind
    institution: str
    target: Target
    case_number: str
    account: Account
    organisation: Organisation
    operator: Official
    applied_at: datetime
    expires_at: datetime
    case_type: str = ""
    urgent: bool = False
    payer: Payer | None = None
    currency: str = "CNY"
    amount_minor: int | None = None
    transfer_at: datetime | None = None
    reason: str = ""
    remark: str = ""
    starts_at: datetime | None = None
    original_order_id: str | None = None
    supplement: str = "00"
    investigator: Official | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMessage:
    """What an institution did with an order. `answer_id` is its own serial and the same in every repeat.

    `starts_at` and `ends_at` bound the stop, by the institution's clock; an extension answers with the new end, a lift
    with the instant of lifting. `balance_minor` is what the account held then. A failure has `failure_code`, and in
    `failure_cause` what it is about.
    """

    order_id: str
    kind: OrderKind
    institution: str
    result: Result
    answer_id: str
    answered_at: datetime
    account_number: str
    organisation: Organisation
    operator: Official
    card_number: str = ""
    currency: str = "CNY"
    balance_minor: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    failure_code: FailureCode | None = None
    failure_cause: str = ""
    remark: str = ""
