"""Amounts of a column equal what the kernel's exact parser reads of each cell, sign apart."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.engine.ledger.columns import MAX_AMOUNT_MINOR
from yipanqi.engine.ledger.currencies import exponent_of
from yipanqi.engine.ledger.importing.amounts import read_amounts
from yipanqi.kernel.money import AmountError, parse_amount_minor


def one(cell: str | None, currency: str = "CNY") -> tuple[int | None, str | None]:
    return read_amounts(pl.Series([cell], dtype=pl.String), pl.Series([currency])).row(0)


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("12.34", 1234), ("-12.34", -1234), ("+12.34", 1234), ("１，２３４．５０", 123450), ("1,234.5", 123450),
        ("¥1.00", 100), ("5万元整", 5_000_000), ("－3", -300), ("0.00", 0), (None, None),
    ],
)  # fmt: skip
def test_read(cell: str | None, minor: int | None) -> None:
    assert one(cell) == (minor, None)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.234", "amount_too_precise"), ("1e5", "amount_unreadable"), ("1,23", "amount_unreadable"),
        ("五", "amount_unreadable"),
        ("--5", "amount_unreadable"), ("99999999999999.00", "amount_too_large"),
        ("0.30000000000000004", "amount_too_precise"),
    ],
)  # fmt: skip
def test_refused(cell: str, code: str) -> None:
    assert one(cell) == (None, code)


def test_each_currency_has_its_decimals() -> None:
    cells = pl.Series(["100", "1.500", "1.50", "1.5", None])
    read = read_amounts(cells, pl.Series(["JPY", "KWD", "CNY", "JPY", "KWD"]))
    assert read.rows() == [(100, None), (1500, None), (150, None), (None, "amount_too_precise"), (None, None)]


texts = st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,3})?", fullmatch=True) | st.text(
    "0123456789.,-+万¥ １", max_size=8
)


@given(st.lists(texts, max_size=20), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_the_fast_way_equals_the_exact_parser(cells: list[str], currency: str) -> None:
    cells = [stripped for cell in cells if (stripped := cell.strip())]
    read = read_amounts(
        pl.Series(cells, dtype=pl.String), pl.Series([currency]).new_from_index(0, len(cells))
    )
    for cell, (minor, code) in zip(cells, read.rows(), strict=True):
        signed = cell[0] in "+-"
        try:
            exact = parse_amount_minor(cell[1:] if signed else cell, exponent=exponent_of(currency))
        except AmountError:
            assert minor is None and code is not None
        else:
            wanted = None if exact > MAX_AMOUNT_MINOR else -exact if cell[0] == "-" else exact
            assert minor == wanted
