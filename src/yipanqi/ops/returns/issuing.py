"""What a victim is handed: a follow code, and what it takes to be paid to another account.

A code is shown once and kept as its index alone; a new one ends the old. Leaves alone: the first notice and the
application (`claims`), looking a code up (`following`).
"""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from yipanqi.ops.journal.services import write_entries
from yipanqi.ops.returns.codes import code_index, new_code
from yipanqi.ops.returns.moving import claim_draft, lock_claim_of
from yipanqi.ops.staff.queries import as_actor

if TYPE_CHECKING:
    from yipanqi.ops.staff.models import Officer


@transaction.atomic
def issue_code(*, claim_id: uuid.UUID, acting_officer: "Officer", now: datetime) -> str:
    """A new follow code for a claim, to be read out or printed now; the one before opens nothing any more."""
    claim = lock_claim_of(acting_officer, claim_id)
    code = new_code()
    first = claim.code_index is None
    claim.code_index = code_index(code)
    claim.save(update_fields=["code_index"])
    acting = as_actor(acting_officer)
    write_entries([claim_draft(claim, "claim.code_issued", acting, now, before=claim.status, first=first)])
    return code
