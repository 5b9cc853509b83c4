"""What a trace's papers rest on, so that another person can follow the same money again and find the same.

The ledger's hash and the seeds stand in the trace itself; here is what was asked beside them. Leaves writing it
down to the papers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from yipanqi import __version__
from yipanqi.kernel.errors import YipanqiError

OWN_VERSION = f"yipanqi {__version__}"


class EvidenceError(YipanqiError):
    """A paper cannot be made of a trace, or a file is no evidence of one."""

    code = "evidence_refused"


@dataclass(frozen=True, slots=True)
class Provenance:
    """With what a trace was made.

    `opening`: balances in minor units by account, None when none were given; `sinks`: kind by account; `hub_degree`:
    the hub rule or None; `pack_id`, `pack_version` and `zone` are those of the policy pack in force.
    """

    pack_id: str
    pack_version: str
    zone: ZoneInfo
    opening: Mapping[str, int] | None = None
    sinks: Mapping[str, str] = field(default_factory=dict)
    hub_degree: int | None = None
    program: str = OWN_VERSION
