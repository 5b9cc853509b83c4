"""The screening desk: whose money a freeze holds. Its list, one screening with its evidence, and the acts on it.

A file goes out as an attachment that no browser opens by itself; each look at one is an entry in the journal.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yipanqi import catalog
from yipanqi.analytics.statements import statement_of
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.money import parse_amount_minor
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import list_children
from yipanqi.ops.measures.revealing import unmask_freeze
from yipanqi.ops.screening import queries, services
from yipanqi.ops.screening.queries import ScreeningFilter, access_held
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import list_names
from yipanqi.web import lists, papers, screening, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence
from yipanqi.web.reading import read_int

FILTERS = ("district", "case")
TAB_CAP = 1000
ATTACHMENT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


@desk("screening.read")
@require_GET
def screenings(request: HttpRequest) -> HttpResponse:
    """The freezes to be screened, the soonest due first, or what was found, the newest first."""
    tab = request.GET.get("tab", "open")
    tab = tab if tab in queries.TABS else "open"
    filters, after, at = lists.chosen(request.GET, FILTERS), request.GET.get("after", ""), now()
    errors: dict[str, str] = {}
    rows: list[dict[str, object]] = []
    next_after = ""
    try:
        rows, next_after = _page(request, ScreeningFilter(tab=tab, **filters), after, at)
    except YipanqiError as error:
        if error.code != "place_code_invalid":
            raise
        errors["district"] = error_sentence(error)
    context = {
        "tab": tab,
        "tabs": _tabs(request, tab),
        "filters": filters,
        "filtered": any(filters.values()),
        "errors": errors,
        "districts": [
            {"code": each.code, "name": each.name(show.language())}
            for each in list_children(request.user.unit_id)
        ],
        "rows": rows,
        "query": lists.query_string({"tab": tab} | filters),
        "after": after,
        "next_after": next_after,
    }
    return render(request, "screening/list.html", context)


@desk("screening.read")
@require_GET
def screening_page(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """One screening: the account and its money, the evidence, the test and the outcomes."""
    return _shown(request, access_held(request.user, freeze_id))


@desk("screening.enter")
@require_POST
def add(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Take one file in; the first one begins the screening."""

    def act() -> None:
        upload = request.FILES.get("file")
        if upload is None:
            raise YipanqiError("no file came", code="file_missing")
        opened = services.open_screening(freeze_id=freeze_id, acting_officer=request.user, now=now())
        services.add_evidence(
            screening_id=opened.id,
            kind=request.POST.get("kind", ""),
            file_name=upload.name or "",
            data=_bytes(upload),
            handed_in_by=request.POST.get("handed_in_by", ""),
            note=request.POST.get("note", ""),
            acting_officer=request.user,
            now=now(),
        )

    return _tried(request, freeze_id, "evidence", act)


@desk("screening.read")
@require_GET
def view(request: HttpRequest, freeze_id: uuid.UUID, evidence_id: uuid.UUID) -> HttpResponse:
    """A file as it was handed in, to be kept and not to be opened here; the look is journaled."""
    _check_of(request, freeze_id, evidence_id)
    name, media_type, data = services.view_evidence(
        evidence_id=evidence_id, acting_officer=request.user, now=now()
    )
    told = f"attachment; filename=\"evidence\"; filename*=UTF-8''{quote(name)}"
    return HttpResponse(data, content_type=media_type, headers={**ATTACHMENT, "Content-Disposition": told})


@desk("screening.enter")
@require_POST
def withdraw(request: HttpRequest, freeze_id: uuid.UUID, evidence_id: uuid.UUID) -> HttpResponse:
    """Take a file out of account, with a reason."""

    def act() -> None:
        _check_of(request, freeze_id, evidence_id)
        services.withdraw_evidence(
            evidence_id=evidence_id,
            reason=request.POST.get("reason", ""),
            acting_officer=request.user,
            now=now(),
        )

    return _tried(request, freeze_id, "evidence", act)


