"""A worker made ready: the engine's kernels have run once and nothing was written."""

from yipanqi.analytics.models import LedgerRow
from yipanqi.analytics.warming import warm_up
from yipanqi.rehearsal.world import World


def test_it_runs_and_leaves_nothing_behind(world: World) -> None:
    warm_up()
    assert not LedgerRow.objects.exists()
