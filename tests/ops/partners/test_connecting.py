"""Connecting a partner's door: what is refused, what is journaled, who is found to send to."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from yipanqi import catalog
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.queries import find_bank_partner, list_connected
from yipanqi.ops.partners.services import PartnerRefused, connect_partner

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEY = "ab" * 32
Enter = Callable[..., Partner]
pytestmark = pytest.mark.django_db


def connect(**changes: str) -> Partner:
    given = {"code": "fjbank", "endpoint": "http://127.0.0.1:8100/fjbank", "public_key": KEY, "bank": "icbc"}
    return connect_partner(**(given | changes), acting=SYSTEM, now=NOW)  # type: ignore[arg-type]


def test_a_connected_partner_is_found_by_its_bank(enter: Enter) -> None:
    enter()
    enter("tel", source="telecom")
    assert list_connected() == [] and find_bank_partner("icbc") is None
    partner = connect(endpoint="https://[::1]:8100/fj.bank/", public_key=KEY.upper())
    assert (partner.endpoint, partner.public_key) == ("https://[::1]:8100/fj.bank", KEY)
    telecom = connect(code="tel", bank="")
    assert list_connected() == [partner, telecom]
    assert find_bank_partner("icbc") == partner
    assert find_bank_partner("abc") is None and find_bank_partner("") is None


def test_a_closed_partner_gets_nothing(enter: Enter) -> None:
    enter()
    connect()
    Partner.objects.update(is_active=False)
    assert list_connected() == [] and find_bank_partner("icbc") is None


def test_connecting_is_journaled_when_it_changes_something(enter: Enter) -> None:
    partner = enter()
    for endpoint in ("http://a/x", "http://a/x/", "http://b/x"):
        connect(endpoint=endpoint)
    entries = Entry.objects.filter(event="partner.connected")
    assert [entry.payload for entry in entries] == [
        {"partner_id": partner.pk, "bank": "icbc", "place": "350000"},
    ] * 2
    assert Partner.objects.get().endpoint == "http://b/x"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "nobody"}, "not_found"),
        ({"endpoint": ""}, "endpoint_invalid"),
        ({"endpoint": "ftp://host/x"}, "endpoint_invalid"),
        ({"endpoint": "http:///x"}, "endpoint_invalid"),
        ({"endpoint": "http://user@host/x"}, "endpoint_invalid"),
        ({"endpoint": "http://host:99999999/x"}, "endpoint_invalid"),
        ({"endpoint": "http://host/x?a=1"}, "endpoint_invalid"),
        ({"endpoint": "http://host/a b"}, "endpoint_invalid"),
        ({"endpoint": "http://host/" + "x" * 200}, "endpoint_invalid"),
        ({"public_key": "ab" * 31}, "public_key_invalid"),
        ({"public_key": "zz" * 32}, "public_key_invalid"),
        ({"bank": "nobank"}, "bank_unknown"),
        ({"bank": "abc"}, "bank_taken"),
    ],
)
def test_a_connection_that_does_not_fit_is_refused(enter: Enter, changes: dict[str, str], code: str) -> None:
    enter()
    enter("other")
    connect(code="other", bank="abc")
    with pytest.raises(PartnerRefused) as refused:
        connect(**changes)
    assert refused.value.code == code and code in catalog.errors()
    assert Partner.objects.get(code="fjbank").endpoint == ""
