"""Money: whole minor units inside, read exactly from what banks and officers write, shown as people read it.

Reading takes full-width digits, western thousands separators, currency marks, 元整 and the units 千 万 百万 千万 亿.
Nothing is guessed: a text with two possible readings is refused. No float ever holds an amount. Which currency an
amount is in, and arithmetic of shares, belong to other rooms.
"""

from __future__ import annotations

import re
from typing import NoReturn

from yipanqi.kernel.errors import YipanqiError

MAX_MINOR = 2**63 - 1  # what a PostgreSQL bigint holds
_MAX_LENGTH = 64
_MAX_EXPONENT = 8

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xFFE5: "¥",
    0x2212: "-",
}
_UNITS = {None: 0, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8}  # powers of ten
_PREFIX = re.compile(r"\A(?:人民币|RMB|CNY)?\s*¥?\s*", re.IGNORECASE)
_SUFFIX = re.compile(r"\s*(?:[元圆]整?|整|¥)?\s*(?:RMB|CNY)?\Z", re.IGNORECASE)
_WHOLE = r"(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
_SIMPLE = re.compile(
    rf"(?:(?P<whole>{_WHOLE})(?:\.(?P<part>[0-9]+))?|\.(?P<bare>[0-9]+))\s*(?P<unit>百万|千万|千|万|亿)?"
)
_COMPOUND = re.compile(rf"(?P<head>{_WHOLE})万(?P<tail>[0-9]{{4}}|[1-9],[0-9]{{3}})(?:\.(?P<part>[0-9]+))?")
_SCIENTIFIC = re.compile(r"[0-9.,]+\s*[eE]\s*[+-]?[0-9]+")
_TWO_READINGS = re.compile(r"[0-9]+(?:[., ]+[0-9]+)+[千百万亿]*|[0-9.,]+[万亿][0-9.,]+")
_SCALES = {"zh": ((4, "万"), (8, "亿")), "en": ((3, "k"), (6, "M"), (9, "B"))}  # powers of ten, rising


class AmountError(YipanqiError):
    """A text is not an amount of money; `facts["value"]` is the text as it came, cut to 64 characters.

    Codes: amount_empty, amount_not_a_number, amount_negative, amount_scientific, amount_ambiguous,
    amount_too_precise, amount_too_large.
    """

    code = "amount_not_a_number"


def parse_amount_minor(text: str, *, exponent: int = 2) -> int:
    """Return the amount that `text` states, in minor units of 10^-exponent, from 0 to `MAX_MINOR`.

    `１，２３４．５０`, `¥1,234.50`, `5万元整`, `1.5亿` and `3万5000` are read. A sign, scientific notation, more decimals
    than the unit can hold, separators with two readings (`1,23`, `1.234,50`, `3万5`) and words raise AmountError.
    """
    _check_exponent(exponent)
    plain = text.translate(_FULL_WIDTH).strip()
    if not plain:
        _refuse("amount_empty", "The amount is empty.", text)
    if len(plain) > _MAX_LENGTH:
        _refuse("amount_not_a_number", f"The amount is longer than {_MAX_LENGTH} characters.", text)
    digits, power = _read(_SUFFIX.sub("", _PREFIX.sub("", plain)), text)
    if -power > exponent:
        _refuse("amount_too_precise", f"{text!r} has more than {exponent} decimals.", text)
    scale: int = 10 ** (exponent + power)
    minor = digits * scale
    if minor > MAX_MINOR:
        _refuse("amount_too_large", f"{text!r} is larger than any amount kept here.", text)
    return minor


def format_amount(minor: int, *, exponent: int = 2) -> str:
    """Return the full amount with thousands separators: 5000000 gives `50,000.00`."""
    _check_exponent(exponent)
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**exponent)
    return f"{sign}{whole:,}" + (f".{part:0{exponent}d}" if exponent else "")


def format_short(minor: int, lang: str, *, exponent: int = 2) -> str:
    """Return the amount for a summary: `5.0万`, `1.2亿` in Chinese, `50.0k`, `120.0M`, `1.2B` in any other language.

    The figure is rounded half up (away from zero) from the exact amount, once; one that rounds up to the next unit is
    shown in that unit. Below the smallest unit, whole major units are shown.
    """
    _check_exponent(exponent)
    scales = _SCALES["zh" if lang.lower().startswith("zh") else "en"]
    size = abs(minor)
    whole = _half_up(size, 10**exponent)
    text = f"{whole:,}"
    if whole >= 10 ** scales[0][0]:
        text = _scaled(size, exponent, scales)
    return f"-{text}" if minor < 0 and whole else text


def _scaled(size: int, exponent: int, scales: tuple[tuple[int, str], ...]) -> str:
    text = ""
    for index, (power, unit) in enumerate(scales):
        tenths = _half_up(size * 10, 10 ** (exponent + power))
        text = f"{tenths // 10:,}.{tenths % 10}{unit}"
        if index + 1 < len(scales) and tenths < 10 ** (scales[index + 1][0] - power + 1):
            break
    return text


def _half_up(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)


def _read(body: str, text: str) -> tuple[int, int]:
    """Return (digits, power of ten) of an amount already stripped of marks, or refuse it by the reason that fits."""
    if match := _SIMPLE.fullmatch(body):
        part = match["part"] or match["bare"] or ""
        whole = (match["whole"] or "").replace(",", "")
        return int(whole + part), _UNITS[match["unit"]] - len(part)
    if match := _COMPOUND.fullmatch(body):
        part = match["part"] or ""
        return int((match["head"] + match["tail"]).replace(",", "") + part), -len(part)
    if body.startswith("-") or body.endswith("-"):
        _refuse("amount_negative", f"{text!r} carries a minus sign; amounts are zero or more.", text)
    if _SCIENTIFIC.fullmatch(body):
        _refuse("amount_scientific", f"{text!r} is in scientific notation and may have lost digits.", text)
    if _TWO_READINGS.fullmatch(body):
        _refuse("amount_ambiguous", f"{text!r} can be read as more than one amount.", text)
    _refuse("amount_not_a_number", f"{text!r} is not an amount of money.", text)


def _refuse(code: str, message: str, text: str) -> NoReturn:
    raise AmountError(message, code=code, value=text[:_MAX_LENGTH])


def _check_exponent(exponent: int) -> None:
    if not 0 <= exponent <= _MAX_EXPONENT:
        raise ValueError(f"A currency has 0 to {_MAX_EXPONENT} decimals, not {exponent}.")
