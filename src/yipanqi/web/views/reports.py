"""The form of a report: somebody has been defrauded and says so on the hotline or at a desk; it becomes a case.

The form's own token makes a double click one case. A partner's reports come in by the API.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.ids import new_id
from yipanqi.ops.cases.enums import CaseSource
from yipanqi.ops.cases.reading import LIST_MAX, PAYMENT_FIELDS, REPORT_FIELDS, read_report
from yipanqi.ops.cases.services import report_case
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.rows import RowRefused
from yipanqi.ops.staff.gates import may
from yipanqi.ops.staff.queries import as_actor
from yipanqi.web import cases as shown
from yipanqi.web import lists
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.middleware import error_sentence
from yipanqi.web.views.directives import units_below
from yipanqi.web.views.intake import flaw_sentence, local_instant
from yipanqi.web.views.register import local_text

SENDER = "desk"
LINES = ("suspect_phones", "suspect_links")


@desk("case.report")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A report by form; taken in, it goes on to where its stops are proposed."""
    at = now()
    values = {name: request.POST.get(name, "").strip() for name in (*REPORT_FIELDS, *LINES)}
    values["external_id"] = values["external_id"] or f"report-{new_id(at)}"
    payments = _payments(request)
    errors: dict[str, str] = {}
    if request.method == "POST" and "more" not in request.POST:
        try:
            raw, places = _raw(values, payments, at)
            facts = read_report(raw, scope_code=request.user.scope_code, now=at, needs_id=True)
            case, _ = report_case(
                facts=facts,
                source=CaseSource.REPORT,
                acting=as_actor(request.user),
                now=at,
                sender=SENDER,
            )
            page = "case_register" if may(request.user, "case.enter") else "case_detail"
            return HttpResponseRedirect(reverse(page, args=[case.id]), status=303)
        except RowRefused as refusal:
            for flaw in refusal.flaws:
                errors[_place(flaw.field, places)] = flaw_sentence(flaw)
        except YipanqiError as error:
            errors[""] = error_sentence(error)
    if "more" in request.POST and len(payments) < LIST_MAX:
        payments.append(_blank())
    values["occurred_at"] = values["occurred_at"] or local_text(at)
    context = {
        "values": values,
        "payments": [_row(no, row, errors) for no, row in enumerate(payments)],
        "errors": errors,
        "options": _options(request),
        "can_add": len(payments) < LIST_MAX,
    }
    return render(request, "cases/new.html", context, status=422 if errors else 200)


def _blank() -> dict[str, str]:
    return dict.fromkeys(PAYMENT_FIELDS, "")


def _payments(request: HttpRequest) -> list[dict[str, str]]:
    """The rows of payments as typed; one empty row to begin with."""
    count = request.POST.get("rows", "")
    rows = min(int(count), LIST_MAX) if count.isdecimal() and len(count) < 4 else 1
    return [
        {name: request.POST.get(f"p{no}-{name}", "").strip() for name in PAYMENT_FIELDS}
        for no in range(max(rows, 1))
    ]


def _raw(
    values: dict[str, str], payments: list[dict[str, str]], at: datetime
) -> tuple[dict[str, Any], list[int]]:
    """The report as `read_report` takes it, and which row of the form each payment is. Empty rows are left out."""
    filled = [no for no, row in enumerate(payments) if any(row.values())]
    raw: dict[str, Any] = {name: values[name] for name in REPORT_FIELDS if values[name]}
    raw["occurred_at"] = local_instant(values["occurred_at"], at)
    raw["payments"] = [
        payments[no]
        | {"paid_at": local_instant(payments[no]["paid_at"], at) if payments[no]["paid_at"] else ""}
        for no in filled
    ]
    for name in LINES:
        raw[name] = [line for line in (each.strip() for each in values[name].splitlines()) if line]
    return raw, filled


def _place(field: str, filled: list[int]) -> str:
    """Where a flaw of the report is told on the form: `payments[1].amount` of the second filled row at that row."""
    if not field.startswith("payments["):
        return field.partition("[")[0]
    number, _, name = field.removeprefix("payments[").partition("]")
    return f"p{filled[int(number)]}-{name.lstrip('.') or 'payee_account'}"


def _row(no: int, row: dict[str, str], errors: dict[str, str]) -> dict[str, object]:
    return {
        "no": no,
        "number": no + 1,
        "fields": {
            name: {"name": f"p{no}-{name}", "value": value, "error": errors.get(f"p{no}-{name}", "")}
            for name, value in row.items()
        },
    }


def _options(request: HttpRequest) -> dict[str, object]:
    return {
        "fraud_types": lists.options(catalog.fraud_types(), show.language()),
        "units": units_below(request.user.unit_id),
        "sexes": [{"code": code, "name": show.SEXES[code]} for code in ("m", "f")],
        "banks": shown.bank_choices(),
    }
