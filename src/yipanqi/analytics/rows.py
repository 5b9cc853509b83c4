"""Reading a partner's row of a transfer: which fields it has and what is wrong with it. Nothing is guessed, nothing
stored.

How a field is read in general is `ops.partners.rows`' matter, what becomes of the row `transfers`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yipanqi import catalog
from yipanqi.engine.ledger.columns import KIND_NAMES, MAX_AMOUNT_MINOR
from yipanqi.engine.tracing.result import exponent_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.partners.rows import (
    FieldError,
    Flaw,
    RowRefused,
    check_instant,
    check_text,
    digest_of,
    plain_facts,
    printable,
    text_of,
)
from yipanqi.ops.subjects.rules import bank_of, normal_account

REQUIRED = ("id", "booked_at", "payer", "payee", "amount")
LIMITS = {
    "id": 64,
    "reverses": 64,
    "payer_name": 64,
    "payee_name": 64,
    "payer_bank": 64,
    "payee_bank": 64,
    "channel": 32,
}
FIELDS = (
    *REQUIRED, "serial", "currency", "payer_bank", "payee_bank", "payer_name", "payee_name", "channel", "kind",
    "reverses",
)  # fmt: skip
_MAX_SERIAL = 2**63 - 1


@dataclass(frozen=True)
class TransferFacts:
    """A checked transfer; accounts in normal form, banks as catalog codes where known, money in minor units."""

    id: str
    booked_at: datetime
    payer: str
    payee: str
    amount_minor: int
    serial: int | None = None
    currency: str = "CNY"
    payer_bank: str = ""
    payee_bank: str = ""
    payer_name: str = ""
    payee_name: str = ""
    channel: str = ""
    kind: str = "transfer"
    reverses: str = ""
    digest: str = ""


def read_transfer(raw: object, *, now: datetime) -> TransferFacts:
    """Check one row. Raises `RowRefused` with every flaw."""
    if not isinstance(raw, Mapping):
        raise RowRefused([Flaw("", "not_a_transfer", {})])
    flaws = [
        Flaw(printable(name), "field_unknown", {"field": printable(name)})
        for name in raw
        if name not in FIELDS
    ]
    values: dict[str, Any] = {}
    texts = {name: text_of(raw.get(name)) for name in FIELDS}
    for name, text in texts.items():
        if not text and name in REQUIRED:
            flaws.append(Flaw(name, "field_missing", {"field": name}))
        elif text:
            try:
                values[name] = _check(name, text, texts["currency"] or "CNY", now)
            except YipanqiError as error:
                flaws.append(Flaw(name, error.code, {"field": name, **plain_facts(error.facts)}))
    if flaws:
        raise RowRefused(flaws)
    values["amount_minor"] = values.pop("amount")
    return TransferFacts(**values, digest=digest_of(texts))


def _check(name: str, text: str, currency: str, now: datetime) -> object:
    if name == "booked_at":
        at = check_instant(check_text(text))
        if at > now + catalog.windows()["occurred_ahead"].duration:
            raise FieldError("in the future", code="occurred_in_future")
        return at
    if name in {"payer", "payee"}:
        return normal_account(check_text(text))
    if name == "amount":
        return _amount(check_text(text), currency)
    if name == "serial":
        return _serial(check_text(text))
    if name == "currency" and not (len(text) == 3 and text.isascii() and text.isupper()):
        raise FieldError("not a currency", code="currency_invalid")
    if name == "kind" and text not in KIND_NAMES:
        raise FieldError("no such kind", code="transfer_kind_unknown")
    text = check_text(text, LIMITS.get(name))
    return bank_of(text) or text if name in {"payer_bank", "payee_bank"} else text


def _amount(text: str, currency: str) -> int:
    minor = parse_amount_minor(text, exponent=exponent_of(currency))
    if not minor:
        raise FieldError("nothing was paid", code="amount_zero")
    if minor > MAX_AMOUNT_MINOR:
        raise FieldError("more than any amount kept here", code="amount_too_large")
    return minor


def _serial(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > _MAX_SERIAL:
        raise FieldError("not a whole number", code="serial_invalid")
    return int(text)