@desk("screening.find")
@require_POST
def find(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Say whose money it is."""

    def act() -> None:
        opened = services.open_screening(freeze_id=freeze_id, acting_officer=request.user, now=now())
        services.find(
            screening_id=opened.id,
            version=read_int(request.POST.get("version")),
            outcome=request.POST.get("outcome", ""),
            reasons=request.POST.get("reasons", ""),
            answers=_answers(request),
            involved_minor=_involved(request),
            acting_officer=request.user,
            now=now(),
        )

    return _tried(request, freeze_id, "finding", act)


@desk("screening.find")
@require_POST
def reopen(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Screen again, with a reason."""

    def act() -> None:
        services.reopen(
            screening_id=freeze_id,
            version=read_int(request.POST.get("version")),
            reason=request.POST.get("reason", ""),
            acting_officer=request.user,
            now=now(),
        )

    return _tried(request, freeze_id, "finding", act)


@desk("person.unmask")
@require_POST
def unmask(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """The account or its holder's name in plain, to lay beside the evidence; the look is journaled."""
    field = request.POST.get("field", "")
    value = unmask_freeze(freeze_id=freeze_id, field=field, acting_officer=request.user, now=now())
    return render(request, "screening/_field.html", {"field": field, "value": value, "revealed": True})


def _tried(request: HttpRequest, freeze_id: uuid.UUID, part: str, act: Callable[[], None]) -> HttpResponse:
    """Do an act and go back to the page; refused, the page says why beside the form, with what was typed."""
    try:
        act()
    except YipanqiError as refused:
        if refused.code in {"not_allowed", "not_found"}:
            raise
        freeze = access_held(request.user, freeze_id)
        return _shown(request, freeze, error={"part": part, "text": error_sentence(refused)}, refused=refused)
    return HttpResponseRedirect(f"{reverse('screening_detail', args=[freeze_id])}#{part}", status=303)


def _check_of(request: HttpRequest, freeze_id: uuid.UUID, evidence_id: uuid.UUID) -> None:
    """Pass silently when the file is this screening's. Raises ScreeningNotFound."""
    if queries.access_evidence(request.user, evidence_id).screening_id != freeze_id:
        raise queries.ScreeningNotFound("a file of another screening")


def _bytes(upload: Any) -> bytes:
    """A file's bytes, and one more than is allowed where it is larger."""
    data: bytes = upload.read(catalog.windows()["evidence_max_bytes"].count + 1)
    return data


def _answers(request: HttpRequest) -> dict[str, str]:
    given = {code: request.POST.get(f"answer-{code}", "") for code in catalog.good_faith()}
    return {code: answer for code, answer in given.items() if answer}


def _involved(request: HttpRequest) -> int | None:
    """The sum that is of the case, where it was typed. Raises AmountError."""
    text = request.POST.get("involved", "").strip()
    wanted = catalog.findings().get(request.POST.get("outcome", ""))
    return parse_amount_minor(text) if text and wanted and "amount" in wanted.needs else None


def _page(
    request: HttpRequest, wanted: ScreeningFilter, after: str, at: datetime
) -> tuple[list[dict[str, object]], str]:
    if wanted.tab == "open":
        page = queries.list_unscreened(request.user, wanted, now=at, after=after)
        pairs = [(freeze, getattr(freeze, "screening", None)) for freeze in page.rows]
    else:
        page = queries.list_found(request.user, wanted, after=after)
        pairs = [(each.freeze, each) for each in page.rows]
    ids = [freeze.id for freeze, _screening in pairs]
    findings, files = queries.finding_of(ids), queries.count_evidence(ids)
    rows = [
        screening.row(freeze, opened, findings.get(freeze.id), files.get(freeze.id, 0), at)
        for freeze, opened in pairs
    ]
    return rows, page.after


def _tabs(request: HttpRequest, here: str) -> list[dict[str, object]]:
    names = {"open": _("To be screened"), "found": _("Found")}
    return [
        {
            "code": tab,
            "name": names[tab],
            "count": lists.count_text(queries.matching(request.user, ScreeningFilter(tab=tab)), TAB_CAP),
            "here": tab == here,
        }
        for tab in queries.TABS
    ]


def _shown(
    request: HttpRequest,
    freeze: Any,
    *,
    error: dict[str, str] | None = None,
    refused: YipanqiError | None = None,
) -> HttpResponse:
    at, opened = now(), getattr(freeze, "screening", None)
    findings = queries.findings_of(opened) if opened else []
    in_force = next((each for each in findings if each.superseded_at is None), None)
    is_open, is_held = in_force is None, freeze.status == "frozen"
    due = screening.clock(freeze, opened, in_force)
    context = {
        "held": _held(freeze),
        "screening": {
            "version": opened.version if opened else 1,
            "status": stops.status_of("screening", opened.status) if opened else None,
            "marks": screening.marks(opened, in_force),
        },
        "clock": stops.clock(due, at) if due and is_held else None,
        "statement": screening.statement(statement_of(freeze.account_id)),
        "files": [screening.file(each) for each in queries.evidence_of(opened)] if opened else [],
        "kinds": screening.kinds(),
        "limits": _limits(),
        "points": screening.points(_answers(request)),
        "outcomes": screening.outcomes(freeze, request.POST.get("outcome", ""), at),
        "finding": screening.found(in_force, freeze) if in_force else None,
        "earlier": [screening.found(each, freeze) for each in findings if each.superseded_at],
        "papers": papers.listed(freeze.id),
        "story": _story(freeze),
        "can": {
            "enter": is_open and is_held and may(request.user, "screening.enter"),
            "find": is_open and is_held and may(request.user, "screening.find"),
            "reopen": not is_open and is_held and may(request.user, "screening.find"),
            "unmask": may(request.user, "person.unmask"),
            "trace": may(request.user, "trace.read"),
        },
        "values": {
            name: request.POST.get(name, "")
            for name in ("kind", "handed_in_by", "note", "reasons", "involved", "reason")
        },
        "error": error,
    }
    status = STATUS.get(refused.code, 422) if refused else 200
    return render(request, "screening/detail.html", context, status=status)


def _held(freeze: Any) -> dict[str, object]:
    ground = catalog.freeze_grounds()[freeze.ground]
    return {
        **screening.plain(freeze),
        "asked": show.amount(freeze.asked_minor),
        "ground": ground.name.get(show.language()),
        "law": ground.law.get(show.language()),
        "from": freeze.from_date,
        "until": freeze.until_date,
        "confirmed_at": freeze.confirmed_at,
        "document": freeze.document,
        "trace_id": freeze.trace_id,
    }


def _limits() -> dict[str, object]:
    windows = catalog.windows()
    return {
        "size": screening.size(windows["evidence_max_bytes"].count),
        "bytes": windows["evidence_max_bytes"].count,
        "files": windows["evidence_max_files"].count,
    }


def _story(freeze: Any) -> list[dict[str, object]]:
    """What was done in this screening, the newest first, as the journal has it."""
    entries = [
        each for each in list_latest(subject_id=str(freeze.id), limit=100) if each.subject_kind == "screening"
    ]
    officers = list_names({entry.actor_id for entry in entries if entry.actor_kind == "officer"})
    outcomes = catalog.findings()
    return [
        {
            "at": entry.recorded_at,
            "title": catalog.events()[entry.event].name.get(show.language()),
            "by": officers.get(entry.actor_id, ""),
            "about": show.named(outcomes, str(entry.payload.get("outcome") or ""))["name"],
        }
        for entry in entries
    ]
