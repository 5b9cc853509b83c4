"""Reading reports and payments: whatever is sent is checked facts or flaws with field and code, never a crash."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.ops.cases.reading import (
    CARD_FIELDS,
    LIST_MAX,
    PAYMENT_FIELDS,
    PAYMENT_REQUIRED,
    REPORT_FIELDS,
    read_card,
    read_payment,
    read_report,
)
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.rehearsal.world import PROVINCE, START_AT, World

AGO = (START_AT - timedelta(minutes=5)).isoformat()
PAYMENT = {
    "payee_account": "6222 0216 0200 1234 567",
    "payee_name": "周二",
    "payee_bank": "工商银行",
    "amount": "5万",
    "paid_at": AGO,
    "payer_account": "6217000010001234567",
    "payer_bank": "CCB",
}
REPORT = {
    "external_id": "R-1",
    "occurred_at": AGO,
    "person_phone": "+86 138 0000 2207",
    "person_name": "王小明",
    "person_age": "0",
    "jurisdiction_code": "350104",
    "fraud_type": "T04",
    "text": "冒充客服",
    "payments": [PAYMENT],
    "suspect_phones": ["+85251234567", "+852 5123 4567"],
    "suspect_links": ["HTTPS://Pay.Example/Refund"],
}
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=80),
    st.lists(st.text(), max_size=2),
)
words = st.one_of(scalars, st.sampled_from([*PAYMENT.values(), *map(str, REPORT.values()), "\ud800", "\x00"]))
lists = st.one_of(words, st.lists(words, max_size=3))


@pytest.fixture(autouse=True)
def places(world: World) -> None:
    """The tree of places is needed to judge a jurisdiction."""


def report(**fields: Any) -> Any:
    raw = {name: value for name, value in (REPORT | fields).items() if value is not None}
    return read_report(raw, scope_code=PROVINCE, now=START_AT, needs_id=True)


def flaws(**fields: Any) -> set[tuple[str, str]]:
    with pytest.raises(RowRefused) as refusal:
        report(**fields)
    return {(flaw.field, flaw.code) for flaw in refusal.value.flaws}


def test_a_report_is_read_into_normal_form() -> None:
    found = report()
    assert (found.external_id, found.person.phone, found.person.age) == ("R-1", "13800002207", 0)
    (payment,) = found.payments
    assert (payment.payee_account, payment.payee_bank, payment.payer_bank) == (
        "6222021602001234567",
        "icbc",
        "ccb",
    )
    assert (payment.amount_minor, payment.paid_at.isoformat()) == (5_000_000, AGO)
    assert found.suspect_phones == ("+85251234567",) and found.suspect_links == (
        "https://pay.example/Refund",
    )
    assert report(jurisdiction_code=None).person.place_code == PROVINCE


def test_only_the_same_report_has_the_same_digest() -> None:
    assert (
        report().digest
        == read_report(
            json.loads(json.dumps(REPORT)),
            scope_code=PROVINCE,
            now=START_AT + timedelta(days=1),
            needs_id=True,
        ).digest
    )
    assert len({report().digest, report(text="又一笔").digest, report(payments=[]).digest}) == 3


def test_every_flaw_is_told_with_its_place() -> None:
    bad = PAYMENT | {"amount": "0", "payee_bank": "无此银行", "colour": "red"}
    told = flaws(
        external_id=None,
        person_phone="12",
        fraud_type="T42",
        payments=[PAYMENT, bad, "none", {}],
        suspect_phones="110",
        suspect_links=["a b"],
        no="1",
    )
    assert told == {
        ("external_id", "field_missing"), ("person_phone", "phone_invalid"), ("fraud_type", "fraud_type_unknown"),
        ("payments[1].amount", "amount_zero"), ("payments[1].payee_bank", "bank_unknown"),
        ("payments[1].colour", "field_unknown"), ("payments[2]", "not_a_row"),
        *((f"payments[3].{name}", "field_missing") for name in PAYMENT_REQUIRED),
        ("suspect_phones", "list_invalid"), ("suspect_links[0]", "link_invalid"), ("no", "field_unknown"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"payments": [PAYMENT] * 2}, ("payments[1]", "payment_known")),
        ({"payments": [PAYMENT] * (LIST_MAX + 1)}, ("payments", "list_invalid")),
        ({"jurisdiction_code": "110105"}, ("jurisdiction_code", "jurisdiction_unknown")),
        ({"occurred_at": "2026-03-02T10:00:00"}, ("occurred_at", "datetime_no_offset")),
        ({"occurred_at": (START_AT + timedelta(hours=1)).isoformat()}, ("occurred_at", "occurred_in_future")),
        ({"external_id": "x" * 65}, ("external_id", "field_too_long")),
        ({"text": "x" * 4001}, ("text", "text_too_long")),
    ],
)
def test_a_limit_is_told(fields: dict[str, Any], told: tuple[str, str]) -> None:
    assert flaws(**fields) == {told}


def test_what_is_no_report_is_told() -> None:
    for raw in (None, 3, "text", [REPORT]):
        with pytest.raises(RowRefused) as refusal:
            read_report(raw, scope_code=PROVINCE, now=START_AT)
        assert [flaw.code for flaw in refusal.value.flaws] == ["not_a_row"]


def is_told(refusal: RowRefused) -> None:
    assert refusal.flaws
    for flaw in refusal.flaws:
        assert flaw.code in catalog.errors(), flaw.code
        assert "…" not in catalog.error_text(flaw.code, **flaw.facts).zh
        json.dumps(flaw.as_json(), ensure_ascii=False).encode()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.dictionaries(
        st.one_of(st.sampled_from([*REPORT_FIELDS, "payments", "suspect_phones"]), st.text(max_size=8)), lists
    )
)
def test_any_report_is_facts_or_flaws(raw: dict[str, Any]) -> None:
    try:
        found = read_report(raw, scope_code=PROVINCE, now=START_AT)
    except RowRefused as refusal:
        is_told(refusal)
        return
    assert found.person.phone and found.occurred_at.tzinfo and len(found.payments) <= LIST_MAX
    assert set(raw) <= {*REPORT_FIELDS, "payments", "suspect_phones", "suspect_links"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.fixed_dictionaries(
        {}, optional={name: st.one_of(words, st.just(PAYMENT[name])) for name in PAYMENT_FIELDS}
    )
)
def test_any_payment_has_its_four_elements_or_flaws(raw: dict[str, Any]) -> None:
    try:
        found = read_payment(raw, scope_code=PROVINCE, now=START_AT)
    except RowRefused as refusal:
        is_told(refusal)
        return
    assert all((found.payee_name, found.payee_account, found.amount_minor > 0, found.paid_at.tzinfo))
    assert found.payee_bank in catalog.banks() and found.payer_bank in {"", *catalog.banks()}


def test_a_card_needs_number_and_bank() -> None:
    card = {"payer_account": "6217000010001234567", "payer_bank": "建行", "holder_name": ""}
    found = read_card(card, scope_code=PROVINCE, now=START_AT)
    assert (found.account, found.bank, found.holder_name) == ("6217000010001234567", "ccb", "")
    with pytest.raises(RowRefused) as refusal:
        read_card(dict.fromkeys(CARD_FIELDS, ""), scope_code=PROVINCE, now=START_AT)
    assert {flaw.field for flaw in refusal.value.flaws} == {"payer_account", "payer_bank"}
