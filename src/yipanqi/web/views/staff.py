"""The administrator's desk: officers of this place and below. A new password is shown once."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from yipanqi import catalog
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import full_name, list_below, list_children
from yipanqi.ops.staff.passwords import initial_password
from yipanqi.ops.staff.queries import OfficerNotFound, as_actor, list_officers
from yipanqi.ops.staff.rules import OfficerRefused
from yipanqi.ops.staff.services import (
    create_officer,
    deactivate_officer,
    reactivate_officer,
    reset_password,
    unlock_officer,
)
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence

MOST_ROWS = 500
FIELD_OF_ERROR = {
    "username_invalid": "username",
    "username_taken": "username",
    "jurisdiction_unknown": "unit",
    "group_unknown": "group",
    "role_unknown": "roles",
}
WITH_PASSWORD = {"reset": reset_password, "reactivate": reactivate_officer}
WITHOUT_PASSWORD = {"unlock": unlock_officer, "deactivate": deactivate_officer}


@desk("staff.manage")
@require_http_methods(["GET", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """The list, the form for a new officer, and what is done to one: `act` says which."""
    errors: dict[str, str] = {}
    issued = None
    if request.method == "POST":
        try:
            issued = _act(request)
        except OfficerRefused as error:
            errors[FIELD_OF_ERROR.get(error.code, str(error.facts.get("field", "")))] = error_sentence(error)
        if not errors and issued is None:
            return HttpResponseRedirect(request.get_full_path())
    return render(
        request, "staff.html", _page(request, errors) | {"issued": issued}, status=422 if errors else 200
    )


def _act(request: HttpRequest) -> dict[str, str] | None:
    """Do the act; the officer and the new password when there is one to show."""
    act, officer_id = request.POST.get("act", ""), _officer_id(request)
    acting, at = as_actor(request.user), now()
    if officer_id and act in WITHOUT_PASSWORD:
        WITHOUT_PASSWORD[act](officer_id=officer_id, acting=acting, now=at)
        return None
    password = initial_password()
    if officer_id and act in WITH_PASSWORD:
        officer = WITH_PASSWORD[act](officer_id=officer_id, password=password, acting=acting, now=at)
    elif act == "add":
        officer = _add(request, password)
    else:
        raise OfficerNotFound("There is no such act on this desk, or no such officer.")
    return {"name": officer.name, "username": officer.username, "password": password}


def _add(request: HttpRequest, password: str) -> Any:
    typed = _typed(request)
    if not typed["roles"]:
        raise OfficerRefused("An officer has a role.", code="field_missing", field="roles")
    code, _, _ = str(typed["unit"]).partition(" ")
    try:
        return create_officer(
            username=typed["username"],
            password=password,
            name=typed["name"],
            unit_code=code,
            group=typed["group"],
            roles=typed["roles"],
            acting=as_actor(request.user),
            now=now(),
            must_change=True,
        )
    except OfficerNotFound as error:
        raise OfficerRefused(str(error), code=error.code, **error.facts) from error


def _officer_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("officer", ""))
    except ValueError:
        return None


def _typed(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: request.POST.get(name, "").strip() for name in ("username", "name", "unit", "group")
    }
    return values | {"roles": request.POST.getlist("roles")}


def _page(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    filters = lists.chosen(request.GET, ("q", "unit", "role"))
    language = show.language()
    found = [officer for officer in list_officers(request.user) if _matches(officer, filters)]
    unit, adding = request.user.unit_id, bool(errors) and request.POST.get("act") == "add"
    blank: dict[str, Any] = {"username": "", "name": "", "unit": "", "group": "", "roles": []}
    at = now()
    return {
        "filters": filters,
        "options": {
            "units": _places(list_children(unit), language),
            "posts": _places(list_below(unit), language),
            "groups": lists.options(catalog.groups(), language),
            "roles": lists.options(catalog.roles(), language),
        },
        "rows": [_row(officer, language, at, request.user.id) for officer in found[:MOST_ROWS]],
        "total": f"{len(found):,}",
        "query": lists.query_string(filters),
        "values": _typed(request) if adding else blank,
        "adding": adding,
        "errors": errors,
    }


def _places(places: list[Any], language: str) -> list[dict[str, str]]:
    return [{"code": place.code, "name": full_name(place.code, language)} for place in places]


def _matches(officer: Any, filters: dict[str, str]) -> bool:
    q, unit = filters["q"].lower(), filters["unit"]
    return (
        (not q or q in officer.name.lower() or q in officer.username.lower())
        and (not unit or unit in officer.unit.path.split("/"))
        and (not filters["role"] or filters["role"] in officer.roles)
    )


def _row(officer: Any, language: str, at: Any, own_id: UUID) -> dict[str, object]:
    between = "、" if language.startswith("zh") else ", "
    return {
        "id": officer.id,
        "number": officer.username,
        "name": officer.name,
        "unit": full_name(officer.unit_id, language),
        "group": show.named(catalog.groups(), officer.group)["name"],
        "roles": between.join(catalog.roles()[role].name.get(language) for role in officer.roles),
        "active": officer.is_active,
        "locked": bool(officer.locked_until and officer.locked_until > at),
        "must_change": officer.must_change,
        "own": officer.id == own_id,
    }
