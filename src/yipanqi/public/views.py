"""`/public/returns`: how far the return of one's money is, by the code on one's notice, and the notices that run.

A code is sent in a form's body, never in an address. Whether it was mistyped, has ended or never was is not told: all
three get the same page. Nothing is changed by a look-up, so the form carries no token and the page sets no cookie.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from yipanqi.ops.journal.queries import now
from yipanqi.ops.returns.following import follow, running_notices
from yipanqi.public.presenting import notice, progress
from yipanqi.public.usage import key_of, seconds_left, spend
from yipanqi.web.gates import open_to_all

CODE_SIGNS = 64
NOTICES = 20
PAGES = 1000
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


@csrf_exempt
@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def returns(request: HttpRequest) -> HttpResponse:
    """The form with the running notices; posted, what became of one's claim."""
    with translation.override(_language(request)):
        response = _look_up(request) if request.method == "POST" else _front(request)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = POLICY
    response["X-Robots-Tag"] = "noindex"
    return response


def _front(request: HttpRequest) -> HttpResponse:
    number = request.GET.get("page", "1")
    page = min(int(number), PAGES) if number.isascii() and number.isdigit() and number != "0" else 1
    found = running_notices(now=now(), start=(page - 1) * NOTICES, limit=NOTICES + 1)
    context = {
        "notices": [notice(each) for each in found[:NOTICES]],
        "earlier": page - 1,
        "later": page + 1 if len(found) > NOTICES else 0,
    }
    return render(request, "public/returns.html", _shared() | context)


def _look_up(request: HttpRequest) -> HttpResponse:
    at = now()
    if not spend(key_of(request, now=at), now=at):
        wait = seconds_left(at)
        context = _shared() | {"seconds": wait}
        response = render(request, "public/busy.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    code = request.POST.get("code", "")[:CODE_SIGNS]
    found = follow(code)
    if found is None:
        return render(request, "public/unknown.html", _shared())
    return render(request, "public/progress.html", _shared() | progress(found, now=at) | {"code": code})


def _shared() -> dict[str, Any]:
    here = translation.get_language()
    other = next(code for code, _ in settings.LANGUAGES if code != here)
    return {"here": here, "other": other, "other_name": dict(settings.LANGUAGES)[other]}


def _language(request: HttpRequest) -> str:
    """The language asked for in the address, else the browser's."""
    wanted = request.GET.get("lang", "")
    return (
        wanted if wanted in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE
    )
