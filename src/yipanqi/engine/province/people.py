"""Residents of the province: names, ages, places, phones and ID numbers.

Phones begin with 140 and ID numbers with area 359, ranges never issued to anyone; shapes and check
characters are valid. Homes are spread over the catalog's stations by population. Leaves accounts to
`banking`.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from yipanqi import catalog
from yipanqi.engine.province.scenario import Scenario
from yipanqi.engine.province.streams import Draws, Weighted, stream

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_PHONE_STEP: Final = 61_803_399  # coprime to 10^8: walks through every number once
_UNKNOWN_POPULATION: Final = 300_000
_AGE_BANDS: Final = Weighted(((12, 17), (18, 40), (41, 65), (66, 85)), (6, 42, 40, 12))


@dataclass(frozen=True, slots=True)
class Home:
    """A station's area and the spoken name of its county."""

    station_code: str
    place_name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person before any account is opened."""

    id: str
    name: str
    sex: str
    birth_date: date
    age: int
    phone: str
    id_number: str
    home: Home
    payday: int


@cache
def _names() -> Any:
    return yaml.safe_load(files("yipanqi.engine.province").joinpath("names.yaml").read_bytes())


def name_for(draws: Draws, sex: str) -> str:
    """A name of one surname and one or two given characters; three draws."""
    given: list[str] = _names()["given_male" if sex == "M" else "given_female"]
    surname, first, second = draws.weighted(_surnames()), draws.pick(given), draws.pick(["", *given * 3])
    return surname + first + second


@cache
def _surnames() -> Weighted[str]:
    surnames = _names()["surnames"]
    return Weighted(tuple(surnames), tuple(surnames.values()))


@cache
def homes() -> Weighted[tuple[Home, ...]]:
    """Counties as tuples of their stations' homes, weighted by population."""
    places = catalog.jurisdictions()
    stations: dict[str, list[Home]] = {}
    for place in places.values():
        if place.tier == "station":
            county = places[place.parent]
            stations.setdefault(county.code, []).append(Home(place.code, county.name.zh))
    counties = tuple(stations)
    weights = tuple((places[code].population or _UNKNOWN_POPULATION) // 1000 + 1 for code in counties)
    return Weighted(tuple(tuple(stations[code]) for code in counties), weights)


def make_people(scenario: Scenario) -> list[Person]:
    """Make the residents of a scenario, in order of id."""
    draws = stream(scenario.seed, "people", ahead=4096)
    offset = draws.whole(0, 10**8 - 1)
    return [_person(scenario, draws, number, offset) for number in range(1, scenario.resident_count + 1)]


def _person(scenario: Scenario, draws: Draws, number: int, offset: int) -> Person:
    sex = "M" if draws.chance(0.51) else "F"
    low, high = draws.weighted(_AGE_BANDS)
    age = draws.whole(low, high)
    birth_date = date(scenario.start_date.year - age - 1, draws.whole(1, 12), draws.whole(1, 28))
    county: tuple[Home, ...] = draws.weighted(homes())
    return Person(
        id=f"R{number:07d}",
        name=name_for(draws, sex),
        sex=sex,
        birth_date=birth_date,
        age=_age_on(scenario.start_date, birth_date),
        phone=f"140{(offset + number * _PHONE_STEP) % 10**8:08d}",
        id_number=id_number(birth_date, sex, number),
        home=draws.pick(county),
        payday=draws.pick((5, 8, 10, 15, 20, 25)),
    )


def _age_on(today: date, birth_date: date) -> int:
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def id_number(birth_date: date, sex: str, number: int) -> str:
    """An ID number by GB 11643 in the never-issued area 359xxx; distinct by `number` per birthday."""
    area, rest = divmod(number, 500)
    order = rest * 2 + (1 if sex == "M" else 0)
    body = f"359{area % 1000:03d}{birth_date:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + _ID_CHECKS[total % 11]
