"""Identifiers inside a text: bank cards and accounts, ID and phone numbers, links, amounts of money.

Digits may be full-width or grouped by single blanks or hyphens; `start` and `end` are places in the text as
given. Leaves alone whether an identifier is known to anyone.
"""

import re
from dataclasses import dataclass
from typing import Final

from yipanqi.engine.narrative.normalising import normalise
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import format_amount, parse_amount_minor

MAX_IDENTIFIERS: Final = 200
MAX_TEXT_CHARS: Final = 20_000
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10x98765432"
_TOP_DOMAINS: Final = "com|cn|net|org|top|xyz|vip|cc|info|app|shop|club|site|online|icu|me|io|tv|work|link"
_FIND: Final = re.compile(
    rf"""
    (?P<link>(?:https?://|www\.)[\x21-\x7e]{{3,300}}
        |(?<![a-z0-9@._-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,4}}(?:{_TOP_DOMAINS})(?![a-z0-9-])
            (?:[:/][\x21-\x7e]{{0,200}})?)
    |(?P<id_number>(?<!\d)[1-6]\d{{5}}(?:19|20)\d{{2}}[01]\d[0-3]\d\d{{3}}[\dx](?![\da-z]))
    |(?P<phone>(?<![\d.])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}(?!\d)
        |(?<![\d.])[48]00[ -]?\d{{3,4}}[ -]?\d{{3,4}}(?!\d)
        |(?<![\d.])0\d{{2,3}}-\d{{7,8}}(?!\d))
    |(?P<account>(?<![\d.])\d(?:[ -]?\d){{11,21}}(?![\d.]))
    |(?P<amount>(?:¥|rmb\ ?|人民币\ ?)\d[\d,]{{0,14}}(?:\.\d{{1,2}})?(?:万|亿)?
        |(?<![\d.,])\d[\d,]{{0,14}}(?:\.\d{{1,6}})?\ ?(?:亿|万|千)?(?:元|块钱|块|人民币)
        |(?<![\d.,])\d{{1,6}}(?:\.\d{{1,4}})?\ ?(?:亿|万)(?!人|名|次|户|条|个|人次|里|分))
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One find. `kind`: bank_card, account, id_number, phone, link, amount (`value` in yuan, 2 decimals)."""

    kind: str
    value: str
    start: int
    end: int


def identifiers(text: str) -> tuple[Identifier, ...]:
    """List at most 200 identifiers of `text` (first 20,000 characters) in order of place."""
    plain = normalise(text[:MAX_TEXT_CHARS])
    found: list[Identifier] = []
    for match in _FIND.finditer(plain):
        identifier = _identifier(match.lastgroup or "", match)
        if identifier is not None:
            found.append(identifier)
            if len(found) == MAX_IDENTIFIERS:
                break
    return tuple(found)


def _identifier(kind: str, match: re.Match[str]) -> Identifier | None:
    raw, start = match[0], match.start()
    if kind == "amount":
        value = _yuan(raw)
        return None if value is None else Identifier(kind, value, start, match.end())
    if kind == "link":
        raw = raw.rstrip(".,;:!?)]}>'\"")
        return Identifier(kind, raw, start, start + len(raw))
    digits = raw.replace(" ", "").replace("-", "")
    if kind == "id_number":
        kind = "id_number" if _is_id_number(digits) else "account"
        digits = digits.upper()
    elif kind == "phone":
        digits = digits.removeprefix("+")
        digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    if kind == "account" and 16 <= len(digits) <= 19 and _passes_luhn(digits):
        kind = "bank_card"
    return Identifier(kind, digits, start, match.end())


def _yuan(raw: str) -> str | None:
    bare = raw.removesuffix("钱").removesuffix("块").removesuffix("人民币")
    try:
        return format_amount(parse_amount_minor(bare.replace(" ", ""))).replace(",", "")
    except YipanqiError:
        return None


def _is_id_number(digits: str) -> bool:
    """Test the check character of GB 11643-1999."""
    if not digits[:17].isascii() or not digits[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _ID_WEIGHTS, strict=True))
    return digits[17] == _ID_CHECKS[total % 11]


def _passes_luhn(digits: str) -> bool:
    if not digits.isascii() or not digits.isdigit():
        return False
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
