"""Warnings in: one, or a batch. Answers 202 only after everything is committed; rows are judged by the intake."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from yipanqi import catalog
from yipanqi.api.v1.keys import PartnerBearer
from yipanqi.api.v1.problems import PROBLEMS, read_json, told
from yipanqi.api.v1.schemas import EXAMPLE, BatchIn, BatchOut, WarningIn, WarningOut
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import Channel, rows_limit, take_in
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import spend
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.queries import as_actor
from yipanqi.ops.partners.rows import printable

router = Router(auth=PartnerBearer(PartnerAct.WARNINGS_WRITE), tags=["warnings"])
# The row is read by intake, field by field, and not by the schema, which only documents it.
ROW_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": WarningIn.model_json_schema(), "example": EXAMPLE}},
    }
}


@router.post("", response={202: WarningOut, **PROBLEMS}, summary="One warning", openapi_extra=ROW_BODY)
def post_warning(request: HttpRequest) -> Any:
    """Take one warning in. 422 names every field that is wrong; the row is kept in quarantine all the same."""
    partner = request.auth  # type: ignore[attr-defined]
    row, at = read_json(request), now()
    spend(partner=partner, rows=1, now=at)
    fate = take_in([row], channel=_channel(partner, ""), now=at).fates[0]
    if fate.fate == "quarantined":
        return Status(422, {"errors": told(fate.flaws)})
    return Status(
        202, {"status": fate.fate, "alert_id": str(fate.alert_id), "signal_id": str(fate.signal_id)}
    )


@router.post("/batch", response={202: BatchOut, **PROBLEMS}, summary="Up to 10,000 warnings")
def post_batch(request: HttpRequest, batch: BatchIn) -> Any:
    """Take a batch in. Good rows go on, bad rows are quarantined with row, field and reason."""
    partner = request.auth  # type: ignore[attr-defined]
    if not batch.rows:
        raise YipanqiError("the batch is empty", code="batch_empty")
    if len(batch.rows) > rows_limit():
        raise YipanqiError("the batch is too large", code="batch_too_large", limit=rows_limit())
    at = now()
    spend(partner=partner, rows=len(batch.rows), now=at)
    result = take_in(batch.rows, channel=_channel(partner, batch.label), now=at, as_batch=True)
    rejects = [problem for fate in result.fates for problem in told(fate.flaws, row=fate.row_no)]
    answer = {
        "batch_id": str(result.batch_id),
        **result.counts(),
        "rejects": rejects[: catalog.windows()["batch_rejects_shown"].count],
    }
    return Status(202, answer)


def _channel(partner: Any, label: str) -> Channel:
    return Channel(partner.code, partner.source, partner.scope_id, as_actor(partner), printable(label, 200))
