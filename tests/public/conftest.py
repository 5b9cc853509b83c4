"""A loaded centre for the public door, and threads that all start at once."""

import pytest

from tests.ops.conftest import in_threads as in_threads
from yipanqi.rehearsal.world import World


@pytest.fixture
def world(db: None) -> World:
    """A loaded world in the test's database."""
    return World().load()
