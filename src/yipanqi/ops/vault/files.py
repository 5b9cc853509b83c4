"""Files at rest: each sealed under the key ring into one file of the data folder, outside of all that the web serves.

A file is bound to its kind and name, so that no two can be exchanged. Who may see one, and what its row says of it, is
the callers' matter. A file whose transaction was rolled back stays, sealed and named by nobody.
"""

import hashlib
import os
import uuid
from pathlib import Path

from django.conf import settings

from yipanqi.kernel.errors import YipanqiError


class FileMissing(YipanqiError):
    """A row names a file that is not in the data folder: it was not restored with the database."""

    code = "file_missing"


def keep_file(kind: str, file_id: uuid.UUID, data: bytes) -> str:
    """Seal bytes into a file, whole or not at all, readable to the service alone; returns their SHA-256."""
    path = _path(kind, file_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(settings.KEY_RING.seal_bytes(f"{kind}:{file_id}", data))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return hashlib.sha256(data).hexdigest()


def read_file(kind: str, file_id: uuid.UUID) -> bytes:
    """The bytes of a kept file. Raises FileMissing, or `KeyRingError` when it was changed."""
    try:
        sealed = _path(kind, file_id).read_bytes()
    except FileNotFoundError:
        raise FileMissing(f"{kind} {file_id} is not in the data folder") from None
    data: bytes = settings.KEY_RING.open_bytes(f"{kind}:{file_id}", sealed)
    return data


def _path(kind: str, file_id: uuid.UUID) -> Path:
    return Path(settings.DATA) / "files" / kind / file_id.hex[-2:] / f"{file_id.hex}.sealed"
