"""Nonces of signed requests: each passes once, also when many come at the same instant, and old ones are forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from yipanqi.kernel.clock import RealClock
from yipanqi.ops.partners.models import PartnerNonce
from yipanqi.ops.partners.nonces import forget_nonces, remember_nonce
from yipanqi.ops.partners.tasks import forget

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NONCE = UUID("019cac46-1500-76fc-a669-59d5b1fb69c9")


@pytest.mark.django_db
def test_a_signer_s_nonce_passes_once() -> None:
    assert remember_nonce("icbc", NONCE, NOW)
    assert not remember_nonce("icbc", NONCE, NOW + timedelta(minutes=1))
    assert remember_nonce("abc", NONCE, NOW), "signers do not use up each other's nonces"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_passes(in_threads: Callable[[list[Callable[[], Any]]], list[Any]]) -> None:
    passed = in_threads([lambda: remember_nonce("icbc", NONCE, NOW)] * 8)
    assert sorted(passed) == [False] * 7 + [True]


@pytest.mark.django_db
def test_old_nonces_are_forgotten() -> None:
    for hours in range(4):
        remember_nonce("icbc", UUID(int=hours), NOW + timedelta(hours=hours))
    assert forget_nonces(before=NOW + timedelta(hours=2)) == 2
    assert not remember_nonce("icbc", UUID(int=2), NOW)


@pytest.mark.django_db
def test_every_night_only_those_go_whose_signatures_are_too_old_to_pass() -> None:
    real = RealClock().now()
    remember_nonce("icbc", UUID(int=1), real - timedelta(minutes=11))
    remember_nonce("icbc", UUID(int=2), real - timedelta(minutes=9))
    forget(0)
    assert [row.nonce.int for row in PartnerNonce.objects.all()] == [2]
