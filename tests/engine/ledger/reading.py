"""Run as a program: reads a store over and over until the file `stop` is there, and prints each ledger's digest.

Each is reckoned from the mapped columns, and once more at the end from those mapped first.
"""

import sys
from pathlib import Path

from yipanqi.engine.ledger.store import Store
from yipanqi.engine.ledger.table import digest_of


def main(folder: Path, stop: Path) -> None:
    """Print the digests, the first ledger's last."""
    store = Store.open(folder)
    first = store.ledger()
    print(digest_of(first), flush=True)
    while not stop.exists():
        print(digest_of(store.ledger()), flush=True)
    print(digest_of(first), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
