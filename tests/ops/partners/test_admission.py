"""Letting a call in: only a live key good for the act, and never more rows than the minute holds."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.partners.admission import KeyInvalid, RateExceeded, authenticate, forget_usage, spend
from yipanqi.ops.partners.models import Partner, PartnerKey, PartnerUsage
from yipanqi.ops.partners.services import issue_key, revoke_key

NOW = datetime(2026, 3, 2, 1, 0, 20, tzinfo=UTC)
ACT = "warnings.write"
Enter = Callable[..., Partner]
pytestmark = pytest.mark.django_db


@pytest.fixture
def key(enter: Enter) -> str:
    """A key of the partner `fjbank`, good for warnings until an hour from `NOW`."""
    enter()
    return issue_key(
        partner_code="fjbank", acts=[ACT], acting=SYSTEM, now=NOW, expires_at=NOW + timedelta(hours=1)
    )


def _refused(key: str, *, act: str = ACT, now: datetime = NOW) -> tuple[str, str]:
    with pytest.raises(KeyInvalid) as refused:
        authenticate(key=key, act=act, now=now)
    assert refused.value.facts == {}
    return refused.value.code, str(refused.value)


def test_an_issued_key_opens_for_its_partner_until_it_is_revoked(key: str) -> None:
    assert authenticate(key=key, act=ACT, now=NOW).code == "fjbank"
    revoke_key(prefix=key[4:12], acting=SYSTEM, now=NOW)
    _refused(key)


def test_every_refusal_says_the_same(key: str, enter: Enter) -> None:
    flipped = key[:-1] + ("A" if key[-1] != "A" else "B")
    other_prefix = key[:4] + "".join("b" if c == "a" else "a" for c in key[4:12]) + key[12:]
    shapes = [
        "",
        "Bearer",
        key[4:],
        key[:-1],
        key + "A",
        key.upper(),
        f" {key}",
        "ypq_\x00bcdefgh_" + "A" * 43,
        "密" * 56,
    ]
    answers = {_refused(text) for text in [flipped, other_prefix, *shapes]}
    answers.add(_refused(key, act="orders.read"))
    answers.add(_refused(key, now=NOW + timedelta(hours=1)))
    Partner.objects.update(is_active=False)
    answers.add(_refused(key))
    assert answers == {("key_invalid", "The key is not valid for this call.")}


def test_a_key_ends_exactly_when_it_expires(key: str) -> None:
    assert authenticate(key=key, act=ACT, now=NOW + timedelta(hours=1) - timedelta(microseconds=1))
    _refused(key, now=NOW + timedelta(hours=1))


def test_a_key_without_expiry_lasts_and_one_without_acts_opens_nothing(enter: Enter) -> None:
    enter()
    lasting = issue_key(partner_code="fjbank", acts=[ACT], acting=SYSTEM, now=NOW)
    assert authenticate(key=lasting, act=ACT, now=NOW + timedelta(days=3650))
    _refused(issue_key(partner_code="fjbank", acts=[], acting=SYSTEM, now=NOW))


def test_revoking_one_key_leaves_the_partners_other_keys(key: str) -> None:
    other = issue_key(partner_code="fjbank", acts=[ACT], acting=SYSTEM, now=NOW)
    revoke_key(prefix=key[4:12], acting=SYSTEM, now=NOW)
    assert authenticate(key=other, act=ACT, now=NOW)


def test_a_call_costs_one_query_and_notes_its_use_at_most_once_a_minute(key: str) -> None:
    used: list[tuple[int, datetime | None]] = []
    for seconds in (0, 1, 59, 60, 61):
        with CaptureQueriesContext(connection) as queries:
            authenticate(key=key, act=ACT, now=NOW + timedelta(seconds=seconds))
        used.append((len(queries), PartnerKey.objects.get().last_used_at))
    later = NOW + timedelta(seconds=60)
    assert used == [(2, NOW), (1, NOW), (1, NOW), (2, later), (1, later)]


def test_the_secret_is_stored_nowhere(key: str) -> None:
    secret = key[13:]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(k)::text, '') FROM partners_partnerkey k")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(row_to_json(e)::text, '') FROM journal_entry e")
        stored += cursor.fetchone()[0]
    assert secret not in stored
    assert key[4:12] in stored
    assert Entry.objects.get(event="partner.key_issued").payload["key_id"] == key[4:12]


def test_the_minute_is_spent_row_by_row_and_a_new_one_begins_full(enter: Enter) -> None:
    partner = enter(rate_per_minute=3)
    for _ in range(3):
        spend(partner=partner, rows=1, now=NOW)
    with pytest.raises(RateExceeded) as refused:
        spend(partner=partner, rows=1, now=NOW)
    assert (refused.value.code, refused.value.facts["retry_after"]) == ("rate_exceeded", 40)
    assert "40" in catalog.error_text("rate_exceeded", **refused.value.facts).en
    spend(partner=partner, rows=3, now=NOW + timedelta(seconds=40))


def test_the_wait_is_never_zero(enter: Enter) -> None:
    partner = enter(rate_per_minute=1)
    last = NOW.replace(second=59, microsecond=999_999)
    spend(partner=partner, rows=1, now=last)
    with pytest.raises(RateExceeded) as refused:
        spend(partner=partner, rows=1, now=last)
    assert refused.value.facts["retry_after"] == 1


def test_a_batch_larger_than_what_is_left_is_refused_whole(enter: Enter) -> None:
    partner = enter(rate_per_minute=10_000)
    spend(partner=partner, rows=1, now=NOW)
    with pytest.raises(RateExceeded):
        spend(partner=partner, rows=10_000, now=NOW)
    assert PartnerUsage.objects.get().rows == 1
    spend(partner=partner, rows=9_999, now=NOW)


def test_a_batch_of_ten_thousand_passes_where_the_rate_allows_it(enter: Enter) -> None:
    spend(partner=enter(rate_per_minute=10_000), rows=10_000, now=NOW)
    with pytest.raises(RateExceeded) as refused:
        spend(partner=enter("small", rate_per_minute=9_999), rows=10_000, now=NOW)
    assert (refused.value.code, refused.value.facts["limit"]) == ("batch_too_large", 9_999)


def test_partners_do_not_spend_each_others_minutes(enter: Enter) -> None:
    for partner in (enter(rate_per_minute=1), enter("other", rate_per_minute=1)):
        spend(partner=partner, rows=1, now=NOW)


@pytest.mark.parametrize("rows", [0, -5])
def test_spending_nothing_is_a_mistake_of_the_caller(enter: Enter, rows: int) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        spend(partner=enter(), rows=rows, now=NOW)


def test_old_minutes_are_forgotten(enter: Enter) -> None:
    partner = enter()
    for minutes in range(3):
        spend(partner=partner, rows=1, now=NOW + timedelta(minutes=minutes))
    assert forget_usage(before=NOW.replace(second=0) + timedelta(minutes=1)) == 1
    assert PartnerUsage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_time_never_pass_the_limit_together(enter: Enter) -> None:
    partner = enter(rate_per_minute=50)
    taken: list[int] = []
    failures: list[BaseException] = []

    def send(rows: int) -> None:
        try:
            for _ in range(20):
                try:
                    spend(partner=partner, rows=rows, now=NOW)
                    taken.append(rows)
                except RateExceeded:
                    continue
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(rows,)) for rows in (1, 2, 3, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sum(taken) == PartnerUsage.objects.get().rows <= 50
    assert sum(taken) >= 44
