"""Follow codes: twelve signs a victim types to see how far the return is, 7K3M-9QXD-2WTA.

Sixty random bits in Crockford's base 32, which has no I, L, O and U; what looks like another sign is read as it. Only
the blind index of a code is stored, so nobody of the house can look one up.
"""

import secrets
import unicodedata

from yipanqi.ops.vault.fields import blind_index

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_GROUP = 4
_KIND = "follow_code"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, "—": None, "–": None, "－": None})


def new_code() -> str:
    """A new code as it is written down, in groups of four."""
    code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return "-".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def read_code(text: str) -> str:
    """The twelve signs of a typed code, without groups, case and blanks; "" when it is none."""
    plain = "".join(unicodedata.normalize("NFKC", text).upper().split()).translate(_ALIKE)
    return plain if len(plain) == LENGTH and set(plain) <= set(SIGNS) else ""


def code_index(text: str) -> str:
    """The index a typed code is looked up by. What is no code gets one that no code has, so that it costs the same."""
    return blind_index(_KIND, read_code(text) or "-")
