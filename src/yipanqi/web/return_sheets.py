"""One signature of a return, a hand-over or a repayment as the approver reads it: what, to whom, on which ground.

The caller has passed the signature's gate. What is signed of a return is its report or its decision.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yipanqi.kernel.money import format_amount
from yipanqi.ops.jurisdictions.queries import full_name
from yipanqi.ops.returns.queries import allocations_of, claims_of, funds_of
from yipanqi.ops.screening.queries import finding_of
from yipanqi.web import freezes, property, returns, sheets, stops
from yipanqi.web import presenting as show

TEMPLATE = "approvals/_sheet_return.html"
SHOWN = 20


def short(signature: Any, at: datetime) -> dict[str, object]:
    """A signature as the queue shows it."""
    case = _case(signature)
    return {
        "id": signature.id,
        "account": signature.fund_return.number if signature.fund_return else case.number,
        "kind": _kinds()[signature.purpose],
        "fraud_type": show.fraud_type(case.fraud_type),
        "asked": show.money(_minor(signature)),
        "clock": stops.clock(stops.Clock("", signature.due_at, signature.asked_at), at),
    }


def does(signature: Any) -> str:
    """What is signed and of whom: 返还报告：R350104-1."""
    case = _case(signature)
    sentence = {
        "report": _("Approve the return %(number)s"),
        "decision": _("Decide the return %(number)s"),
        "hand_over": _("Hand money of %(number)s over with the file"),
        "repayment": _("Confirm what was paid back in %(number)s"),
    }[signature.purpose]
    return sentence % {"number": signature.fund_return.number if signature.fund_return else case.number}


def sheet(signature: Any, at: datetime) -> dict[str, object]:
    """Everything the second person has to know of one signature."""
    found, case = signature.fund_return, _case(signature)
    return {
        **short(signature, at),
        "template": TEMPLATE,
        "purpose": signature.purpose,
        "decided": decided(signature, at),
        "does": does(signature),
        "status": _status(signature),
        "sum": show.amount(_minor(signature)),
        "facts": _facts(signature),
        "rows": _rows(signature),
        "ground": returns.ground(found.method_ground) if found and found.method_ground else None,
        "note": found.method_note.reveal() if found else "",
        "findings": _findings(found) if found else [],
        "return_id": found.id if found else None,
        "case": {"id": case.id, "number": case.number, "status": stops.status_of("case", case.status)},
        "tier": freezes.tier_name(signature.tier),
        "asked_by": signature.asked_by.name,
        "asked_unit": full_name(signature.asked_by.unit_id, show.language()),
        "asked_at": signature.asked_at,
        "unsigned": _("Nothing is done until it is signed; the money stays frozen in its term.")
        if found
        else _("Nothing counts and nothing leaves until it is signed."),
        "signing": _signing(signature),
        "declining": _("the return goes back to its chosen method") if found else _("it is turned down"),
    }


def decided(signature: Any, at: datetime) -> str:
    """Who decided meanwhile and how; "" while it waits."""
    if signature.status == "dropped":
        return _("The return was taken up again; no signature is needed any more.")
    return sheets.decided(signature, at)


def _case(signature: Any) -> Any:
    subject = signature.fund_return or signature.hand_over or signature.repayment
    return subject.case


def _minor(signature: Any) -> int:
    """The sum that the signature is about, interest included."""
    if signature.fund_return:
        rows = allocations_of(signature.fund_return)
        return sum(each.principal_minor + each.interest_minor for each in rows)
    if signature.repayment:
        return int(signature.repayment.amount_minor)
    return sum(line.minor + line.interest_minor for line in signature.hand_over.lines.all())


def _status(signature: Any) -> dict[str, str]:
    if signature.fund_return:
        return stops.status_of("fund_return", signature.fund_return.status)
    if signature.repayment:
        return stops.status_of("repayment", signature.repayment.status)
    return stops.status_of("hand_over", signature.hand_over.status)


def _facts(signature: Any) -> list[dict[str, object]]:
    found = signature.fund_return
    if found:
        funds = funds_of(found)
        told = {
            _("Method"): returns.method_name(found.method),
            _("Basis"): returns.method_name(found.basis),
            _("Money in it"): format_amount(
                sum(fund.principal_minor + fund.interest_minor for fund in funds)
            ),
            _("Accounts"): "、".join(returns.fund_name(fund) for fund in funds[:SHOWN]),
            _("Notice until"): found.notice_last.isoformat() if found.notice_last else "",
        }
    elif signature.repayment:
        row = property.repayment(signature.repayment)
        told = {
            _("Kind"): row["kind"],
            _("Stage"): row["stage"],
            _("Who paid"): row["payer"],
            _("Receipt"): row["receipt"],
            _("Received on"): show.minute(signature.repayment.received_at),
        }
    else:
        row = property.hand_over(signature.hand_over, may_receive=False)
        told = {_("To"): row["to"], _("Receiving office"): row["receiver"], _("Stage"): row["stage"]}
    return [{"name": name, "value": value} for name, value in told.items() if value]


def _rows(signature: Any) -> list[dict[str, object]]:
    """Who gets how much, or what goes along."""
    if signature.hand_over:
        return [
            {"name": each["name"], "sum": each["sum"], "note": each["interest"]}
            for each in map(property.line_of, signature.hand_over.lines.all())
        ]
    if not signature.fund_return:
        return []
    sums: dict[Any, int] = {}
    for each in allocations_of(signature.fund_return):
        sums[each.claim_id] = sums.get(each.claim_id, 0) + each.principal_minor + each.interest_minor
    return [
        {
            "name": claim.victim.name.masked,
            "sum": format_amount(sums.get(claim.id, 0)),
            "note": _("reserved") if claim.status in {"candidate", "notified"} else "",
        }
        for claim in claims_of(signature.fund_return)
        if claim.status != "excluded"
    ][:SHOWN]


def _findings(found: Any) -> list[dict[str, object]]:
    """What screening found of each account, and who found it."""
    funds = [fund for fund in funds_of(found) if fund.freeze_id]
    findings = finding_of(fund.freeze_id for fund in funds)
    return [
        {
            "account": returns.fund_name(fund),
            "freeze_id": fund.freeze_id,
            "finding": freezes.finding_of(findings[fund.freeze_id]),
        }
        for fund in funds
        if fund.freeze_id in findings
    ]


def _signing(signature: Any) -> str:
    if signature.fund_return is None:
        return _("it counts") if signature.repayment else _("the list is made")
    if signature.purpose == "report" and signature.fund_return.basis != "direct":
        return _("the division is announced to the public")
    return _("the decision gets its number")


def _kinds() -> dict[str, str]:
    return {
        "report": _("Report of a return"),
        "decision": _("Decision of a return"),
        "hand_over": _("Hand-over"),
        "repayment": _("Repayment"),
    }
