"""Reports in: a bank reports for its customer who was defrauded, with the payments; it becomes a case at once."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from yipanqi.api.v1.keys import PartnerBearer
from yipanqi.api.v1.problems import PROBLEMS, read_json
from yipanqi.api.v1.schemas import REPORT_EXAMPLE, Problems, ReportIn, ReportOut
from yipanqi.ops.cases.services import receive_report
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import spend
from yipanqi.ops.partners.enums import PartnerAct

router = Router(auth=PartnerBearer(PartnerAct.REPORTS_WRITE), tags=["reports"])
REPORT_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ReportIn.model_json_schema(), "example": REPORT_EXAMPLE}},
    }
}


@router.post(
    "",
    response={202: ReportOut, 409: Problems, **PROBLEMS},
    summary="One report of a victim",
    openapi_extra=REPORT_BODY,
)
def post_report(request: HttpRequest) -> Any:
    """Report a fraud for your customer. 422 names every field that is wrong, and nothing was taken in.

    The same `external_id` with the same content is answered like the first time and changes nothing.
    """
    partner = request.auth  # type: ignore[attr-defined]
    row, at = read_json(request), now()
    spend(partner=partner, rows=1, now=at)
    case, _ = receive_report(row=row, partner=partner, now=at)
    return Status(
        202,
        {
            "external_id": case.external_id,
            "case_id": str(case.id),
            "number": case.number,
            "reported_at": case.reported_at,
        },
    )
