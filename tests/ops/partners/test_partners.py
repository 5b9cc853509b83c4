"""Entering partners and keys: what is refused, what is journaled, who sees them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from yipanqi.casework.authority import NotAllowed
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.journal.services import SYSTEM
from yipanqi.ops.partners.keys import KeyText, new_key, read_key
from yipanqi.ops.partners.models import Partner, PartnerKey
from yipanqi.ops.partners.queries import (
    PartnerNotFound,
    as_actor,
    find_partner,
    get_partner,
    list_keys,
    list_partners,
)
from yipanqi.ops.partners.services import PartnerRefused, issue_key, revoke_key
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.services import create_officer

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Enter = Callable[..., Partner]
pytestmark = pytest.mark.django_db


def _officer(username: str, unit_code: str, role: str) -> Officer:
    return create_officer(
        username=username,
        password=None,
        name="陈",
        unit_code=unit_code,
        group="",
        roles=[role],
        acting=SYSTEM,
        now=NOW,
    )


def test_a_partner_is_entered_once(enter: Enter) -> None:
    partner = enter()
    assert find_partner("fjbank") == partner
    assert find_partner("none") is None
    assert (partner.name("zh-hans"), partner.name("en")) == ("海峡银行", "Strait Bank")
    assert Entry.objects.get().payload == {"partner_id": partner.pk, "source": "bank", "place": "350000"}
    with pytest.raises(PartnerRefused, match="already"):
        enter()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "rumour"}, "source_unknown"),
        ({"scope_code": "999999"}, "jurisdiction_unknown"),
        ({"rate_per_minute": 0}, "rate_invalid"),
    ],
)
def test_a_partner_that_does_not_fit_is_refused(enter: Enter, changes: dict[str, object], code: str) -> None:
    with pytest.raises(PartnerRefused) as refused:
        enter(**changes)
    assert refused.value.code == code
    assert Partner.objects.count() == Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"partner_code": "none"}, "not_found"),
        ({"acts": ["warnings.write", "everything"]}, "act_unknown"),
        ({"expires_at": NOW}, "expiry_past"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(enter: Enter, changes: dict[str, object], code: str) -> None:
    enter()
    given: dict[str, object] = {
        "partner_code": "fjbank",
        "acts": ["warnings.write"],
        "acting": SYSTEM,
        "now": NOW,
    }
    with pytest.raises(PartnerRefused) as refused:
        issue_key(**(given | changes))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert PartnerKey.objects.count() == 0


def test_revoking_is_journaled_once_and_needs_a_key(enter: Enter) -> None:
    enter()
    key = issue_key(partner_code="fjbank", acts=["warnings.write"], acting=SYSTEM, now=NOW)
    for _ in range(2):
        revoke_key(prefix=key[4:12], acting=SYSTEM, now=NOW)
    assert Entry.objects.get(event="partner.key_revoked").payload["key_id"] == key[4:12]
    with pytest.raises(PartnerRefused):
        revoke_key(prefix="nosuchke", acting=SYSTEM, now=NOW)


def test_key_texts_have_their_shape_and_never_repeat() -> None:
    keys = [new_key() for _ in range(500)]
    assert len({key.prefix for key in keys}) == len({key.secret for key in keys}) == 500
    for key in keys:
        assert read_key(key.text) == key
        assert (len(key.prefix), len(key.secret), len(key.digest)) == (8, 43, 64)
        assert key.secret not in repr(key)
    assert KeyText("a", "b").digest != KeyText("a", "c").digest


def test_officers_see_partners_of_their_place_and_below(enter: Enter) -> None:
    wide, narrow = enter(), enter("county", scope_code="350104")
    province = _officer("province", "350000", "alliance_officer")
    county = _officer("county", "350104", "alliance_officer")
    assert list_partners(province) == [narrow, wide]
    assert list_partners(county) == [narrow]
    assert get_partner(county, "county") == narrow
    with pytest.raises(PartnerNotFound):
        get_partner(county, "fjbank")
    assert as_actor(narrow).id == "county"


def test_keys_are_listed_newest_first_to_those_who_may_see_the_partner(enter: Enter) -> None:
    enter()
    issued = [
        issue_key(partner_code="fjbank", acts=["warnings.write"], acting=SYSTEM, now=NOW) for _ in range(2)
    ]
    officer = _officer("province", "350000", "administrator")
    assert [key.prefix for key in list_keys(officer, "fjbank")] == [key[4:12] for key in reversed(issued)]
    with pytest.raises(NotAllowed):
        list_keys(_officer("lin", "350000", "operator"), "fjbank")
    with pytest.raises(PartnerNotFound):
        list_keys(_officer("county", "350104", "administrator"), "fjbank")
