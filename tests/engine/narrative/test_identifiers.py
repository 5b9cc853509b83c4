"""Identifiers in texts: kinds, values, places in the text as given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.narrative import identifiers
from yipanqi.engine.province.banking import luhn_digit


def _found(text: str) -> list[tuple[str, str]]:
    return [(identifier.kind, identifier.value) for identifier in identifiers(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("转到6222 0200 0000 0000 008账户", [("account", "6222020000000000008")]),
        ("转到4111111111111111。", [("bank_card", "4111111111111111")]),
        ("转到４１１１１１１１１１１１１１１１", [("bank_card", "4111111111111111")]),
        ("电话13800138000联系", [("phone", "13800138000")]),
        ("电话+86 138-0013-8000", [("phone", "13800138000")]),
        ("打0591-87654321或400-810-1234", [("phone", "059187654321"), ("phone", "4008101234")]),
        ("身份证11010519491231002X", [("id_number", "11010519491231002X")]),
        ("身份证110105194912310021不对", [("account", "110105194912310021")]),
        ("点https://a.example.top/x?y=1，快", [("link", "https://a.example.top/x?y=1")]),
        ("打开abc-shop.vip下载", [("link", "abc-shop.vip")]),
        ("被骗5万元", [("amount", "50000.00")]),
        ("被骗12,345.60元", [("amount", "12345.60")]),
        ("￥800和３千元", [("amount", "800.00"), ("amount", "3000.00")]),
        ("涉及1.5万", [("amount", "15000.00")]),
        ("转发给5万人", []),
        ("昨天3点20分", []),
    ],
)
def test_kinds_and_values(text: str, expected: list[tuple[str, str]]) -> None:
    assert _found(text) == expected


@given(st.text(max_size=300))
def test_never_crashes_and_places_hold(text: str) -> None:
    last_end = 0
    for identifier in identifiers(text):
        assert last_end <= identifier.start < identifier.end <= len(text)
        last_end = identifier.end


@given(st.from_regex(r"6[0-9]{14,17}", fullmatch=True), st.text(alphabet="被骗转账，。 到", max_size=20))
def test_a_card_with_a_true_check_digit_is_found_anywhere(body: str, around: str) -> None:
    card = body + luhn_digit(body)
    [identifier] = [found for found in identifiers(f"{around}卡{card}{around}") if found.kind == "bank_card"]
    assert identifier.value == card
    assert identifier.end - identifier.start == len(card)
