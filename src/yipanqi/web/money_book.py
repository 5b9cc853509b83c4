"""From balances of the money ledger to what pages show: both books in columns, as bars that add up, month by month.

`of_case` is what other pages include with `money_book/_balances.html`. No decisions and no sums of its own beyond a
row's: what stands where comes from `indicators.books`.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.ops.indicators import books
from yipanqi.ops.indicators.books import Balances
from yipanqi.ops.indicators.rates import Rates
from yipanqi.ops.moneybook.enums import Book, Kind, Part
from yipanqi.ops.moneybook.queries import Posting, Sums, list_postings
from yipanqi.web import presenting as show
from yipanqi.web import stops

COLUMNS = {
    Book.CLAIMS: (Kind.LOSS, Kind.OUTSTANDING, Kind.ATTRIBUTED, Kind.RETURNED, Kind.REPAID),
    Book.HOLDINGS: (
        *(Kind.STOPPED, Kind.FROZEN, Kind.ESCROW, Kind.ATTRIBUTED),
        *(Kind.RETURNED, Kind.RELEASED, Kind.LAPSED, Kind.HANDED_OVER),
    ),
}
# Columns that are left out while nothing stands in them.
RARE = frozenset({Kind.REPAID, Kind.ESCROW, Kind.RELEASED, Kind.LAPSED, Kind.HANDED_OVER})
SHARED = (Kind.ATTRIBUTED, Kind.RETURNED)


def table(rows: Iterable[tuple[Mapping[str, Any], Sums]], only: Iterable[Book] = Book) -> dict[str, Any]:
    """Rows with a cell for each column, the columns in use, and how many of each book.

    A cell is {code, name, book, short, full, interest ("" for none), is_zero}; a row keeps what came with it.
    """
    given = list(rows)
    columns = [
        (book, kind)
        for book in only
        for kind in COLUMNS[book]
        if kind not in RARE or any(_minor(sums, book, kind, part) for _row, sums in given for part in Part)
    ]
    return {
        "columns": [
            {"code": kind, "name": kind_name(kind), "book": book, "first": kind == COLUMNS[book][0]}
            for book, kind in columns
        ],
        "books": [
            {"code": book, "name": book_name(book), "count": sum(each == book for each, _kind in columns)}
            for book in only
        ],
        "rows": [{**row, "cells": [_cell(sums, *column) for column in columns]} for row, sums in given],
    }


def bars(sums: Sums) -> list[dict[str, Any]]:
    """Both books, each as a whole and the parts it is in: [{code, name, whole, parts [{code, name, sum, ratio}]}]."""
    found = []
    for book in Book:
        kinds = [kind for kind in COLUMNS[book] if kind != Kind.LOSS]
        minors = {kind: minor for kind in kinds if (minor := _minor(sums, book, kind)) > 0}
        total = sum(minors.values())
        parts = [
            {
                "code": kind,
                "name": kind_name(kind),
                "sum": show.money(minor),
                "ratio": f"{minor / total:.4f}",
            }
            for kind, minor in minors.items()
        ]
        found.append({"code": book, "name": book_name(book), "whole": show.money(total), "parts": parts})
    return found


def of_case(case: Any, *, account_id: uuid.UUID | None = None) -> dict[str, Any]:
    """The context `book` of `money_book/_balances.html`: a case's money, or that of one account in it.

    The caller has passed the gate of the case or of the freeze.
    """
    found = books.balances(case, account_id=account_id)
    return {
        "agrees": found.agrees,
        "claims": None if account_id else table(_by_victim(found), [Book.CLAIMS]),
        "holdings": table(_by_account(found), [Book.HOLDINGS]),
        "empty": not found.rows,
    }


def postings(case_id: uuid.UUID, accounts: Mapping[uuid.UUID, Any]) -> list[dict[str, Any]]:
    """The latest postings of a case, newest first: [{at, shifts [{book, source, target, amount, account, part}]}]."""
    return [_posting(each, accounts) for each in list_postings(case_id)]


def months(found: Iterable[Rates]) -> list[dict[str, Any]]:
    """The indicators by month; the longest bar measures the others. What lies before the first posting goes."""
    rows = list(found)
    while len(rows) > 1 and not (rows[-1].loss or rows[-1].recovered or rows[-1].returned):
        rows.pop()
    most = max([1, *(max(row.loss, row.recovered, row.returned) for row in rows)])
    return [
        {
            "month": row.month,
            "loss": _amount(row.loss, most),
            "recovered": _amount(row.recovered, most),
            "returned": _amount(row.returned, most),
            "recovered_ratio": percent(row.recovered_ratio),
            "return_ratio": percent(row.return_ratio),
        }
        for row in rows
    ]


def summed(found: Iterable[Rates], month: date) -> Rates:
    """Months added up, under the first of them."""
    rows = list(found)
    return Rates(
        month, *(sum(getattr(row, name) for row in rows) for name in ("loss", "recovered", "returned"))
    )


def percent(ratio: float | None) -> str:
    """A ratio with one decimal, or empty for none."""
    return "" if ratio is None else f"{100 * ratio:.1f}%"


def kind_name(kind: str) -> str:
    """What a balance is called."""
    return catalog.statuses()[f"money_kind.{kind}"].name.get(show.language())


def law_name(name: str) -> str:
    """What a law of the books is called."""
    return catalog.statuses()[f"money_law.{name}"].name.get(show.language())


def book_name(book: Book) -> str:
    """What a book is called, with the question it answers."""
    return {
        Book.CLAIMS: _("Claims: how far the loss is settled"),
        Book.HOLDINGS: _("Holdings: where held money lies"),
    }[book]


def part_name(part: Part) -> str:
    """Principal or interest."""
    return {Part.PRINCIPAL: _("principal"), Part.INTEREST: _("interest")}[part]


def account_name(account: Any) -> str:
    """Bank and masked number of an account; money without one lies with the unit."""
    if account is None:
        return kind_name(Kind.ESCROW)
    bank = catalog.banks().get(account.bank_code)
    name = bank.short_name.get(show.language()) if bank else account.bank
    return f"{name} {account.number.masked}".strip()


def _by_victim(found: Balances) -> list[tuple[dict[str, Any], Sums]]:
    sums: dict[Any, Sums] = {}
    for each in found.rows:
        if each.key.book == Book.CLAIMS:
            _add(sums.setdefault(each.key.victim_id, {}), each)
    return [({"name": found.victims[key].name.masked, "under": False}, sums[key]) for key in sums]


def _by_account(found: Balances) -> list[tuple[dict[str, Any], Sums]]:
    """A row an account, and under it one for each victim whom some of it is given to."""
    whole: dict[Any, Sums] = {}
    shared: dict[Any, dict[Any, Sums]] = {}
    for each in found.rows:
        if each.key.book != Book.HOLDINGS or each.key.kind in (Kind.BANK, Kind.ACCUSED):
            continue
        account = each.key.account_id
        _add(whole.setdefault(account, {}), each)
        if each.key.kind in SHARED:
            _add(shared.setdefault(account, {}).setdefault(each.key.victim_id, {}), each)
    rows: list[tuple[dict[str, Any], Sums]] = []
    for account, sums in whole.items():
        rows.append(({"name": account_name(found.accounts.get(account)), "under": False}, sums))
        rows += [
            ({"name": found.victims[victim].name.masked, "under": True}, part)
            for victim, part in shared.get(account, {}).items()
        ]
    return rows


def _add(sums: Sums, balance: Any) -> None:
    place = (balance.key.book, balance.key.kind, balance.key.part)
    sums[place] = sums.get(place, 0) + balance.minor


def _cell(sums: Sums, book: Book, kind: Kind) -> dict[str, Any]:
    minor, interest = (_minor(sums, book, kind, part) for part in Part)
    text = show.money(minor) or {}
    return {
        "code": kind,
        "name": kind_name(kind),
        "book": book,
        "first": kind == COLUMNS[book][0],
        **text,
        "interest": show.amount(interest) if interest else "",
        "is_zero": not minor and not interest,
    }


def _minor(sums: Sums, book: Book, kind: Kind, part: Part = Part.PRINCIPAL) -> int:
    minor = sums.get((book, kind, part), 0)
    return -minor if kind == Kind.LOSS else minor


def _amount(minor: int, most: int) -> dict[str, Any]:
    return {**(show.money(minor) or {}), "ratio": f"{max(0, minor) / most:.4f}", "is_zero": not minor}


def _posting(posting: Posting, accounts: Mapping[uuid.UUID, Any]) -> dict[str, Any]:
    return {
        "at": posting.recorded_at,
        "shifts": [
            {
                "book": {Book.CLAIMS: _("claims"), Book.HOLDINGS: _("holdings")}[each.book],
                "source": stops.status_of("money_kind", each.source),
                "target": stops.status_of("money_kind", each.target),
                "amount": show.amount(each.minor),
                "account": account_name(accounts[each.account_id]) if each.account_id in accounts else "",
                "interest": each.part == Part.INTEREST,
            }
            for each in posting.shifts
        ],
    }
