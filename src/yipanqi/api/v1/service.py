"""The partner API: `POST /warnings`, `POST /warnings/batch`. Answers 202 only after everything is committed."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import NinjaAPI, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from yipanqi import catalog
from yipanqi.api.v1.schemas import EXAMPLE, BatchIn, BatchOut, FieldProblem, Problems, WarningIn, WarningOut
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.alerts.intake import Channel, RowFate, rows_limit, take_in
from yipanqi.ops.alerts.reading import printable
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import authenticate, spend
from yipanqi.ops.partners.queries import as_actor
from yipanqi.web.middleware import STATUS

WRITE = "warnings.write"
PROBLEMS = {400: Problems, 401: Problems, 413: Problems, 422: Problems, 429: Problems}


class PartnerBearer(HttpBearer):
    """`Authorization: Bearer <key>`; one key per partner, with its scope and rate."""

    gate = (WRITE,)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The partner of this key; raises `KeyInvalid`, whatever is wrong with it."""
        return authenticate(key=token, act=WRITE, now=now())


api = NinjaAPI(
    title="yipanqi partner API",
    version="1",
    description="Warnings in. Calls are idempotent on your own `external_id`: repeat one safely after a lost answer.",
    auth=PartnerBearer(),
    urls_namespace="api_v1",
)
# The row is read by intake, field by field, and not by the schema, which only documents it.
ROW_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": WarningIn.model_json_schema(), "example": EXAMPLE}},
    }
}


@api.post(
    "/warnings",
    response={202: WarningOut, **PROBLEMS},
    summary="One warning",
    tags=["warnings"],
    openapi_extra=ROW_BODY,
)
def post_warning(request: HttpRequest) -> Any:
    """Take one warning in. 422 names every field that is wrong; the row is kept in quarantine all the same."""
    partner = request.auth  # type: ignore[attr-defined]
    row, at = _json(request), now()
    spend(partner=partner, rows=1, now=at)
    fate = take_in([row], channel=_channel(partner, ""), now=at).fates[0]
    if fate.fate == "quarantined":
        return Status(422, {"errors": problems([fate], with_row=False)})
    return Status(
        202, {"status": fate.fate, "alert_id": str(fate.alert_id), "signal_id": str(fate.signal_id)}
    )


def _json(request: HttpRequest) -> object:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise YipanqiError("the body is not JSON", code="body_not_json") from None


@api.post(
    "/warnings/batch",
    response={202: BatchOut, **PROBLEMS},
    summary="Up to 10,000 warnings",
    tags=["warnings"],
)
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
    shown = catalog.windows()["batch_rejects_shown"].count
    answer = {
        "batch_id": str(result.batch_id),
        **result.counts(),
        "rejects": problems(result.fates, with_row=True)[:shown],
    }
    return Status(202, answer)


def problems(fates: list[RowFate], *, with_row: bool) -> list[dict[str, object]]:
    """The flaws of quarantined rows as the API tells them, in the caller's language."""
    language = get_language() or "en"
    return [
        {
            "row": fate.row_no if with_row else None,
            "field": flaw.field,
            "code": flaw.code,
            "message": catalog.error_text(flaw.code, **flaw.facts).get(language),
        }
        for fate in fates
        for flaw in fate.flaws
    ]


def _channel(partner: Any, label: str) -> Channel:
    return Channel(partner.code, partner.source, partner.scope_id, as_actor(partner), printable(label, 200))


@api.exception_handler(ValidationError)
def invalid_body(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body that is not shaped as declared: field by field, nothing taken in."""
    found = [
        FieldProblem(
            field=".".join(str(part) for part in item["loc"][2:]), code=str(item["type"]), message=item["msg"]
        ).dict()
        for item in error.errors
    ]
    return api.create_response(request, {"errors": found}, status=422)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself refuses (no key, a body that is not JSON), in the shape of all problems."""
    code = "key_invalid" if error.status_code == 401 else "body_not_json"
    return _problem(request, code, {}, error.status_code)


@api.exception_handler(AuthenticationError)
def no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """A call without a key."""
    return _problem(request, "key_invalid", {}, 401)


@api.exception_handler(YipanqiError)
def refused_by_rule(request: HttpRequest, error: YipanqiError) -> HttpResponse:
    """What the centre refuses; 429 says when to come again."""
    response = _problem(request, error.code, error.facts, STATUS.get(error.code, 400))
    if "retry_after" in error.facts:
        response["Retry-After"] = str(error.facts["retry_after"])
    return response


def _problem(request: HttpRequest, code: str, facts: dict[str, object], status: int) -> HttpResponse:
    message = catalog.error_text(code, **facts).get(get_language() or "en")
    return api.create_response(
        request, {"errors": [{"row": None, "field": "", "code": code, "message": message}]}, status=status
    )
