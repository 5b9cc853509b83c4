"""The auditor's journal, the partners and their keys, and the officers."""

import secrets
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.queries import head, list_latest, now
from yipanqi.ops.journal.verifying import verify_chain
from yipanqi.ops.jurisdictions.queries import full_name, list_children
from yipanqi.ops.partners.queries import get_partner, list_keys, list_partners
from yipanqi.ops.partners.services import issue_key, register_partner, revoke_key
from yipanqi.ops.staff.gates import require
from yipanqi.ops.staff.queries import as_actor, list_names, list_officers
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence

SHOWN_HASH = 16
PAGE = 50


@desk("journal.read")
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """The feed, newest first."""
    return render(request, "journal.html", _journal(request))


@desk("journal.read")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Check the whole chain and show the answer above the feed."""
    started = time.monotonic()
    result = verify_chain()
    verified = {
        "ok": result.ok,
        "count": f"{result.checked:,}",
        "seconds": f"{time.monotonic() - started:.1f}",
        "broken_at": str(result.first_broken or ""),
        "reason": result.reason,
    }
    return render(request, "journal.html", {**_journal(request), "verified": verified})


def _journal(request: HttpRequest) -> dict[str, object]:
    filters = lists.chosen(request.GET, ("event", "actor", "subject", "from", "to"))
    first, last = lists.day_bounds(filters["from"], filters["to"])
    before = request.GET.get("before", "")
    items = list_latest(
        before=int(before) if before.isdecimal() and len(before) < 18 else None,
        event=filters["event"],
        actor_id=filters["actor"],
        subject_id=filters["subject"],
        recorded_from=first,
        recorded_to=last,
        limit=PAGE + 1,
    )
    shown = items[:PAGE]
    officers = list_names({item.actor_id for item in shown if item.actor_kind == "officer"})
    newest = head()
    return {
        "filters": filters,
        "options": {"events": lists.options(catalog.events(), show.language())},
        "rows": [_entry(item, officers) for item in shown],
        "head": {"feed_no": f"{newest.feed_no:,}", "hash": newest.hash[:SHOWN_HASH], "at": newest.recorded_at}
        if newest
        else None,
        "verified": None,
        "query": lists.query_string(filters),
        "before": before,
        "next_before": str(shown[-1].feed_no) if len(items) > PAGE else "",
    }


def _entry(item: Any, officers: dict[str, str]) -> dict[str, object]:
    language = show.language()
    facts = [
        {"name": name, "value": value} for name, value in item.payload.items() if value not in ("", None)
    ]
    change = f"{item.before} → {item.after}" if item.before else item.after
    return {
        "feed_no": item.feed_no,
        "at": item.recorded_at,
        "event": {"code": item.event, "name": catalog.events()[item.event].name.get(language)},
        "actor": officers.get(item.actor_id) or item.actor_id or item.actor_kind,
        "subject": f"{item.subject_kind} {item.subject_id[-8:]}",
        "subject_url": "",
        "ground": item.ground,
        "facts": ([{"name": "→", "value": change}] if change else []) + facts,
        "hash": item.hash[:SHOWN_HASH],
    }


@desk("partner.read")
@require_http_methods(["GET", "POST"])
def partners(request: HttpRequest) -> HttpResponse:
    """Partners and their keys: a new key is shown once."""
    values = {name: request.POST.get(name, "").strip() for name in ("name", "source", "scope", "rate")}
    errors: dict[str, str] = {}
    issued = None
    if request.method == "POST":
        try:
            issued = _act_on_partner(request, values)
        except YipanqiError as error:
            errors[str(error.facts.get("field", ""))] = error_sentence(error)
    language = show.language()
    places = [request.user.unit, *list_children(request.user.unit_id)]
    context = {
        "partners": [_partner(request, partner) for partner in list_partners(request.user)],
        "options": {
            "sources": lists.options(catalog.sources(), language),
            "scopes": [{"code": place.code, "name": place.name(language)} for place in places],
        },
        "values": values if errors else dict.fromkeys(values, ""),
        "errors": errors,
        "issued": issued,
        "docs_url": reverse("api_v1:openapi-view"),
    }
    return render(request, "partners.html", context, status=422 if errors else 200)


def _act_on_partner(request: HttpRequest, values: dict[str, str]) -> dict[str, str] | None:
    require(request.user, "partner.manage")
    acting, at = as_actor(request.user), now()
    act = request.POST.get("act", "")
    if act == "revoke":
        prefix = request.POST.get("key", "")
        mine = (key.prefix for partner in list_partners(request.user) for key in list_keys(request.user, partner.code))
        if prefix not in mine:
            raise YipanqiError("no key of this place", code="not_found")
        revoke_key(prefix=prefix, acting=acting, now=at)
        return None
    code = request.POST.get("partner", "")
    if act == "issue":
        code = f"{values['source']}-{secrets.token_hex(3)}"
        register_partner(
            code=code,
            name_zh=values["name"],
            name_en=values["name"],
            source=values["source"],
            scope_code=values["scope"] or request.user.unit_id,
            rate_per_minute=int(values["rate"])
            if values["rate"].isdecimal() and len(values["rate"]) < 8
            else 0,
            acting=acting,
            now=at,
        )
    partner = get_partner(request.user, code)
    key = issue_key(partner_code=partner.code, acts=["warnings.write"], acting=acting, now=at)
    return {"partner": show_name(partner), "key": key}


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
        "keys": [
            {
                "id": key.prefix,
                "prefix": f"ypq_{key.prefix}…",
                "issued_at": key.issued_at,
                "expires_at": key.expires_at,
                "revoked_at": key.revoked_at,
            }
            for key in keys
        ],
    }


@desk("staff.manage")
@require_GET
def staff(request: HttpRequest) -> HttpResponse:
    """Officers of this place and below."""
    filters = lists.chosen(request.GET, ("q", "unit", "role"))
    language = show.language()
    found = [officer for officer in list_officers(request.user) if _matches(officer, filters)]
    context = {
        "filters": filters,
        "options": {
            "units": [
                {"code": p.code, "name": p.name(language)} for p in list_children(request.user.unit_id)
            ],
            "roles": lists.options(catalog.roles(), language),
        },
        "rows": [_officer(officer, language) for officer in found[:500]],
        "total": f"{len(found):,}",
        "query": lists.query_string(filters),
        "after": "",
        "next_after": "",
    }
    return render(request, "staff.html", context)


def _matches(officer: Any, filters: dict[str, str]) -> bool:
    q = filters["q"].lower()
    return (
        (not q or q in officer.name.lower() or q in officer.username.lower())
        and (not filters["unit"] or officer.unit_id == filters["unit"])
        and (not filters["role"] or filters["role"] in officer.roles)
    )


def _officer(officer: Any, language: str) -> dict[str, object]:
    return {
        "number": officer.username,
        "name": officer.name,
        "unit": full_name(officer.unit_id, language),
        "group": show.named(catalog.groups(), officer.group)["name"],
        "roles": "、".join(catalog.roles()[role].name.get(language) for role in officer.roles),
        "active": officer.is_active,
        "locked": bool(officer.locked_until and officer.locked_until > now()),
        "last_seen_at": None,
    }
