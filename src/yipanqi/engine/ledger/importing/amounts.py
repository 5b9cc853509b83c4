"""Amounts of a column in minor units: the plain ones all at once, every odd one by the kernel's exact parser.

A minus sign is kept, since reversals carry one; whether it may is the caller's matter. No float ever holds an amount.
"""

from typing import Final

import polars as pl

from yipanqi.engine.ledger.columns import MAX_AMOUNT_MINOR
from yipanqi.engine.ledger.currencies import EXPONENTS, USUAL, exponent_of
from yipanqi.kernel.money import AmountError, parse_amount_minor

_CODES: Final = {"amount_too_precise": "amount_too_precise", "amount_too_large": "amount_too_large"}


def read_amounts(cells: pl.Series, currency: pl.Series) -> pl.DataFrame:
    """`minor` and `code` of each cell: one of them is null, both where the cell is. `currency` settles the
    decimals.
    """
    exponents = currency.unique().drop_nulls().to_list()
    parts = {exponent_of(each) for each in exponents} or {USUAL}
    if len(parts) == 1:
        return read_exact(cells, parts.pop())
    exponent = currency.replace_strict(EXPONENTS, default=USUAL, return_dtype=pl.UInt8)
    frame = pl.DataFrame({"cell": cells, "exponent": exponent}).with_row_index("at")
    pieces = [
        read_exact(piece["cell"], int(key[0])).with_columns(piece["at"])
        for key, piece in frame.partition_by("exponent", as_dict=True).items()
    ]
    return pl.concat(pieces).sort("at").drop("at")


def read_exact(cells: pl.Series, exponent: int) -> pl.DataFrame:
    """As `read_amounts`, with the decimals given: 0 reads whole minor units."""
    point = rf"^-?[0-9]{{1,12}}\.[0-9]{{{exponent}}}$" if exponent else r"^-?[0-9]{1,12}$"
    text = pl.col("cell")
    frame = pl.DataFrame({"cell": cells}).with_columns(
        minor=pl.when(text.str.contains(point))
        .then(text.str.replace(".", "", literal=True))
        .cast(pl.Int64, strict=False)
    )
    odd = frame.filter(pl.col("minor").is_null() & pl.col("cell").is_not_null())["cell"].unique()
    if not len(odd):
        return frame.select("minor", code=pl.lit(None, pl.String))
    exact = [_exact(cell, exponent) for cell in odd]
    table = pl.DataFrame(
        {"cell": odd, "exact": [minor for minor, _ in exact], "code": [code for _, code in exact]},
        schema={"cell": pl.String, "exact": pl.Int64, "code": pl.String},
    )
    joined = frame.join(table, on="cell", how="left", maintain_order="left")
    return joined.select(minor=pl.coalesce("minor", "exact"), code="code")


def _exact(cell: str, exponent: int) -> tuple[int | None, str | None]:
    plain = cell.strip()
    negative = plain[:1] in "-－−"
    try:
        minor = parse_amount_minor(plain[1:] if negative or plain[:1] in "+＋" else plain, exponent=exponent)
    except AmountError as error:
        return None, _CODES.get(error.code, "amount_unreadable")
    if minor > MAX_AMOUNT_MINOR:
        return None, "amount_too_large"
    return -minor if negative else minor, None
