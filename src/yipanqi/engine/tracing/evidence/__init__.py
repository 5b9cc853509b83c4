"""Papers of a trace: the flow table (资金流向表, XLSX), its picture (SVG, PNG), and the evidence file (JSON).

The same trace with the same provenance gives the same bytes, but for the PNG, whose letters are those of the
machine's fonts. Leaves following the money to `tracing`.
"""

from yipanqi.engine.tracing.evidence.document import evidence_json, verify_evidence
from yipanqi.engine.tracing.evidence.flow_table import flow_table
from yipanqi.engine.tracing.evidence.picture import picture_svg
from yipanqi.engine.tracing.evidence.provenance import EvidenceError, Provenance
from yipanqi.engine.tracing.evidence.raster import picture_png
from yipanqi.engine.tracing.evidence.wording import Showing

__all__ = [
    "EvidenceError",
    "Provenance",
    "Showing",
    "evidence_json",
    "flow_table",
    "picture_png",
    "picture_svg",
    "verify_evidence",
]
