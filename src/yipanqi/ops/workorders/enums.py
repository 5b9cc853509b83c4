"""Kinds of work orders."""

from enum import StrEnum


class WorkKind(StrEnum):
    """A call from the seat (电话劝阻) or a visit by the station (上门劝阻)."""

    CALL = "call"
    VISIT = "visit"
