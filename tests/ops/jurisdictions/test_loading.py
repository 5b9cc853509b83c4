"""The tree of places: loaded from the catalog as often as one likes, looked up in both languages."""

import pytest

from yipanqi import catalog
from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.jurisdictions.queries import find_place, full_name, list_children, place_name, root_code
from yipanqi.ops.jurisdictions.services import load_jurisdictions

pytestmark = pytest.mark.django_db


def test_loading_twice_gives_the_same_table() -> None:
    first = load_jurisdictions()
    rows = list(Jurisdiction.objects.order_by("code").values())
    assert load_jurisdictions() == first == len(rows) == len(catalog.jurisdictions())
    assert list(Jurisdiction.objects.order_by("code").values()) == rows


def test_loading_brings_a_changed_name_back_and_keeps_places_no_longer_listed() -> None:
    load_jurisdictions()
    Jurisdiction.objects.filter(code="350104").update(name_zh="旧名")
    Jurisdiction.objects.create(
        code="350104999", tier="station", parent_id="350104", path="x", name_zh="旧所", name_en="Old Station"
    )
    load_jurisdictions()
    assert place_name("350104", "zh-hans") == "仓山区"
    assert find_place("350104999") is not None


def test_looking_up_names_parents_and_children() -> None:
    load_jurisdictions()
    assert (place_name("350104", "zh-hans"), place_name("350104", "en")) == ("仓山区", "Cangshan District")
    assert full_name("350104001", "zh-hans") == "仓山区·仓前派出所"
    assert full_name("350104", "en") == "Cangshan District"
    assert place_name("999999", "en") == full_name("999999", "en") == "999999"
    assert root_code() == "350000"
    station = find_place("350104001")
    assert station is not None
    assert (station.parent_id, station.path) == ("350104", "350000/350100/350104/350104001")
    assert "350104001" in [place.code for place in list_children("350104")]
    assert list_children("350104001") == []
