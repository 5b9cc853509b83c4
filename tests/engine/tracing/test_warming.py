"""The engine made ready: what a trace or a chase needs is compiled by then, the sweeps too."""

from yipanqi.engine.tracing import live_moving, reaching, single, walking
from yipanqi.engine.tracing.warming import warm_up


def test_it_comes_to_every_kernel():
    kernels = (walking.follow_heap, walking.follow_sweep, single._sweep, live_moving.run, reaching._sweep)
    warm_up()
    assert all(kernel.signatures for kernel in kernels)
