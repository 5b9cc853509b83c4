"""Reading a report of a fraud from a form or from a partner: text fields in, checked facts or every flaw out.

The fields of a person are read as those of a warning are. A payment needs its four elements: name, account, amount and
time (户名, 账号, 汇款金额, 交易时间), as a bank may only stop what agrees in all of them. Storing is in `services`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.reading import check_value
from yipanqi.ops.partners.rows import (
    FieldError,
    Flaw,
    RowRefused,
    digest_of,
    plain_facts,
    printable,
    text_of,
)
from yipanqi.ops.subjects.rules import bank_of, normal_link, normal_phone
from yipanqi.ops.subjects.services import PersonFacts

PERSON_FIELDS = (
    "person_name",
    "person_phone",
    "person_id_number",
    "person_age",
    "person_sex",
    "jurisdiction_code",
)
REPORT_FIELDS = ("external_id", "occurred_at", "fraud_type", "text", *PERSON_FIELDS)
REQUIRED = ("occurred_at", "person_phone")
PAYMENT_FIELDS = (
    "payee_account",
    "payee_name",
    "payee_bank",
    "amount",
    "paid_at",
    "payer_account",
    "payer_bank",
)
PAYMENT_REQUIRED = ("payee_account", "payee_name", "payee_bank", "amount", "paid_at")
CARD_FIELDS = ("payer_account", "payer_bank", "holder_name")
LISTS = ("payments", "suspect_phones", "suspect_links")
LIST_MAX = 50


@dataclass(frozen=True)
class PaymentFacts:
    """One payment with its four elements; banks are catalog codes, `payer_*` may be empty."""

    payee_account: str
    payee_name: str
    payee_bank: str
    amount_minor: int
    paid_at: datetime
    payer_account: str = ""
    payer_bank: str = ""


@dataclass(frozen=True)
class CardFacts:
    """A resident's own card that is to be protected; `bank` is a catalog code, `holder_name` may be empty."""

    account: str
    bank: str
    holder_name: str


@dataclass(frozen=True)
class ReportFacts:
    """A checked report. `external_id` is its sender's own; `digest` tells a repeat from another under the same id."""

    external_id: str
    person: PersonFacts
    occurred_at: datetime
    fraud_type: str
    text: str
    payments: tuple[PaymentFacts, ...]
    suspect_phones: tuple[str, ...]
    suspect_links: tuple[str, ...]
    digest: str


def read_report(raw: object, *, scope_code: str, now: datetime, needs_id: bool = False) -> ReportFacts:
    """Check a report whose place must lie in `scope_code`; with `needs_id` it names its sender's own id.

    Raises `RowRefused` with every flaw.
    """
    if not isinstance(raw, Mapping):
        raise RowRefused([Flaw("", "not_a_row", {})])
    known = {*REPORT_FIELDS, *LISTS}
    flaws = [Flaw(printable(n), "field_unknown", {"field": printable(n)}) for n in raw if n not in known]
    required = ("external_id", *REQUIRED) if needs_id else REQUIRED
    values = _read(raw, REPORT_FIELDS, required, "", scope_code, now, flaws)
    lists = {name: _list(raw.get(name), name, flaws) for name in LISTS}
    payments = [
        _payment(item, f"payments[{number}].", scope_code, now, flaws)
        for number, item in enumerate(lists["payments"])
    ]
    phones = _each(lists["suspect_phones"], "suspect_phones", normal_phone, flaws)
    links = _each(lists["suspect_links"], "suspect_links", normal_link, flaws)
    for number, payment in enumerate(payments):
        if payment and _key(payment) in {_key(other) for other in payments[:number] if other}:
            flaws.append(Flaw(f"payments[{number}]", "payment_known", {}))
    if flaws:
        raise RowRefused(flaws)
    place, age = str(values["jurisdiction_code"] or scope_code), values["person_age"]
    name, phone, id_number = (
        str(values[field]) for field in ("person_name", "person_phone", "person_id_number")
    )
    return ReportFacts(
        str(values["external_id"]),
        PersonFacts(name, phone, id_number, place, age if age != "" else None, str(values["person_sex"])),
        values["occurred_at"],
        str(values["fraud_type"]),
        str(values["text"]),
        tuple(payment for payment in payments if payment),
        tuple(dict.fromkeys(phones)),
        tuple(dict.fromkeys(links)),
        digest_of({"report": json.dumps(raw, sort_keys=True, ensure_ascii=False, default=str)}),
    )


