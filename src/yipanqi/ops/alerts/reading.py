"""Reading one incoming row: text fields in, a checked `WarningRow` or the list of what is wrong out.

Nothing is guessed and nothing is dropped: an unknown field, a mangled number or a time without its offset is
an error with field, code and facts. Storing, joining and quarantine are in `intake`.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.jurisdictions.queries import find_place
from yipanqi.ops.subjects.rules import normal_account, normal_id_number, normal_phone

FIELDS = (
    "external_id", "occurred_at", "fraud_type_hint", "text", "level_hint", "person_name", "person_phone",
    "person_id_number", "person_age", "person_sex", "jurisdiction_code", "amount", "paid", "payment_count",
    "suspect_account", "suspect_bank",
)  # fmt: skip
REQUIRED = ("external_id", "occurred_at", "person_phone")
_LENGTHS = {"external_id": 64, "fraud_type_hint": 64, "person_name": 64, "suspect_bank": 64}
_BOOLS = {
    "true": True,
    "1": True,
    "是": True,
    "yes": True,
    "false": False,
    "0": False,
    "否": False,
    "no": False,
}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE = re.compile(r"0*\d{1,9}", re.ASCII)
_INT_LIMIT = 10**64
_EARLIEST_AT = datetime(2000, 1, 1, tzinfo=UTC)
_SEXES = {"m": "m", "male": "m", "男": "m", "f": "f", "female": "f", "女": "f"}


class FieldError(YipanqiError):
    """One field of one row cannot be used."""

    code = "field_invalid"


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a row: the field, a catalog error code and its facts."""

    field: str
    code: str
    facts: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """For storing beside the quarantined row; facts never hold more than the catalog sentence needs."""
        return {"field": self.field, "code": self.code, "facts": self.facts}


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
    place_code: str
    amount_minor: int | None
    paid: bool
    payment_count: int
    suspect_account: str
    suspect_bank: str
    digest: str


class RowRefused(YipanqiError):
    """A row has flaws; `flaws` lists every one found."""

    code = "row_refused"

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.field}: {flaw.code}" for flaw in flaws))
        self.flaws = flaws


def read_row(row: object, *, scope_code: str, now: datetime) -> WarningRow:
    """Check one row for a sender whose rows must lie in `scope_code`. Raises `RowRefused` with every flaw."""
    if not isinstance(row, Mapping):
        raise RowRefused([Flaw("", "not_a_row", {})])
    flaws = [
        Flaw(printable(name), "field_unknown", {"field": printable(name)})
        for name in row
        if name not in FIELDS
    ]
    texts = {name: _text(row.get(name)) for name in FIELDS}
    flaws += [Flaw(name, "field_missing", {"field": name}) for name in REQUIRED if not texts[name]]
    values: dict[str, object] = {}
    for name in FIELDS:
        try:
            values[name] = _check(name, texts[name], scope_code, now) if texts[name] else _EMPTY.get(name, "")
        except YipanqiError as error:
            flaws.append(Flaw(name, error.code, {"field": name, **_plain(error.facts)}))
    if flaws:
        raise RowRefused(flaws)
    place = values.pop("jurisdiction_code") or scope_code
    amount = values.pop("amount")
    return WarningRow(**values, place_code=place, amount_minor=amount, digest=_digest(texts))  # type: ignore[arg-type]


_EMPTY: dict[str, object] = {"person_age": None, "amount": None, "paid": False, "payment_count": 0}


def printable(text: object, limit: int = 64) -> str:
    """Any text as a database and an answer can hold it: NUL and lone surrogates become U+FFFD, cut to `limit`."""
    return _UNSTORABLE.sub("\ufffd", str(text)[:limit])


def _text(value: object) -> str:
    """A field as text; what is neither text nor a number, or cannot be stored, starts with U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if (isinstance(value, int) and abs(value) >= _INT_LIMIT) or not isinstance(value, (str, int)):
        return "\ufffd" + type(value).__name__
    text = str(value).strip()
    return "\ufffd" + _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Only short, non-personal facts leave with an error; the offending value itself stays sealed."""
    return {
        k: v
        for k, v in facts.items()
        if k not in {"value", "field"} and isinstance(v, (int, str)) and len(str(v)) <= 64
    }


def _check(name: str, text: str, scope_code: str, now: datetime) -> object:
    if text.startswith("\ufffd"):
        raise FieldError("neither text nor number", code="field_not_text")
    limit = _LENGTHS.get(name)
    if limit and len(text) > limit:
        raise FieldError("too long", code="field_too_long", limit=limit)
    if name == "jurisdiction_code":
        return _place(text, scope_code)
    if name == "occurred_at":
        return _instant(text, now)
    return _CHECKS[name](text) if name in _CHECKS else text


def _instant(text: str, now: datetime) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise FieldError("not an ISO 8601 time", code="datetime_invalid") from None
    if value.tzinfo is None:
        raise FieldError("a time without its offset", code="datetime_no_offset")
    if value < _EARLIEST_AT:  # a spreadsheet's zero date, or a year that was cut
        raise FieldError("a time of another age", code="datetime_invalid")
    if value > now + catalog.windows()["occurred_ahead"].duration:
        raise FieldError("a time in the future", code="occurred_in_future")
    return value


def _place(text: str, scope_code: str) -> str:
    place, scope = find_place(text), find_place(scope_code)
    if place is None or scope is None:
        raise FieldError("no such place", code="jurisdiction_unknown")
    if not (place.path + "/").startswith(scope.path + "/"):
        raise FieldError("outside the sender's scope", code="jurisdiction_outside")
    return text


def _level(text: str) -> str:
    if text not in catalog.levels():
        raise FieldError("not a level", code="level_unknown")
    return text


def _bool(text: str) -> bool:
    if text.lower() not in _BOOLS:
        raise FieldError("neither yes nor no", code="bool_invalid")
    return _BOOLS[text.lower()]


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
    "paid": _bool,
    "payment_count": _number(0, 100_000, "count_invalid"),
    "suspect_account": normal_account,
}


def _digest(texts: Mapping[str, str]) -> str:
    """A keyed fingerprint of the row as given, to tell a repeat from another row under the same id."""
    body = json.dumps(texts, sort_keys=True, ensure_ascii=False)
    return hmac.new(settings.SECRET_KEY.encode(), body.encode(), hashlib.sha256).hexdigest()
