"""How many decimals the minor unit of a currency has. Leaves reading and writing of amounts to others."""

from typing import Final

EXPONENTS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3}
USUAL: Final = 2


def exponent_of(currency: str) -> int:
    """How many decimals a currency's minor unit has (ISO 4217; 2 unless known otherwise)."""
    return EXPONENTS.get(currency, USUAL)
