"""Who can stand behind an entry."""

from enum import StrEnum


class ActorKind(StrEnum):
    """Kind of actor: an officer, a partner's key, the public, or the system itself (a worker, a clock)."""

    OFFICER = "officer"
    PARTNER = "partner"
    PUBLIC = "public"
    SYSTEM = "system"
