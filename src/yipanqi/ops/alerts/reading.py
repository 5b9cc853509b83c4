"""Reading one incoming row: text fields in, a checked `WarningRow` or the list of what is wrong out.

Nothing is guessed and nothing is dropped: an unknown field, a mangled number or a time without its offset is
an error with field, code and facts. Storing, joining and quarantine are in `intake`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.partners.rows import (
    FieldError,
    Flaw,
    RowRefused,
    check_bool,
    check_instant,
    check_place,
    check_text,
    digest_of,
    plain_facts,
    printable,
    text_of,
)
from yipanqi.ops.subjects.rules import normal_account, normal_id_number, normal_phone

FIELDS = (
    "external_id", "occurred_at", "fraud_type_hint", "text", "level_hint", "person_name", "person_phone",
    "person_id_number", "person_age", "person_sex", "person_address", "jurisdiction_code", "amount", "paid",
    "payment_count", "suspect_account", "suspect_bank",
)  # fmt: skip
REQUIRED = ("external_id", "occurred_at", "person_phone")
_LENGTHS = {
    "external_id": 64,
    "fraud_type_hint": 64,
    "person_name": 64,
    "person_address": 120,
    "suspect_bank": 64,
}
_WHOLE = re.compile(r"0*\d{1,9}", re.ASCII)
_SEXES = {"m": "m", "male": "m", "男": "m", "f": "f", "female": "f", "女": "f"}


@dataclass(frozen=True)
class WarningRow:
    """A checked warning. `place_code` is the lowest place given, or the sender's scope."""

    external_id: str
    occurred_at: datetime
    fraud_type_hint: str
    text: str
    level_hint: str
    person_name: str
    person_phone: str
    person_id_number: str
    person_age: int | None
    person_sex: str
    person_address: str
    place_code: str
    amount_minor: int | None
    paid: bool
    payment_count: int
    suspect_account: str
    suspect_bank: str
    digest: str


def read_row(row: object, *, scope_code: str, now: datetime) -> WarningRow:
    """Check one row for a sender whose rows must lie in `scope_code`. Raises `RowRefused` with every flaw."""
    if not isinstance(row, Mapping):
        raise RowRefused([Flaw("", "not_a_row", {})])
    flaws = [
        Flaw(printable(name), "field_unknown", {"field": printable(name)})
        for name in row
        if name not in FIELDS
    ]
    texts = {name: text_of(row.get(name)) for name in FIELDS}
    flaws += [Flaw(name, "field_missing", {"field": name}) for name in REQUIRED if not texts[name]]
    values: dict[str, object] = {}
    for name in FIELDS:
        try:
            values[name] = (
                check_value(name, texts[name], scope_code, now) if texts[name] else _EMPTY.get(name, "")
            )
        except YipanqiError as error:
            flaws.append(Flaw(name, error.code, {"field": name, **plain_facts(error.facts)}))
    if flaws:
        raise RowRefused(flaws)
    place = values.pop("jurisdiction_code") or scope_code
    amount = values.pop("amount")
    known = {"place_code": place, "amount_minor": amount, "digest": digest_of(texts)}
    return WarningRow(**values, **known)  # type: ignore[arg-type]


_EMPTY: dict[str, object] = {"person_age": None, "amount": None, "paid": False, "payment_count": 0}


def check_value(name: str, text: str, scope_code: str, now: datetime) -> object:
    """The value of a named field in normal form. Raises a `YipanqiError` whose code says what is wrong."""
    check_text(text, _LENGTHS.get(name))
    if name == "jurisdiction_code":
        return check_place(text, scope_code)
    if name == "occurred_at":
        return _instant(text, now)
    return _CHECKS[name](text) if name in _CHECKS else text


def _instant(text: str, now: datetime) -> datetime:
    value = check_instant(text)
    if value > now + catalog.windows()["occurred_ahead"].duration:
        raise FieldError("a time in the future", code="occurred_in_future")
    return value


def _level(text: str) -> str:
    if text not in catalog.levels():
        raise FieldError("not a level", code="level_unknown")
    return text


def _number(low: int, high: int, code: str) -> Callable[[str], int]:
    def check(text: str) -> int:
        value = unicodedata.normalize("NFKC", text)
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise FieldError("not a whole number in range", code=code)
        return int(value)

    return check


def _sex(text: str) -> str:
    if text.lower() not in _SEXES:
        raise FieldError("neither m nor f", code="sex_unknown")
    return _SEXES[text.lower()]


def _narrative(text: str) -> str:
    limit = catalog.windows()["text_max_chars"].count
    if len(text) > limit:
        raise FieldError("narrative too long", code="text_too_long", limit=limit)
    return text


_CHECKS: dict[str, Callable[[str], object]] = {
    "text": _narrative,
    "level_hint": _level,
    "person_phone": normal_phone,
    "person_id_number": normal_id_number,
    "person_age": _number(0, 120, "age_invalid"),
    "person_sex": _sex,
    "amount": parse_amount_minor,
    "paid": check_bool,
    "payment_count": _number(0, 100_000, "count_invalid"),
    "suspect_account": normal_account,
}
