"""Progress of long work on stderr: at most one line every two seconds, none in the first two."""

import sys
import time
from typing import Final

_EVERY_S: Final = 2.0


class Progress:
    """Says `what done/total` now and then; call it as often as you like."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next_s = time.monotonic() + _EVERY_S

    def __call__(self, done: int, total: int | None = None) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _EVERY_S
            of_total = "" if total is None else f"/{total:,}"
            print(f"{self._what} {done:,}{of_total}", file=sys.stderr, flush=True)
