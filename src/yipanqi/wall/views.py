"""The wall's page, its state as JSON, and the stream of states. Every viewer sees the scope of their unit."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from yipanqi import catalog
from yipanqi.casework.lifecycles.directive import DIRECTIVE
from yipanqi.casework.lifecycles.payment_stop import LIVE
from yipanqi.kernel.days import ZONE
from yipanqi.ops.indicators.directives import most_pressing
from yipanqi.ops.indicators.folding import WallState
from yipanqi.ops.indicators.freezes import CLOCK
from yipanqi.ops.indicators.money import LATE
from yipanqi.ops.indicators.queries import wall_snapshot
from yipanqi.ops.journal.queries import now
from yipanqi.ops.jurisdictions.queries import full_name, place_name
from yipanqi.ops.partners.queries import find_partners
from yipanqi.wall.hub import hub
from yipanqi.web.gates import desk


@desk("wall.read")
@require_GET
def wall(request: HttpRequest) -> HttpResponse:
    """The page; its script asks for the state and then follows the stream."""
    language = get_language() or "zh-hans"
    code = request.user.scope_code
    scope = {"code": code, "name": place_name(code, language)}
    return render(request, "wall.html", {"scope": scope, "vocabulary": vocabulary(language)})


@desk("wall.read")
@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """The present state, counted fresh."""
    current = wall_snapshot(request.user.scope_code, now=now())
    return JsonResponse(as_json(current, get_language() or "zh-hans"))


@desk("wall.read")
@require_GET
def stream(request: HttpRequest) -> HttpResponse:
    """Server-sent events: each message is the whole state, its id the feed number; a beat when nothing moved."""
    messages = _messages(request.user.scope_code, get_language() or "zh-hans")
    response = StreamingHttpResponse(messages, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _messages(scope_code: str, language: str) -> Iterator[bytes]:
    connection.close()  # a viewer may look for hours: the pool gets its connection back
    yield b"retry: 1000\n\n"
    for current in hub.watch(scope_code):
        if current is None:
            yield b": beat\n\n"
            continue
        body = json.dumps(as_json(current, language), ensure_ascii=False)
        connection.close()  # names may have been looked up
        yield f"id: {current.feed_no}\nevent: state\ndata: {body}\n\n".encode()


def as_json(current: WallState, language: str) -> dict[str, Any]:
    """The state as the page's script reads it; words come from the page's vocabulary."""
    made = sum(current.outcomes.values())
    triaged = sum(current.classes.values())
    return {
        "feed_no": current.feed_no,
        "as_of": current.as_of.astimezone(ZONE).isoformat(),
        "scope": {"code": current.scope_code, "name": place_name(current.scope_code, language)},
        "figures": {
            "warnings": triaged,
            "waiting": current.waiting,
            "calls": made,
            "dissuaded": current.outcomes.get("dissuaded", 0),
            "saved_minor": current.saved_minor,
        },
        "classes": [
            {"code": code, "count": count}
            for code, count in sorted(current.classes.items(), key=lambda item: (-item[1], item[0]))
        ],
        "cases": {"today": current.cases_today, "yesterday": current.cases_yesterday},
        "calls": {"made": made, "by_outcome": current.outcomes},
        "directives": _directives(current, language),
        "stops": {
            "open": current.money.stops,
            "stopped": current.money.stopped,
            "stopped_minor": current.money.stopped_minor,
            "first": current.money.first_stops,
        },
        "freezes": {
            "frozen_minor": current.freezes.frozen_minor,
            "returned_minor": current.freezes.returned_minor,
        },
        "late": {**current.money.late, CLOCK: current.freezes.unattended},
        "ticker": [
            {**item, "place": full_name(str(item["place"]), language)} for item in reversed(current.ticker)
        ],
    }


def _directives(current: WallState, language: str) -> dict[str, Any]:
    """The most pressing directives with the names of who ordered whom, and how many there are in all."""
    shown = most_pressing(current.directives)
    partners = find_partners(each.issuer for each in shown if each.issuer_kind == "partner")
    names = {code: partner.name(language) for code, partner in partners.items()}
    return {
        "total": len(current.directives),
        "late": sum(each.late for each in current.directives.values()),
        "items": [
            {
                "id": each.id,
                "kind": each.kind,
                "from": names.get(each.issuer) or full_name(each.issuer, language),
                "unit": full_name(each.unit, language),
                "issued_at": each.issued_at.astimezone(ZONE).isoformat(),
                "due_at": each.due_at.astimezone(ZONE).isoformat(),
                "urgent": each.urgent,
                "status": each.status,
                "late": each.late,
            }
            for each in shown
        ],
    }


def vocabulary(language: str) -> dict[str, Any]:
    """Names, icons and colours of all codes the state may hold, in the viewer's language."""
    return {
        "lang": "zh-hans" if language.startswith("zh") else "en",
        "fraud_types": {
            code: {"name": item.name.get(language), "color": item.color, "icon": item.icon}
            for code, item in catalog.fraud_types().items()
        },
        "outcomes": {
            code: {"name": item.name.get(language), "tone": item.tone}
            for code, item in catalog.call_outcomes().items()
        },
        "other_outcomes": {
            code: {"name": item.name.get(language)} for code, item in catalog.visit_outcomes().items()
        }
        | {"dismissed": {"name": catalog.statuses()["alert_outcome.dismissed"].name.get(language)}},
        "levels": {code: {"name": item.name.get(language)} for code, item in catalog.levels().items()},
        "stop_statuses": {
            code: {"name": catalog.statuses()[f"payment_stop.{code}"].name.get(language)} for code in LIVE
        },
        "clocks": {code: {"name": catalog.clocks()[code].name.get(language)} for code in (*LATE, CLOCK)},
        "directive_kinds": {
            code: {"name": item.name.get(language), "icon": item.icon}
            for code, item in catalog.directive_kinds().items()
        },
        "directive_statuses": {
            code: {"name": catalog.statuses()[f"directive.{code}"].name.get(language)}
            for code in DIRECTIVE.statuses
        },
        "events": {
            code: {"name": item.name.get(language)} for code, item in catalog.events().items() if item.wall
        },
    }
