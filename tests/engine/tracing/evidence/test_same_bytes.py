"""The same trace gives the same papers: again, in another process, hash seed and zone, and from shuffled rows."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.engine.tracing.evidence.sample import PROVENANCE, case
from tests.engine.tracing.ledgers import ledger_of
from tests.engine.tracing.oracle import Row
from yipanqi.engine.tracing.evidence import Showing, evidence_json, flow_table, picture_png, picture_svg
from yipanqi.engine.tracing.tracing import trace

ROOT = Path(__file__).resolve().parents[4]


def sums():
    """SHA-256 of each paper of the case in both languages."""
    papers = [evidence_json(case(), PROVENANCE)]
    for lang in ("zh", "en"):
        picture = picture_svg(case(), PROVENANCE, Showing(lang))
        papers += [flow_table(case(), PROVENANCE, Showing(lang)), picture.encode(), picture_png(picture)]
    return [hashlib.sha256(paper).hexdigest() for paper in papers]


def test_again_and_in_another_process():
    here = sums()
    assert sums() == here
    code = "from tests.engine.tracing.evidence.test_same_bytes import sums; print(sums())"
    environment = os.environ | {"PYTHONHASHSEED": "4242", "PYTHONPATH": "src:.", "TZ": "America/New_York"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(here)


def test_the_order_of_rows_in_the_files_does_not_matter():
    rows = [
        Row(f"t{n}", n // 3, f"A{n % 7}", f"A{(n * 5 + 1) % 11}", 100 + n, None, "transfer", None, "CNY")
        for n in range(60)
    ]
    shuffled = rows[:]
    random.Random(3).shuffle(shuffled)
    one, other = (trace(ledger_of(each), ["t4", "t20"]) for each in (rows, shuffled))
    assert picture_svg(one, PROVENANCE) == picture_svg(other, PROVENANCE)
    assert flow_table(one, PROVENANCE) == flow_table(other, PROVENANCE)
    assert evidence_json(one, PROVENANCE) == evidence_json(other, PROVENANCE)
