"""Files at rest: sealed, bound to kind and name, readable to the service alone, whole or not at all."""

import hashlib
import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from yipanqi.ops.vault.files import FileMissing, keep_file, read_file
from yipanqi.ops.vault.keys import KeyRing, KeyRingError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("data", [b"", b"a" * 10, bytes(range(256)) * 5000])
def test_what_is_kept_comes_back(folder: Path, data: bytes) -> None:
    name = uuid4()
    assert keep_file("photo", name, data) == hashlib.sha256(data).hexdigest()
    assert read_file("photo", name) == data
    (kept,) = files(folder)
    assert kept.stat().st_mode & 0o077 == 0 and kept.parent.stat().st_mode & 0o077 == 0
    assert len(data) < 4 or data not in kept.read_bytes()


def test_one_file_is_not_taken_for_another(folder: Path) -> None:
    first, second = uuid4(), uuid4()
    keep_file("photo", first, b"first")
    keep_file("photo", second, b"second")
    paths = {path.stem: path for path in files(folder)}
    shutil.copy(paths[first.hex], paths[second.hex])
    with pytest.raises(KeyRingError):
        read_file("photo", second)
    with pytest.raises(FileMissing):
        read_file("paper", first)


def test_older_keys_still_open(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = uuid4()
    keep_file("photo", name, b"old")
    ring = settings.KEY_RING
    newer = KeyRing("k9", ring.keys | {"k9": bytes(range(32))})
    monkeypatch.setattr(settings, "KEY_RING", newer)
    assert read_file("photo", name) == b"old"
    keep_file("photo", name, b"new")
    assert files(folder)[0].read_bytes().startswith(b"a256gcm.k9\n") and read_file("photo", name) == b"new"
    monkeypatch.setattr(settings, "KEY_RING", ring)
    with pytest.raises(KeyRingError):
        read_file("photo", name)
