"""Partners' hints become catalog codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi import catalog
from yipanqi.engine.narrative import from_hint


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("刷单", "T01"),
        (" 兼职 ", "T01"),
        ("冒充公检法", "T08"),
        ("客服退款", "T04"),
        ("ｔ０１", "T01"),
        ("疑似快递理赔类", "T04"),
        ("贷款", "T06"),
        ("其他", "T99"),
        ("", None),
        ("不知道", None),
        ("长" * 100, None),
    ],
)
def test_everyday_words(hint: str, code: str | None) -> None:
    assert from_hint(hint) == code


def test_every_catalog_name_and_code_is_known() -> None:
    for code, fraud_type in catalog.fraud_types().items():
        for name in (code, code.lower(), fraud_type.name.zh, fraud_type.name.en):
            assert from_hint(name) == code


@given(st.text())
def test_gives_a_catalog_code_or_none(hint: str) -> None:
    assert from_hint(hint) in {None, *catalog.fraud_types()}
