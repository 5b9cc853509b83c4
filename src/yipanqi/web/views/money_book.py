"""The money ledger's pages: by place, by case, in one case; the proof with its statements; the masked CSV export.

Posting is the acts' matter, what a law says `indicators.proving`'s.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from yipanqi.kernel.errors import YipanqiError
from yipanqi.kernel.places import ancestor_codes, lies_below
from yipanqi.ops.indicators import books
from yipanqi.ops.indicators.proving import prove, statement_of
from yipanqi.ops.indicators.rates import list_rates
from yipanqi.ops.journal.queries import list_latest, now
from yipanqi.ops.jurisdictions.queries import find_place, full_name, place_name
from yipanqi.ops.moneybook.queries import Sums
from yipanqi.ops.staff.gates import may
from yipanqi.web import lists, money_book, stops
from yipanqi.web import presenting as show
from yipanqi.web.gates import desk
from yipanqi.web.reading import read_uuid

ALARM_KEPT = timedelta(hours=36)
COLUMNS = ("place", "case", "book", "kind", "part", "bank", "account", "victim", "in", "out")


@desk("money.read")
@require_GET
def book(request: HttpRequest) -> HttpResponse:
    """By place; `?place=` its cases, `?number=` a case by its number, `?case=` one case by account and victim."""
    if "case" in request.GET:
        return render(request, "money_book/case.html", _case(request, read_uuid(request.GET["case"])))
    filters = lists.chosen(request.GET, ("place", "number"))
    if any(filters.values()):
        return render(request, "money_book/cases.html", _cases(request, filters))
    return render(request, "money_book/places.html", _places(request))


@desk("money.read")
@require_GET
def proof(request: HttpRequest) -> HttpResponse:
    """Every law of the books, looked at now, with its statement and the worst key where it is broken."""
    found = prove(request.user)
    rows = [
        {
            "code": check.name,
            "name": money_book.law_name(check.name),
            "law": check.law,
            "ok": check.ok,
            "left": show.amount(check.left_minor),
            "right": show.amount(check.right_minor),
            "worst": check.worst or "",
            "case": books.find_broken(request.user, check.worst) if check.worst else None,
            "sql": statement_of(check.name, request.user),
        }
        for check in found
    ]
    context = {
        "rows": rows,
        "broken": sum(not check.ok for check in found),
        "at": now(),
        "scope": place_name(request.user.scope_code, show.language()),
    }
    return render(request, "money_book/proof.html", context)


@desk("money.read")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Every balance of the officer's scope as CSV, masked as on screen; the taking is journaled."""
    found = books.export_books(acting_officer=request.user, now=now())
    lines = lists.csv_lines(COLUMNS, _lines(found))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="money.csv"'
    return response


def _places(request: HttpRequest) -> dict[str, Any]:
    language, scope = show.language(), request.user.scope_code
    found = books.list_place_books(request.user)
    rows = [
        (
            {
                "id": each.code,
                "name": place_name(each.code, language),
                "own": each.code == scope and len(found) > 1,
                "agrees": each.agrees,
                "url": f"{reverse('money_book')}?place={each.code}",
            },
            each.sums,
        )
        for each in found
    ]
    at = now()
    alarms = list_latest(event="money.unbalanced", scope_code=scope, recorded_from=at - ALARM_KEPT, limit=10)
    latest = list_rates(request.user, now=at)
    return {
        **_answer(books.totals(found), all(each.agrees for each in found)),
        "scope": place_name(scope, language),
        "table": money_book.table(rows),
        "months": money_book.months(latest),
        "year": money_book.months([money_book.summed(latest, latest[-1].month)])[0],
        "alarms": [money_book.law_name(str(item.payload["reason"])) for item in alarms],
    }


def _cases(request: HttpRequest, filters: dict[str, str]) -> dict[str, Any]:
    after, place = request.GET.get("after", ""), filters["place"] or request.user.scope_code
    if find_place(place) is None:
        raise YipanqiError("no such place", code="not_found")
    page = books.list_case_books(request.user, place, after=after, number=filters["number"])
    rows = [
        (
            {
                "id": each.case.id,
                "name": each.case.number,
                "status": stops.status_of("case", each.case.status),
                "at": each.case.reported_at,
                "place": full_name(each.case.place_code, show.language()),
                "agrees": each.agrees,
                "url": f"{reverse('money_book')}?case={each.case.id}",
            },
            each.sums,
        )
        for each in page.rows
    ]
    return {
        "filters": filters,
        "trail": _trail(request, place),
        "table": money_book.table(rows),
        "query": lists.query_string(filters),
        "after": after,
        "next_after": page.after,
    }


def _case(request: HttpRequest, case_id: Any) -> dict[str, Any]:
    case = books.find_case(request.user, case_id)
    found = books.balances(case)
    sums: Sums = {}
    for each in found.rows:
        place = (each.key.book, each.key.kind, each.key.part)
        sums[place] = sums.get(place, 0) + each.minor
    return {
        **_answer(sums, found.agrees),
        "case": {
            "id": case.id,
            "number": case.number,
            "status": stops.status_of("case", case.status),
            "place": full_name(case.place_code, show.language()),
            "can_open": may(request.user, "case.read"),
        },
        "trail": _trail(request, case.place_code),
        "book": money_book.of_case(case),
        "postings": money_book.postings(case.id, found.accounts),
    }


def _answer(sums: Sums, agrees: bool) -> dict[str, Any]:
    return {"bars": money_book.bars(sums), "agrees": agrees}


def _trail(request: HttpRequest, place: str) -> list[dict[str, str]]:
    """The places from just below the officer's down to this one, as far as the ledger has a page for them."""
    language, scope = show.language(), request.user.scope_code
    above = [code for code in ancestor_codes(place) if lies_below(code, scope)]
    return [
        {"code": code, "name": place_name(code, language), "url": f"{reverse('money_book')}?place={code}"}
        for code in above
    ]


def _lines(found: list[tuple[Any, Any]]) -> Iterator[dict[str, Any]]:
    for case, balances in found:
        for each in balances.rows:
            account = balances.accounts.get(each.key.account_id)
            victim = balances.victims.get(each.key.victim_id)
            whole, fen = divmod(abs(each.minor), 100)
            amount = f"{whole}.{fen:02}"
            yield {
                "place": case.place_code,
                "case": case.number,
                "book": str(each.key.book),
                "kind": money_book.kind_name(each.key.kind),
                "part": money_book.part_name(each.key.part),
                "bank": account.bank_code or account.bank if account else "",
                "account": account.number.masked if account else "",
                "victim": victim.name.masked if victim else "",
                "in": amount if each.minor > 0 else "",
                "out": amount if each.minor < 0 else "",
            }
