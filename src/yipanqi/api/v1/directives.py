"""Directives in: the national centre or another partner orders a unit, and asks later what became of it."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from yipanqi.api.v1.keys import PartnerBearer
from yipanqi.api.v1.problems import PROBLEMS, read_json
from yipanqi.api.v1.schemas import DIRECTIVE_EXAMPLE, DirectiveIn, DirectiveOut, Problems
from yipanqi.ops.directives.queries import get_directive_of
from yipanqi.ops.directives.rules import show_number
from yipanqi.ops.directives.services import receive_directive
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import spend
from yipanqi.ops.partners.enums import PartnerAct

router = Router(auth=PartnerBearer(PartnerAct.DIRECTIVES_WRITE), tags=["directives"])
ROW_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DirectiveIn.model_json_schema(), "example": DIRECTIVE_EXAMPLE}
        },
    }
}


@router.post(
    "",
    response={202: DirectiveOut, 409: Problems, **PROBLEMS},
    summary="One directive",
    openapi_extra=ROW_BODY,
)
def post_directive(request: HttpRequest) -> Any:
    """Order a unit within your place. 422 names every field that is wrong, and nothing was taken in.

    The same `external_id` with the same content is answered like the first time and changes nothing.
    """
    partner = request.auth  # type: ignore[attr-defined]
    row, at = read_json(request), now()
    spend(partner=partner, rows=1, now=at)
    directive, _ = receive_directive(row=row, partner=partner, now=at)
    return Status(202, _answer(directive))


@router.get(
    "/{path:external_id}",
    response={200: DirectiveOut, 404: Problems, **PROBLEMS},
    summary="What became of a directive",
)
def get_directive(request: HttpRequest, external_id: str) -> Any:
    """Where your directive stands, by your own id of it; its `feedback` once it was checked and fed back."""
    partner = request.auth  # type: ignore[attr-defined]
    spend(partner=partner, rows=1, now=now())
    return _answer(get_directive_of(partner, external_id))


def _answer(directive: Any) -> dict[str, object]:
    return {
        "external_id": directive.external_id,
        "directive_id": str(directive.id),
        "number": show_number(directive.number),
        "status": directive.status,
        "jurisdiction_code": directive.place_code,
        "urgent": directive.urgent,
        "late": directive.late_at is not None,
        "issued_at": directive.issued_at,
        "due_at": directive.due_at,
        "accepted_at": directive.accepted_at,
        "acted_at": directive.acted_at,
        "verified_at": directive.verified_at,
        "fed_back_at": directive.fed_back_at,
        "feedback": directive.report.reveal() if directive.status == "fed_back" else None,
    }
