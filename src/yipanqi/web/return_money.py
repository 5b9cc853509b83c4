"""The money of a return: the accounts it comes from, and the allocation chosen: who gets what from where."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yipanqi.kernel.money import format_amount
from yipanqi.ops.returns.queries import funds_of
from yipanqi.web import returns as shown

SHOWN = 200


def reserved(allocations: list[Any]) -> set[uuid.UUID]:
    """Whose share is kept until there is an application."""
    return {each.claim_id for each in allocations if each.is_reserved and each.claim.status != "verified"}


def money(found: Any, allocations: list[Any], *, opens: bool) -> dict[str, object]:
    """The accounts of a return with what is in them, and the allocation chosen as a table."""
    funds = funds_of(found)
    total = sum(fund.principal_minor + fund.interest_minor for fund in funds)
    return {
        "funds": [_fund_row(fund, opens) for fund in funds],
        "sums": format_amount(total),
        "table": _table(funds, allocations) if allocations else None,
        "chosen": _chosen(found) if found.method else None,
    }


def _fund_row(fund: Any, opens: bool) -> dict[str, object]:
    freeze = fund.freeze
    where = _("in the unit's escrow; shared by loss")
    if freeze is not None:
        where = _("level %(level)s") % {"level": fund.level}
        if freeze.until_date:
            where += " · " + _("frozen until %(day)s") % {"day": freeze.until_date.isoformat()}
    return {
        "account": shown.fund_name(fund),
        "holder": freeze.holder_name.masked if freeze else "",
        "where": where,
        "principal": format_amount(fund.principal_minor),
        "interest": format_amount(fund.interest_minor) if fund.interest_minor else "",
        "url": reverse("screening_detail", args=[freeze.id]) if freeze and opens else "",
    }


def _chosen(found: Any) -> dict[str, object]:
    return {
        "method": shown.method_name(found.method),
        "basis": shown.method_name(found.basis),
        "ground": shown.ground(found.method_ground),
        "note": found.method_note.reveal(),
    }


def _table(funds: list[Any], allocations: list[Any]) -> dict[str, object]:
    """Who gets what from which account, and what stays."""
    cells: dict[tuple[uuid.UUID, uuid.UUID], int] = {}
    victims: dict[uuid.UUID, Any] = {}
    for each in allocations:
        cells[each.claim_id, each.fund_id] = each.principal_minor + each.interest_minor
        victims[each.claim_id] = each.claim
    held = reserved(allocations)
    paid = [sum(cells.get((claim, fund.id), 0) for claim in victims) for fund in funds]
    left = [fund.principal_minor + fund.interest_minor - sum_ for fund, sum_ in zip(funds, paid, strict=True)]
    rows = []
    for claim_id, claim in list(victims.items())[:SHOWN]:
        sums = [cells.get((claim_id, fund.id), 0) for fund in funds]
        rows.append(
            {
                "victim": claim.victim.name.masked,
                "reserved": claim_id in held,
                "cells": [format_amount(each) if each else "" for each in sums],
                "total": format_amount(sum(sums)),
            }
        )
    return {
        "accounts": [{"name": shown.fund_name(fund)} for fund in funds],
        "rows": rows,
        "paid": [format_amount(each) for each in paid],
        "held": [format_amount(each) for each in left],
        "total": format_amount(sum(paid)),
        "held_total": format_amount(sum(left)),
    }
