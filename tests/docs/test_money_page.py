"""The page of the money ledger has every law with its statement, as the centre runs it, and every kind of balance."""

from pathlib import Path

from yipanqi.ops.indicators.proving import PROOFS
from yipanqi.ops.moneybook.enums import KEPT_BY, Book
from yipanqi.ops.moneybook.proving import statement

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "money.md").read_text("utf-8")


def test_every_law_stands_with_its_statement() -> None:
    for proof in PROOFS:
        assert f"`{proof.law}`\n\n```sql\n{statement(proof, '350000')}\n```" in PAGE
    assert PAGE.count("```sql") == len(PROOFS)


def test_every_balance_stands_under_its_book() -> None:
    for book in Book:
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {book}, ")]
        assert {kind.strip() for kind in row.split("|")[3].split(",")} == {
            kind for of_book, kind in KEPT_BY if of_book == book
        }
