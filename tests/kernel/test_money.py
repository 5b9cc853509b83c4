"""Amounts are read exactly, in every spelling, or refused with the reason; shown figures are rounded half up once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.kernel.money import MAX_MINOR, AmountError, format_amount, format_short, parse_amount_minor

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
UNITS = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
MINOR = st.integers(min_value=0, max_value=10**15)


@st.composite
def spelled_amounts(draw: st.DrawFn) -> tuple[str, Decimal]:
    """A spelling as banks and officers write it, and the amount in major units that it states."""
    whole = draw(st.integers(min_value=0, max_value=9 * 10**8))
    part = draw(st.text("0123456789", max_size=2))
    digits = f"{whole:,}" if draw(st.booleans()) else str(whole)
    text = f"{digits}.{part}" if part else digits
    value = Decimal(f"{whole}.{part or 0}")
    unit = draw(st.sampled_from(["", *UNITS]))
    if unit:
        text, value = (text + draw(st.sampled_from(["", " "])) + unit, value * UNITS[unit])
    mark = draw(st.sampled_from(["", "¥", "￥", "¥ ", "RMB ", "CNY", "rmb", "人民币", "人民币￥", "ＲＭＢ"]))
    end = draw(st.sampled_from(["", "元", " 元", "元整", "整", "圆整", " RMB", "元 CNY"]))
    pad = draw(st.sampled_from(["", " ", "\u3000", "\u00a0", "\t"]))
    text = f"{pad}{mark}{text}{end}{pad}"
    return (text.translate(FULL_WIDTH) if draw(st.booleans()) else text), value


@given(spelled_amounts())
def test_every_spelling_states_what_decimal_says(spelled: tuple[str, Decimal]) -> None:
    text, value = spelled
    assert parse_amount_minor(text) == int(value * 100)


@given(head=st.integers(1, 10**6), tail=st.integers(0, 9999), cents=st.integers(0, 99))
def test_compound_with_wan(head: int, tail: int, cents: int) -> None:
    expected = (head * 10_000 + tail) * 100
    assert parse_amount_minor(f"{head}万{tail:04d}") == expected
    assert parse_amount_minor(f"{head:,}万{tail:04d}.{cents:02d}元") == expected + cents
    if tail >= 1000:
        assert parse_amount_minor(f"{head}万{tail:,}") == expected


@given(MINOR, st.integers(0, 8))
def test_round_trip(minor: int, exponent: int) -> None:
    assert parse_amount_minor(format_amount(minor, exponent=exponent), exponent=exponent) == minor


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("１，２３４．５０", 123_450),
        ("5万", 5_000_000),
        ("1.5亿", 15_000_000_000),
        ("3万5000", 3_500_000),
        ("3万0500", 3_050_000),
        ("1.234567万", 1_234_567),
        (".5", 50),
        ("007", 700),
        ("0", 0),
        ("92233720368547758.07", MAX_MINOR),
    ],
)
def test_known_amounts(text: str, minor: int) -> None:
    assert parse_amount_minor(text) == minor


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("amount_empty", ["", "  ", "\u3000", "\t\n"]),
        ("amount_negative", ["-5", "－５", "\u22125", "¥-5", "-¥5", "5-", "-5万", "-1e5"]),
        ("amount_scientific", ["1e5", "1.5E+05", "１Ｅ５", "2e-1", "1e5元"]),
        (
            "amount_ambiguous",
            [
                "1,23",
                "1.234,50",
                "1234,567",
                "0,123",
                "50 000",
                "1.2.3",
                "3万5",
                "3万500",
                "1.5万5000",
                "1,,234",
            ],
        ),
        ("amount_too_precise", ["1.234", "0.001", "1.2345678万", "1.000", "1.234567千", "3万5000.123"]),
        ("amount_too_large", ["92233720368547758.08", "9" * 40, "99999999999亿"]),
        (
            "amount_not_a_number",
            [
                "NaN",
                "inf",
                "五万",
                "5w",
                "+5",
                "5.",
                "元",
                "¥",
                "约5万",
                "5万左右",
                "3万5千",
                "1亿2000万",
                "(50)",
            ]
            + ["٥", "②", "0x10", "1_000", "5\n0", "5元5", "9" * 65, "1,234.", "万", "2023-10-01"],
        ),
    ],
)
def test_refused_with_the_reason(code: str, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(AmountError) as caught:
            parse_amount_minor(text)
        assert (text, caught.value.code) == (text, code)
        assert caught.value.facts == {"value": text[:64]}


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert 0 <= parse_amount_minor(text) <= MAX_MINOR
    except AmountError as error:
        assert error.code.startswith("amount_")


@given(st.text("0123456789.,万千亿元¥ -+eE", max_size=12))
def test_only_the_digits_of_the_text_are_ever_used(text: str) -> None:
    try:
        minor = parse_amount_minor(text)
    except AmountError:
        return
    written = "".join(character for character in text if character.isdigit()).strip("0")
    assert str(minor).strip("0") == written


def test_a_currency_without_minor_units() -> None:
    assert parse_amount_minor("5,000", exponent=0) == 5000
    assert format_amount(5000, exponent=0) == "5,000"
    with pytest.raises(AmountError) as caught:
        parse_amount_minor("5.0", exponent=0)
    assert caught.value.code == "amount_too_precise"


@pytest.mark.parametrize("exponent", [-1, 9])
def test_an_impossible_exponent_is_a_programming_error(exponent: int) -> None:
    for call in (
        lambda: parse_amount_minor("1", exponent=exponent),
        lambda: format_amount(1, exponent=exponent),
        lambda: format_short(1, "zh", exponent=exponent),
    ):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize(
    ("minor", "zh", "en"),
    [
        (0, "0", "0"),
        (49, "0", "0"),
        (50, "1", "1"),
        (-49, "0", "0"),
        (200_000, "2,000", "2.0k"),
        (999_949, "9,999", "10.0k"),
        (999_950, "1.0万", "10.0k"),
        (5_000_000, "5.0万", "50.0k"),
        (-5_000_000, "-5.0万", "-50.0k"),
        (86_450_000, "86.5万", "864.5k"),
        (9_999_499_999, "9,999.5万", "100.0M"),
        (9_999_950_000, "1.0亿", "100.0M"),
        (12_000_000_000, "1.2亿", "120.0M"),
        (99_994_999, "100.0万", "999.9k"),
        (99_995_000, "100.0万", "1.0M"),
        (10**18, "100,000,000.0亿", "10,000,000.0B"),
    ],
)
def test_short_figures(minor: int, zh: str, en: str) -> None:
    assert (format_short(minor, "zh-hans"), format_short(minor, "en")) == (zh, en)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["zh", "zh_Hans", "en", "en-sg"]))
def test_short_figures_are_the_exact_amount_rounded_half_up_once(minor: int, lang: str) -> None:
    units = {"万": 10**4, "亿": 10**8, "k": 10**3, "M": 10**6, "B": 10**9}
    text = format_short(minor, lang)
    unit = units.get(text[-1], 1)
    shown = Decimal(text.rstrip("万亿kMB").replace(",", ""))
    step = Decimal("0.1") if unit > 1 else Decimal(1)
    assert shown == (Decimal(minor) / 100 / unit).quantize(step, rounding=ROUND_HALF_UP)
    assert (text[-1] in units) == (abs(shown * unit) >= (10**4 if lang.startswith("zh") else 10**3))


@given(MINOR, MINOR)
def test_full_figures_are_exact(minor: int, other: int) -> None:
    assert Decimal(format_amount(-minor).replace(",", "")) == Decimal(-minor) / 100
    assert (format_amount(minor) == format_amount(other)) == (minor == other)
