"""The text of a key: `ypq_<prefix>_<secret>`. Only its prefix and the SHA-256 of its secret are ever stored."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX_CHARS = 8
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # no 0 o 1 l: prefixes are read out on the phone
_SHAPE = re.compile(rf"ypq_([{_LETTERS}]{{{PREFIX_CHARS}}})_([A-Za-z0-9_-]{{43}})", re.ASCII)


@dataclass(frozen=True)
class KeyText:
    """A key taken apart; `secret` has 256 random bits and is shown once."""

    prefix: str
    secret: str

    @property
    def text(self) -> str:
        """The key as the partner sends it."""
        return f"ypq_{self.prefix}_{self.secret}"

    @property
    def digest(self) -> str:
        """SHA-256 of the secret, as hex."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"KeyText({self.prefix})"


def new_key() -> KeyText:
    """A key nobody has."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(PREFIX_CHARS))
    return KeyText(prefix, secrets.token_urlsafe(32))


def read_key(text: str) -> KeyText | None:
    """The key that `text` is, or None when it has another shape."""
    match = _SHAPE.fullmatch(text)
    return KeyText(match[1], match[2]) if match else None


def fits(key: KeyText, digest: str) -> bool:
    """Whether the key's secret has this digest, compared in constant time."""
    return hmac.compare_digest(key.digest, digest)
