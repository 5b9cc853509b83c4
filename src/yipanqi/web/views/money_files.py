"""Banks' files of a case's transfers: handing one in, what became of its rows, and the rejected ones to download."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from yipanqi.analytics import queries, services
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.cases.queries import access_case
from yipanqi.ops.journal.queries import now
from yipanqi.ops.staff.gates import may
from yipanqi.web import money, stops
from yipanqi.web.gates import desk
from yipanqi.web.middleware import STATUS, error_sentence

UNDER_WAY = frozenset({"waiting", "running"})
LOOK_AGAIN = 1  # seconds, while a file is read


@desk("trace.read")
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The page; sent with a file, it is taken in by a job. The same file again changes nothing."""
    found, error, status = access_case(request.user, case_id), "", 200
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise YipanqiError("no file came", code="file_missing")
            services.import_file(case_id=case_id, upload=upload, acting_officer=request.user, now=now())
            return HttpResponseRedirect(reverse("money_files", args=[case_id]), status=303)
        except YipanqiError as refused:
            if refused.code in {"not_allowed", "not_found"}:
                raise
            error, status = error_sentence(refused), STATUS.get(refused.code, 422)
    context = _listed(request, found) | {"error": error, "limit": services.FILE_LIMIT}
    return render(request, "money/files.html", context, status=status)


@desk("trace.read")
@require_GET
def state(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The list alone, asked for while a file is read."""
    return render(request, "money/_files.html", _listed(request, access_case(request.user, case_id)))


@desk("ledger.import")
@require_GET
def rejects(request: HttpRequest, case_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    """The rows of a file that were not taken, each with its reason; the taking is journaled."""
    access_case(request.user, case_id)
    return papers(services.rejects_of(import_id=import_id, acting_officer=request.user, now=now()))


def papers(paper: tuple[str, str, bytes]) -> HttpResponse:
    """A paper (file name, content type, bytes) as a download."""
    name, kind, data = paper
    return HttpResponse(
        data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _listed(request: HttpRequest, found: Any) -> dict[str, object]:
    shown = [_file(each) for each in queries.list_imports(request.user, found.id)]
    return {
        "case": {"id": found.id, "number": found.number},
        "files": shown,
        "look_again": LOOK_AGAIN if any(each["under_way"] for each in shown) else 0,
        "can": {"upload": may(request.user, "ledger.import")},
    }


def _file(each: Any) -> dict[str, object]:
    return {
        "id": each.id,
        "name": each.file_name,
        "at": each.asked_at,
        "by": each.asked_by.name,
        "status": stops.status_of("flow_import", each.status),
        "under_way": each.status in UNDER_WAY,
        "progress": {
            "done": f"{each.done:,}",
            "total": f"{each.total:,}" if each.total else "",
            "ratio": f"{each.done / each.total:.3f}" if each.total else "",
        },
        "rows": f"{each.rows_in:,}",
        "accepted": f"{each.accepted:,}",
        "merged": f"{each.merged:,}",
        "rejected": f"{each.rejected:,}",
        "has_rejects": each.rejected > 0,
        "error": money.error_words(each.error) if each.error else "",
    }
