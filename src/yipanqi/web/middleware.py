"""Around every request: a correlation id, the content security policy, and errors in the viewer's language."""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import correlated, current_correlation

Responder = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)
_CORRELATION = re.compile(r"[A-Za-z0-9-]{8,64}")
STATUS = {
    "not_allowed": 403,
    "not_found": 404,
    "page_key_invalid": 404,
    "rate_exceeded": 429,
    "key_invalid": 401,
    "signature_missing": 401,
    "signature_invalid": 401,
    "signature_expired": 401,
    "signature_replayed": 409,
    "directive_not_yours": 403,
    "directive_own_report": 403,
    "transition_refused": 409,
    "version_conflict": 409,
    "undo_expired": 409,
    "visit_in_hand": 409,
    "photo_too_large": 413,
    "evidence_too_large": 413,
    "file_missing": 404,
    "signature_decided": 409,
    "second_person_needed": 409,
    "tier_too_low": 409,
    "stop_already_live": 409,
    "already_replayed": 409,
    "paper_not_rendered": 409,
    "money_attributed": 409,
    "external_id_conflict": 409,
    "batch_too_large": 413,
    "message_refused": 422,
}
log = structlog.get_logger(__name__)


def correlation(get_response: Responder) -> Responder:
    """One id for the request, its journal entries and its log lines; a caller may bring its own."""

    def respond(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Correlation-Id", "")
        with correlated(given if _CORRELATION.fullmatch(given) else None) as correlation_id:
            structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
            try:
                response = get_response(request)
            finally:
                structlog.contextvars.unbind_contextvars("correlation_id")
            response["X-Correlation-Id"] = correlation_id
            return response

    return respond


def content_security(get_response: Responder) -> Responder:
    """Only our own scripts, styles and images; nothing frames us."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Referrer-Policy", "same-origin")
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    return respond


class errors:
    """What services refuse becomes a page or a JSON answer: the catalog's sentence and the way on."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a `YipanqiError`; any other exception is logged by type and goes on to Django."""
        if not isinstance(error, YipanqiError):
            log.error(
                "request.failed",
                error=type(error).__name__,
                route=getattr(request.resolver_match, "route", ""),
            )
            return None
        status = STATUS.get(error.code, 400)
        message = error_sentence(error)
        context = {"status": status, "detail": message, "correlation_id": current_correlation()}
        return render(request, _page(status), context, status=status)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token does not fit: opened before the last sign-in, or sent from elsewhere."""
    sentence = catalog.error_text("form_expired").get(get_language() or "zh-hans")
    context = {"detail": sentence, "correlation_id": current_correlation()}
    return render(request, "403.html", context, status=403)


def error_sentence(error: YipanqiError) -> str:
    """The catalog's sentence for an error, in the active language."""
    return catalog.error_text(error.code, **error.facts).get(get_language() or "zh-hans")


def _page(status: int) -> str:
    """The template of a refusal; what has none of its own (400, 401, 413) says that the server cannot take it."""
    return f"{status}.html" if status in {403, 404, 409, 429} else "400.html"
