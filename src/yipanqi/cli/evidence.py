"""The papers of `yipanqi trace`: flow table, picture and evidence file, and the check of an evidence file.

Leaves the trace itself, and reading openings and ends, to `trace`.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from yipanqi import catalog
from yipanqi.engine.ledger import Ledger
from yipanqi.engine.tracing.evidence import (
    EvidenceError,
    Provenance,
    Showing,
    evidence_json,
    flow_table,
    picture_png,
    picture_svg,
    verify_evidence,
)
from yipanqi.engine.tracing.result import Trace


def write_evidence(
    trace: Trace,
    options: argparse.Namespace,
    *,
    opening: Mapping[str, int] | None,
    sinks: Mapping[str, str],
    hub_degree: int | None,
) -> None:
    """Write the papers that `options` name and say so on stderr; `opening`, `sinks`, `hub_degree` are the trace's
    own.

    Raises EvidenceError for a file that cannot be written, PolicyError for a pack that is not there.
    """
    wanted = (options.xlsx, options.svg, options.png, options.evidence)
    if not any(wanted):
        return
    pack = catalog.policy(options.policy)
    provenance = Provenance(pack.id, pack.version, pack.zone, opening, sinks, hub_degree)
    showing = Showing(options.lang)
    if options.xlsx:
        _write(options.xlsx, flow_table(trace, provenance, showing))
    if options.svg or options.png:
        picture = picture_svg(trace, provenance, showing)
        if options.svg:
            _write(options.svg, picture.encode())
        if options.png:
            _write(options.png, picture_png(picture))
    if options.evidence:
        _write(options.evidence, evidence_json(trace, provenance))


def verify_file(path: Path, ledger: Ledger) -> int:
    """Follow the money of an evidence file again, print what differs; return 0 when it agrees, else 1."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror or error}") from error
    differences = verify_evidence(data, ledger)
    for difference in differences:
        print(difference)
    if not differences:
        print(f"{path}: the ledger gives the same trace")
    return 1 if differences else 0


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror or error}") from error
    print(f"written {path}", file=sys.stderr)
