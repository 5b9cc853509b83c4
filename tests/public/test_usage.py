"""The limit on look-ups: so many a minute from one address and in all, exact under load, without keeping addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory, override_settings

from yipanqi import catalog
from yipanqi.public.models import PublicUsage
from yipanqi.public.usage import forget_usage, key_of, seconds_left, spend
from yipanqi.rehearsal.world import START_AT, World

ONE = catalog.windows()["public_per_minute"].count
ALL = catalog.windows()["public_all_per_minute"].count


def test_one_address_has_its_share_of_a_minute(db: None) -> None:
    assert [spend("a", now=START_AT) for _ in range(ONE + 2)] == [True] * ONE + [False] * 2
    assert spend("b", now=START_AT)
    assert not spend("a", now=START_AT + timedelta(seconds=59))
    assert spend("a", now=START_AT + timedelta(seconds=60))


def test_all_together_have_theirs(db: None) -> None:
    PublicUsage.objects.create(minute=START_AT, key="", count=ALL - 1)
    assert spend("a", now=START_AT)
    assert not spend("b", now=START_AT)
    assert PublicUsage.objects.get(key="").count == ALL


@pytest.mark.django_db(transaction=True)
def test_at_once_no_more_get_through(in_threads: Callable[[list[Callable[[], Any]]], list[Any]]) -> None:
    passed = in_threads([lambda: spend("a", now=START_AT) for _ in range(ONE + 6)])
    assert sum(passed) == ONE


def test_the_address_is_kept_nowhere_and_its_key_changes_every_day(world: World) -> None:
    request = RequestFactory().post("/public/returns", REMOTE_ADDR="203.0.113.9")
    today, tomorrow = (key_of(request, now=START_AT + timedelta(days=days)) for days in (0, 1))
    assert today != tomorrow and today == key_of(request, now=START_AT + timedelta(hours=1))
    spend(today, now=START_AT)
    assert not [row for row in PublicUsage.objects.all() if "203" in row.key and "113" in row.key]


def test_behind_tls_the_proxys_word_counts_and_else_nobodys(db: None) -> None:
    ask = RequestFactory().post
    near = {"REMOTE_ADDR": "127.0.0.1"}
    one, two = ("198.51.100.1", "198.51.100.2")
    forged = [ask("/", headers={"X-Forwarded-For": f"{each}, {one}"}, **near) for each in (one, two)]
    plain = ask("/", **near)
    other = ask("/", headers={"X-Forwarded-For": two}, **near)
    assert len({key_of(each, now=START_AT) for each in (*forged, plain, other)}) == 1
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        keys = [key_of(each, now=START_AT) for each in (*forged, plain, other)]
    assert keys[0] == keys[1] and len(set(keys)) == 3


def test_counts_are_forgotten(db: None) -> None:
    spend("a", now=START_AT)
    assert forget_usage(before=START_AT) == 0
    assert forget_usage(before=START_AT + timedelta(minutes=1)) == 2
    assert [seconds_left(START_AT + timedelta(seconds=each)) for each in (0, 1, 59)] == [60, 59, 1]
