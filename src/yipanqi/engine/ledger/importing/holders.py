"""Whose account a number is: cards and account numbers that belong together, their bank and their holder's name.

Companion files (account, sub-account, customer) and rows that carry both numbers tie numbers together. Numbers
tied together are one account, called by its first card in byte order, by its first account number when it has
no card. Leaves the rows' own reading to `flows`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from yipanqi.engine.ledger.importing.cells import bank_account, is_mangled, is_masked, without_blanks
from yipanqi.engine.ledger.importing.heads import Words

COMPANION: Final = ("own_account", "own_card", "sub_account", "asked_account", "name", "bank")  # all texts
ACCOUNTS: Final = {"account": pl.String, "bank": pl.String, "name": pl.String, "numbers": pl.List(pl.String)}
_NUMBERS: Final = ("own_account", "own_card", "sub_account", "asked_account")


@dataclass(frozen=True)
class Holders:
    """`canonical`: number → what its account is called, where it has several; `accounts`: ACCOUNTS."""

    canonical: dict[str, str]
    accounts: pl.DataFrame


def read_companion(cells: pl.DataFrame, words: Words) -> pl.DataFrame:
    """Rows of a companion table as COMPANION. A number that lost digits or is masked ties nothing."""
    cells = without_blanks(cells, words.lists["blank"])
    absent = [
        name for name in (*_NUMBERS, "own_name", "customer_name", "own_bank") if name not in cells.columns
    ]
    cells = cells.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    numbers = cells.with_columns(bank_account(name).alias(name) for name in _NUMBERS)
    usable = [
        pl.when(~is_mangled(pl.col(name)) & ~is_masked(pl.col(name))).then(name).alias(name)
        for name in _NUMBERS
    ]
    return numbers.select(*usable, name=pl.coalesce("customer_name", "own_name"), bank="own_bank")


def find_holders(companions: pl.DataFrame, records: pl.DataFrame) -> Holders:
    """The holders of all numbers. A companion's word comes before a row's, an own name before a counterparty's."""
    rows = [records.select(a=f"{side}_account", b=f"{side}_card").unique() for side in ("own", "other")]
    files = [companions.select(a="own_account", b=number) for number in ("own_card", "sub_account")]
    ties = pl.concat([*rows, *files]).drop_nulls().unique()
    cards = set(pl.concat([rows[0]["b"], rows[1]["b"], files[0]["b"]]).drop_nulls())
    canonical = _canonical(ties.iter_rows(), cards)
    return Holders(canonical, _accounts(companions, records, canonical))


def _canonical(ties: Iterable[tuple[str, str]], cards: set[str]) -> dict[str, str]:
    """Number → what its account is called, for numbers tied to others."""
    parent: dict[str, str] = {}

    def root(number: str) -> str:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = parent.setdefault(above, above)
            number = above
        return number

    for a, b in ties:
        parent[root(a)] = root(b)
    groups: dict[str, list[str]] = {}
    for number in parent:
        groups.setdefault(root(number), []).append(number)
    called = {top: min(group, key=lambda each: (each not in cards, each)) for top, group in groups.items()}
    return {number: called[root(number)] for number in parent}


def called(numbers: pl.Expr, canonical: dict[str, str]) -> pl.Expr:
    """Numbers as their accounts are called."""
    return numbers.replace(canonical) if canonical else numbers


def _accounts(companions: pl.DataFrame, records: pl.DataFrame, canonical: dict[str, str]) -> pl.DataFrame:
    number = pl.coalesce("own_account", "own_card")
    said = [
        companions.select(
            number=pl.coalesce(number, "asked_account"), name="name", bank="bank", rank=pl.lit(0)
        ),
        records.select(number=number, name="own_name", bank="own_bank", rank=pl.lit(1)).unique(),
        records.select(
            number=pl.coalesce("other_account", "other_card"),
            name="other_name",
            bank="other_bank",
            rank=pl.lit(2),
        ).unique(),
    ]
    named = pl.concat(said).filter(pl.col("number").is_not_null())
    others = pl.DataFrame({"number": list(canonical)}, schema={"number": pl.String})
    named = pl.concat([named, others], how="diagonal").with_columns(
        account=called(pl.col("number"), canonical)
    )
    named = named.sort("account", "rank", "name", "bank", nulls_last=True)
    return named.group_by("account", maintain_order=True).agg(
        pl.col("bank").drop_nulls().first(),
        pl.col("name").drop_nulls().first(),
        pl.col("number").unique().sort().alias("numbers"),
    ).select(*ACCOUNTS)  # fmt: skip


def name_sides(records: pl.DataFrame, holders: Holders) -> pl.DataFrame:
    """Records with `own` and `other` as their accounts are called (`other` null: unknown), and banks filled in."""
    banks = holders.accounts.select("account", "bank").drop_nulls()
    records = records.with_columns(
        own=called(pl.coalesce("own_account", "own_card"), holders.canonical),
        other=called(pl.coalesce("other_account", "other_card"), holders.canonical),
    )
    for side in ("own", "other"):
        filled = banks.rename({"account": side, "bank": "_bank"})
        records = records.join(filled, on=side, how="left", maintain_order="left")
        records = records.with_columns(pl.coalesce(f"{side}_bank", "_bank").alias(f"{side}_bank")).drop(
            "_bank"
        )
    return records
