"""The auditor's desk: the journal's feed of their place, newest first, and the check of the whole chain."""

import time
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.kernel.days import ZONE
from yipanqi.ops.journal.queries import head, list_latest
from yipanqi.ops.journal.verifying import verify_chain
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.staff.queries import find_officer_id, list_names
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk

SHOWN_HASH = 16
SHOWN_ID = 8
PAGE = 50
VOCABULARIES = {
    "fraud_type": catalog.fraud_types,
    "level": catalog.levels,
    "outcome": lambda: {**catalog.visit_outcomes(), **catalog.call_outcomes(), **catalog.findings()},
    "screening.kind": catalog.evidence_kinds,
    "freeze.kind": lambda: {
        code.partition(".")[2]: item
        for code, item in catalog.statuses().items()
        if code.startswith(("freeze_kind.", "order_kind."))  # of a freeze itself, and of a change to it
    },
    "freeze.ground": catalog.freeze_grounds,
    "freeze.reason": lambda: {
        **catalog.errors(),
        **catalog.bank_failures(),
        **catalog.lift_reasons(),
        **catalog.freeze_end_reasons(),
    },
    "clock": catalog.clocks,
    "source": catalog.sources,
    "field": catalog.fields,
    "directive_kind": catalog.directive_kinds,
    "reason": lambda: {
        **catalog.errors(),
        **catalog.bank_failures(),
        **catalog.answer_problems(),
        **catalog.lift_reasons(),
    },
    "ground": catalog.stop_grounds,
    "bank": catalog.banks,
    "role": catalog.roles,
    "group": catalog.groups,
}
# Codes that are named among the statuses: by field, or by the subject's kind and the field.
NAMED_AS = {
    "issuer_kind": "issuer_kind",
    "target": "stop_target",
    "coverage": "coverage",
    "kind": "work_kind",
    "order.kind": "order_kind",
    "difference.kind": "difference",
    "case.source": "case_source",
    "money.reason": "money_law",
}
LIFECYCLES = {"order": "partner_order"}  # where it is not called like the subject


@desk("journal.read")
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """The feed of the auditor's place, newest first."""
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
        actor_id=find_officer_id(filters["actor"]) or filters["actor"],
        subject_id=filters["subject"],
        scope_code=request.user.scope_code,
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
        {"name": show.named(catalog.facts(), name)["name"], "value": _value(item.subject_kind, name, value)}
        for name, value in item.payload.items()
        if value not in ("", None)
    ]
    lifecycle = LIFECYCLES.get(item.subject_kind, item.subject_kind)
    statuses = [_status(lifecycle, code) for code in (item.before, item.after) if code]
    kind = show.named(catalog.facts(), f"subject.{item.subject_kind}")["name"]
    return {
        "feed_no": item.feed_no,
        "at": item.recorded_at,
        "event": {"code": item.event, "name": catalog.events()[item.event].name.get(language)},
        "actor": officers.get(item.actor_id) or _actor(item),
        "subject": f"{kind} {item.subject_id[-SHOWN_ID:]}",
        "subject_url": f"{reverse('journal')}?{urlencode({'subject': item.subject_id})}"
        if item.subject_id
        else "",
        "ground": show.named({**catalog.stop_grounds(), **catalog.freeze_grounds()}, item.ground)["name"],
        "facts": ([{"name": gettext("status"), "value": " → ".join(statuses)}] if statuses else []) + facts,
        "hash": item.hash[:SHOWN_HASH],
    }


def _actor(item: Any) -> str:
    """Who acted, where it was no officer: a partner by its code, the system, or somebody of the public."""
    names = {"system": gettext("the system"), "public": gettext("somebody unknown")}
    return str(names.get(item.actor_kind) or item.actor_id)


def _status(kind: str, code: str) -> str:
    named = catalog.statuses().get(f"{kind}.{code}")
    return named.name.get(show.language()) if named else code


def _value(subject_kind: str, name: str, value: object) -> object:
    """A payload's value as an auditor reads it: codes by their names, money typeset, ids by their end."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name.endswith("_minor") and isinstance(value, int):
        return show.amount(value)
    if names := VOCABULARIES.get(f"{subject_kind}.{name}"):
        return show.named(names(), str(value))["name"]
    if named_as := NAMED_AS.get(f"{subject_kind}.{name}") or NAMED_AS.get(name):
        return _status(named_as, str(value))
    if name in {"place", "place_before", "issuer"}:
        return full_name(str(value), show.language())
    if name in VOCABULARIES:
        return show.named(VOCABULARIES[name](), str(value))["name"]
    if name.endswith("_at"):
        return datetime.fromisoformat(str(value)).astimezone(ZONE).strftime("%m-%d %H:%M:%S")
    return str(value)[-SHOWN_ID:] if name.endswith("_id") else value
