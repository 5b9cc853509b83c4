"""The desk of directives: what the own unit has to accept, do, check and feed back, and ordering the units below."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.kernel.places import lies_below
from yipanqi.ops.alerts.queries import access_alert
from yipanqi.ops.directives import services
from yipanqi.ops.directives.queries import (
    TABS,
    DirectiveFilter,
    access_directive,
    list_directives,
    matching_directives,
)
from yipanqi.ops.directives.reading import FIELDS
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.ops.staff.gates import may
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.directives import detail, options, rows_shown, tab_name
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence
from yipanqi.web.reading import read_int, read_uuid
from yipanqi.web.views.alerts import number
from yipanqi.web.views.intake import flaw_sentence, local_instant

# What a form was sent without or with too much of: told beside the field, on the same page.
TOLD_BESIDE = {"report": "report", "send_back": "reason", "withdraw": "reason_withdraw", "hand_down": "place"}
FIELD_FLAWS = {"field_missing", "field_too_long", "text_too_long", "reason_required", "place_not_below"}


@desk("directive.read")
@require_GET
def directives(request: HttpRequest) -> HttpResponse:
    """The list by tabs: what is open by what is due first, so that the overdue stand on top."""
    filters = lists.chosen(request.GET, ("tab", "kind", "whose"))
    filters["tab"] = filters["tab"] if filters["tab"] in TABS else "open"
    wanted = DirectiveFilter(filters["tab"], filters["kind"], own=filters["whose"] == "own")
    page = list_directives(request.user, wanted, after=request.GET.get("after", ""))
    narrowed = {name: filters[name] for name in ("kind", "whose")}
    context = {
        "filters": filters,
        "filtered": any(narrowed.values()),
        "options": options(),
        "tabs": [_tab(request, name, wanted, narrowed) for name in TABS],
        "rows": rows_shown(page.rows, request.user, now()),
        "query": lists.query_string(filters),
        "after": request.GET.get("after", ""),
        "next_after": page.after,
        "can_issue": may(request.user, "directive.issue"),
    }
    return render(request, "directives/list.html", context)


def _tab(
    request: HttpRequest, name: str, wanted: DirectiveFilter, narrowed: dict[str, str]
) -> dict[str, object]:
    rows = matching_directives(request.user, DirectiveFilter(name, wanted.kind, wanted.own))
    query = lists.query_string({"tab": name, **narrowed})
    return {
        "name": tab_name(name),
        "count": lists.count_text(rows),
        "current": name == wanted.tab,
        "query": query,
    }


@desk("directive.read")
@require_GET
def directive(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """One directive: what is asked, what was done, and what the officer may do next."""
    return _page(request, directive_id)


@desk("directive.issue")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Order a unit below; from an alert's page with the alert. The form's own token makes a double click one order."""
    at = now()
    about = _alert(request)
    values = {name: request.POST.get(name, "").strip() for name in FIELDS}
    values["external_id"] = values["external_id"] or f"form-{new_id(at)}"
    errors: dict[str, str] = {}
    if request.method == "POST":
        row = {**values, "due_at": local_instant(values["due_at"], at) if values["due_at"] else ""}
        subject: dict[str, Any] = {"subject_kind": "alert", "subject_id": about.id} if about else {}
        try:
            made, _ = services.issue_directive(row=row, acting_officer=request.user, now=at, **subject)
            return _to(made.id)
        except RowRefused as refusal:
            errors = {flaw.field: flaw_sentence(flaw) for flaw in refusal.flaws}
    elif about:
        values["kind"] = "verify_warning"
        values["jurisdiction_code"] = (
            about.place_code if lies_below(about.place_code, request.user.unit_id) else ""
        )
    context = {
        "values": values,
        "errors": errors,
        "options": {**options(), "units": units_below(request.user.unit_id)},
        "alert": {"id": about.id, "number": number(about.id)} if about else None,
    }
    return render(request, "directives/new.html", context, status=422 if errors else 200)


def _alert(request: HttpRequest) -> Any:
    """The alert that the directive is to be about, if the officer may see it."""
    text = request.POST.get("alert") or request.GET.get("alert", "")
    return access_alert(request.user, read_uuid(text)) if text else None


def units_below(code: str) -> list[dict[str, object]]:
    """The two tiers below a unit as the groups of a select; a county's stations stand alone."""
    language = show.language()
    return [
        {
            "code": place.code,
            "name": place.name(language),
            "below": [{"code": each.code, "name": each.name(language)} for each in list_children(place.code)],
        }
        for place in list_children(code)
    ]


@desk("directive.accept")
@require_POST
def accept(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Take it in hand."""
    return _act(request, directive_id, "accept", services.accept_directive)


@desk("directive.act")
@require_POST
def report(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Say what was done."""
    words = request.POST.get("report", "")
    return _act(request, directive_id, "report", services.report_directive, report=words)


@desk("directive.verify")
@require_POST
def verify(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Be satisfied with what was done."""
    return _act(request, directive_id, "verify", services.verify_directive)


@desk("directive.verify")
@require_POST
def back(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Send it back with the reason."""
    words = request.POST.get("reason", "")
    return _act(request, directive_id, "send_back", services.send_back, reason=words)


@desk("directive.verify")
@require_POST
def answer(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Feed it back and close it."""
    return _act(request, directive_id, "feed_back", services.feed_back)


@desk("directive.issue")
@require_POST
def down(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Hand it to a unit below."""
    place = request.POST.get("place", "")[:12]
    return _act(request, directive_id, "hand_down", services.hand_down, place_code=place)


@desk("directive.withdraw")
@require_POST
def withdraw(request: HttpRequest, directive_id: uuid.UUID) -> HttpResponse:
    """Take it back with the reason."""
    words = request.POST.get("reason", "")
    return _act(request, directive_id, "withdraw", services.withdraw_directive, reason=words)


def _act(
    request: HttpRequest, directive_id: uuid.UUID, form: str, service: Any, **fields: Any
) -> HttpResponse:
    try:
        service(
            directive_id=directive_id,
            version=read_int(request.POST.get("version")),
            acting_officer=request.user,
            now=now(),
            **fields,
        )
    except YipanqiError as error:
        if error.code not in FIELD_FLAWS or form not in TOLD_BESIDE:
            raise
        told = {TOLD_BESIDE[form]: error_sentence(error)}
        return _page(request, directive_id, errors=told, typed=fields, status=422)
    return _to(directive_id)


def _page(
    request: HttpRequest,
    directive_id: uuid.UUID,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = access_directive(request.user, directive_id)
    context = {
        **detail(found, request.user, now()),
        "units": units_below(request.user.unit_id),
        "alert": _subject(request, found),
        "errors": errors or {},
        "typed": typed or {},
    }
    return render(request, "directives/detail.html", context, status=status)


def _subject(request: HttpRequest, found: Any) -> dict[str, object] | None:
    """The alert that the directive is about, where the officer may open it."""
    if found.subject_kind != "alert":
        return None
    try:
        about = access_alert(request.user, found.subject_id)
    except YipanqiError:
        return None
    return {"id": about.id, "number": number(about.id)}


def _to(directive_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("directive_detail", args=[directive_id]), status=303)
