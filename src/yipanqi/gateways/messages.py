"""The canonical messages between the centre and an institution: an order about a stop or a freeze, and its answer.

For: one shape that every adapter writes and reads, without framework and without format. Leaves alone: how a message
looks on the wire (`risk_platform`), who signed it (`signing`), and what the centre or the institution does with it.
Instants are aware and in UTC, amounts whole minor units, texts that are not known are empty.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OrderKind(StrEnum):
    """What the institution shall do; the second half is about a freeze, `cut` gives back a part of it."""

    STOP = "stop"
    LIFT = "lift"
    EXTEND = "extend"
    FREEZE = "freeze"
    RENEW = "renew"
    RELEASE = "release"
    CUT = "cut"
    RETURN_MONEY = "return_money"


def answer_kind(kind: OrderKind) -> OrderKind:
    """The kind of the answer to an order: a cut is answered as a release, since a bank's answer does not tell them."""
    return OrderKind.RELEASE if kind is OrderKind.CUT else kind


class FreezeKind(StrEnum):
    """How much a freeze takes: the amount asked for, or all there is and comes."""

    AMOUNT = "amount"
    FULL = "full"


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
    ALREADY_FROZEN = "already_frozen"
    UNKNOWN_FREEZE = "unknown_freeze"
    FREEZE_ENDED = "freeze_ended"
    TOO_LITTLE_FROZEN = "too_little_frozen"
    PAYEE_UNKNOWN = "payee_unknown"
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


@dataclass(frozen=True, slots=True)
class FreezeTerms:
    """What the notice of a freeze, or of its renewal, says: how much, from when to when, and by which document."""

    kind: FreezeKind
    asked_minor: int
    from_at: datetime
    until_at: datetime
    covers_interest: bool
    document: str


@dataclass(frozen=True, slots=True)
class PayLine:
    """One payee of frozen money that is given back; `ref` is the centre's name for the line, once per order."""

    ref: str
    account: str
    name: str
    bank: str
    principal_minor: int
    interest_minor: int = 0


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What became of one line of a return; a failure has its code and cause as an answer has."""

    ref: str
    result: Result
    failure_code: FailureCode | None = None
    failure_cause: str = ""


@dataclass(frozen=True, slots=True)
class Former:
    """The freeze that stands before a queued one (轮候): whose it is, what it holds, when it ends."""

    department: str
    frozen_minor: int | None = None
    ends_at: datetime | None = None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMessage:
    """An order to an institution. `order_id` makes it safe to repeat: it takes effect at most once.

    `institution` is the partner it goes to. After `expires_at` the institution must not act on it. The transfer
    (`amount_minor` and `transfer_at`, both or neither) is the one that brought the money. `original_order_id` names
    the stop that is lifted or extended, the stop that a freeze takes the place of, or the freeze that is renewed,
    released, cut or paid from. `supplement` says whether paperwork follows or is handed in later
    (`risk_platform.SUPPLEMENTS`). `starts_at` is when the stop, or its extension, shall begin. A freeze and a renewal
    have `freeze`, a cut `release_minor`, a return `lines`; no other kind has them.
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
    freeze: FreezeTerms | None = None
    release_minor: int | None = None
    lines: tuple[PayLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMessage:
    """What an institution did with an order. `answer_id` is its own serial and the same in every repeat.

    `starts_at` and `ends_at` bound the stop, by the institution's clock; an extension answers with the new end, a lift
    with the instant of lifting. `balance_minor` is what the account held then. A failure has `failure_code`, and in
    `failure_cause` what it is about.

    About a freeze: `frozen_minor` is what it holds now, `applied_minor` what was asked, `available_minor` what the
    account may still pay, `released_minor` and `released_at` what was let go and when, `former` who stands before it.
    A freeze that gets more money later is answered again, with another `answer_id`. A return has its `lines` and the
    receipt's number.
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
    applied_minor: int | None = None
    frozen_minor: int | None = None
    available_minor: int | None = None
    released_minor: int | None = None
    released_at: datetime | None = None
    former: Former | None = None
    lines: tuple[LineAnswer, ...] = ()
    receipt_number: str = ""
