"""Transfers in: a bank posts what moved, as it moves.

Answers 202 once all that was taken is committed; each row is judged.
"""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from yipanqi.analytics.services import count_fates, take_transfers
from yipanqi.api.v1.keys import PartnerBearer
from yipanqi.api.v1.problems import PROBLEMS, told
from yipanqi.api.v1.schemas import TransfersIn, TransfersOut
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import rows_limit
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import spend
from yipanqi.ops.partners.enums import PartnerAct

router = Router(auth=PartnerBearer(PartnerAct.TRANSFERS_WRITE), tags=["transfers"])


@router.post("", response={202: TransfersOut, **PROBLEMS}, summary="Up to 10,000 transfers")
def post_transfers(request: HttpRequest, batch: TransfersIn) -> Any:
    """Take transfers in. Good rows enter the ledger; bad rows come back with row, field and reason and are not
    kept.

    A row sent again under its `id` is merged and changes nothing, so a batch whose answer was lost is sent again
    whole.
    """
    partner = request.auth  # type: ignore[attr-defined]
    if not batch.rows:
        raise YipanqiError("the batch is empty", code="batch_empty")
    if len(batch.rows) > rows_limit():
        raise YipanqiError("the batch is too large", code="batch_too_large", limit=rows_limit())
    at = now()
    spend(partner=partner, rows=len(batch.rows), now=at)
    fates = take_transfers(batch.rows, partner=partner, now=at)
    rejects = [problem for fate in fates for problem in told(fate.flaws, row=fate.row_no)]
    return Status(202, {**count_fates(fates), "rejects": rejects})
