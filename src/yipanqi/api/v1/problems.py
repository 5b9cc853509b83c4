"""Why a call was refused, in one shape for all calls: row, field, a stable code, and a sentence to read."""

import json
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from yipanqi import catalog
from yipanqi.api.v1.schemas import FieldProblem, Problems
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.partners.rows import Flaw, RowRefused
from yipanqi.web.middleware import STATUS

PROBLEMS = dict.fromkeys((400, 401, 413, 422, 429), Problems)


def told(flaws: Sequence[Flaw], *, row: int | None = None) -> list[dict[str, object]]:
    """The flaws of one row as the API tells them; `row` is its number within a batch."""
    language = get_language() or "en"
    return [
        {
            "row": row,
            "field": flaw.field,
            "code": flaw.code,
            "message": catalog.error_text(flaw.code, **flaw.facts).get(language),
        }
        for flaw in flaws
    ]


def read_json(request: HttpRequest) -> object:
    """The body as JSON, whatever it holds; raises YipanqiError `body_not_json`."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise YipanqiError("the body is not JSON", code="body_not_json") from None


def answer_problems(api: NinjaAPI) -> None:
    """Have `api` answer whatever is refused in this shape."""

    @api.exception_handler(ValidationError)
    def invalid_body(request: HttpRequest, error: ValidationError) -> HttpResponse:
        """A body that is not shaped as declared: field by field, nothing taken in."""
        found = [
            FieldProblem(
                field=".".join(str(part) for part in item["loc"][2:]),
                code=str(item["type"]),
                message=item["msg"],
            ).dict()
            for item in error.errors
        ]
        return api.create_response(request, {"errors": found}, status=422)

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        """What the framework itself refuses (no key, a body that is not JSON), in the shape of all problems."""
        code = "key_invalid" if error.status_code == 401 else "body_not_json"
        return _problem(api, request, code, {}, error.status_code)

    @api.exception_handler(AuthenticationError)
    def no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        """A call without a key."""
        return _problem(api, request, "key_invalid", {}, 401)

    @api.exception_handler(RowRefused)
    def flawed(request: HttpRequest, error: RowRefused) -> HttpResponse:
        """A row that was not taken in, with every flaw of it."""
        return api.create_response(request, {"errors": told(error.flaws)}, status=422)

    @api.exception_handler(YipanqiError)
    def refused_by_rule(request: HttpRequest, error: YipanqiError) -> HttpResponse:
        """What the centre refuses; 429 says when to come again."""
        response = _problem(api, request, error.code, error.facts, STATUS.get(error.code, 400))
        if "retry_after" in error.facts:
            response["Retry-After"] = str(error.facts["retry_after"])
        return response


def _problem(
    api: NinjaAPI, request: HttpRequest, code: str, facts: Mapping[str, object], status: int
) -> HttpResponse:
    message = catalog.error_text(code, **facts).get(get_language() or "en")
    return api.create_response(
        request, {"errors": [{"row": None, "field": "", "code": code, "message": message}]}, status=status
    )
