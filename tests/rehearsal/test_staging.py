"""The stage of the demo: one login per desk, partners with keys, safe to repeat, and never in a real centre."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from yipanqi import catalog
from yipanqi.config.environment import SettingError
from yipanqi.ops.partners.admission import KeyInvalid, authenticate
from yipanqi.ops.partners.models import PartnerKey
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.signing import sign_in
from yipanqi.rehearsal.staging import (
    DESK_CLERKS,
    DUTIES,
    FEED,
    KEYS_FILE,
    NATIONAL,
    PARTNERS,
    SEATS,
    STATION,
    stage,
)
from yipanqi.rehearsal.world import World
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_every_desk_has_a_login_that_works(tmp_path: Path) -> None:
    stage(tmp_path, now=NOW)
    for username, role in DEMO_OFFICERS.items():
        assert sign_in(username=username, password=DEMO_PASSWORD, now=NOW).roles == [role]
    assert Officer.objects.count() == len(DEMO_OFFICERS) + len(SEATS) + len(STATION) + len(DUTIES) + len(
        DESK_CLERKS
    )
    units = Officer.objects.filter(username__in=DUTIES).values_list("unit_id", flat=True)
    assert sorted(units) == ["350100", "350100", "350104", "350104"], "two each: who acts does not verify"


def test_every_partner_has_a_key_that_opens_the_door(tmp_path: Path) -> None:
    keys = stage(tmp_path, now=NOW)
    assert set(keys) == set(PARTNERS)
    for code, key in keys.items():
        act = "transfers.write" if code == FEED else "warnings.write"
        assert authenticate(key=key, act=act, now=NOW).code == code
    assert {source for source, _, _ in PARTNERS.values()} <= set(catalog.sources())
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o077 == 0


def test_the_national_platform_may_order_and_no_other(tmp_path: Path) -> None:
    keys = stage(tmp_path, now=NOW)
    assert authenticate(key=keys[NATIONAL], act="directives.write", now=NOW).code == NATIONAL
    with pytest.raises(KeyInvalid):
        authenticate(key=keys["ccb"], act="directives.write", now=NOW)


def test_a_key_of_an_earlier_version_is_replaced(tmp_path: Path) -> None:
    first = stage(tmp_path, now=NOW)
    PartnerKey.objects.filter(partner__code=NATIONAL).update(acts=["warnings.write"])
    second = stage(tmp_path, now=NOW)
    assert {code for code in first if first[code] != second[code]} == {NATIONAL}
    assert authenticate(key=second[NATIONAL], act="directives.write", now=NOW).code == NATIONAL


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    first = stage(tmp_path, now=NOW)
    counts = Officer.objects.count(), PartnerKey.objects.count()
    assert stage(tmp_path, now=NOW) == first
    assert (Officer.objects.count(), PartnerKey.objects.count()) == counts


def test_a_stage_left_half_built_is_finished(tmp_path: Path) -> None:
    stage(tmp_path, now=NOW)
    Officer.objects.filter(username="auditor").delete()
    (tmp_path / KEYS_FILE).write_text("{}")
    keys = stage(tmp_path, now=NOW)
    assert Officer.objects.filter(username="auditor").exists()
    assert authenticate(key=keys["ccb"], act="warnings.write", now=NOW).code == "ccb"


def test_a_real_centre_gets_no_known_passwords(tmp_path: Path) -> None:
    World(now=NOW).officer("real")
    with pytest.raises(SettingError, match="YIPANQI_DATA"):
        stage(tmp_path, now=NOW)
    assert list(Officer.objects.values_list("username", flat=True)) == ["real"]
