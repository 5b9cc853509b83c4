"""Masks: enough to recognise a value one knows, too little to use one does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.ops.vault.masks import MASKS


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("name", "王小明", "王*明"),
        ("name", "李四", "李*"),
        ("name", "王", "*"),
        ("name", "", "*"),
        ("name", "欧阳娜娜", "欧**娜"),
        ("phone", "13812342207", "138****2207"),
        ("phone", "05911234", "****34"),
        ("account", "6222021402001238123", "6222 **** 8123"),
        ("account", "12345678", "**** 78"),
        ("id_number", "35010419900307122X", "350104****2X"),
        ("id_number", "A1234567", "****"),
        ("address", "福州市仓山区上渡路18号2座301室", "福州市仓山区****"),
        ("address", "南门1号", "****"),
        ("text", "客服说要退款", "••• (6)"),
        ("text", "", ""),
    ],
)
def test_masks_as_screens_show_them(kind: str, text: str, shown: str) -> None:
    assert MASKS[kind](text) == shown


@given(st.sampled_from(["phone", "account", "id_number"]), st.from_regex(r"[0-9]{1,30}", fullmatch=True))
def test_a_masked_number_always_lacks_four_digits_or_nearly_all(kind: str, digits: str) -> None:
    kept = sum(each.isdigit() for each in MASKS[kind](digits))
    assert kept <= max(len(digits) - 2, 2)
