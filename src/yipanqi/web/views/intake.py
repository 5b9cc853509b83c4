"""Bringing warnings in by hand: the hotline form, the CSV drop, and correcting quarantined rows."""

import time
import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from yipanqi import catalog
from yipanqi.kernel.days import ZONE
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.alerts.files import FileRefused, read_csv
from yipanqi.ops.alerts.intake import Channel, rows_limit, take_in
from yipanqi.ops.alerts.quarantine import discard_row, read_quarantined, replay_row
from yipanqi.ops.alerts.queries import list_batches, list_quarantined, matching_quarantined
from yipanqi.ops.alerts.reading import FIELDS, REQUIRED, Flaw, RowRefused, read_row
from yipanqi.ops.journal.queries import now as centre_now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.staff.queries import as_actor
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence
from yipanqi.web.views.alerts import number

FILE_BYTES_MAX = 20 * 1024 * 1024
STATES = ("held", "replayed", "superseded", "discarded")


@desk("alert.intake")
@require_http_methods(["GET", "POST"])
def hotline(request: HttpRequest) -> HttpResponse:
    """A warning heard on the phone. The form's own token makes a double click one warning."""
    now = centre_now()
    token = request.POST.get("external_id") or f"hotline-{new_id(now)}"
    values: dict[str, str] = {name: request.POST.get(name, "").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    done = None
    if request.method == "POST":
        row = {**values, "external_id": token, "occurred_at": local_instant(values["occurred_at"], now)}
        channel = Channel("hotline", "hotline_96110", request.user.scope_code, as_actor(request.user))
        try:
            done = _take_one({k: v for k, v in row.items() if v}, channel, now)
        except RowRefused as refusal:
            errors = {flaw.field: flaw_sentence(flaw) for flaw in refusal.flaws}
    if done:
        values, token = dict.fromkeys(FIELDS, ""), f"hotline-{new_id(now)}"
    values["occurred_at"] = values["occurred_at"] or now.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    context = {
        "values": values,
        "errors": errors,
        "options": _hotline_options(request),
        "done": done,
        "token": token,
    }
    return render(request, "hotline.html", context, status=422 if errors else 200)


def _take_one(row: dict[str, object], channel: Channel, now: datetime) -> dict[str, object]:
    read_row(row, scope_code=channel.scope_code, now=now)
    fate = take_in([row], channel=channel, now=now).fates[0]
    if fate.alert_id is None:
        raise RowRefused(fate.flaws)
    return {"alert_id": fate.alert_id, "number": number(fate.alert_id), "joined": fate.fate != "accepted"}


def local_instant(text: str, now: datetime) -> str:
    """The browser's local date and time as an instant of the centre's zone; what is not one stays for the check."""
    if not text:
        return now.isoformat()
    try:
        form = "%Y-%m-%dT%H:%M:%S" if len(text) > 16 else "%Y-%m-%dT%H:%M"
        return datetime.strptime(text[:19], form).replace(tzinfo=ZONE).isoformat()
    except ValueError:
        return text


def _hotline_options(request: HttpRequest) -> dict[str, object]:
    language = show.language()
    below = [(place, "") for place in list_children(request.user.unit_id)]
    deeper = [
        (child, place.name(language) + " · ") for place, _ in below for child in list_children(place.code)
    ]
    places = deeper if deeper and deeper[0][0].tier != "station" else below
    return {
        "fraud_types": lists.options(catalog.fraud_types(), language),
        "levels": lists.options(catalog.levels(), language),
        "places": [{"code": place.code, "name": above + place.name(language)} for place, above in places],
        "sexes": [{"code": code, "name": show.SEXES[code]} for code in ("m", "f")],
    }


def flaw_sentence(flaw: Flaw | dict[str, Any]) -> str:
    """A flaw as a sentence in the viewer's language."""
    code, facts = (flaw.code, flaw.facts) if isinstance(flaw, Flaw) else (flaw["code"], flaw["facts"])
    return catalog.error_text(code, **facts).get(show.language())


def field_name(name: str) -> str:
    """A row's field as an officer calls it; an unknown field keeps the name it came with."""
    return show.named(catalog.fields(), name)["name"] or gettext("whole row")


@desk("quarantine.read")
@require_GET
def quarantine(request: HttpRequest) -> HttpResponse:
    """Rows that could not be read."""
    filters = lists.chosen(request.GET, ("state", "source"))
    if "state" not in request.GET:
        filters["state"] = "held"
    narrowed = {"status": filters["state"], "source": filters["source"]}
    page = list_quarantined(request.user, **narrowed, after=request.GET.get("after", ""))
    language = show.language()
    context = {
        "filters": filters,
        "options": {
            "states": [{"code": code, "name": _state(code)["name"]} for code in STATES],
            "sources": lists.options(catalog.sources(), language),
        },
        "rows": [_held(row) for row in page.rows],
        "total": lists.count_text(matching_quarantined(request.user, **narrowed)),
        "query": lists.query_string(filters),
        "after": request.GET.get("after", ""),
        "next_after": page.after,
    }
    return render(request, "quarantine/list.html", context)


def _state(code: str) -> dict[str, str]:
    item = catalog.statuses()[f"quarantined_row.{code}"]
    return {"code": code, "name": item.name.get(show.language()), "tone": item.tone}


def _held(row: Any) -> dict[str, object]:
    first = row.errors[0]
    return {
        "id": row.id,
        "at": row.received_at,
        "source": catalog.sources()[row.source].name.get(show.language()),
        "file": row.file or row.sender,
        "row": row.row_no,
        "field": first["field"],
        "field_name": field_name(first["field"]),
        "message": flaw_sentence(first),
        "state": _state(row.status),
    }


@desk("quarantine.correct")
@require_http_methods(["GET", "POST"])
def quarantined(request: HttpRequest, row_id: uuid.UUID) -> HttpResponse:
    """One row: correct and replay, or discard with a reason."""
    item, content = read_quarantined(request.user, row_id)
    errors = {error["field"]: flaw_sentence(error) for error in item.errors} if item.status == "held" else {}
    message, reason_error = "", ""
    if request.method == "POST":
        discard = request.POST.get("act") == "discard"
        content = content if discard else _corrected(request, content)
        try:
            if discard:
                reason = request.POST.get("reason", "").strip()
                discard_row(row_id=row_id, reason=reason, acting_officer=request.user, now=centre_now())
            else:
                replay_row(row_id=row_id, corrected=content, acting_officer=request.user, now=centre_now())
            return HttpResponseRedirect(reverse("quarantine_detail", args=[row_id]), status=303)
        except RowRefused as refusal:
            errors = {flaw.field: flaw_sentence(flaw) for flaw in refusal.flaws}
            message = gettext("Not replayed: correct the marked fields.")
        except YipanqiError as error:
            if discard and error.code in {"reason_required", "field_too_long"}:
                reason_error = error_sentence(error)
            else:
                message = error_sentence(error)
    context = {"item": _item(item), "fields": _fields(content, errors), "error": message}
    context["reason_error"] = reason_error
    return render(request, "quarantine/detail.html", context, status=422 if message or reason_error else 200)


def _corrected(request: HttpRequest, content: dict[str, Any]) -> dict[str, Any]:
    """The row as the officer filled it in: known fields and those it came with, empty ones left out."""
    known = {*FIELDS, *content}
    return {name: value for name in request.POST if name in known and (value := request.POST[name].strip())}


def _item(item: Any) -> dict[str, object]:
    return {
        **_held(item),
        "version": item.version,
        "batch": item.file or item.sender,
        "can_replay": item.status == "held",
        "replayed_at": item.settled_at,
        "alert_id": item.alert_id,
        "discard_reason": item.discard_reason.reveal(),
    }


def _fields(content: dict[str, Any], errors: dict[str, str]) -> list[dict[str, object]]:
    names = [
        *[n for n in FIELDS if n in content or n in errors or n in REQUIRED],
        *[n for n in content if n not in FIELDS],
    ]
    return [
        {
            "name": name,
            "label": field_name(name),
            "value": content.get(name, ""),
            "error": errors.get(name, ""),
        }
        for name in names
    ]


@desk("alert.intake")
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """A CSV file of warnings; the same file twice changes nothing."""
    values, error, result = {"source": request.POST.get("source", "file_drop")}, "", None
    upload = request.FILES.get("file")
    if request.method == "POST" and upload is None:
        error = gettext("Choose a file first.")
    elif request.method == "POST" and upload is not None:
        try:
            result = _import(request, upload, values["source"])
        except YipanqiError as refused:
            error = error_sentence(refused)
    context = {
        "options": {"sources": lists.options(catalog.sources(), show.language())},
        "values": values,
        "error": error,
        "limits": {"rows": f"{rows_limit():,}", "size": "20 MB"},
        "columns": [{"name": name, "need": name in REQUIRED} for name in FIELDS],
        "template_url": reverse("import_template"),
        "result": result,
        "recent": [_batch(batch) for batch in list_batches(request.user)],
    }
    return render(request, "imports.html", context, status=422 if error else 200)


@desk("alert.intake")
@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """An empty CSV with the column names."""
    response = HttpResponse("\ufeff" + ",".join(FIELDS) + "\r\n", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="warnings-template.csv"'
    return response


def _import(request: HttpRequest, upload: Any, source: str) -> dict[str, object]:
    if source not in catalog.sources():
        raise YipanqiError("unknown source", code="source_unknown")
    if upload.size > FILE_BYTES_MAX:
        raise FileRefused("the file is too large", code="file_too_large", limit="20 MB")
    started, now = time.monotonic(), centre_now()
    found = read_csv(upload.read())
    channel = Channel(
        f"file:{source}", source, request.user.scope_code, as_actor(request.user), upload.name[:200]
    )
    result = take_in(found.rows, channel=channel, now=now, row_nos=found.row_nos)
    bad = [fate for fate in result.fates if fate.fate == "quarantined"]
    shown = catalog.windows()["batch_rejects_shown"].count
    return {
        "file": upload.name,
        "rows": len(found.rows),
        **result.counts(),
        "seconds": f"{time.monotonic() - started:.1f}",
        "rejects": [
            {
                "id": f.quarantined_id,
                "row": f.row_no,
                "field_name": field_name(f.flaws[0].field),
                "message": flaw_sentence(f.flaws[0]),
            }
            for f in bad[:shown]
        ],
        "more": max(0, len(bad) - shown),
    }


def _batch(batch: Any) -> dict[str, object]:
    return {
        "at": batch.received_at,
        "file": batch.label,
        "source": catalog.sources()[batch.source].name.get(show.language()),
        "by": batch.sender,
        "rows": batch.rows,
        "accepted": batch.accepted,
        "joined": batch.joined,
        "duplicate": batch.duplicate,
        "quarantined": batch.quarantined,
    }
