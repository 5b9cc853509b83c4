"""The key ring: encryption, blind index and derived secrets, each with its key id and algorithm tag.

A ring is a JSON file of mode 0600: `{"current": "k1", "keys": {"k1": "<64 hex>"}}`. New text is sealed
under `current`; older keys stay for reading. Index keys derive from the *first* key, because a blind
index must not change when the sealing key rotates. What is personal and who may see it is not decided here.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yipanqi.kernel.errors import YipanqiError

ALGORITHM = "a256gcm"
INDEX_ALGORITHM = "hs256"
NONCE_BYTES = 12


class KeyRingError(YipanqiError):
    """The key ring cannot be read, or a sealed value names a key or algorithm that is not in it."""

    code = "key_ring"


@dataclass(frozen=True)
class KeyRing:
    """Sealing and index keys of one centre. `keys` maps key id to 32 raw bytes, oldest first."""

    current: str
    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Read the ring from `path`, making a new one (mode 0600) when there is none yet."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"current": "k1", "keys": {"k1": secrets.token_hex(32)}})
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(text)
            except FileExistsError:  # another process of this centre was first
                pass
        try:
            data = json.loads(path.read_text())
            ring = cls(data["current"], {name: bytes.fromhex(key) for name, key in data["keys"].items()})
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise KeyRingError(f"{path}: not a key ring: {error}") from error
        if ring.current not in ring.keys or any(len(key) != 32 for key in ring.keys.values()):
            raise KeyRingError(f"{path}: needs 32-byte keys and a current one among them")
        return ring

    def derive(self, purpose: str) -> str:
        """A secret of its own for one purpose, as hex; stable while the first key stays."""
        return hmac.new(self._root, b"derive:" + purpose.encode(), hashlib.sha256).hexdigest()

    def seal(self, kind: str, text: str) -> str:
        """Encrypt `text` bound to its `kind`: `algorithm.key.base64(nonce + ciphertext)`."""
        raw = self._encrypt(kind, text.encode())
        return f"{ALGORITHM}.{self.current}.{base64.urlsafe_b64encode(raw).decode()}"

    def open(self, kind: str, token: str) -> str:
        """Decrypt a value made by `seal` for the same kind; raises `KeyRingError` when it was changed."""
        algorithm, _, rest = token.partition(".")
        key_id, _, body = rest.partition(".")
        return self._decrypt(kind, algorithm, key_id, base64.urlsafe_b64decode(body)).decode()

    def seal_bytes(self, kind: str, data: bytes) -> bytes:
        """Encrypt a file's bytes bound to their `kind`: a line `algorithm.key`, then nonce and ciphertext."""
        return f"{ALGORITHM}.{self.current}\n".encode() + self._encrypt(kind, data)

    def open_bytes(self, kind: str, sealed: bytes) -> bytes:
        """Decrypt what `seal_bytes` made for the same kind; raises `KeyRingError` when it was changed."""
        head, _, raw = sealed.partition(b"\n")
        algorithm, _, key_id = head.decode("ascii", errors="replace").partition(".")
        return self._decrypt(kind, algorithm, key_id, raw)

    def _encrypt(self, kind: str, data: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.current]).encrypt(nonce, data, kind.encode())

    def _decrypt(self, kind: str, algorithm: str, key_id: str, raw: bytes) -> bytes:
        if algorithm != ALGORITHM or key_id not in self.keys:
            raise KeyRingError(f"sealed {kind}: no key {key_id!r} for algorithm {algorithm!r}")
        try:
            return AESGCM(self.keys[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], kind.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyRingError(f"sealed {kind}: the value was changed after it was sealed") from error

    def index(self, kind: str, text: str) -> str:
        """The keyed blind index of a normalised value, for exact look-up: `algorithm.key.hex`."""
        first = next(iter(self.keys))
        digest = hmac.new(self._root, f"index:{kind}:{text}".encode(), hashlib.sha256).hexdigest()
        return f"{INDEX_ALGORITHM}.{first}.{digest}"

    @property
    def _root(self) -> bytes:
        return next(iter(self.keys.values()))
