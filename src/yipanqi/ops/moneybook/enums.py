"""The words of the books: what a balance can be, who it belongs to, and which shifts there are.

A kind is `contra` when its balance runs below zero: it is where money comes from. All other balances never do.
Leaves alone: which act makes which shift (the acts' apps).
"""

from enum import StrEnum


class Book(StrEnum):
    """C: whose loss it is, and how far it is settled. H: where held money lies."""

    CLAIMS = "C"
    HOLDINGS = "H"


class Part(StrEnum):
    """Principal or interest; the book of claims knows principal only."""

    PRINCIPAL = "P"
    INTEREST = "I"


class Kind(StrEnum):
    """What a balance is. `attributed` and `returned` stand in both books."""

    LOSS = "loss"
    OUTSTANDING = "outstanding"
    REPAID = "repaid"
    ATTRIBUTED = "attributed"
    RETURNED = "returned"
    BANK = "bank"
    ACCUSED = "accused"
    STOPPED = "stopped"
    FROZEN = "frozen"
    ESCROW = "escrow"
    RELEASED = "released"
    LAPSED = "lapsed"
    HANDED_OVER = "handed_over"


CONTRA = frozenset({Kind.LOSS, Kind.BANK, Kind.ACCUSED})
# What a freeze holds of an account, with or without an owner's name.
UNDER_FREEZE = frozenset({Kind.FROZEN, Kind.ATTRIBUTED})

_BY_NOBODY: frozenset[str] = frozenset()
_BY_VICTIM = frozenset({"victim"})
_BY_ACCOUNT = frozenset({"account"})
_BY_BOTH = _BY_VICTIM | _BY_ACCOUNT

# Who a balance is kept by, beside the case.
KEPT_BY: dict[tuple[Book, Kind], frozenset[str]] = {
    (Book.CLAIMS, Kind.LOSS): _BY_VICTIM,
    (Book.CLAIMS, Kind.OUTSTANDING): _BY_VICTIM,
    (Book.CLAIMS, Kind.REPAID): _BY_VICTIM,
    (Book.CLAIMS, Kind.ATTRIBUTED): _BY_BOTH,
    (Book.CLAIMS, Kind.RETURNED): _BY_BOTH,
    (Book.HOLDINGS, Kind.BANK): _BY_ACCOUNT,
    (Book.HOLDINGS, Kind.ACCUSED): _BY_NOBODY,
    (Book.HOLDINGS, Kind.STOPPED): _BY_ACCOUNT,
    (Book.HOLDINGS, Kind.FROZEN): _BY_ACCOUNT,
    (Book.HOLDINGS, Kind.ESCROW): _BY_NOBODY,
    (Book.HOLDINGS, Kind.ATTRIBUTED): _BY_BOTH,
    (Book.HOLDINGS, Kind.RETURNED): _BY_BOTH,
    (Book.HOLDINGS, Kind.RELEASED): _BY_ACCOUNT,
    (Book.HOLDINGS, Kind.LAPSED): _BY_ACCOUNT,
    (Book.HOLDINGS, Kind.HANDED_OVER): _BY_ACCOUNT,
}
# Kept by an account, but for money of the escrow, which has none.
WITHOUT_ACCOUNT = frozenset({Kind.ATTRIBUTED, Kind.RETURNED, Kind.HANDED_OVER})

SHIFTS: dict[Book, frozenset[tuple[Kind, Kind]]] = {
    Book.CLAIMS: frozenset(
        {
            (Kind.LOSS, Kind.OUTSTANDING),
            (Kind.OUTSTANDING, Kind.LOSS),  # a payment corrected, a case withdrawn
            (Kind.OUTSTANDING, Kind.ATTRIBUTED),
            (Kind.ATTRIBUTED, Kind.OUTSTANDING),  # taken back
            (Kind.ATTRIBUTED, Kind.RETURNED),
            (Kind.OUTSTANDING, Kind.RETURNED),  # the bank paid after the freeze had lapsed
            (Kind.OUTSTANDING, Kind.REPAID),
        }
    ),
    Book.HOLDINGS: frozenset(
        {
            (Kind.BANK, Kind.STOPPED),
            (Kind.STOPPED, Kind.BANK),  # the bank's sum was another
            (Kind.STOPPED, Kind.RELEASED),
            (Kind.STOPPED, Kind.LAPSED),
            (Kind.STOPPED, Kind.FROZEN),
            (Kind.BANK, Kind.FROZEN),
            (Kind.FROZEN, Kind.BANK),
            (Kind.FROZEN, Kind.RELEASED),
            (Kind.FROZEN, Kind.LAPSED),
            (Kind.FROZEN, Kind.HANDED_OVER),
            (Kind.RELEASED, Kind.STOPPED),  # the bank still holds what we took for ended
            (Kind.LAPSED, Kind.STOPPED),
            (Kind.RELEASED, Kind.FROZEN),
            (Kind.LAPSED, Kind.FROZEN),
            (Kind.FROZEN, Kind.ATTRIBUTED),
            (Kind.ATTRIBUTED, Kind.FROZEN),  # taken back
            (Kind.ATTRIBUTED, Kind.RETURNED),
            (Kind.LAPSED, Kind.RETURNED),  # the bank paid after the freeze had lapsed
            (Kind.ACCUSED, Kind.ESCROW),
            (Kind.ESCROW, Kind.ATTRIBUTED),
            (Kind.ATTRIBUTED, Kind.ESCROW),  # taken back
            (Kind.ESCROW, Kind.HANDED_OVER),
        }
    ),
}
