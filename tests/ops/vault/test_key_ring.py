"""The key ring: what is sealed opens only under its kind, unchanged, by a key of the ring; indexes never change."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.ops.vault.keys import KeyRing, KeyRingError

RING = KeyRing("k1", {"k1": bytes(range(32))})
ROTATED = KeyRing("k2", {"k1": bytes(range(32)), "k2": bytes(32)})


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    assert RING.open("name", RING.seal("name", text)) == text


def test_sealing_twice_gives_two_tokens_that_name_algorithm_and_key() -> None:
    first, second = RING.seal("phone", "13800002207"), RING.seal("phone", "13800002207")
    assert first != second
    assert first.startswith("a256gcm.k1.")
    assert "13800002207" not in first


def test_another_kind_does_not_open_it() -> None:
    with pytest.raises(KeyRingError):
        RING.open("name", RING.seal("phone", "13800002207"))


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_changed_body_does_not_open(at: int) -> None:
    head, body = RING.seal("name", "王小明").rsplit(".", 1)
    plain = body.rstrip("=")
    place = at % len(plain) if at >= 0 else len(plain) - 2
    changed = plain[:place] + ("A" if plain[place] != "A" else "B") + plain[place + 1 :]
    with pytest.raises(KeyRingError):
        RING.open("name", f"{head}.{changed}{body[len(plain) :]}")


@pytest.mark.parametrize("token", ["", "plain", "a256gcm", "a256gcm.k9.AAAA", "rot13.k1.AAAA"])
def test_a_token_of_an_unknown_key_or_algorithm_does_not_open(token: str) -> None:
    with pytest.raises(KeyRingError):
        RING.open("name", token)


def test_after_rotation_old_text_still_opens_and_new_text_uses_the_new_key() -> None:
    old = RING.seal("name", "李四")
    assert ROTATED.open("name", old) == "李四"
    new = ROTATED.seal("name", "李四")
    assert new.startswith("a256gcm.k2.")
    with pytest.raises(KeyRingError):
        RING.open("name", new)


def test_rotation_leaves_indexes_and_derived_secrets_as_they_were() -> None:
    assert ROTATED.index("phone", "13800002207") == RING.index("phone", "13800002207")
    assert ROTATED.derive("django-sessions") == RING.derive("django-sessions")


def test_an_index_depends_on_kind_value_and_key_and_shows_neither() -> None:
    index = RING.index("phone", "13800002207")
    assert index != RING.index("account", "13800002207")
    assert index != RING.index("phone", "13800002208")
    assert index != KeyRing("k1", {"k1": bytes(32)}).index("phone", "13800002207")
    assert "13800002207" not in index


def test_keys_do_not_show_in_the_ring_as_text() -> None:
    assert bytes(range(32)).hex() not in repr(RING)
    assert repr(bytes(range(32))) not in repr(RING)


def test_a_missing_ring_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    first = KeyRing.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.load(path).open("name", first.seal("name", "王")) == "王"


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        json.dumps({"current": "k2", "keys": {"k1": "00" * 32}}),
        json.dumps({"current": "k1", "keys": {"k1": "00" * 31}}),
        json.dumps({"current": "k1", "keys": {"k1": "zz"}}),
        json.dumps({"current": "k1", "keys": {"k1": 7}}),
    ],
)
def test_a_ring_that_cannot_be_used_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyRingError, match=r"keys\.json"):
        KeyRing.load(path)
