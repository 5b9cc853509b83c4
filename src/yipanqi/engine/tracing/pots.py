"""What is kept of a pot while money is followed: one line of memory each, for all methods.

`pot[p, ...]` holds eight int64. `fifo` and `lifo` keep first and last node of a list of lots; `haircut` keeps where
its slice of tagged sources begins, how many there are and fit, and the rank of clean money. Leaves the lists to
`lots` and `shares`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

TAINTED: Final = 0  # how much of the money carries a tag
CLEAN_MONEY: Final = 1  # haircut: how much carries none
FIRST: Final = 2  # first node; haircut: start of the slice
LAST: Final = 3  # last node; haircut: how many tagged sources there are
ROOM: Final = 4  # haircut: how many fit
RANK: Final = 5  # haircut: 1 + how many tagged sources entered before clean money did; 0: it never did
OUT_NEXT: Final = 6  # how many debits were followed
IN_NEXT: Final = 7  # how many credits were followed
WIDTH: Final = 8


def new_pots(count: int) -> NDArray[np.int64]:
    """Pots that hold nothing traced."""
    return np.zeros((count, WIDTH), np.int64)
