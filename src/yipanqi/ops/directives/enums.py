"""Who can stand behind a directive, and while it stands where its clock runs."""

from enum import StrEnum

ON_THE_CLOCK = ("issued", "accepted", "acted")  # until it is verified


class IssuerKind(StrEnum):
    """An officer for the own unit, or a partner such as the national centre."""

    OFFICER = "officer"
    PARTNER = "partner"
