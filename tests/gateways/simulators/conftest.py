"""One process with many institutions for a module of tests; each test gets banks that nobody has dealt with yet."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.gateways.stand_in import CentreStandIn, Simulators

MANY = 60


@pytest.fixture(scope="module")
def centre() -> Iterator[CentreStandIn]:
    """The centre's answer door."""
    stand_in = CentreStandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory, centre: CentreStandIn) -> Iterator[Simulators]:
    """A running process with banks b0, b1, … and the telecoms tel0, tel1."""
    codes = [f"b{number}" for number in range(MANY)] + ["tel0", "tel1"]
    running = Simulators(tmp_path_factory.mktemp("simulators"), centre.url, codes).start()
    yield running
    running.close()


_numbers = count()


@pytest.fixture
def bank() -> str:
    """The code of a bank that no other test uses."""
    return f"b{next(_numbers) % MANY}"


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Simulators]]:
    """Start simulators of one's own; they end with the test."""
    running: list[Simulators] = []

    def start(centre: CentreStandIn, codes: list[str], **given: object) -> Simulators:
        running.append(Simulators(tmp_path, centre.url, codes, **given).start())
        return running[-1]

    yield start
    for each in running:
        each.close()
