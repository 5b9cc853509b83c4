"""The desk of the partners: who may send warnings in, with which keys. A new key is shown once."""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yipanqi import catalog
from yipanqi.kernel.days import day_start
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import full_name, list_children
from yipanqi.ops.partners.admission import rows_since
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.queries import get_partner, list_keys, list_partners
from yipanqi.ops.partners.services import issue_key, register_partner, revoke_key
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence

PARTNER_NAME_MAX = 64
FIELD_OF_ERROR = {"rate_invalid": "rate", "source_unknown": "source", "jurisdiction_unknown": "scope"}


@desk("partner.read")
@require_http_methods(["GET", "POST"])
def partners(request: HttpRequest) -> HttpResponse:
    """Partners and their keys: a new key is shown once."""
    values = {name: request.POST.get(name, "").strip() for name in ("name", "source", "scope", "rate")}
    errors: dict[str, str] = {}
    problem, issued = "", None
    posted = request.POST.getlist("acts") if request.method == "POST" else [PartnerAct.WARNINGS_WRITE]
    acts = [act for act in PartnerAct if act in posted]
    if request.method == "POST":
        try:
            issued = _act_on_partner(request, values, acts)
        except YipanqiError as error:
            field = error.facts.get("field") or FIELD_OF_ERROR.get(error.code)
            if field in {*values, "acts"}:
                errors[str(field)] = error_sentence(error)
            else:
                problem = error_sentence(error)
    refused = bool(errors or problem)
    language = show.language()
    context = {
        "partners": [_partner(request, partner) for partner in list_partners(request.user)],
        "options": {
            "sources": lists.options(catalog.sources(), language),
            "scopes": [{"code": place.code, "name": place.name(language)} for place in _scopes(request)],
            "acts": [{"code": str(act), "name": _act_name(act)} for act in PartnerAct],
        },
        "values": values if refused else dict.fromkeys(values, ""),
        "acts": acts,
        "errors": errors,
        "error": problem,
        "issued": issued,
        "docs_url": reverse("api_v1:openapi-view"),
    }
    return render(request, "partners.html", context, status=422 if refused else 200)


def _act_on_partner(
    request: HttpRequest, values: dict[str, str], acts: list[PartnerAct]
) -> dict[str, str] | None:
    require(request.user, "partner.manage")
    acting, at = as_actor(request.user), now()
    act = request.POST.get("act", "")
    if act == "revoke":
        prefix = request.POST.get("key", "")
        mine = (
            key.prefix
            for partner in list_partners(request.user)
            for key in list_keys(request.user, partner.code)
        )
        if prefix not in mine:
            raise YipanqiError("no key of this place", code="not_found")
        revoke_key(prefix=prefix, acting=acting, now=at)
        return None
    code = request.POST.get("partner", "")
    if not acts:
        raise YipanqiError("a key is good for something", code="field_missing", field="acts")
    if act == "issue":
        scope = values["scope"] or request.user.unit_id
        if scope not in {place.code for place in _scopes(request)}:
            raise YipanqiError("not below this place", code="jurisdiction_outside", field="scope")
        if not 0 < len(values["name"]) <= PARTNER_NAME_MAX:
            code = "field_too_long" if values["name"] else "field_missing"
            raise YipanqiError("no name to enter", code=code, field="name", limit=PARTNER_NAME_MAX)
        code = f"{values['source']}-{secrets.token_hex(3)}"
        register_partner(
            code=code,
            name_zh=values["name"],
            name_en=values["name"],
            source=values["source"],
            scope_code=scope,
            rate_per_minute=int(values["rate"])
            if values["rate"].isdecimal() and len(values["rate"]) < 8
            else 0,
            acting=acting,
            now=at,
        )
    partner = get_partner(request.user, code)
    key = issue_key(partner_code=partner.code, acts=acts, acting=acting, now=at)
    return {"partner": show_name(partner), "key": key}


def _act_name(act: str) -> str:
    """What a key is good for, in words."""
    return catalog.statuses()[f"partner_act.{act}"].name.get(show.language())


def _scopes(request: HttpRequest) -> list[Any]:
    """Places a partner may be entered for: the officer's own and those directly below."""
    return [request.user.unit, *list_children(request.user.unit_id)]


def show_name(partner: Any) -> str:
    """A partner's name in the viewer's language."""
    return str(partner.name_zh if show.language().startswith("zh") else partner.name_en)


def _partner(request: HttpRequest, partner: Any) -> dict[str, object]:
    keys = list_keys(request.user, partner.code)
    return {
        "id": partner.code,
        "name": show_name(partner),
        "source": catalog.sources()[partner.source].name.get(show.language()),
        "scope": full_name(partner.scope_id, show.language()),
        "active": partner.is_active,
        "last_seen_at": max((key.last_used_at for key in keys if key.last_used_at), default=None),
        "rate": f"{partner.rate_per_minute:,}",
        "today": f"{rows_since(partner=partner, since=day_start(now())):,}",
        "keys": [
            {
                "id": key.prefix,
                "prefix": f"ypq_{key.prefix}…",
                "issued_at": key.issued_at,
                "expires_at": key.expires_at,
                "revoked_at": key.revoked_at,
                "acts": " · ".join(_act_name(act) for act in key.acts),
            }
            for key in keys
        ],
    }
