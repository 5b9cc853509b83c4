"""The methods of a division side by side: what each gives to whom, the difference to the default, and why.

Amounts are the kept results of the job; nothing is reckoned anew here but sums and differences.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from yipanqi import catalog
from yipanqi.casework.lifecycles.division import DIVISION
from yipanqi.kernel.money import format_amount
from yipanqi.web import claims
from yipanqi.web import presenting as show
from yipanqi.web import returns as shown

CLAIMS_SHOWN = 50
Sums = Mapping[uuid.UUID, int]


def division(found: Any, *, current: bool) -> dict[str, object]:
    """A division as the page tells of it; `current`: of the claims and sums as they are now."""
    stages = {"gathering": _("gathering transfers"), "dividing": _("dividing by each method")}
    return {
        "id": found.id,
        "under_way": found.status not in DIVISION.resting,
        "mark": mark_of(found),
        "stage": stages.get(found.stage, _("waiting for its turn")),
        "done": found.done,
        "total": found.total,
        "asked_at": found.asked_at,
        "asked_by": found.asked_by.name,
        "error": catalog.error_text(found.error).get(show.language()) if found.error else "",
        "current": current,
    }


def mark_of(found: Any) -> str:
    """What changes whenever the page would."""
    return f"{found.id}-{found.version}-{found.stage}-{found.done}"


def comparison(
    found: Any, results: Sequence[Any], taking_part: Sequence[Any], funds: Sequence[Any], *, default: str
) -> dict[str, object]:
    """The table: methods as columns, the default first; victims all together, then account by account."""
    ordered = sorted(results, key=lambda each: each.method != default)
    listed = sorted(taking_part, key=lambda claim: (-claims.net(claim), str(claim.id)))
    in_cells = [_cells(each) for each in ordered]
    return {
        "methods": [
            _method(found, each, str(index), default, funds) for index, each in enumerate(ordered, start=1)
        ],
        "columns": len(ordered) + 1,
        "totals": [
            {
                "victim": claim.victim.name.masked,
                "net": format_amount(claims.net(claim)),
                "cells": _row(ordered, [_of(cells, claim=claim.id) for cells in in_cells]),
            }
            for claim in listed[:CLAIMS_SHOWN]
        ],
        "hidden": max(0, len(listed) - CLAIMS_SHOWN),
        "groups": [_group(found, fund, ordered, listed[:CLAIMS_SHOWN], in_cells) for fund in funds],
    }


def lines(result: Any, fund_id: uuid.UUID, claim_id: uuid.UUID | None) -> list[str]:
    """Why an amount is what it is, in the viewer's language; no claim means the account as a whole."""
    told = result.account_lines.get(fund_id, ()) if claim_id is None else ()
    for share in result.shares:
        if (share.fund_id, share.claim_id) == (fund_id, claim_id):
            told = share.lines
    return [line.get(show.language()) for line in told]


def amount(result: Any, fund: Any, claim_id: uuid.UUID | None) -> str:
    """The amount that `lines` explain."""
    cells = _cells(result)
    if claim_id is not None:
        return format_amount(cells.get((fund.id, claim_id), 0))
    return format_amount(fund.principal_minor + fund.interest_minor - _of(cells, fund=fund.id))


def grounds() -> list[dict[str, object]]:
    """The grounds a method may be chosen on."""
    return [shown.ground(code) for code in catalog.method_grounds()]


def _cells(result: Any) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    return {
        (share.fund_id, share.claim_id): share.principal_minor + share.interest_minor
        for share in result.shares
    }


def _of(
    cells: Mapping[tuple[uuid.UUID, uuid.UUID], int],
    *,
    fund: uuid.UUID | None = None,
    claim: uuid.UUID | None = None,
) -> int:
    return sum(
        minor
        for (of_fund, of_claim), minor in cells.items()
        if fund in (None, of_fund) and claim in (None, of_claim)
    )


def _method(found: Any, result: Any, key: str, default: str, funds: Sequence[Any]) -> dict[str, object]:
    paid = _of(_cells(result))
    whole = sum(fund.principal_minor + fund.interest_minor for fund in funds)
    return {
        "code": result.method,
        "key": key,
        "name": shown.method_name(result.method),
        "basis": {"code": result.basis, "name": shown.method_name(result.basis)},
        "is_default": result.method == default,
        "chosen": result.method == found.method,
        "paid": format_amount(paid),
        "held": format_amount(whole - paid),
        "unrecovered": format_amount(sum(result.unrecovered.values())),
    }


def _group(
    found: Any,
    fund: Any,
    ordered: Sequence[Any],
    listed: Sequence[Any],
    in_cells: Sequence[Mapping[tuple[uuid.UUID, uuid.UUID], int]],
) -> dict[str, object]:
    free = fund.principal_minor + fund.interest_minor
    rows = []
    for claim in listed:
        sums = [cells.get((fund.id, claim.id), 0) for cells in in_cells]
        if any(sums):
            cells = _row(ordered, sums)
            for cell in cells:
                cell["url"] = _url(found, cell["method"], fund, claim)
            rows.append({"victim": claim.victim.name.masked, "cells": cells})
    held = [
        {
            "method": each.method,
            "sum": format_amount(free - _of(cells, fund=fund.id)),
            "url": _url(found, each.method, fund, None),
        }
        for each, cells in zip(ordered, in_cells, strict=True)
    ]
    return {
        "account": shown.fund_name(fund),
        "where": _("level %(level)s") % {"level": fund.level} if fund.level else "",
        "free": format_amount(free),
        "rows": rows,
        "held": held,
    }


def _row(ordered: Sequence[Any], sums: Sequence[int]) -> list[dict[str, str]]:
    """A row's cells with their difference to the first, the default's."""
    found = []
    for each, minor in zip(ordered, sums, strict=True):
        more = minor - sums[0]
        found.append(
            {
                "method": each.method,
                "sum": format_amount(minor),
                "diff": format_amount(abs(more)) if more else "",
                "sign": "+" if more > 0 else "-",
            }
        )
    return found


def _url(found: Any, method: str, fund: Any, claim: Any) -> str:
    asked = {"method": method, "fund": fund.id} | ({"claim": claim.id} if claim else {})
    return f"{reverse('methods_lines', args=[found.id])}?{urlencode(asked)}"
