"""A centre under a virtual clock. Officers and partners are made by its methods."""

import pytest

from yipanqi.rehearsal.world import World


@pytest.fixture
def world(db: None) -> World:
    """A loaded world in the test's database; with `transaction=True` what it does is committed."""
    return World().load()
