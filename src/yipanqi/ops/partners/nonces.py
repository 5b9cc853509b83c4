"""Which signed requests were seen, so that none is let in twice. Making and checking signatures is not ops' matter."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from yipanqi.ops.partners.models import PartnerNonce

_REMEMBER = """
INSERT INTO partners_partnernonce (signer, nonce, seen_at) VALUES (%s, %s, %s)
ON CONFLICT (signer, nonce) DO NOTHING
"""


def remember_nonce(signer: str, nonce: UUID, at: datetime) -> bool:
    """Note a request's nonce; False when this signer used it before.

    Committed at once, so that two calls with the same nonce cannot both pass, whatever becomes of the first.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [signer, nonce, at])
        return cursor.rowcount == 1


def forget_nonces(*, before: datetime) -> int:
    """Delete nonces seen before `before`; returns how many. Keep those that a signature's window still covers."""
    return PartnerNonce.objects.filter(seen_at__lt=before).delete()[0]
