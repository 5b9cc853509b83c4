"""The gate of a page: signed in, and allowed at least one of the named acts. A test finds views without one."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from yipanqi.ops.staff.gates import require_any

View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


def desk(*acts: str, before_change: bool = False) -> Callable[[View], View]:
    """Only for signed-in officers who may do one of `acts` (none named: any signed-in officer).

    Who must change a password is sent to do so first, unless the page is meant for that time (`before_change`).
    """

    def gate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to(request, reverse("login"), came_from=request.get_full_path())
            if request.user.must_change and not before_change:
                return _to(request, reverse("password"))
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


def _to(request: HttpRequest, address: str, *, came_from: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(f"{address}?next={quote(came_from)}" if came_from else address)
