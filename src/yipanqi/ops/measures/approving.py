"""What every second signature shares: who may give it, and that it was decided.

Which act a signature is about and what follows is in `signing` for stops, in `freezing.deciding` for freezes.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import Tier, tier_of
from yipanqi.ops.measures.models import AskedSignature

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer

REASON_MAX = 500
RANKS = {Tier.STATION: 0, Tier.COUNTY: 1, Tier.CITY: 2, Tier.PROVINCE: 3}


class SignatureRefused(YipanqiError):
    """A signature cannot be given, or not by this officer.

    Codes: second_person_needed, tier_too_low (tier), signature_decided (status), reason_missing, field_too_long.
    """

    code = "signature_decided"


def tiers_up_to(scope_code: str) -> list[str]:
    """The tiers whose signature an officer with this scope may give."""
    own = RANKS[tier_of(scope_code)]
    return [str(tier) for tier, rank in RANKS.items() if rank <= own]


def check_signer(officer: "Officer", *, least: str, not_by: Collection[UUID | int | None]) -> None:
    """Pass silently when the officer is of the tier and none of those who may not sign. Raises SignatureRefused."""
    if officer.id in not_by:
        raise SignatureRefused("another officer has to sign", code="second_person_needed")
    if least not in tiers_up_to(officer.scope_code):
        raise SignatureRefused("a higher tier has to sign", code="tier_too_low", tier=least)


def check_waiting(signature: AskedSignature) -> None:
    """Pass silently while nobody has decided. Raises SignatureRefused `signature_decided`."""
    if signature.status != "waiting":
        raise SignatureRefused("the signature was decided", code="signature_decided", status=signature.status)


def check_reason(reason: str) -> None:
    """Pass silently when a reason to decline is there and fits. Raises SignatureRefused."""
    if not reason.strip():
        raise SignatureRefused("a reason is needed", code="reason_missing")
    if len(reason) > REASON_MAX:
        raise SignatureRefused("the reason is too long", code="field_too_long", limit=REASON_MAX)


def decide(signature: AskedSignature, status: str, officer: "Officer | None", now: datetime) -> None:
    """Note on a locked signature that it was signed, declined or lapsed, by whom, and how long it took. Saves it."""
    signature.status, signature.decided_by, signature.decided_at = status, officer, now
    signature.seconds_to_sign = max(0, int((now - signature.asked_at).total_seconds()))
    signature.save()
