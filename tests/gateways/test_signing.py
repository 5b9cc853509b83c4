"""Signatures: every part counts, old ones and repeats are refused, and what is no header never crashes the check."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yipanqi.gateways.signing import (
    HEADERS,
    SignatureRefused,
    public_key_of,
    sign,
    signed_text,
    signer_of,
    verify,
)

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SEED = bytes(range(32))
REQUEST: dict[str, Any] = {"method": "POST", "path": "/icbc/orders?x=1", "body": b'{"a": 1}'}
HEADERS_OF_IT = sign(signer="yipanqi", seed=SEED, now=NOW, **REQUEST)


def check(**changes: Any) -> str:
    given_: dict[str, Any] = {
        "headers": HEADERS_OF_IT,
        **REQUEST,
        "public_key": public_key_of(SEED),
        "now": NOW,
        "remember": lambda signer, nonce, at: True,
    }
    return verify(**(given_ | changes))


def refusal(**changes: Any) -> str:
    with pytest.raises(SignatureRefused) as refused:
        check(**changes)
    return refused.value.code


def test_a_good_signature_names_its_signer() -> None:
    assert check() == "yipanqi" == signer_of(HEADERS_OF_IT)
    assert set(HEADERS_OF_IT) == set(HEADERS)
    lower = {name.lower(): value for name, value in HEADERS_OF_IT.items()}
    assert check(headers=lower, method="post") == "yipanqi"


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"path": "/abc/orders?x=1"},
        {"path": "/icbc/orders"},
        {"body": b'{"a": 2}'},
        {"body": b""},
        {"public_key": public_key_of(bytes(32))},
        {"public_key": ""},
        {"public_key": "zz"},
        {"headers": HEADERS_OF_IT | {"X-Signer": "icbc"}},
        {"headers": HEADERS_OF_IT | {"X-Signed-At": "2026-03-02T02:00:01+00:00"}},
        {"headers": HEADERS_OF_IT | {"X-Signed-At": "2026-03-02T02:00:00Z"}},
        {"headers": HEADERS_OF_IT | {"X-Nonce": "00000000-0000-4000-8000-000000000000"}},
        {"headers": HEADERS_OF_IT | {"X-Signature": "A" * 86 + "=="}},
        {"headers": HEADERS_OF_IT | {"X-Signature": "签名"}},
        {"headers": HEADERS_OF_IT | {"X-Signed-At": "yesterday"}},
        {"headers": HEADERS_OF_IT | {"X-Signed-At": "2026-02-30T02:00:00Z"}},
        {"headers": HEADERS_OF_IT | {"X-Nonce": "7"}},
        {"headers": HEADERS_OF_IT | {"X-Signer": "a b"}},
    ],
)
def test_every_part_that_was_tampered_with_is_refused(changes: dict[str, Any]) -> None:
    def never(signer: str, nonce: UUID, at: datetime) -> bool:
        raise AssertionError("a nonce is only noted for a good signature")

    assert refusal(remember=never, **changes) == "signature_invalid"


@pytest.mark.parametrize("name", HEADERS)
def test_every_header_is_needed(name: str) -> None:
    assert (
        refusal(headers={key: value for key, value in HEADERS_OF_IT.items() if key != name})
        == "signature_missing"
    )


def test_the_window_is_five_minutes_either_way() -> None:
    for off in (timedelta(minutes=5), timedelta(minutes=-5)):
        assert check(now=NOW + off) == "yipanqi"
        assert refusal(now=NOW + off * 1.001) == "signature_expired"


def test_a_request_passes_once() -> None:
    seen: set[tuple[str, UUID]] = set()

    def remember(signer: str, nonce: UUID, at: datetime) -> bool:
        assert at == NOW
        return (signer, nonce) not in seen and not seen.add((signer, nonce))

    assert check(remember=remember) == "yipanqi"
    assert refusal(remember=remember) == "signature_replayed"
    again = sign(signer="yipanqi", seed=SEED, now=NOW, **REQUEST)
    assert check(headers=again, remember=remember) == "yipanqi"


def test_a_signer_has_a_short_plain_name() -> None:
    for name in ("", "a b", "a\nb", "x" * 33, "银行"):
        with pytest.raises(ValueError, match="signer"):
            sign(signer=name, seed=SEED, now=NOW, **REQUEST)


def test_the_signed_text_is_as_the_page_shows_it() -> None:
    text = signed_text("icbc", "post", "/p", "2026-03-02T02:00:00+00:00", "n", b"")
    assert text.decode().splitlines() == [
        "icbc",
        "POST",
        "/p",
        "2026-03-02T02:00:00+00:00",
        "n",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]


@given(st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=60)))
def test_random_headers_are_refused_cleanly(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        check(headers=HEADERS_OF_IT | headers if len(headers) == 1 else headers)
