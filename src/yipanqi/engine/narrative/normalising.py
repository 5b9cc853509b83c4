"""One written form for a text: half-width signs and small Latin letters, every character at its old place.

Full-width digits, letters and punctuation become their ASCII twins, so that a phrase or a card number is
found however it was typed. The length never changes, hence offsets found here hold in the original text.
Leaves traditional characters as they are.
"""

from typing import Final

_FULL_WIDTH_OFFSET: Final = 0xFEE0


def _table() -> dict[int, int]:
    table = {code: code - _FULL_WIDTH_OFFSET for code in range(0xFF01, 0xFF5F)}
    table[0x3000] = ord(" ")
    table[0x00A0] = ord(" ")
    table[0xFFE5] = ord("¥")
    for capital in range(ord("A"), ord("Z") + 1):
        small = capital + 32
        table[capital] = small
        table[capital + _FULL_WIDTH_OFFSET] = small
    return table


_TABLE: Final = _table()


def normalise(text: str) -> str:
    """Give `text` in half-width signs and small ASCII letters; same length, and idempotent."""
    return text.translate(_TABLE)
