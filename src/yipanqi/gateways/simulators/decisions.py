"""What an institution decides about an order, and the check of an account that stops and freezes share.

For: the shape of a decision (`act` for the books, and what the answer says). Leaves alone: the rules themselves
(`rules` for stops, `freezing` for freezes).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yipanqi.gateways.messages import FailureCode, OrderMessage, Target
from yipanqi.gateways.simulators.books import Act, HeldAccount


@dataclass(frozen=True)
class Decision:
    """What is done: `act` for the books, the stop's or freeze's bounds when it succeeded, else why not.

    `told` are further parts of the AnswerMessage by name, for orders about a freeze.
    """

    act: Act = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    failure_code: FailureCode | None = None
    failure_cause: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


def unlike(order: OrderMessage, account: HeldAccount | None) -> str:
    """Which of number and name does not fit the books: account or name; empty when both fit."""
    if account is None:
        return "account"
    named = order.account.name or order.target is Target.ACCOUNT
    return "name" if named and not same_name(order.account.name, account.name) else ""


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for spaces, case and width of letters."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
