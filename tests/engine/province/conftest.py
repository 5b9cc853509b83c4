"""One province of three days for the tests of this room."""

import pytest

from yipanqi.engine.province import Province, generate


@pytest.fixture(scope="session")
def province() -> Province:
    return generate(5, 3)
