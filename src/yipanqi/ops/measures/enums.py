"""Codes of the measures app that are no statuses."""

from enum import StrEnum


class Target(StrEnum):
    """Whose account is stopped: the resident's own, to protect it, or a suspect's."""

    PROTECTIVE = "protective"
    SUSPECT = "suspect"


class OrderKind(StrEnum):
    """What a bank is told to do; from FREEZE on it is about a freeze. CUT lets go a part, RELEASE all of it."""

    STOP = "stop"
    EXTEND = "extend"
    LIFT = "lift"
    FREEZE = "freeze"
    RENEW = "renew"
    CUT = "cut"
    RELEASE = "release"
    RETURN_MONEY = "return_money"


class Purpose(StrEnum):
    """What a second signature is for; from FREEZE on it is about a freeze."""

    STOP = "stop"
    EXTENSION = "extension"
    FREEZE = "freeze"
    RENEWAL = "renewal"
    CUT = "cut"
    RELEASE = "release"


class FreezeKind(StrEnum):
    """How much a freeze takes: an amount, or all there is and comes."""

    AMOUNT = "amount"
    FULL = "full"


class TermKind(StrEnum):
    """By which rule a freeze's term is counted: that of an ordinary case, or of a grave or complex one."""

    ORDINARY = "ordinary"
    COMPLEX = "complex"


class ChangeKind(StrEnum):
    """How a running freeze is changed; the codes are those of the orders."""

    RENEW = "renew"
    CUT = "cut"
    RELEASE = "release"


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
    AMOUNT_DIFFERS = "amount_differs"
    ANSWER = "answer"
