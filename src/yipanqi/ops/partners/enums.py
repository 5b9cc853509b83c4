"""What a partner's key can be good for."""

from enum import StrEnum


class PartnerAct(StrEnum):
    """An act of a partner through the API."""

    WARNINGS_WRITE = "warnings.write"
    REPORTS_WRITE = "reports.write"
    DIRECTIVES_WRITE = "directives.write"
    TRANSFERS_WRITE = "transfers.write"
