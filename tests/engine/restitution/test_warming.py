"""A split made ready: every kernel it needs is compiled by then."""

from yipanqi.engine.restitution import books, inflows, lowest, stamps
from yipanqi.engine.restitution.warming import warm_up


def test_it_comes_to_every_kernel():
    warm_up()
    kernels = (books._walk, books._mark_ties, stamps._sweep, stamps._list, inflows._sweep, lowest.finish)
    assert all(kernel.signatures for kernel in kernels)
