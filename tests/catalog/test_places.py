"""The table of jurisdictions: a whole tree with the right counts, and a reader that refuses a broken one."""

from collections import Counter

import pytest

from yipanqi import catalog
from yipanqi.catalog.items import CatalogError
from yipanqi.catalog.places import parse_places
from yipanqi.kernel.places import Tier, ancestor_codes

HEADER = "code,tier,parent,name_zh,name_en,population\n"
TOP = "350000,province,,福建省,Fujian,41540086\n"


def test_the_province_has_nine_cities_84_counties_and_its_stations() -> None:
    tiers = Counter(place.tier for place in catalog.jurisdictions().values())
    assert tiers[Tier.PROVINCE] == 1
    assert tiers[Tier.CITY] == 9
    assert tiers[Tier.COUNTY] == 84
    assert 900 <= tiers[Tier.STATION] <= 1200


def test_every_place_hangs_from_the_province() -> None:
    places = catalog.jurisdictions()
    for place in places.values():
        line = ancestor_codes(place.code)
        assert line[0] == "350000"
        assert all(code in places for code in line)
        assert place.parent == (line[-2] if len(line) > 1 else "")


def test_every_county_but_kinmen_has_stations() -> None:
    places = catalog.jurisdictions().values()
    counties = {place.code for place in places if place.tier is Tier.COUNTY}
    with_stations = {place.parent for place in places if place.tier is Tier.STATION}
    assert counties - with_stations == {"350527"}


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("350100", "福州市", "Fuzhou"),
        ("350104", "仓山区", "Cangshan District"),
        ("350105", "马尾区", "Mawei District"),
        ("350121", "闽侯县", "Minhou County"),
        ("350181", "福清市", "Fuqing City"),
        ("350213", "翔安区", "Xiang'an District"),
        ("350405", "沙县区", "Shaxian District"),
        ("350527", "金门县", "Kinmen County"),
        ("350604", "龙海区", "Longhai District"),
        ("350605", "长泰区", "Changtai District"),
        ("350803", "永定区", "Yongding District"),
    ],
)
def test_names_as_they_are_since_2021(code: str, zh: str, en: str) -> None:
    name = catalog.jurisdictions()[code].name
    assert (name.zh, name.en) == (zh, en)


def test_divisions_merged_away_in_2021_are_gone() -> None:
    assert not {"350402", "350403", "350427", "350681", "350625"} & catalog.jurisdictions().keys()


def test_stations_are_named_after_their_street_and_once_per_county() -> None:
    stations = [place for place in catalog.jurisdictions().values() if place.tier is Tier.STATION]
    assert all(place.name.zh.endswith("派出所") for place in stations)
    assert all(place.name.en.endswith(" Station") for place in stations)
    names = Counter((place.parent, place.name.zh) for place in stations)
    assert max(names.values()) == 1
    assert ("上渡派出所", "Shangdu Station") in {
        (place.name.zh, place.name.en) for place in stations if place.parent == "350104"
    }


def test_city_populations_add_up_to_the_province() -> None:
    places = catalog.jurisdictions()
    cities = [place.population for place in places.values() if place.tier is Tier.CITY]
    assert sum(each or 0 for each in cities) == places["350000"].population


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,name\n", "t.csv row 1: the header must be code,tier"),
        (HEADER, "t.csv row 1: holds no places"),
        (HEADER + "350000,province\n", "t.csv row 2: does not have 6 columns"),
        (HEADER + TOP.rstrip() + ",x\n", "t.csv row 2: does not have 6 columns"),
        (HEADER + TOP + TOP, "t.csv row 3: code: 350000 is given twice"),
        (
            HEADER + TOP + "350104,county,350100,仓山区,Cangshan,\n",
            "t.csv row 3: parent: 350100 does not stand",
        ),
        (
            HEADER + TOP + "350100,county,350000,福州市,Fuzhou,\n",
            "t.csv row 3: tier: 'county' should be 'city'",
        ),
        (HEADER + TOP + "350100,city,,福州市,Fuzhou,\n", "t.csv row 3: parent: '' should be '350000'"),
        (HEADER + TOP + "350100,city,350000,福州市,,\n", "t.csv row 3: name_en: is blank"),
        (HEADER + TOP + "350100,city,350000,福州市,Fuzhou,8m\n", "t.csv row 3: population: '8m' is not"),
        (HEADER + TOP + "3501,city,350000,福州市,Fuzhou,\n", "t.csv row 3: code: "),
    ],
)
def test_a_broken_table_is_refused_by_row_and_column(text: str, message: str) -> None:
    with pytest.raises(CatalogError) as refused:
        parse_places("t.csv", text)
    assert message in str(refused.value)
