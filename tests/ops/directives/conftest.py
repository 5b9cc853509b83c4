"""The officers between whom directives go: a province that orders, a city below it, a county and its station."""

from dataclasses import dataclass
from typing import Any

import pytest

from yipanqi.rehearsal.world import World


@dataclass
class Ranks:
    """One duty officer per unit, and a second one in the province and the county."""

    province: Any
    commander: Any
    city: Any
    county: Any
    county_second: Any
    other_county: Any
    station: Any


@pytest.fixture
def ranks(world: World) -> Ranks:
    return Ranks(
        province=world.officer("province", roles=["duty_officer"]),
        commander=world.officer("commander", roles=["commander"]),
        city=world.officer("city", roles=["duty_officer"], unit="350100"),
        county=world.officer("county", roles=["duty_officer"], unit="350104"),
        county_second=world.officer("county2", roles=["duty_officer"], unit="350104"),
        other_county=world.officer("other", roles=["duty_officer"], unit="350203"),
        station=world.officer("station", roles=["station_officer"], unit="350104001"),
    )
