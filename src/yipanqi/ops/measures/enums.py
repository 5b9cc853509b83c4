"""Codes of the measures app that are no statuses."""

from enum import StrEnum


class Target(StrEnum):
    """Whose account is stopped: the resident's own, to protect it, or a suspect's."""

    PROTECTIVE = "protective"
    SUSPECT = "suspect"


class OrderKind(StrEnum):
    """What a bank is told to do."""

    STOP = "stop"
    EXTEND = "extend"
    LIFT = "lift"


class Purpose(StrEnum):
    """What a second signature is for."""

    STOP = "stop"
    EXTENSION = "extension"


class Coverage(StrEnum):
    """Whether what the bank holds reaches the sum asked for."""

    COVERED = "covered"
    SHORT = "short"


class DifferenceKind(StrEnum):
    """How a bank's list and ours disagree."""

    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    END_DIFFERS = "end_differs"
    ACCOUNT_DIFFERS = "account_differs"
    ANSWER = "answer"
