"""`python -m benchmarks [--quick]`: run every measurement on one fresh centre; writes benchmarks/results.json."""

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import measures, orders
from benchmarks.centre import running
from benchmarks.rows import texts

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Measure and print a table; exit 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, results are not written")
    quick = parser.parse_args().quick
    _, source = texts()
    print(f"texts: {source}", flush=True)
    found = measures.narrative()
    _show(found)
    with running() as bench:
        for name, measure in (
            (
                "orders",
                lambda: orders.orders(bench, count=300 if quick else 3000, seconds=6 if quick else 60),
            ),
            ("report_to_order", lambda: orders.report_to_order(bench, times=10 if quick else 100)),
            ("single_intake", lambda: measures.single_intake(bench, count=150 if quick else 1500)),
            ("wall_latency", lambda: measures.wall_latency(bench, times=10 if quick else 60)),
            ("batch_intake", lambda: measures.batch_intake(bench, batches=1 if quick else 10)),
            ("desks", lambda: measures.desks(bench, times=20 if quick else 150)),
            ("memory", lambda: measures.memory(bench)),
        ):
            started = time.perf_counter()
            rows = measure()
            _show(rows)
            print(f"  ({name} took {time.perf_counter() - started:.0f} s)", flush=True)
            found += rows
    if not quick:
        _write(found, source)
    return 0


def _show(rows: list[measures.Result]) -> None:
    for what, value, unit in rows:
        print(f"  {what:<42} {value:>10,.1f} {unit}", flush=True)


def _write(rows: list[measures.Result], source: str) -> None:
    record = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "texts": source,
        "results": {what: {"value": round(value, 1), "unit": unit} for what, value, unit in rows},
    }
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
