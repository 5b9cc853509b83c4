"""Signing in and out, the choice of desk, the language, and whether the centre is well."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import last_feed_no, now
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.services import set_language
from yipanqi.ops.staff.signing import change_password, sign_in, sign_out
from yipanqi.web.context import open_desks
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD
from yipanqi.web.gates import desk, open_to_all
from yipanqi.web.middleware import error_sentence

EVERYBODYS = {"wall", "policy"}
FIELD_OF_ERROR = {"password_wrong": "old", "password_same": "new", "password_weak": "new"}


@open_to_all
@require_http_methods(["GET", "POST"])
def login_view(request: HttpRequest) -> HttpResponse:
    """The sign-in page; a success goes on to where the officer wanted to, or to the one desk they have."""
    context = {"error": "", "username": "", "next": request.GET.get("next", ""), "demo_logins": demo_logins()}
    if request.method == "POST":
        context |= {"username": request.POST.get("username", ""), "next": request.POST.get("next", "")}
        try:
            officer = sign_in(
                username=context["username"], password=request.POST.get("password", ""), now=now()
            )
        except YipanqiError as error:
            context["error"] = error_sentence(error)
            return render(request, "login.html", context, status=401)
        login(request, officer, backend="django.contrib.auth.backends.ModelBackend")
        ends_at = now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        request.session["ends_at"] = ends_at.isoformat()  # a phone keeps pages no longer
        response = HttpResponseRedirect(_onward(request, context["next"], officer))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, officer.language, samesite="Lax", max_age=31_536_000
        )
        return response
    return render(request, "login.html", context)


def _onward(request: HttpRequest, wanted: str, officer: Any) -> str:
    """Where a sign-in leads: to where the officer wanted to, else to the desk of the only role, else to the choice."""
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return wanted
    own = {catalog.roles()[role].desk.strip("/") for role in officer.roles} & open_desks(officer)
    return reverse(own.pop() if len(own) == len(officer.roles) == 1 else "home")


def demo_logins() -> list[dict[str, str]]:
    """The demo's logins for its own login page; empty in a real centre."""
    if not settings.DEMO:
        return []
    language = translation.get_language() or "zh-hans"
    roles = catalog.roles()
    return [
        {"username": username, "password": DEMO_PASSWORD, "desk": roles[role].name.get(language)}
        for username, role in DEMO_OFFICERS.items()
    ]


@desk(before_change=True)
@require_POST
def logout_view(request: HttpRequest) -> HttpResponse:
    """End the session. A phone that keeps visits for their officer forgets pages and unsent reports."""
    keeps_visits = may(request.user, "visit.read")
    sign_out(officer=request.user, now=now())
    logout(request)
    response = HttpResponseRedirect(reverse("login"))
    if keeps_visits:
        response["Clear-Site-Data"] = '"storage"'
    return response


@desk(before_change=True)
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; this session goes on, the officer's others end."""
    must_change = request.user.must_change
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _change_password(request)
        if not errors:
            return HttpResponseRedirect(reverse("home") if must_change else f"{reverse('password')}?changed")
    context = {
        "errors": errors,
        "must_change": must_change,
        "changed": "changed" in request.GET and not must_change,
        "username": request.user.username,
    }
    return render(request, "password.html", context, status=422 if errors else 200)


def _why_not(error: YipanqiError) -> str:
    """What is wrong with the password; where there are reasons, they say more than the refusal."""
    if "reasons" not in error.facts:
        return error_sentence(error)
    code = translation.get_language() or "zh-hans"
    reasons = (catalog.error_text(each, **error.facts).get(code) for each in error.facts["reasons"])
    return " ".join(reasons)


def _change_password(request: HttpRequest) -> dict[str, str]:
    """Do what the form asks; sentences by field where it cannot be done, none when it was."""
    old, new, again = (request.POST.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return {"again": _("This is not what you typed above.")}
    try:
        officer = change_password(officer=request.user, old=old, new=new, now=now())
    except YipanqiError as error:
        return {FIELD_OF_ERROR.get(error.code, ""): _why_not(error)}
    update_session_auth_hash(request, officer)
    return {}


@desk()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The desks open to this officer; with just one besides those of everybody, straight to it."""
    only = open_desks(request.user) - EVERYBODYS
    if len(only) == 1 and "all" not in request.GET:
        return HttpResponseRedirect(reverse(only.pop()))
    return render(request, "home.html")


@open_to_all
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of this browser, and of the officer who is signed in."""
    code = request.POST.get("language", "")
    back = request.POST.get("next", "") or "/"
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    if code in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, samesite="Lax", max_age=31_536_000)
        if request.user.is_authenticated:
            set_language(officer=request.user, language=code)
    return response


@open_to_all
@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


@open_to_all
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers. 503 names what is missing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return JsonResponse({"status": "ready", "feed_no": last_feed_no()})
    except DatabaseError as error:
        return JsonResponse(
            {"status": "not_ready", "missing": "database", "error": type(error).__name__}, status=503
        )
