"""One row at a time: every flaw by its code, nothing guessed, and no input that crashes the check."""

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.ops.alerts.reading import FIELDS, RowRefused, WarningRow, read_row
from yipanqi.ops.partners import rows

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ID_NUMBER = "11010519491231002X"  # the example of GB 11643
GOOD = {"external_id": "A-1", "occurred_at": "2026-03-02T09:59:00+08:00", "person_phone": "13800002207"}


class Place:
    def __init__(self, path: str) -> None:
        self.path = path


PLACES = {
    "350000": Place("350000"),
    "350100": Place("350000/350100"),
    "350104": Place("350000/350100/350104"),
    "350203": Place("350000/350200/350203"),
}


@pytest.fixture(autouse=True, scope="module")
def places() -> Iterator[None]:
    """Four places without a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "find_place", PLACES.get)
        yield


def read(row: object, scope_code: str = "350000") -> WarningRow:
    return read_row(row, scope_code=scope_code, now=NOW)


def flaws(row: object, scope_code: str = "350000") -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as refused:
        read(row, scope_code)
    return [(flaw.field, flaw.code) for flaw in refused.value.flaws]


BAD = [
    ("external_id", "", "field_missing"),
    ("occurred_at", None, "field_missing"),
    ("person_phone", "  ", "field_missing"),
    ("external_id", "x" * 65, "field_too_long"),
    ("fraud_type_hint", "x" * 65, "field_too_long"),
    ("person_name", "王" * 65, "field_too_long"),
    ("suspect_bank", "x" * 65, "field_too_long"),
    ("text", "字" * 4001, "text_too_long"),
    ("text", ["a"], "field_not_text"),
    ("amount", {}, "field_not_text"),
    ("external_id", "A\x001", "field_not_text"),
    ("person_name", "王\ud800", "field_not_text"),
    ("occurred_at", "yesterday", "datetime_invalid"),
    ("occurred_at", "0001-01-01T00:00:00+14:00", "datetime_invalid"),
    ("occurred_at", "2026-03-02T09:59:00", "datetime_no_offset"),
    ("occurred_at", "2026-03-02T10:10:01+08:00", "occurred_in_future"),
    ("person_phone", "1380000220", "phone_invalid"),
    ("person_phone", "12800002207", "phone_invalid"),
    ("person_phone", "1.3800002207e10", "phone_invalid"),
    ("person_phone", 13800002207.0, "phone_invalid"),
    ("person_phone", "١٣٨٠٠٠٠٢٢٠٧", "phone_invalid"),
    ("person_phone", True, "phone_invalid"),
    ("person_id_number", "110105194912310021", "id_number_invalid"),
    ("person_id_number", "110105491231002", "id_number_invalid"),
    ("person_id_number", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "id_number_invalid"),
    ("person_age", "34.0", "age_invalid"),
    ("person_age", "-1", "age_invalid"),
    ("person_age", 121, "age_invalid"),
    ("person_age", "0000000001300", "age_invalid"),
    ("person_sex", "x", "sex_unknown"),
    ("level_hint", "urgent", "level_unknown"),
    ("jurisdiction_code", "999999", "jurisdiction_unknown"),
    ("amount", "", None),
    ("amount", "-5", "amount_negative"),
    ("amount", "1E5", "amount_scientific"),
    ("amount", "1.234", "amount_too_precise"),
    ("amount", "1.234,50", "amount_ambiguous"),
    ("amount", "much", "amount_not_a_number"),
    ("amount", "9" * 40, "amount_too_large"),
    ("paid", "perhaps", "bool_invalid"),
    ("payment_count", "2.5", "count_invalid"),
    ("payment_count", 100_001, "count_invalid"),
    ("payment_count", "00000000099999999999", "count_invalid"),
    ("payment_count", 10**5000, "field_not_text"),
    ("suspect_account", "6.22202E+18", "account_invalid"),
    ("suspect_account", 6.222021602001235e18, "account_invalid"),
    ("suspect_account", "6222021602001234567.0", "account_invalid"),
    ("suspect_account", 1234.5678, "account_invalid"),
    ("suspect_account", "٦٢٢٢٠٢١٦٠٢", "account_invalid"),
    ("suspect_account", "622", "account_invalid"),
]


@pytest.mark.parametrize(
    ("field", "value", "code"), BAD, ids=[f"{field}-{no}" for no, (field, *_) in enumerate(BAD)]
)
def test_each_flaw_by_its_code(field: str, value: object, code: str | None) -> None:
    row = GOOD | {field: value}
    if code is None:
        assert read(row)
        return
    assert flaws(row) == [(field, code)]
    assert code in catalog.errors(), "the sender is told nothing of use"


def test_every_code_of_this_room_has_a_sentence() -> None:
    told = {"not_a_row", "field_unknown", "external_id_conflict", "header_missing", "header_twice", "batch_empty",
            "batch_too_large", "file_not_readable", "encoding_unknown", "file_too_large", "page_key_invalid",
            "jurisdiction_outside", "already_replayed", "reason_required"}  # fmt: skip
    assert told - set(catalog.errors()) == set()


def test_a_place_outside_the_senders_scope() -> None:
    assert read(GOOD | {"jurisdiction_code": "350104"}, "350100").place_code == "350104"
    assert flaws(GOOD | {"jurisdiction_code": "350203"}, "350100") == [
        ("jurisdiction_code", "jurisdiction_outside")
    ]
    assert flaws(GOOD | {"jurisdiction_code": "350000"}, "350100") == [
        ("jurisdiction_code", "jurisdiction_outside")
    ]
    assert read(GOOD, "350100").place_code == "350100"


def test_all_flaws_of_a_row_are_told_and_unknown_fields_named() -> None:
    row = {"external_id": "", "person_phone": "1", "amount": "x", "phone_nr": "13800002207", "": "cut"}
    assert flaws(row) == [
        ("phone_nr", "field_unknown"),
        ("", "field_unknown"),
        ("external_id", "field_missing"),
        ("occurred_at", "field_missing"),
        ("person_phone", "phone_invalid"),
        ("amount", "amount_not_a_number"),
    ]
    for other in ([], "text", 3, None):
        assert flaws(other) == [("", "not_a_row")]


def test_no_personal_value_leaves_with_a_flaw() -> None:
    with pytest.raises(RowRefused) as refused:
        read(GOOD | {"person_phone": "1380000220", "amount": "13800002207元整?", "person_id_number": "3501"})
    told = json.dumps([flaw.as_json() for flaw in refused.value.flaws]) + str(refused.value)
    assert "1380000220" not in told and "3501" not in told


def test_full_width_digits_and_usual_separators_are_the_same_person() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in "13800002207")
    for typed in (
        wide,
        "138 0000 2207",
        "+86 138-0000-2207",
        "008613800002207",
        "（138）00002207",
        13800002207,
    ):
        assert read(GOOD | {"person_phone": typed}).person_phone == "13800002207"
    assert read(GOOD | {"person_phone": "0591-87654321"}).person_phone == "059187654321"
    assert read(GOOD | {"person_phone": "+852 9123 4567"}).person_phone == "+85291234567"
    assert read(GOOD | {"person_id_number": ID_NUMBER.lower()}).person_id_number == ID_NUMBER
    assert read(GOOD | {"amount": "５万"}).amount_minor == 5_000_000
    assert read(GOOD | {"payment_count": "３"}).payment_count == 3
    assert (
        read(GOOD | {"suspect_account": "6222 0216 0200 1234 567"}).suspect_account == "6222021602001234567"
    )


def test_what_a_row_says_is_what_comes_out() -> None:
    row = read(
        GOOD
        | {"paid": "是", "person_sex": "女", "person_age": "34", "level_hint": "high", "amount": "1,234.5"}
    )
    assert (row.paid, row.person_sex, row.person_age, row.level_hint) == (True, "f", 34, "high")
    assert row.amount_minor == 123450 and row.occurred_at == datetime(2026, 3, 2, 1, 59, tzinfo=UTC)
    bare = read(GOOD)
    assert (bare.paid, bare.person_age, bare.amount_minor, bare.payment_count) == (False, None, None, 0)


def test_the_digest_tells_a_repeat_from_another_row() -> None:
    assert read(GOOD).digest == read(dict(reversed(GOOD.items())) | {"text": ""}).digest
    assert read(GOOD).digest != read(GOOD | {"text": "x"}).digest


any_text = st.text(st.characters(codec=None) | st.characters(categories=("Cs",)), max_size=20)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | any_text, any_json, max_size=8) | any_json)
def test_no_json_value_crashes_the_check(row: Any) -> None:
    try:
        read(row)
    except RowRefused as refused:
        assert refused.flaws
        # What is told about the row can be stored and sent whatever the row held.
        json.dumps([flaw.as_json() for flaw in refused.flaws], ensure_ascii=False).encode()
        assert not any("\x00" in flaw.field for flaw in refused.flaws)


digits = st.text("0123456789０５９ +-()eE.", max_size=14)


@given(digits)
def test_an_accepted_phone_is_the_digits_that_stand_there(typed: str) -> None:
    try:
        got = read(GOOD | {"person_phone": typed}).person_phone
    except RowRefused:
        return
    plain = "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isdigit())
    assert got.isascii() and got.lstrip("+").isdigit()
    assert plain.endswith(got.lstrip("+")) and plain[: -len(got.lstrip("+"))] in ("", "86", "0086", "00")


@given(st.integers(0, 10**13), st.sampled_from(["{:.2f}", "{:,.2f}", "￥{:.2f}", " {:.2f} "]))
def test_an_accepted_amount_is_the_amount(minor: int, shape: str) -> None:
    typed = shape.format(Decimal(minor) / 100)
    assert read(GOOD | {"amount": typed}).amount_minor == minor


@given(st.integers(-(10**6), 10**6) | st.sampled_from(["7", "007", "7 ", "７", "7.0", "7e0", "+7"]))
def test_a_count_is_never_guessed(value: object) -> None:
    allowed = {"7": 7, "007": 7, "7 ": 7, "７": 7}
    wanted = value if isinstance(value, int) and 0 <= value <= 100_000 else allowed.get(str(value))
    if wanted is None:
        assert flaws(GOOD | {"payment_count": value}) == [("payment_count", "count_invalid")]
    else:
        assert read(GOOD | {"payment_count": value}).payment_count == wanted


def test_the_clock_of_a_sender_may_run_ahead_as_far_as_the_catalog_says() -> None:
    ahead = catalog.windows()["occurred_ahead"].duration
    assert read(GOOD | {"occurred_at": (NOW + ahead).isoformat()})
    late = (NOW + ahead + timedelta(seconds=1)).isoformat()
    assert flaws(GOOD | {"occurred_at": late}) == [("occurred_at", "occurred_in_future")]