def read_payment(raw: Mapping[str, object], *, scope_code: str, now: datetime) -> PaymentFacts:
    """Check one payment. Raises `RowRefused` with every flaw."""
    flaws: list[Flaw] = []
    payment = _payment(raw, "", scope_code, now, flaws)
    if payment is None:
        raise RowRefused(flaws)
    return payment


def read_card(raw: Mapping[str, object], *, scope_code: str, now: datetime) -> CardFacts:
    """Check the resident's own card (fields of `CARD_FIELDS`). Raises `RowRefused` with every flaw."""
    flaws: list[Flaw] = []
    card = _read(raw, CARD_FIELDS, CARD_FIELDS[:2], "", scope_code, now, flaws)
    if flaws:
        raise RowRefused(flaws)
    return CardFacts(card["payer_account"], card["payer_bank"], card["holder_name"])


def _key(payment: PaymentFacts) -> tuple[str, int, datetime]:
    """What makes a payment one within a case."""
    return payment.payee_account, payment.amount_minor, payment.paid_at


def _payment(raw: object, at: str, scope_code: str, now: datetime, flaws: list[Flaw]) -> PaymentFacts | None:
    if not isinstance(raw, Mapping):
        flaws.append(Flaw(at.rstrip("."), "not_a_row", {}))
        return None
    before = len(flaws)
    for name in raw:
        if name not in PAYMENT_FIELDS:
            flaws.append(Flaw(at + printable(name), "field_unknown", {"field": printable(name)}))
    values = _read(raw, PAYMENT_FIELDS, PAYMENT_REQUIRED, at, scope_code, now, flaws)
    if len(flaws) > before:
        return None
    return PaymentFacts(
        values["payee_account"],
        values["payee_name"],
        values["payee_bank"],
        values["amount"],
        values["paid_at"],
        values["payer_account"],
        values["payer_bank"],
    )


def _read(
    raw: Mapping[Any, object],
    names: Sequence[str],
    required: Sequence[str],
    at: str,
    scope_code: str,
    now: datetime,
    flaws: list[Flaw],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        text = text_of(raw.get(name))
        values[name] = ""
        if not text and name in required:
            flaws.append(Flaw(at + name, "field_missing", {"field": name}))
        elif text:
            try:
                values[name] = _check(name, text, scope_code, now)
            except YipanqiError as error:
                flaws.append(Flaw(at + name, error.code, {"field": name, **plain_facts(error.facts)}))
    return values


_ALIKE = {  # fields that are checked as a field of a warning is
    "payee_account": "suspect_account",
    "payer_account": "suspect_account",
    "payee_name": "person_name",
    "holder_name": "person_name",
    "paid_at": "occurred_at",
}


def _check(name: str, text: str, scope_code: str, now: datetime) -> object:
    value = check_value(_ALIKE.get(name, name), text, scope_code, now)
    if name == "fraud_type" and value not in catalog.fraud_types():
        raise FieldError("no such type", code="fraud_type_unknown")
    if name in {"payee_bank", "payer_bank"}:
        value = bank_of(text)
        if not value:
            raise FieldError("no such bank", code="bank_unknown")
    if name == "amount" and not value:
        raise FieldError("nothing was paid", code="amount_zero")
    return value


def _list(value: object, name: str, flaws: list[Flaw]) -> list[object]:
    if value in (None, ""):
        return []
    if not isinstance(value, list) or len(value) > LIST_MAX:
        flaws.append(Flaw(name, "list_invalid", {"limit": LIST_MAX}))
        return []
    return value


def _each(values: list[object], name: str, read: Any, flaws: list[Flaw]) -> list[str]:
    found = []
    for number, value in enumerate(values):
        try:
            found.append(read(text_of(value)))
        except YipanqiError as error:
            flaws.append(Flaw(f"{name}[{number}]", error.code, {"field": name, **plain_facts(error.facts)}))
    return found
