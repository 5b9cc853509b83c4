"""The gate of a page: signed in, and allowed at least one of the named acts. A test finds views without one."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from yipanqi.ops.staff.gates import require_any

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


def desk(*acts: str) -> Callable[[View], View]:
    """Only for signed-in officers who may do one of `acts` (none named: any signed-in officer)."""

    def gate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if acts:
                require_any(request.user, *acts)
            return view(request, *args, **kwargs)

        gated.gate = acts or ("signed_in",)  # type: ignore[attr-defined]
        return gated

    return gate


def open_to_all(view: View) -> View:
    """Marks a view that needs no sign-in, so that the route test knows it is meant."""
    view.gate = ("public",)  # type: ignore[attr-defined]
    return view


def _to_login(request: HttpRequest) -> HttpResponse:
    target = f"{reverse('login')}?next={quote(request.get_full_path())}"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = reverse("login")
        return response
    return HttpResponseRedirect(target)
