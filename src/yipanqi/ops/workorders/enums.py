"""Kinds of work orders, and what a call is for."""

from enum import StrEnum


class WorkKind(StrEnum):
    """A call from the seat (电话劝阻) or a visit by the station (上门劝阻)."""

    CALL = "call"
    VISIT = "visit"


class Purpose(StrEnum):
    """To dissuade, or to ask a day later whether it held (回访). A call-back waits outside of the ranking."""

    DISSUADE = "dissuade"
    CALLBACK = "callback"
