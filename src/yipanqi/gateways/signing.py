"""Signed HTTP requests between the centre and its partners: Ed25519 over what is asked, when, and with which body.

For: making the four headers and checking them. Leaves alone: whose key is whose, keeping the nonces that were seen
(the caller gives `remember`), and what the body says. Signing is about the wire, so both sides pass the machine's
real clock as `now`, even while a rehearsal runs the centre's own clock ahead.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError

SIGNER, SIGNED_AT, NONCE, SIGNATURE = "X-Signer", "X-Signed-At", "X-Nonce", "X-Signature"
HEADERS = (SIGNER, SIGNED_AT, NONCE, SIGNATURE)
CENTRE = "yipanqi"  # the centre's own name as a signer
_SIGNER = re.compile(r"[A-Za-z0-9_.-]{1,32}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)", re.ASCII)

Remember = Callable[[str, UUID, datetime], bool]
"""Notes (signer, nonce, instant) and returns True, or False when that signer's nonce was noted before."""


class SignatureRefused(YipanqiError):
    """A request does not prove who sent it. Facts: `header` when one header is at fault.

    Codes: signature_missing, signature_expired (outside the window), signature_invalid, signature_replayed.
    """

    code = "signature_invalid"


def public_key_of(seed: bytes) -> str:
    """The public key of a 32-byte seed, as 64 hex digits."""
    return _private(seed).public_key().public_bytes_raw().hex()


def sign(*, signer: str, seed: bytes, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    """The four headers of one request; every call has a nonce of its own, so a repeat is signed anew.

    `path` is what stands in the request line, with the query. `now` is aware.
    """
    if not _SIGNER.fullmatch(signer):
        raise ValueError(f"A signer is named by 1 to 32 letters, digits, _ . and -, not {signer!r}.")
    at, nonce = now.astimezone(UTC).isoformat(), str(uuid4())
    signature = _private(seed).sign(signed_text(signer, method, path, at, nonce, body))
    return {SIGNER: signer, SIGNED_AT: at, NONCE: nonce, SIGNATURE: base64.b64encode(signature).decode()}


def signed_text(signer: str, method: str, path: str, signed_at: str, nonce: str, body: bytes) -> bytes:
    """What is signed: six lines joined by newlines, the last the SHA-256 of the body as hex."""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((signer, method.upper(), path, signed_at, nonce, digest)).encode()


def signer_of(headers: Mapping[str, str]) -> str:
    """Who says to have signed, so that the caller can look the key up. Raises SignatureRefused."""
    signer = _header(headers, SIGNER)
    if not _SIGNER.fullmatch(signer):
        _refuse(SIGNER)
    return signer


def verify(
    *,
    headers: Mapping[str, str],
    method: str,
    path: str,
    body: bytes,
    public_key: str,
    now: datetime,
    remember: Remember,
) -> str:
    """Return the signer when the signature is good, fresh and new; raises SignatureRefused.

    `headers` are found whatever the case of their names. A nonce is remembered only after the signature was found
    good, so that nobody else can use it up.
    """
    signer = signer_of(headers)
    at = _instant(_header(headers, SIGNED_AT))
    nonce = _nonce(_header(headers, NONCE))
    if abs(now - at) > catalog.windows()["signature_window"].duration:
        message = f"{SIGNED_AT} is too far from our clock."
        raise SignatureRefused(message, code="signature_expired", header=SIGNED_AT)
    text = signed_text(signer, method, path, _header(headers, SIGNED_AT), _header(headers, NONCE), body)
    try:
        signature = base64.b64decode(_header(headers, SIGNATURE), validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, text)
    except (binascii.Error, ValueError, InvalidSignature):
        _refuse(SIGNATURE)
    if not remember(signer, nonce, now):
        message = f"This {NONCE} was used before."
        raise SignatureRefused(message, code="signature_replayed", header=NONCE)
    return signer


@lru_cache(maxsize=64)
def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name) or next(
        (value for key, value in headers.items() if key.lower() == name.lower()), ""
    )
    if not found:
        raise SignatureRefused(f"The header {name} is missing.", code="signature_missing", header=name)
    return found


def _instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    return _refuse(SIGNED_AT)


def _nonce(text: str) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    return found if found is not None and str(found) == text else _refuse(NONCE)


def _refuse(header: str) -> NoReturn:
    raise SignatureRefused(f"The header {header} is not valid.", header=header)
